import PostgresWire
import Taximeter

import TestKit
import Testing

@testable import TaximeterPostgres

/// What happens to usage that was priced already when the prices change.
@Suite struct PriceChangeTests {
    private static let cheap = """
        - from: 2025-01-01T00:00:00Z
          rates: {cache_hit: "0.1", cache_miss: "1", output: "2"}
        """

    /// Four events of a million output tokens each, a quarter of an hour apart, and what was charged for each slot.
    private func recorded(_ first: PriceBook? = nil) throws -> TestDatabase {
        let database = try TestDatabase()
        if let first { _ = try database.store.load(first) }
        let events = try ["00:00", "15:00", "30:00", "45:00"].enumerated().map { index, time in
            try event("\(index)", at: "2025-03-10T10:\(time)Z", output: 1_000_000)
        }
        _ = try database.store.record(events)
        try database.store.run()
        return database
    }

    private func slots(_ database: TestDatabase) throws -> [String] {
        let rows = try database.psql(
            """
            SELECT to_char(slot_start AT TIME ZONE 'UTC', 'HH24:MI:SS'), input_floor, output_floor, events,
                output_tokens, coalesce(trim_scale(net_amount)::text, unpriced_reason)
            FROM taximeter.charge ORDER BY slot_start, input_floor, output_floor
            """)
        return rows.split(separator: "\n").map(String.init)
    }

