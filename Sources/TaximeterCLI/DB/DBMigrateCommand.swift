import ArgumentParser
import TaximeterPostgres

/// `taximeter db migrate`.
struct DBMigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Create the schema, or bring it to this version.",
        discussion: """
            Forward only, in one transaction, under a lock: it can be killed, repeated and run twice at once. Refuses a \
            database that is newer than this taximeter. The first time it makes the roles taximeter_owner, _writer, _biller, \
            _reader and _tenant, for which it needs CREATEROLE.
            """)

    @OptionGroup var database: DatabaseOptions

    func run() throws {
        let done = try Store.migrate(database.connect().options)
        print(done.isEmpty ? "up to date" : done.map { "applied \($0)" }.joined(separator: "\n"))
    }
}

/// `taximeter db check`.
struct DBCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Prove that the server can be trusted and the schema is whole.")

    @OptionGroup var database: DatabaseOptions

    func run() throws {
        try Store(database.connect().options).verify()
        print("ok")
    }
}
