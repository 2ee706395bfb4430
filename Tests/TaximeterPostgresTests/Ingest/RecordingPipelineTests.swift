import Glibc
import PostgresWire
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// Batches that are under way at once give the answers, and store what is stored, as if each had waited for the last.
@Suite struct RecordingPipelineTests {
    private typealias Given = (events: [UsageEvent], reversals: [EventReversal])

    /// Batches of few ids, so that neighbours repeat, contradict and reverse each other all the time.
    private static func batches(_ count: Int, _ generator: inout SeededGenerator) throws -> [Given] {
        try (0..<count).map { _ in
            let events = try (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                try event(
                    "id-\(Int.random(in: 0..<60, using: &generator))",
                    account: "account-\(Int.random(in: 0..<2, using: &generator))",
                    output: .random(in: 1...2, using: &generator))
            }
            let hasReversals = Int.random(in: 0..<4, using: &generator) == 0
            let reversals = try (0..<(hasReversals ? 3 : 0)).map { _ in
                EventReversal(
                    account: try Identifier("account-\(Int.random(in: 0..<2, using: &generator))"),
                    requestID: try Identifier("id-\(Int.random(in: 0..<60, using: &generator))"))
            }
            return (events, reversals)
        }
    }

    private final class Answers {
        var list: [RecordAnswers] = []
    }

    private static func record(
        _ batches: [Given], in store: Store, beforeEach: () -> Void = {}
    ) throws -> [RecordAnswers] {
        let answers = Answers()
        let pipeline = RecordingPipeline(store)
        for (events, reversals) in batches {
            beforeEach()
            try pipeline.record(events, reversing: reversals) { answers.list.append($0) }
        }
        try pipeline.finish()
        return answers.list
    }

