import Foundation
import PostgresWire
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

// The README's examples of the library, which this file compiles and runs.
func record(_ databaseURL: String, completedAt: Instant) throws {
    let store = Store(ConnectionOptions(databaseURL))
    let event = try UsageEvent(
        account: Identifier("acme"), model: Identifier("deepseek-reasoner"), channel: Identifier("api"),
        serviceTier: Identifier("standard"), requestID: Identifier("req-7f3a"), startedAt: completedAt,
        completedAt: completedAt, tokens: TokenCounts(cacheHit: 1_024, cacheMiss: 310, output: 842))
    let answers = try store.record([event])  // [.accepted]; a second time [.duplicate]
    print(answers)
    try store.run()
}

func meter(into store: Store, through folder: String, completedAt: Instant) throws {
    let spool = try Spool(folder)  // the three lines
    let (meter, courier) = (Meter(spool: spool), Courier(spool, to: store))
    courier.start()

    let account = try meter.account(Identifier("acme"))  // names once, then a call a request
    let model = try meter.model(Identifier("deepseek-reasoner"))
    let (channel, tier) = (try meter.channel(Identifier("api")), try meter.serviceTier(Identifier("standard")))
    let event = MeterEvent(
        account: account, model: model, channel: channel, serviceTier: tier, startedAt: completedAt,
        completedAt: completedAt, tokens: TokenCounts(cacheHit: 1_024, cacheMiss: 310, output: 842))
    try meter.record(event, requestID: "req-7f3b")  // recordDurably returns once it is on the disk

    try meter.close()  // at the end of the process
    courier.stop(drainingFor: .seconds(30))
    spool.close()
}

@Suite struct ReadmeTests {
    @Test func theExamplesRunAndAreTheReadmes() throws {
        let database = try TestDatabase()
        let instant = try #require(Instant(rfc3339: "2025-03-01T00:00:00Z"))
        try record(database.address.connectionString, completedAt: instant)
        #expect(try database.psql("SELECT sum(events) FROM taximeter.charge") == "1\n")
        let folder = FileManager.default.temporaryDirectory.appending(path: "taximeter-readme-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try meter(into: database.store, through: folder.path, completedAt: instant)
        try database.store.run()
        #expect(try database.psql("SELECT sum(events) FROM taximeter.charge") == "2\n")

        let readme = try String(contentsOf: Fixtures.packageRoot.appending(path: "README.md"), encoding: .utf8)
        let source = try String(contentsOf: URL(filePath: #filePath), encoding: .utf8)
        for name in ["func record(", "func meter("] {
            let start = try #require(source.range(of: name)).lowerBound
            let end = try #require(source[start...].range(of: "\n}\n")).upperBound
            #expect(readme.contains(source[start..<end]), "\(name)")
        }
    }

    @Test func everyLinkedFileIsThere() throws {
        let readme = try String(contentsOf: Fixtures.packageRoot.appending(path: "README.md"), encoding: .utf8)
        for link in readme.matches(of: /\]\(([^)#:]+)\)/) {
            let path = Fixtures.packageRoot.appending(path: String(link.output.1)).path
            #expect(FileManager.default.fileExists(atPath: path), "\(link.output.1)")
        }
    }
}
