import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// A COMMIT without an answer says nothing about its outcome: the work is done again, and must not count twice.
@Suite struct UnknownCommitTests {
    @Test func recordingIsTriedAgain() throws {
        let database = try TestDatabase()
        try database.killCommits(2, of: "INSERT", on: "taximeter.event_key")
        #expect(try database.store.record([event("1")]) == [.accepted])
        #expect(try database.commits() == "3\n")
        #expect(try database.psql("SELECT count(*) FROM taximeter.usage_event") == "1\n")
        #expect(try database.psql("SELECT count(*) FROM taximeter.dirty_hour") == "1\n")
    }

    /// The other outcome: it was committed, and the answer was lost. Then the repeat finds its own event.
    @Test func whatWasCommittedIsADuplicate() throws {
        let database = try TestDatabase()
        let batch = try [event("1"), event("2")]
        #expect(try database.store.record(batch) == [.accepted, .accepted])
        #expect(try Store(database.options).record(batch) == [.duplicate, .duplicate])
        #expect(try database.psql("SELECT count(*) FROM taximeter.dirty_hour") == "1\n")
    }

    /// In every table that a run or a load writes, for the first commits that write to it.
    @Test(arguments: [
        ("DELETE", "taximeter.dirty_hour"), ("INSERT", "taximeter.usage_bucket"), ("INSERT", "taximeter.usage_hour"),
        ("INSERT", "taximeter.charge"), ("UPDATE", "taximeter.account_period"), ("UPDATE", "taximeter.price_state"),
        ("INSERT", "taximeter.tariff_version"), ("INSERT", "taximeter.gpu_cost_hourly"),
    ])
    func runsAndLoadsAreTriedAgain(_ operation: String, _ table: String) throws {
        let database = try TestDatabase()
        try database.killCommits(2, of: operation, on: table)
        #expect(try database.store.load(PublishedDay.book()).isDefault)
        _ = try database.store.load(PublishedDay.costs())
        _ = try database.store.record(PublishedDay.events())
        try database.store.run()
        #expect(try Int(database.commits().dropLast()) ?? 0 > 2)
        #expect(try database.charges() == PublishedDay.shared.get().charges())
        let summary = "SELECT * FROM taximeter.margin_summary(\(PublishedDay.hours))"
        #expect(try database.psql(summary) == PublishedDay.shared.get().psql(summary))
    }
}
