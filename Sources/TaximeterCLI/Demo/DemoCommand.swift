import ArgumentParser
import PostgresWire
import Taximeter
import TaximeterPostgres

/// `taximeter demo`: DeepSeek's published day, end to end.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Meter, price and reconcile DeepSeek's published day, and print its margins.",
        discussion: """
            Uses the embedded server, in a database of its own (taximeter_demo) that is made anew each time. What is published \
            and what is assumed is told in fixtures/published-day/README.md.
            """)

    private static let database = "taximeter_demo"

    func run() throws {
        let clock = ContinuousClock()
        let start = clock.now
        let address = try freshDatabase()
        let options = ConnectionOptions(address.connectionString)
        try Store.migrate(options)
        let store = Store(options)
        let day = try PublishedDay.load(into: store)
        print(try DemoReport(store: store, day: day).text)
        print(DemoReport.whereNext(address))
        let seconds = (clock.now - start).components
        print("Done in \(seconds.seconds).\(seconds.attoseconds / 100_000_000_000_000_000) s: \(day.summary)")
    }

    private func freshDatabase() throws -> ClusterAddress {
        let address = try EmbeddedCluster().start().with(database: Self.database)
        let connection = try Connection.open(ConnectionOptions(address.with(database: "postgres").connectionString))
        try connection.execute("DROP DATABASE IF EXISTS \(unsafe: Self.database) WITH (FORCE)")
        try connection.execute("CREATE DATABASE \(unsafe: Self.database) TEMPLATE template0 ENCODING 'UTF8'")
        return address
    }
}