    @Test func unpricedUsageIsPricedOnceThereIsABook() throws {
        let database = try recorded()
        #expect(try slots(database) == ["10:00:00|0|0|4|4000000|no_price_book"])
        #expect(try database.psql("SELECT reason, events FROM taximeter.unpriced_usage") == "no_price_book|4\n")
        let load = try database.store.load(book(Self.cheap))
        #expect(
            load
                == PriceBookLoad(
                    newVersions: 1, replacedVersions: 0, isDefault: true, periodsToRate: 1, billedPeriods: 0))
        try database.store.run()
        #expect(try slots(database) == ["10:00:00|0|0|4|4000000|8"])
        #expect(try database.psql("SELECT count(*) FROM taximeter.unpriced_usage") == "0\n")
    }

    /// Loading the same book again asks for nothing.
    @Test func theSameBookAgainIsNothingNew() throws {
        let database = try recorded(book(Self.cheap))
        let again = try database.store.load(book(Self.cheap))
        #expect(
            again
                == PriceBookLoad(
                    newVersions: 0, replacedVersions: 0, isDefault: true, periodsToRate: 0, billedPeriods: 0))
        #expect(try database.store.run().rating.periods == 0)
    }

    /// A version that begins inside an hour that was rated: the hour is cut there, and its second half gets the new price.
    @Test func aNewVersionCutsAndRatesAgain() throws {
        let database = try recorded(book(Self.cheap))
        #expect(try slots(database) == ["10:00:00|0|0|4|4000000|8"])
        let dear =
            Self.cheap + """

                - from: 2025-03-10T10:30:00Z
                  rates: {cache_hit: "0.1", cache_miss: "1", output: "5"}
                """
        let load = try database.store.load(book(dear))
        #expect(
            load
                == PriceBookLoad(
                    newVersions: 1, replacedVersions: 0, isDefault: true, periodsToRate: 1, billedPeriods: 0))
        let run = try database.store.run()
        #expect(run.hours == 1)
        #expect(run.rating.written == 2)
        // The event at 10:30:00 belongs to the new version: its start is inclusive.
        #expect(try slots(database) == ["10:00:00|0|0|2|2000000|4", "10:30:00|0|0|2|2000000|10"])
        let totals = try database.totals()
        #expect(Set(totals).count == 1 && totals.count == 3)
    }

    /// Prices of times that were billed can come later; who loads them is told.
    @Test func pricesOfBilledPeriodsAreTold() throws {
        let database = try TestDatabase()
        let first = "- from: 2024-01-01T00:00:00Z\n  rates: {output: \"1000000\"}"
        _ = try database.store.load(book(first))
        _ = try database.store.record([event("1", at: "2026-01-10T00:00:00Z"), event("2", at: "2026-02-10T00:00:00Z")])
        try database.bill("2026-01")
        let load = try database.store.load(
            book(first + "\n- from: 2026-01-05T00:00:00Z\n  rates: {output: \"2000000\"}"))
        #expect(load.periodsToRate == 2 && load.billedPeriods == 1)
    }

    /// A version in use can be ended after the last usage that it priced, and its source put right; not one of its prices
    /// changes, nor does it end before.
    @Test func aVersionInUseCanBeEnded() throws {
        let database = try recorded(book(Self.cheap))
        func ended(_ end: String) throws -> PriceBook {
            try book(Self.cheap + "\n  until: \(end)\n  source: https://example.com/prices")
        }
        let tooEarly = #expect(throws: StoreError.self) { try database.store.load(ended("2025-03-10T10:50:00Z")) }
        #expect(tooEarly?.description.contains("has priced usage from 2025-03-10T10:50:00Z on") == true)
        let load = try database.store.load(ended("2025-03-10T11:00:00Z"))
        #expect(load.replacedVersions == 1 && load.newVersions == 0)
        _ = try database.store.record([event("later", at: "2025-03-10T11:00:00Z", output: 1_000_000)])
        try database.store.run()
        #expect(try slots(database) == ["10:00:00|0|0|4|4000000|8", "11:00:00|0|0|1|1000000|no_version"])
        // The end can be moved again, as long as nothing came of it.
        _ = try database.store.load(book(Self.cheap))
        try database.store.run()
        #expect(try slots(database) == ["10:00:00|0|0|4|4000000|8", "11:00:00|0|0|1|1000000|2"])
    }

    /// An account whose amounts are beyond 128 bits is set apart with its reason, and stops no other.
    @Test func anAbsurdAccountStopsNoOther() throws {
        let absurd = """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: "100000000000000000000", cache_miss: "1", output: "2"}
            """
        let database = try recorded(book(absurd))
        let hour = try instant("2025-03-10T10:00:00Z")
        let events = try (0..<5).map { index in
            try UsageEvent(
                account: Identifier("absurd"), model: Identifier("model-a"), channel: Identifier("api"),
                serviceTier: Identifier("standard"), requestID: Identifier("\(index)"), startedAt: hour,
                completedAt: hour, tokens: TokenCounts(cacheHit: UsageEvent.maximumTokenCount))
        }
        _ = try database.store.record(events)
        try database.store.run()
        let reasons = try database.psql("SELECT account, reason, events FROM taximeter.unpriced_usage")
        #expect(reasons == "absurd|amount_too_large|5\n")
        #expect(try database.psql("SELECT count(*) FROM taximeter.charge WHERE unpriced_reason IS NULL") == "1\n")
    }

    /// Prices of the past that a period long before it does not reach are left alone.
    @Test func aNewVersionOfTheFutureChangesNothing() throws {
        let database = try recorded(book(Self.cheap))
        let later =
            Self.cheap + """

                - from: 2025-04-01T00:00:00Z
                  rates: {cache_hit: "0.1", cache_miss: "1", output: "5"}
                """
        #expect(try database.store.load(book(later)).periodsToRate == 0)
        let run = try database.store.run()
        #expect(run.hours == 0 && run.rating.periods == 0)
        #expect(try slots(database) == ["10:00:00|0|0|4|4000000|8"])
    }

    /// A second book, though it prices nobody yet, cuts the hours too: they can be rated with either.
    @Test func anotherBooksScheduleCutsTheHour() throws {
        let database = try recorded(book(Self.cheap))
        let night = """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: "0.1", cache_miss: "1", output: "4"}
              schedules:
                - {name: short, time_zone: UTC, from: "10:15", until: "10:45", factor: "0.5"}
              bands:
                - {name: long, output: {from: 2000000}, factor: "2"}
            """
        let load = try database.store.load(book(night, name: "other"))
        #expect(
            load
                == PriceBookLoad(
                    newVersions: 1, replacedVersions: 0, isDefault: false, periodsToRate: 1, billedPeriods: 0))
        try database.store.run()
        #expect(
            try slots(database) == [
                "10:00:00|0|0|1|1000000|2", "10:15:00|0|0|2|2000000|4", "10:45:00|0|0|1|1000000|2",
            ])
        // Made the default, it prices all; the cuts are there already.
        #expect(try database.store.load(book(night, name: "other"), asDefault: true).periodsToRate == 1)
        let run = try database.store.run()
        #expect(run.hours == 0)
        #expect(
            try slots(database) == [
                "10:00:00|0|0|1|1000000|4", "10:15:00|0|0|2|2000000|4", "10:45:00|0|0|1|1000000|4",
            ])
        let totals = try database.totals()
        #expect(Set(totals).count == 1 && totals.count == 3)
    }

    /// New size bands split buckets that were one.
    @Test func aBandSplitsBySize() throws {
        let database = try recorded(book(Self.cheap))
        _ = try database.store.record([event("long", at: "2025-03-10T10:50:00Z", miss: 200_001, output: 1)])
        try database.store.run()
        #expect(try slots(database) == ["10:00:00|0|0|5|4000001|8.200003"])
        let banded =
            Self.cheap + """

                - from: 2025-03-01T00:00:00Z
                  rates: {cache_hit: "0.1", cache_miss: "1", output: "2"}
                  bands:
                    - {name: long, input: {over: 200000}, rates: {cache_miss: "10", output: "20"}}
                """
        _ = try database.store.load(book(banded))
        try database.store.run()
        #expect(try slots(database) == ["10:00:00|0|0|4|4000000|8", "10:00:00|200001|0|1|1|2.00003"])
    }

    /// The other rating instant: an event that crosses midnight, the month and the price change belongs where it began.
    @Test(arguments: [("completed_at", "2025-04-01", "5"), ("started_at", "2025-03-01", "2")])
    func ratingInstant(_ instant: String, _ period: String, _ price: String) throws {
        let database = try TestDatabase()
        let change =
            Self.cheap + """

                - from: 2025-04-01T00:00:00Z
                  rates: {cache_hit: "0.1", cache_miss: "1", output: "5"}
                """
        _ = try database.store.load(book(change, header: "rating_instant: \(instant)"))
        _ = try database.store.record([
            event("1", started: "2025-03-31T23:59:59Z", at: "2025-04-01T00:00:01Z", output: 1_000_000)
        ])
        try database.store.run()
        let row = "SELECT (period_start AT TIME ZONE 'UTC')::date, trim_scale(net_amount) FROM taximeter.charge"
        #expect(try database.psql(row) == "\(period)|\(price)\n")
    }

    /// A default book of the other rating instant moves usage that was rated to the hour and month of its start; back
    /// again, everything is as it was.
    @Test func theDefaultBooksRatingInstantMovesUsage() throws {
        let database = try recorded(book(Self.cheap))
        _ = try database.store.record([
            event("early-1", started: "2025-02-28T23:59:59Z", at: "2025-03-01T00:00:01Z", output: 3),
            event("early-2", started: "2025-02-28T20:00:00Z", at: "2025-03-01T00:00:00Z", output: 5),
        ])
        try database.store.run()
        let before = try database.charges()
        _ = try database.store.load(
            book(Self.cheap, header: "rating_instant: started_at", name: "started"), asDefault: true)
        try database.store.run()
        let early = "SELECT slot_start, output_tokens FROM taximeter.charge WHERE slot_start < '2025-03-10' ORDER BY 1"
        let moved = try database.psql(early)
        #expect(
            moved
                == "2025-02-28 20:00:00+00|5\n2025-02-28 23:00:00+00|3\n")
        let totals = try database.totals()
        #expect(Set(totals).count == 1 && totals.count == 3, "\(totals)")
        _ = try database.store.load(book(Self.cheap), asDefault: true)
        try database.store.run()
        #expect(try database.charges() == before)
    }

    /// What is stored never changes: another price of the same start is refused, and nothing of the file is kept.
    @Test func aStoredVersionNeverChanges() throws {
        let database = try recorded(book(Self.cheap))
        let error = #expect(throws: StoreError.self) {
            try database.store.load(
                book(
                    """
                    - from: 2024-01-01T00:00:00Z
                      rates: {output: "9"}
                    - from: 2025-01-01T00:00:00Z
                      rates: {cache_hit: "0.1", cache_miss: "1", output: "3"}
                    """))
        }
        #expect(error?.code == .prices)
        #expect(
            error?.description.contains("the version from 2025-01-01T00:00:00Z is stored with other content") == true)
        #expect(try database.psql("SELECT count(*) FROM taximeter.tariff_version") == "1\n")
    }

    /// No tariff, no version and no rate are three different reasons, and none is a price of zero.
    @Test func whyThereIsNoPrice() throws {
        let database = try TestDatabase()
        _ = try database.store.load(book(Self.cheap))
        _ = try database.store.record([
            event("1", model: "unknown"), event("2", at: "2024-12-31T23:59:59.999999Z"), event("3", write: 1),
            event("4", tier: "batch"), event("5", at: "2025-03-10T11:00:00Z", output: 0),
        ])
        #expect(try database.store.run().rating.unpriced == 4)
        #expect(
            try database.psql("SELECT reason FROM taximeter.unpriced_usage ORDER BY 1")
                == "no_rate_cache_write\nno_tariff\nno_version\nunknown_service_tier\n")
        let priced = "SELECT count(*), trim_scale(sum(net_amount)) FROM taximeter.charge WHERE net_amount IS NOT NULL"
        #expect(try database.psql(priced) == "1|0\n")
    }
}
