import Dispatch
import PostgresWire
import Synchronization
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// The charges are a function of events and prices: however often, by however many and through whatever faults they are
/// made.
@Suite struct RunTests {
    /// The published day with its prices, recorded but not run.
    private func recorded() throws -> TestDatabase {
        let database = try TestDatabase()
        _ = try database.store.load(PublishedDay.book())
        _ = try database.store.record(PublishedDay.events())
        return database
    }

    private static let expected = Result { try PublishedDay.shared.get().charges() }

    @Test func aSecondRunChangesNothing() throws {
        let database = try recorded()
        let first = try database.store.run()
        // Seven accounts in one month; 24 hours of two models, two of them cut in the middle.
        #expect(first.hours == 24)
        #expect(first.rating.periods == 7)
        #expect(first.rating.charges == 7 * 2 * 26)
        #expect(first.rating.written == 7 * 2 * 26)
        #expect(first.rating.unpriced == 0)
        let places = "SELECT string_agg(ctid::text, ',' ORDER BY ctid) FROM taximeter.charge"
        let before = try database.psql(places)
        let second = try database.store.run()
        #expect(second == RunSummary(hours: 0, rating: RatingSummary(), marginDays: 0))
        #expect(try database.psql(places) == before)
        #expect(try database.charges() == Self.expected.get())
    }

    /// Rated again without a reason, the charges stay the same rows.
    @Test func ratingAgainWritesNothing() throws {
        let database = try recorded()
        try database.store.run()
        try database.psql("UPDATE taximeter.account_period SET stale = true")
        let again = try database.store.run()
        #expect(again.rating.periods == 7)
        #expect(again.rating.written == 0)
        // And summed again, the buckets do.
        try database.psql("INSERT INTO taximeter.dirty_hour (hour) SELECT hour FROM taximeter.usage_hour")
        let summed = try database.store.run()
        #expect(summed.hours == 24)
        #expect(summed.rating == RatingSummary())
        #expect(try database.charges() == Self.expected.get())
    }

    @Test func severalAtOnceMakeTheSameChargesAsOne() throws {
        let database = try recorded()
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 3) { _ in
            let store = Store(database.options)
            defer { store.close() }
            do { try store.run() } catch { failures.withLock { $0.append(String(reflecting: error)) } }
        }
        #expect(failures.withLock { $0 } == [])
        #expect(try database.charges() == Self.expected.get())
        #expect(try database.store.run().hours == 0)
    }

    /// Days that several runs meet first at the same time are made once, and nobody's sums find no place.
    @Test func runsThatMeetNewDaysAtOnce() throws {
        let database = try TestDatabase()
        _ = try concurrently(4) { thread in
            let store = Store(database.options)
            defer { store.close() }
            for day in 10..<25 {
                _ = try store.record([event("\(thread)-\(day)", at: "2025-03-\(day)T00:00:00Z")])
                try store.run()
            }
        }
        _ = try database.store.run()
        #expect(try database.psql("SELECT count(*), sum(events) FROM taximeter.usage_bucket") == "15|60\n")
        #expect(
            try database.psql("SELECT count(*) FROM pg_inherits WHERE inhparent = 'taximeter.usage_bucket'::regclass")
                == "15\n")
    }

    /// Every run is cut off somewhere, and the next goes on.
    @Test func aRunThatIsCutOffIsDoneAgain() throws {
        let database = try recorded()
        let killer = BackendKiller(database.options, everyMilliseconds: 3)
        for _ in 0..<100 where killer.killed < 6 {
            // From the events anew, with whatever the last run left behind taken away in part.
            try database.psql(
                """
                DELETE FROM taximeter.charge WHERE random() < 0.5;
                DELETE FROM taximeter.usage_bucket WHERE random() < 0.5;
                UPDATE taximeter.account_period SET stale = true;
                INSERT INTO taximeter.dirty_hour (hour)
                SELECT DISTINCT date_trunc('hour', completed_at, 'UTC') FROM taximeter.usage_event;
                """)
            let store = Store(database.options)
            defer { store.close() }
            do { try store.run() } catch let error as PostgresError where error.isRetryable {}
        }
        #expect(try killer.stop() >= 6)
        try database.store.run()
        #expect(try database.charges() == Self.expected.get())
        #expect(try database.psql("SELECT * FROM taximeter.pending_work") == "0||0|0||0\n")
    }

    /// Recording and running at the same time leaves nothing behind: what was missed is still marked.
    @Test func recordingWhileRunning() throws {
        let database = try TestDatabase()
        _ = try database.store.load(PublishedDay.book())
        let events = try PublishedDay.events()
        let failures = Mutex<[String]>([])
        let isRecorded = Atomic(false)
        DispatchQueue.concurrentPerform(iterations: 3) { thread in
            do {
                let store = Store(database.options)
                defer { store.close() }
                if thread > 0 {
                    while !isRecorded.load(ordering: .acquiring) { try store.run() }
                } else {
                    // Every 7th event, so that each batch touches every hour.
                    for start in 0..<7 {
                        let batch = stride(from: start, to: events.count, by: 7).map { events[$0] }
                        _ = try store.record(batch)
                    }
                    isRecorded.store(true, ordering: .releasing)
                }
            } catch {
                isRecorded.store(true, ordering: .releasing)
                failures.withLock { $0.append(String(reflecting: error)) }
            }
        }
        #expect(failures.withLock { $0 } == [])
        try database.store.run()
        #expect(try database.charges() == Self.expected.get())
    }

    /// An event that comes late changes the charge of its bucket, and no other row.
    @Test func aLateEventChangesItsBucketOnly() throws {
        let database = try recorded()
        try database.store.run()
        let rows = "SELECT ctid, slot_start, account_key FROM taximeter.charge ORDER BY 2, 3, 1"
        let before = Set(try database.psql(rows).split(separator: "\n"))
        let late = try event(
            "late", account: "acme", model: "deepseek-chat", at: "2025-02-27T18:59:59.999999Z", output: 1_000_000,
            requests: 2)
        #expect(try database.store.record([late]) == [.accepted])
        #expect(try database.psql("SELECT * FROM taximeter.pending_work") == "1|2025-02-27 18:00:00+00|0|0||0\n")
        let run = try database.store.run()
        #expect(run.hours == 1)
        #expect(run.rating.periods == 1)
        #expect(run.rating.written == 1)
        #expect(Set(try database.psql(rows).split(separator: "\n")).subtracting(before).count == 1)
        // A million output tokens at night.
        let expected = try PublishedDay.shared.get().psql("SELECT sum(net_amount) + 0.55 FROM taximeter.charge")
        #expect(try database.psql("SELECT sum(net_amount) FROM taximeter.charge") == expected)
    }
}
