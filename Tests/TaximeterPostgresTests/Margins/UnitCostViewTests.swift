import Foundation
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// Unit costs, the cache, breakeven and flat subscriptions on the published day, all of it at R1's list price, with the
/// published throughput: FACTS sections 1 and 5.
@Suite struct UnitCostViewTests {
    private static func day(costs: String, accounts: String? = nil) throws -> TestDatabase {
        let database = try TestDatabase()
        let store = database.store
        _ = try store.load(
            PriceBook.parse(
                """
                price_book: r1
                currency: USD
                tariffs:
                  - model: r1
                    aliases: [deepseek-reasoner, deepseek-chat]
                    versions:
                      - from: 2025-01-01T00:00:00Z
                        rates: {cache_hit: "0.14", cache_miss: "0.55", output: "2.19"}
                """, file: "r1.yaml"))
        _ = try store.load(
            Plan.parse(
                """
                plan: flat
                currency: USD
                versions: [{from: 2025-02-01T00:00:00Z, price_book: r1, recurring_fee: {amount: 200}, unlimited: true}]
                """, file: "flat.yaml"))
        let text = try String(contentsOf: PublishedDay.folder.appending(path: "costs.yaml"), encoding: .utf8)
        _ = try store.load(CostFile.parse(text + costs, file: "costs.yaml"))
        _ = try store.record(PublishedDay.events())
        if let accounts {
            _ = try store.load(AgreementFile.parse(accounts, file: "accounts.yaml").agreements)
        }
        try store.run()
        return database
    }

    /// The published throughput of both phases, halved, so that no hour has idle nodes: the shares are the same.
    private static let phases = """
        policies:
          - from: "2025-01-01T00:00:00Z"
            method: phase_weights
            throughput: {cache_miss: "16121.875", output: "7400"}

        """

    private static let byPhase = Result { try day(costs: phases) }

    @Test(arguments: [
        ("cache_hit, cache_miss, output, input", "cost_per_million_monthly", "0.000000|0.137770|0.300150|0.060274"),
        ("all_in, all_in_output, trim_scale(cost)", "cost_per_million_monthly", "0.112206|0.518286|87072"),
        ("hit_rate, hit_price, miss_price", "cache_savings_monthly", "0.562500|0.140000|0.550000"),
        ("hit_cost, miss_cost, neutral_hit_price", "cache_savings_monthly", "0.000000|0.137770|0.412230"),
        ("taximeter.per_million(saved, compared_hit_tokens)", "cache_savings_monthly", "-0.272230"),
        ("theoretical_breakeven_price_multiplier", "breakeven_monthly", "0.154905"),
        ("peak_to_mean_nodes, peak_nodes, mean_nodes", "capacity_monthly", "1.226020|278|226.750000"),
        ("round(peak_to_mean_output, 3)", "capacity_monthly", "1.325"),
    ])
    func figures(_ columns: String, _ view: String, _ value: String) throws {
        #expect(try Self.byPhase.get().psql("SELECT \(columns) FROM taximeter.\(view)") == "\(value)\n")
    }

    /// Little's law at the published speeds of a stream.
    @Test(arguments: [("20", "97222.2"), ("21", "92592.6"), ("22", "88383.8")])
    func concurrency(_ speed: String, _ streams: String) throws {
        let mean = try Self.byPhase.get().psql(
            "SELECT round(avg(streams), 1) FROM taximeter.concurrency_hourly(\(PublishedDay.hours), \(speed))")
        #expect(mean == "\(streams)\n")
    }

    /// Paying for the peak all day: 106,752, of which 19,680 are headroom.
    @Test func theFullFleet() throws {
        let database = try Self.day(
            costs: """
                  - {pool: h800, from: "2025-02-27T12:00:00+08:00", until: "2025-02-28T12:00:00+08:00", nodes: 278, use: provisioned}

                """)
        let summary = try database.psql(
            """
            SELECT trim_scale(cost), trim_scale(headroom_cost), trim_scale(cost_at_peak_nodes), theoretical_gross_margin
            FROM taximeter.margin_summary(\(PublishedDay.hours))
            """)
        #expect(summary == "106752|19680|106752|0.810084\n")
        #expect(
            try database.psql("SELECT trim_scale(cost) FROM taximeter.margin_monthly_by_model WHERE model IS NULL")
                == "19680\n")
    }

    /// The $200 plan: what its fee pays for, and an account that costs more.
    @Test func flatSubscriptions() throws {
        let database = try Self.day(
            costs: Self.phases,
            accounts: "accounts: [{account: acme, subscriptions: [{plan: flat, from: 2025-02-01T00:00:00Z}]}]")
        let row = try database.psql(
            """
            SELECT f.account, f.plan, f.plan_fee::float8, f.usage_revenue = 0, trim_scale(round(f.list_value)), f.loses_money,
                f.profit = 200 - f.cost, f.breakeven_output_tokens, f.parity_output_tokens
            FROM taximeter.flat_subscriptions_monthly AS f
            """)
        // 12 % of the tokens, which are worth 562,100 at list.
        #expect(row == "acme|flat|200|t|67452|t|t|385887541|59775840\n")
    }

    /// The run rate of the day, carried to the month's end.
    @Test func forecast() throws {
        let row = try Self.byPhase.get().psql(
            """
            SELECT hours_to_come, trim_scale(cost_so_far), trim_scale(cost_per_hour), trim_scale(cost)
            FROM taximeter.forecast_month('2025-02-28 04:30:00+00')
            """)
        #expect(row == "20.00|87072|3628|159632\n")
    }
}