    /// The store in memory takes one batch after another.
    @Test(arguments: [1, 2, 4])
    func answersAreThoseOfOneAfterAnother(connections: Int) async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let store = Store(database.options, connections: connections)
            defer { store.close() }
            let batches = try Self.batches(150, &generator)
            let oracle = MemoryStore()
            let expected = batches.map { oracle.record($0.events, reversing: $0.reversals) }
            #expect(try Self.record(batches, in: store) == expected)
            // Stored is what was answered so: the first content of each id.
            let accepted = zip(batches, expected).flatMap { given, answers in
                zip(given.events, answers.events).filter { $0.1 == .accepted }.map(\.0)
            }
            let lines = accepted.map { "\($0.account)|\($0.requestID)|\($0.tokens.output)" }.sorted()
            let stored = try database.psql(
                """
                SELECT a.external_id, e.request_id, e.output_tokens
                FROM taximeter.usage_event AS e JOIN taximeter.account AS a USING (account_key) WHERE e.sign = 1
                """)
            #expect(stored.split(separator: "\n").map(String.init).sorted() == lines)
            #expect(try database.audit() == "")
        }
    }

    /// Runs two batches of which the first waits at the mark of its hour, after its ids, until the body has returned.
    private static func recordTwo(
        _ batches: [[UsageEvent]], in database: TestDatabase, meanwhile body: () throws -> Void
    ) throws -> [RecordAnswers] {
        let store = Store(database.options)
        defer { store.close() }
        _ = try store.record([event("known")])
        let blocker = try Connection.open(database.options)
        let answers = Answers()
        try blocker.withTransaction {
            try blocker.execute("LOCK TABLE taximeter.dirty_hour IN ACCESS EXCLUSIVE MODE")
            let pipeline = RecordingPipeline(store)
            for batch in batches { try pipeline.record(batch) { answers.list.append($0) } }
            try body()
            try blocker.execute("ROLLBACK AND CHAIN")
            try pipeline.finish()
        }
        return answers.list
    }

    /// Waits until one session is seen by a condition on pg_stat_activity.
    private static func wait(
        _ condition: String, in database: TestDatabase, _ location: SourceLocation = #_sourceLocation
    ) throws {
        let sessions = """
            SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND (\(condition))
            """
        for _ in 0..<600 {
            if try database.psql(sessions) == "1\n" { return }
            usleep(50_000)
        }
        #expect(try database.psql(sessions) == "1\n", sourceLocation: location)
    }

    private static let firstWaits = "wait_event_type = 'Lock' AND query LIKE 'INSERT INTO taximeter.dirty_hour%'"

    /// Two are under way at once: the second has written its events while the first waits in the middle of its
    /// transaction.
    @Test func twoAreUnderWayAtOnce() throws {
        let database = try TestDatabase()
        let answers = try Self.recordTwo([[event("1")], [event("2")]], in: database) {
            try Self.wait(Self.firstWaits, in: database)
            try Self.wait(
                "state = 'idle in transaction' AND query LIKE 'COPY taximeter.usage_event%'", in: database)
        }
        #expect(answers.map(\.events) == [[.accepted], [.accepted]])
        #expect(try database.audit() == "")
    }

    /// The first is tried again after it took its ids: the second, which waited for one of them, does not come first.
    @Test func theFirstIsTriedAgain() throws {
        let database = try TestDatabase()
        let batches = try [[event("1", output: 1)], [event("1", output: 2), event("2")]]
        let answers = try Self.recordTwo(batches, in: database) {
            try Self.wait(Self.firstWaits, in: database)
            try Self.wait("wait_event_type = 'Lock' AND query LIKE 'COPY taximeter.event_key%'", in: database)
            try database.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE \(Self.firstWaits)")
            // It comes back and waits at the same place; the second has given its ids back.
            try Self.wait(Self.firstWaits, in: database)
        }
        #expect(answers.map(\.events) == [[.accepted], [.conflict, .accepted]])
        #expect(try database.audit() == "")
    }

    /// The connection is cut everywhere: each event counts once.
    @Test func theConnectionIsCut() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let proxy = try FaultProxy(database.address)
            defer { proxy.stop() }
            let store = Store(ConnectionOptions(proxy.address.connectionString))
            defer { store.close() }
            let events = try (0..<2_000).map { try event("e-\($0 % 1_500)", account: "account-\($0 % 3)") }
            let batches = stride(from: 0, to: events.count, by: 50).map {
                (Array(events[$0..<$0 + 50]), [EventReversal]())
            }
            _ = try Self.record([([try event("first")], [])], in: store)
            // One at a time: a batch that met many would be given up.
            let answers = try Self.record(batches, in: store) {
                let faults: [FaultProxy.Fault] = [
                    .beforeCommit, .inReply(bytes: .random(in: 0...33, using: &generator)),
                    .afterSending(bytes: .random(in: 1..<6_000, using: &generator)),
                ]
                proxy.arm([faults[.random(in: 0..<3, using: &generator)]])
            }
            #expect(proxy.struck >= 30, "\(proxy.struck)")
            #expect(answers.allSatisfy { $0.events.allSatisfy { $0 == .accepted || $0 == .duplicate } })
            #expect(
                try database.psql(
                    "SELECT count(*), count(DISTINCT (account_key, request_id)) FROM taximeter.usage_event")
                    == "1501|1501\n")
            #expect(try database.audit() == "")
        }
    }

    /// A batch that fails says so at its turn, and those before and behind it are what they are.
    @Test func aBatchThatFails() throws {
        let database = try TestDatabase()
        let store = Store(database.options)
        defer { store.close() }
        _ = try store.record([event("known", account: "a"), event("known", account: "bad")])
        try database.psql(
            """
            CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'as the test wants it' USING ERRCODE = '53100'; END $$;
            CREATE TRIGGER fail BEFORE INSERT ON taximeter.event_key FOR EACH ROW WHEN (NEW.request_id = 'bad')
            EXECUTE FUNCTION public.fail()
            """)
        let answers = Answers()
        let pipeline = RecordingPipeline(store)
        try pipeline.record([event("1")]) { answers.list.append($0) }
        try pipeline.record([event("bad")]) { answers.list.append($0) }
        try pipeline.record([event("2")]) { answers.list.append($0) }
        #expect(throws: PostgresError.self) { try pipeline.finish() }
        try pipeline.finish()
        #expect(answers.list.map(\.events) == [[.accepted], [.accepted]])
        #expect(try store.record([event("1"), event("2")]) == [.duplicate, .duplicate])
        #expect(try database.audit() == "")
    }
}
