import ArgumentParser

/// `taximeter db`: the cluster that taximeter keeps when it is given no connection string.
struct DBCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db",
        abstract: "Look after the database, and start and stop taximeter's own PostgreSQL.",
        discussion: """
            Without a connection string taximeter keeps a private PostgreSQL cluster in TAXIMETER_HOME, reached by a Unix \
            socket only. TAXIMETER_HOME defaults to ~/.local/state/taximeter ($XDG_STATE_HOME/taximeter), and for root to \
            /var/lib/taximeter. The server's programs are looked for in TAXIMETER_PG_BIN, or else in PATH and \
            /usr/lib/postgresql/*/bin.
            """,
        subcommands: [
            DBStartCommand.self, DBStopCommand.self, DBStatusCommand.self, DBMigrateCommand.self, DBCheckCommand.self,
        ])
}
