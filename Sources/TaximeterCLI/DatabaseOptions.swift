import ArgumentParser
import CoreMetrics
import Foundation
import PostgresWire
import TaximeterPostgres

/// Which database a command works on.
struct DatabaseOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "PostgreSQL connection string. Default: $TAXIMETER_DATABASE_URL, else libpq's PG* variables, else an embedded "
                + "private server that is started when needed. Keep passwords out of it: ~/.pgpass or PGPASSWORD.",
            valueName: "url"))
    var databaseURL: String?

    /// The variables that make libpq, and so Taximeter, look for a server of the user's.
    private static let libpqVariables = ["PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE", "PGPORT"]

    /// How to connect; starts the embedded server where no other is named.
    func connect() throws -> (options: ConnectionOptions, isEmbedded: Bool) {
        let environment = ProcessInfo.processInfo.environment
        if let url = databaseURL ?? environment["TAXIMETER_DATABASE_URL"], !url.isEmpty {
            return (ConnectionOptions(url), false)
        }
        if Self.libpqVariables.contains(where: { environment[$0]?.isEmpty == false }) {
            return (ConnectionOptions(""), false)
        }
        let address = try EmbeddedCluster().start()
        return (ConnectionOptions(address.connectionString), true)
    }

    /// The store. An embedded one is brought to this version's schema first; another is left as its owner has it.
    func store(connections: Int = 4, metrics: any MetricsFactory = MetricsSystem.factory) throws -> Store {
        let (options, isEmbedded) = try connect()
        if isEmbedded { try Store.migrate(options) }
        return Store(options, connections: connections, metrics: metrics)
    }
}
