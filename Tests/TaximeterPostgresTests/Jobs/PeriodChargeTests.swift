import MetricsTestKit
import PostgresWire
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// What an account's whole billing period decides, in the store.
@Suite struct PeriodChargeTests {
    private static func book(terms: String = "{}", tiers: String = "", name: String = "list") throws -> PriceBook {
        try PriceBook.parse(
            """
            price_book: \(name)
            currency: USD
            terms: \(terms)
            tariffs:
              - model: m
                versions:
                  - from: 2025-01-01T00:00:00Z
                    rates: {cache_hit: 1, cache_miss: 1, output: 1}
                    \(tiers)
            """, file: "book.yaml")
    }

    private static func event(_ id: String, at text: String, output: Int64) throws -> UsageEvent {
        let instant = try #require(Instant(rfc3339: text))
        return try UsageEvent(
            account: Identifier("acme"), model: Identifier("m"), channel: Identifier("api"),
            serviceTier: Identifier("standard"), requestID: Identifier(id), startedAt: instant, completedAt: instant,
            tokens: TokenCounts(output: output))
    }

    private static let tiers = """
        tiers: [{name: t, counter: class, mode: graduated, steps: [{up_to: 3000000}, {factor: 0.5}]}]
        """

    private func steps(_ database: TestDatabase) throws -> String {
        try database.psql(
            """
            SELECT trim_scale(sum(scheduled)), trim_scale(sum(volume_tiers)), trim_scale(sum(contract)),
                trim_scale(sum(allowances)), trim_scale(sum(billed))
            FROM taximeter.waterfall_hourly
            """)
    }

    @Test func everyStepIsStored() throws {
        let database = try TestDatabase()
        let terms = "{discount: {factor: 0.9}, allowances: [{name: free, tokens: 1000000, per: period}]}"
        _ = try database.store.load(Self.book(terms: terms, tiers: Self.tiers))
        _ = try database.store.record([
            Self.event("1", at: "2025-03-02T10:00:00Z", output: 2_000_000),
            Self.event("2", at: "2025-03-02T11:00:00Z", output: 2_000_000),
        ])
        try database.store.run()
        // 4; 3 + 1 × 0.5; × 0.9 = 3.15; less the first million at 0.9.
        #expect(try steps(database) == "4|-0.5|-0.35|-0.9|2.25\n")
        let use = "SELECT period_start AT TIME ZONE 'UTC', allowance, tokens FROM taximeter.allowance_use"
        #expect(try database.psql(use) == "2025-03-01 00:00:00|free|1000000\n")
        #expect(try database.store.run().rating.periods == 0)

        // A late event at the period's beginning takes its place in the order; the sums follow.
        _ = try database.store.record([Self.event("0", at: "2025-03-01T00:00:00Z", output: 500_000)])
        try database.store.run()
        #expect(try steps(database) == "4.5|-0.75|-0.375|-0.9|2.475\n")
    }

    /// Another book's windows and bands cut the usage finer; not one amount of an account changes in sum.
    @Test func anotherBooksCutsChangeNoSum() throws {
        let database = try TestDatabase()
        _ = try database.store.load(Self.book(tiers: Self.tiers))
        _ = try database.store.record(
            (0..<60).map { minute in
                try Self.event(
                    "\(minute)", at: "2025-03-02T10:\(10 + minute / 2 % 50):0\(minute % 10)Z", output: 70_001)
            })
        try database.store.run()
        let before = try steps(database)
        let other = try PriceBook.parse(
            """
            price_book: other
            currency: USD
            tariffs:
              - model: m
                versions:
                  - from: 2025-01-01T00:00:00Z
                    rates: {cache_miss: 1, output: 1}
                    schedules: [{name: w, time_zone: UTC, from: "10:13", until: "10:27", factor: 2}]
                    bands: [{name: b, output: {over: 7}, factor: 2}]
            """, file: "other.yaml")
        _ = try database.store.load(other)
        #expect(try database.store.run().hours == 1)
        #expect(try database.psql("SELECT count(*) > 2 FROM taximeter.charge") == "t\n")
        #expect(try steps(database) == before)
    }

    /// What February uses of a lifetime allowance is gone in March; usage of February that comes late takes it back.
    @Test func lifetimeAllowancesFollowTheirOrder() throws {
        let database = try TestDatabase()
        let terms = "{allowances: [{name: welcome, tokens: 1000000, per: lifetime}]}"
        _ = try database.store.load(Self.book(terms: terms))
        _ = try database.store.record([Self.event("march", at: "2025-03-02T10:00:00Z", output: 800_000)])
        try database.store.run()
        let net = "SELECT trim_scale(net_amount) FROM taximeter.charge ORDER BY slot_start"
        #expect(try database.psql(net) == "0\n")
        _ = try database.store.record([Self.event("february", at: "2025-02-02T10:00:00Z", output: 700_000)])
        try database.store.run()
        #expect(try database.psql(net) == "0\n0.5\n")
        let use = "SELECT tokens FROM taximeter.allowance_use ORDER BY period_start"
        #expect(try database.psql(use) == "700000\n300000\n")
        #expect(try database.psql("SELECT count(*) FROM taximeter.account_period WHERE stale") == "0\n")
    }

    /// Usage without a price reaches the charge, the view and the gauge, each with its reason.
    @Test func unpricedUsageIsMeasured() throws {
        let database = try TestDatabase()
        let metrics = TestMetrics()
        let store = Store(ConnectionOptions(database.address.connectionString), metrics: metrics)
        _ = try store.load(Self.book())
        let unknown = try Identifier("unknown")
        _ = try store.record(
            (0..<4_242).map { index in
                let instant = try #require(Instant(rfc3339: "2025-03-02T10:00:00Z"))
                return try UsageEvent(
                    account: Identifier("acme"), model: unknown, channel: Identifier("api"),
                    serviceTier: Identifier("standard"), requestID: Identifier("u\(index)"), startedAt: instant,
                    completedAt: instant, tokens: TokenCounts(output: 1))
            })
        #expect(try store.run().rating.unpriced == 1)
        #expect(try database.psql("SELECT reason, events FROM taximeter.unpriced_usage") == "no_tariff|4242\n")
        let gauge = "taximeter_unpriced_events"
        #expect(try metrics.expectGauge(gauge, [("reason", "no_tariff")]).lastValue == 4_242)
        #expect(try metrics.expectGauge(gauge, [("reason", "no_version")]).lastValue == 0)
    }
}
