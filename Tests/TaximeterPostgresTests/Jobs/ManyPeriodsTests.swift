import Dispatch
import Synchronization
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// More account periods than a transaction takes.
@Suite struct ManyPeriodsTests {
    @Test func allAreRatedAndEachOnce() throws {
        let database = try TestDatabase()
        _ = try database.store.load(
            book("- from: 2025-01-01T00:00:00Z\n  rates: {output: \"1\"}"))
        // Two months each.
        let accounts = RatingJob.periodsPerTransaction + 30
        let periods = 2 * accounts
        let events = try (0..<accounts).flatMap { account in
            try ["2025-03-31T23:59:59Z", "2025-04-01T00:00:00Z"].map {
                try event($0, account: "account-\(account)", at: $0, output: 1_000_000)
            }
        }
        _ = try database.store.record(events)
        let outcomes = Mutex<[Result<RunSummary, any Error>]>([])
        DispatchQueue.concurrentPerform(iterations: 3) { _ in
            let store = Store(database.options)
            defer { store.close() }
            let outcome = Result { try store.run() }
            outcomes.withLock { $0.append(outcome) }
        }
        let runs = try outcomes.withLock { $0 }.map { try $0.get() }
        #expect(runs.map(\.rating.written).reduce(0, +) == periods)
        #expect(
            try database.psql("SELECT count(*), trim_scale(sum(net_amount)) FROM taximeter.charge")
                == "\(periods)|\(periods)\n")
        #expect(try database.psql("SELECT * FROM taximeter.pending_work") == "0||0|0||0\n")
        let months = """
            SELECT (period_start AT TIME ZONE 'UTC')::date, (period_end AT TIME ZONE 'UTC')::date, count(*)
            FROM taximeter.account_period GROUP BY 1, 2 ORDER BY 1
            """
        #expect(try database.psql(months) == "2025-03-01|2025-04-01|\(accounts)\n2025-04-01|2025-05-01|\(accounts)\n")
    }

    /// However many buckets are read at once: an account's may begin in one part and end in another.
    @Test(arguments: [1, 2, 3, 7, 1_000]) func bucketsAreReadInParts(_ bucketsAtOnce: Int) throws {
        let database = try TestDatabase()
        _ = try database.store.load(
            book("- from: 2025-01-01T00:00:00Z\n  rates: {output: \"1\"}"))
        let events = try (0..<40).map { index in
            // Of every third account two months, in turn.
            let month = index % 3 == 0 ? 3 + index / 3 % 2 : 3
            return try event(
                "\(index)", account: "account-\(index % 9)", at: "2025-0\(month)-1\(index % 7)T0\(index % 10):00:00Z",
                output: Int64(index + 1))
        }
        _ = try database.store.record(events)
        try database.store.run()
        let whole = try database.charges()
        let sums = "SELECT count(*), sum(output_tokens), trim_scale(sum(net_amount)) FROM taximeter.charge"
        #expect(try database.psql(sums) == "40|820|0.00082\n")
        try database.psql(
            """
            DELETE FROM taximeter.charge WHERE account_key % 2 = 0;
            UPDATE taximeter.charge SET tiered_amount = tiered_amount + 1 WHERE account_key % 3 = 0;
            UPDATE taximeter.account_period SET stale = true
            """)
        let summary = try RatingJob(
            store: database.store, prices: PriceSnapshot.read(database.store), bucketsAtOnce: bucketsAtOnce
        ).run { _, _ in }
        #expect(summary.charges == 40)
        #expect(try database.charges() == whole)
    }

    /// What it says of its progress never goes back within a stage, and ends at the whole.
    @Test func progressGoesForward() throws {
        let database = try TestDatabase()
        _ = try database.store.load(PublishedDay.book())
        _ = try database.store.record(PublishedDay.events())
        var seen: [RunProgress] = []
        try database.store.run { seen.append($0) }
        for stage in [RunProgress.Stage.rollUp, .rating, .margins] {
            let steps = seen.filter { $0.stage == stage }
            #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.done <= $1.done })
            #expect(steps.allSatisfy { 0 <= $0.done && $0.done <= $0.total })
            #expect(steps.last.map { $0.done == $0.total } == true)
        }
        #expect(seen.last { $0.stage == .rating }?.total == 7)
        #expect(seen.last?.total == 2)
    }
}
