import Dispatch
import Synchronization
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

@Suite struct RecordingTests {
    /// One batch after another in a fresh database: what is sent, and the answer to each event.
    struct Scenario: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let batches: [(events: [UsageEvent], answers: [EventAnswer])]
        /// How many events are stored in the end.
        let stored: Int
    }

    static func scenarios() throws -> [Scenario] {
        let first = try event("1", output: 7)
        let other = try event("1", output: 8)
        return try [
            Scenario(testDescription: "nothing", batches: [([], [])], stored: 0),
            Scenario(
                testDescription: "the same again", batches: [([first], [.accepted]), ([first], [.duplicate])], stored: 1
            ),
            Scenario(
                testDescription: "other content", batches: [([first], [.accepted]), ([other], [.conflict])], stored: 1),
            Scenario(
                testDescription: "repeats inside a batch",
                batches: [([first, first, other, first], [.accepted, .duplicate, .conflict, .duplicate])], stored: 1),
            Scenario(
                testDescription: "known and new mixed",
                batches: [
                    ([first], [.accepted]),
                    ([other, event("2"), first, event("2")], [.conflict, .accepted, .duplicate, .duplicate]),
                ], stored: 2),
            Scenario(
                testDescription: "NFC and NFD are two ids and two accounts",
                batches: [
                    (
                        [
                            event("caf\u{e9}"), event("cafe\u{301}"), event("x", account: "\u{e9}"),
                            event("x", account: "e\u{301}"),
                        ], [.accepted, .accepted, .accepted, .accepted]
                    ),
                    ([event("cafe\u{301}"), event("caf\u{e9}")], [.duplicate, .duplicate]),
                ], stored: 4),
            Scenario(
                testDescription: "one id in two accounts",
                batches: [([event("1", account: "a"), event("1", account: "b")], [.accepted, .accepted])], stored: 2),
            Scenario(
                testDescription: "a year later",
                batches: [
                    ([event("1", at: "2024-02-29T23:59:59.999999Z")], [.accepted]),
                    ([event("1", at: "2025-03-01T00:00:00Z")], [.conflict]),
                ], stored: 1),
            Scenario(
                testDescription: "ids that SQL or COPY could trip over",
                batches: [
                    (
                        ["'", "\"", "\\.", "\\N", "$1", "NULL", "a\tb", "a\nb", "🦆", String(repeating: "水", count: 85)]
                            .map { try event($0) }, Array(repeating: .accepted, count: 10)
                    )
                ], stored: 10),
            Scenario(
                testDescription: "the ends of every range",
                batches: [
                    (
                        [
                            event("1", at: "1970-01-01T00:00:00Z"), event("2", at: "2200-01-01T00:00:00Z"),
                            event(
                                "3", started: "1970-01-01T00:00:00Z", hit: UsageEvent.maximumTokenCount,
                                miss: UsageEvent.maximumTokenCount, write: UsageEvent.maximumTokenCount,
                                write1h: UsageEvent.maximumTokenCount, output: UsageEvent.maximumTokenCount,
                                requests: UsageEvent.maximumRequestCount),
                        ], [.accepted, .accepted, .accepted]
                    )
                ], stored: 3),
        ]
    }

    @Test(arguments: try scenarios())
    func answersEachEvent(_ scenario: Scenario) throws {
        let database = try TestDatabase()
        for (events, answers) in scenario.batches {
            #expect(try database.store.record(events) == answers)
        }
        #expect(try database.psql("SELECT count(*) FROM taximeter.usage_event") == "\(scenario.stored)\n")
        #expect(try database.psql("SELECT count(*) FROM taximeter.event_key") == "\(scenario.stored)\n")
    }

    /// Each field of the content tells a conflict from a duplicate, as the first one was stored.
    @Test func everyFieldCounts() throws {
        let database = try TestDatabase()
        let others = try [
            event("1", model: "model-b"), event("1", channel: "web"), event("1", tier: "batch"),
            event("1", started: "2025-03-10T10:20:29Z"), event("1", at: "2025-03-10T10:20:30.000001Z"),
            event("1", hit: 1), event("1", miss: 1), event("1", write: 1), event("1", write1h: 1),
            event("1", output: 2), event("1", requests: 2),
        ]
        #expect(try database.store.record([event("1")]) == [.accepted])
        #expect(try database.store.record(others) == others.map { _ in .conflict })
        #expect(try database.store.record([event("1")]) == [.duplicate])
    }

    /// What is stored is what was sent, column by column.
    @Test func storesWhatWasSent() throws {
        let database = try TestDatabase()
        let sent = try event(
            "r-1", account: "acme", model: "m", channel: "web", tier: "flex", started: "2025-03-10T10:20:29.25Z",
            at: "2025-03-10T10:20:30.000001Z", hit: 1, miss: 2, write: 3, write1h: 4, output: 5, requests: 6)
        _ = try database.store.record([sent])
        let row = try database.psql(
            """
            SELECT a.external_id, m.name, c.name, t.name, e.request_id, e.started_at, e.completed_at,
                e.cache_hit_tokens, e.cache_miss_tokens, e.cache_write_tokens, e.cache_write_1h_tokens,
                e.output_tokens, e.requests, e.recorded_at BETWEEN now() - interval '1 hour' AND now()
            FROM taximeter.usage_event AS e JOIN taximeter.account AS a USING (account_key)
            JOIN taximeter.model AS m USING (model_key) JOIN taximeter.channel AS c USING (channel_key)
            JOIN taximeter.service_tier AS t USING (service_tier_key)
            """)
        #expect(
            row == "acme|m|web|flex|r-1|2025-03-10 10:20:29.25+00|2025-03-10 10:20:30.000001+00|1|2|3|4|5|6|t\n")
        let hash = sent.contentHash.bytes.hexadecimal
        #expect(try database.psql("SELECT encode(payload_hash, 'hex') FROM taximeter.event_key") == "\(hash)\n")
    }

    /// Keys that hold the SHA-256 of the payload, as they were stored once, tell repeats from conflicts too.
    @Test func knowsEventsByTheirDigests() throws {
        let database = try TestDatabase()
        let old = try event("old", output: 3)
        let new = try event("new", output: 4)
        #expect(try database.store.record([old]) == [.accepted])
        _ = try database.psql(
            """
            BEGIN;
            SET LOCAL session_replication_role = replica;
            UPDATE taximeter.event_key SET payload_hash = sha256('\\x\(old.canonicalPayload.hexadecimal)');
            COMMIT
            """)
        #expect(try database.store.record([new]) == [.accepted])
        #expect(
            try database.store.record([new, event("old", output: 4), old, event("new"), event("third")])
                == [.duplicate, .conflict, .duplicate, .conflict, .accepted])
    }

    /// The order in which keys are taken is that of the server's `COLLATE "C"`, whatever the ids begin with.
    @Test func keyOrderIsTheServers() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let pieces = ["a", "b", "é", "e\u{301}", "req-0000-", "req-0000-0000-000", "模", "\u{1}", "z", "\u{10FFFF}"]
            let rows = try (0..<500).map { _ in
                let id = (0..<Int.random(in: 1...5, using: &generator)).compactMap { _ in
                    pieces.randomElement(using: &generator)
                }
                return KeyedEvent(
                    event: try event(id.joined()), accountKey: Int64.random(in: 1...3, using: &generator), modelKey: 1,
                    channelKey: 1, serviceTierKey: 1)
            }
            let places = KeyedEvent.placesInKeyOrder(rows)
            let values = places.map { place in
                "(\(rows[place].accountKey), '\(rows[place].event.requestID)', \(place))"
            }
            let ordered = try database.psql(
                """
                SELECT place FROM (VALUES \(values.shuffled(using: &generator).joined(separator: ", "))) AS t (a, id, place)
                ORDER BY a, id COLLATE "C", place
                """)
            #expect(ordered.split(separator: "\n").map { Int($0) } == places)
        }
    }

    /// Days that come in any order get their partitions, once, also from stores that do not know of each other.
    @Test func thirtyRandomDaysGetPartitions() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let days = (0..<30).map { _ in Int64.random(in: 0..<84_000, using: &generator) }
            let events = try days.enumerated().map { index, day in
                let start = Instant(microseconds: day * Instant.day)?.description ?? ""
                return try event("\(index)", at: start)
            }
            for half in [events.prefix(20), events.suffix(20)] {
                _ = try Store(database.options).record(Array(half))
            }
            let partitions = try database.psql(
                "SELECT count(*) FROM pg_class WHERE relispartition AND relkind = 'r' AND relname ~ '^usage_event'")
            #expect(partitions == "\(Set(days).count)\n")
            #expect(try database.psql("SELECT count(*) FROM taximeter.usage_event") == "30\n")
        }
    }

    /// Stores that meet the same new day at once make its partition once; none of them fails.
    @Test func manyStoresMeetNewDaysAtOnce() throws {
        let database = try TestDatabase()
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            let store = Store(database.options)
            defer { store.close() }
            do {
                for day in 10..<30 { _ = try store.record([event("\(thread)-\(day)", at: "2025-03-\(day)T00:00:00Z")]) }
            } catch {
                failures.withLock { $0.append(String(reflecting: error)) }
            }
        }
        #expect(failures.withLock { $0 } == [])
        #expect(
            try database.psql("SELECT count(*) FROM pg_class WHERE relispartition AND relkind = 'r'") == "20\n")
    }
}

extension [UInt8] {
    fileprivate var hexadecimal: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
