import Foundation
import PostgresWire
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// The README's example of the library, which this file compiles and runs.
func meter(_ databaseURL: String, completedAt: Instant) throws {
    let store = Store(ConnectionOptions(databaseURL))
    let event = try UsageEvent(
        account: Identifier("acme"), model: Identifier("deepseek-reasoner"), channel: Identifier("api"),
        serviceTier: Identifier("standard"), requestID: Identifier("req-7f3a"), startedAt: completedAt,
        completedAt: completedAt, tokens: TokenCounts(cacheHit: 1_024, cacheMiss: 310, output: 842))
    let answers = try store.record([event])  // [.accepted]; a second time [.duplicate]
    print(answers)
    try store.run()
}

@Suite struct ReadmeTests {
    @Test func theExampleRunsAndIsTheReadmes() throws {
        let database = try TestDatabase()
        let instant = try #require(Instant(rfc3339: "2025-03-01T00:00:00Z"))
        try meter(database.address.connectionString, completedAt: instant)
        #expect(try database.psql("SELECT sum(events) FROM taximeter.charge") == "1\n")

        let readme = try String(contentsOf: Fixtures.packageRoot.appending(path: "README.md"), encoding: .utf8)
        let source = try String(contentsOf: URL(filePath: #filePath), encoding: .utf8)
        let start = try #require(source.range(of: "func meter(")).lowerBound
        let end = try #require(source.range(of: "\n}\n")).upperBound
        #expect(readme.contains(source[start..<end]))
    }

    @Test func everyLinkedFileIsThere() throws {
        let readme = try String(contentsOf: Fixtures.packageRoot.appending(path: "README.md"), encoding: .utf8)
        for link in readme.matches(of: /\]\(([^)#:]+)\)/) {
            let path = Fixtures.packageRoot.appending(path: String(link.output.1)).path
            #expect(FileManager.default.fileExists(atPath: path), "\(link.output.1)")
        }
    }
}
