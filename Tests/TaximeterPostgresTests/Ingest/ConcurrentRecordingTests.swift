import Dispatch
import PostgresWire
import Synchronization
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

@Suite struct ConcurrentRecordingTests {
    /// What each of some threads got for what it sent.
    struct Tally: Sendable {
        var sent = 0
        var answers: [EventAnswer: Int] = [:]
        var failures: [String] = []

        mutating func add(_ given: [EventAnswer]) {
            sent += given.count
            for answer in given { answers[answer, default: 0] += 1 }
        }
    }

    /// Events of three accounts that share their request ids, each pair of account and id once.
    static func events(_ count: Int, _ prefix: String, _ generator: inout SeededGenerator) throws -> [UsageEvent] {
        try (0..<count).map { index in
            try event(
                "\(prefix)-\(index / 3)", account: "account-\(index % 3)",
                at: "2025-03-\(10 + index % 4)T1\(index % 10):00:00Z", hit: .random(in: 0...1_000, using: &generator),
                miss: .random(in: 0...1_000, using: &generator), output: .random(in: 1...1_000, using: &generator))
        }
    }

    /// Four stores record the same events, each shuffled and cut into batches of its own.
    static func record(_ events: [UsageEvent], in options: ConnectionOptions, _ generator: inout SeededGenerator)
        -> Tally
    {
        let orders = (0..<4).map { _ in events.shuffled(using: &generator) }
        let sizes = (0..<4).map { _ in Int.random(in: 7...90, using: &generator) }
        let tally = Mutex(Tally())
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            let store = Store(options, connections: 1)
            defer { store.close() }
            for start in stride(from: 0, to: events.count, by: sizes[thread]) {
                let batch = Array(orders[thread][start..<min(events.count, start + sizes[thread])])
                record(batch, in: store, tally)
            }
        }
        return tally.withLock { $0 }
    }

    /// As a courier does: what failed for a passing reason is sent again, whatever became of it.
    private static func record(_ batch: [UsageEvent], in store: Store, _ tally: borrowing Mutex<Tally>) {
        for attempt in 1... {
            do {
                let answers = try store.record(batch)
                return tally.withLock { $0.add(answers) }
            } catch let error as PostgresError where error.isRetryable && attempt < 100 {
                continue
            } catch {
                return tally.withLock { $0.failures.append(String(reflecting: error)) }
            }
        }
    }

    static let storedSums = """
        SELECT count(*), count(DISTINCT (account_key, request_id)), sum(cache_hit_tokens), sum(cache_miss_tokens),
            sum(output_tokens) FROM taximeter.usage_event
        """

    static func sums(_ events: [UsageEvent]) -> String {
        let sums = [events.map(\.tokens.cacheHit), events.map(\.tokens.cacheMiss), events.map(\.tokens.output)]
            .map { String($0.reduce(0, +)) }
        return ([String(events.count), String(events.count)] + sums).joined(separator: "|") + "\n"
    }

    @Test func eachEventIsStoredOnce() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let events = try Self.events(900, "r", &generator)
            let tally = Self.record(events, in: database.options, &generator)
            #expect(tally.failures == [])
            #expect(tally.answers == [.accepted: 900, .duplicate: 2_700])
            #expect(try database.psql(Self.storedSums) == Self.sums(events))
        }
    }

    /// Of two contents under one id, one is stored, and every other delivery is called what it is.
    @Test func oneOfTwoContentsStands() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let contents = try (0..<200).flatMap { try [event("\($0)", output: 1), event("\($0)", output: 2)] }
            let tally = Self.record(contents, in: database.options, &generator)
            #expect(tally.failures == [])
            #expect(tally.answers == [.accepted: 200, .duplicate: 600, .conflict: 800])
            #expect(try database.psql("SELECT count(*) FROM taximeter.usage_event") == "200\n")
        }
    }

    /// Backends are killed while they write: a lost answer may turn "accepted" into "duplicate", but each event is stored
    /// once.
    @Test func eachEventIsStoredOnceAlthoughBackendsAreKilled() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let killer = BackendKiller(database.options)
            var events: [UsageEvent] = []
            // Until enough were killed, however fast the machine is.
            for round in 0..<50 where killer.killed < 8 {
                let fresh = try Self.events(300, "round-\(round)", &generator)
                let tally = Self.record(fresh, in: database.options, &generator)
                #expect(tally.failures == [])
                #expect(tally.sent == 1_200)
                #expect(tally.answers[.accepted, default: 0] <= 300)
                #expect(tally.answers[.conflict] == nil)
                events += fresh
            }
            #expect(try killer.stop() >= 8)
            #expect(try database.psql(Self.storedSums) == Self.sums(events))
        }
    }

    /// The control: when the keys are lost, the same deliveries are stored twice, and the sums show it.
    @Test func withoutTheKeysThereAreDuplicates() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let events = try Self.events(300, "r", &generator)
            _ = Self.record(events, in: database.options, &generator)
            try database.psql(
                "ALTER TABLE taximeter.event_key DISABLE TRIGGER ALL; DELETE FROM taximeter.event_key")
            let tally = Self.record(events, in: database.options, &generator)
            #expect(tally.answers[.accepted] == 300)
            #expect(try database.psql(Self.storedSums) != Self.sums(events))
            #expect(try database.psql("SELECT count(*) FROM taximeter.usage_event") == "600\n")
        }
    }

    /// Without the constraint itself nothing is stored at all: the statement that relies on it names it (42P10).
    @Test func withoutTheConstraintNothingIsStored() throws {
        let database = try TestDatabase()
        try database.psql("ALTER TABLE taximeter.event_key DROP CONSTRAINT event_key_pkey")
        let error = #expect(throws: PostgresError.self) { try database.store.record([event("1")]) }
        #expect(error?.sqlState == "42P10")
        #expect(try database.psql("SELECT count(*) FROM taximeter.usage_event") == "0\n")
    }
}
