import Foundation
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// Meter, spool, courier and store, in a real process that is killed again and again: what it had acknowledged counts
/// once. The events are those of ``BundleTests``.
@Suite(.enabled(if: TestData.folder != nil, "the traces are not here: set TAXIMETER_TEST_DATA"))
struct KilledShippingTests {
    /// A recorder's lives on one spool and one database.
    private struct Lives {
        let database: TestDatabase
        let folder: URL
        var spool: String { folder.appending(path: "spool").path }
        /// Events that were acknowledged so far.
        private(set) var acknowledged = 0

        /// - Parameter rows: How many rows of the trace to record; nil for all.
        init(rows: Int? = nil) throws {
            database = try TestDatabase()
            folder = FileManager.default.temporaryDirectory.appending(path: "taximeter-lives-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let trace = try #require(TestData.folder).appending(path: "traces/bundle_requests.csv.gz").path
            let cut = rows.map { " | head -n \($0 + 1)" } ?? ""
            let unpacked = try CommandLineTool.run(script: "gzip -dc '\(trace)'\(cut) > '\(folder.path)/trace.csv'")
            try #require(unpacked.exitCode == 0)
        }

        /// One life: killed so many milliseconds after so many groups more were acknowledged, or let go to its end.
        mutating func live(killAfter kill: (groups: Int, milliseconds: Int)?) throws -> Int32 {
            let mapping = Fixtures.folder.appending(path: "mappings/bundle.yaml").path
            let killer =
                kill.map {
                    """
                    while [ "$(wc -l < said)" -lt \($0.groups) ] && kill -0 $pid; do sleep 0.01; done
                    sleep \(Double($0.milliseconds) / 1_000)
                    kill -KILL $pid
                    """
                } ?? ""
            let result = try CommandLineTool.run(
                script: """
                    cd '\(folder.path)' && : > said
                    # Rows are told by their lines, so that those that are not given again become empty ones.
                    awk 'NR > 1 && NR <= \(acknowledged) + 1 { print ""; next } { print }' trace.csv > rest.csv
                    "$BIN/trace-recorder" spool rest.csv '\(mapping)' '\(database.address.connectionString)' \
                    \(acknowledged) > said & pid=$!
                    \(killer)
                    wait $pid; code=$?; cat said; exit $code
                    """)
            if ![0, 137].contains(result.exitCode) { Issue.record("\(result)") }
            let last = result.output.split(separator: "\n").last.flatMap { Int($0) }
            acknowledged = last ?? acknowledged
            return result.exitCode
        }

        func remove() { try? FileManager.default.removeItem(at: folder) }
    }

    /// What is stored, by source: events, input with hits, hits, output.
    private static func stored(_ database: TestDatabase) throws -> [String: [Int64]] {
        let lines = try database.psql(
            """
            SELECT c.name, count(*), sum(e.cache_hit_tokens + e.cache_miss_tokens), sum(e.cache_hit_tokens),
                sum(e.output_tokens)
            FROM taximeter.usage_event AS e JOIN taximeter.channel AS c USING (channel_key) GROUP BY 1
            """)
        var stored: [String: [Int64]] = [:]
        for line in lines.split(separator: "\n") {
            let fields = line.split(separator: "|")
            stored[String(fields[0])] = fields.dropFirst().map { Int64($0) ?? -1 }
        }
        return stored
    }

    @Test func aHundredThousandRealRequestsCountOnce() async throws {
        try await withSeed { generator in
            var lives = try Lives()
            defer { lives.remove() }
            // While it records; while it ships what the life before had left; and when all is recorded but not shipped.
            let kills = [Int.random(in: 5...25, using: &generator), 0, Int.random(in: 20...40, using: &generator), 200]
            var lagged = 0
            for groups in kills {
                let milliseconds = Int.random(in: 0...250, using: &generator)
                let before = lives.acknowledged
                let left = (100_649 - before + 999) / 1_000
                let code = try lives.live(killAfter: (min(groups, left), groups > left ? 0 : milliseconds))
                // The last time it may just have shipped everything.
                #expect(code == 137 || groups > left)
                #expect(lives.acknowledged >= before)
                let survey = try SpoolSurvey.read(lives.spool)
                #expect(survey.damages.isEmpty)
                if survey.pendingEventCount > 0 { lagged += 1 }
                // Nothing acknowledged is lost: it is stored, or still in the spool, or both.
                let count = try lives.database.psql("SELECT count(*) FROM taximeter.usage_event").dropLast()
                #expect(try #require(Int(count)) + survey.pendingEventCount >= lives.acknowledged)
            }
            #expect(lagged > 0, "it was never killed while something was to be shipped")
            #expect(lives.acknowledged == 100_649)
            #expect(try lives.live(killAfter: nil) == 0)

            let database = lives.database
            #expect(try database.psql("SELECT count(DISTINCT request_id) FROM taximeter.usage_event") == "100649\n")
            let published = BundleTests.published.mapValues { [Int64($0.0), $0.1, $0.2, $0.3] }
            #expect(try Self.stored(database) == published)
            try database.store.run()
            let audit = try database.store.auditEvents { Issue.record("\($0)") }
            #expect(audit.differences == 0 && audit.totals.events == 100_649 && audit.totals.producers == 1)
            #expect(audit.totals.quarantined == 0 && audit.totals.hoursToRollUp == 0)
            let command = try CommandLineTool.run(
                ["audit", "events"], environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString])
            #expect(command.exitCode == 0 && command.output.hasPrefix("100,649 events: "), "\(command)")
            #expect(command.output.hasSuffix(" 0 differences\n"))
        }
    }

    /// The control: where acknowledged batches are taken out of the spool of a killed process, their events are missing.
    @Test func withoutTheSpoolEventsAreMissing() throws {
        var lives = try Lives(rows: 6_000)
        defer { lives.remove() }
        // Nothing is shipped, because every batch fails.
        try lives.database.psql("REVOKE INSERT ON taximeter.ingest_batch FROM taximeter_writer")
        #expect(try lives.live(killAfter: (3, 0)) == 137)
        let acknowledged = lives.acknowledged
        #expect(acknowledged >= 3_000)
        let removed = try CommandLineTool.run(script: "rm -r '\(lives.spool)'")
        #expect(removed.exitCode == 0)
        try lives.database.psql("GRANT INSERT ON taximeter.ingest_batch TO taximeter_writer")
        #expect(try lives.live(killAfter: nil) == 0)
        #expect(try lives.database.psql("SELECT count(*) FROM taximeter.usage_event") == "\(6_000 - acknowledged)\n")
    }
}
