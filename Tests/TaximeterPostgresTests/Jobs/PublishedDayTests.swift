import Foundation
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// The published figures of DeepSeek's day, read from the SQL views.
@Suite struct PublishedDayTests {
    private func ask(_ sql: String) throws -> String {
        String(try PublishedDay.shared.get().psql(sql).dropLast())
    }

    /// Each figure by its column or expression over `margin_summary`.
    @Test(arguments: [
        ("currency", "USD"),
        ("cache_hit_tokens", "342000000000"), ("cache_miss_tokens", "266000000000"),
        ("cache_hit_tokens + cache_miss_tokens", "608000000000"), ("output_tokens", "168000000000"),
        ("cache_write_tokens + cache_write_1h_tokens", "0"), ("unpriced_events", "0"), ("events", "672"),
        ("trim_scale(node_hours)", "5442"), ("trim_scale(gpu_hours)", "43536"), ("peak_nodes", "278"),
        ("trim_scale(round(node_hours / 24, 2))", "226.75"),
        ("trim_scale(cost)", "87072"),
        ("trim_scale(theoretical_revenue)", "562100"),
        ("theoretical_cost_profit_margin", "5.455577"), ("theoretical_gross_margin", "0.845095"),
        ("trim_scale(theoretical_revenue - cost)", "475028"),
        ("round(output_tokens_per_node_second, 2)", "8575.28"), ("round(output_tokens_per_node_second)", "8575"),
        ("round(output_tokens_per_second / 21)", "92593"), ("round(output_tokens_per_second / 20, 1)", "97222.2"),
        ("round(breakeven_multiplier, 4)", "0.1549"),
        // Paying for the peak all day.
        ("trim_scale(peak_nodes * 24 * 16)", "106752"), ("trim_scale(peak_nodes * 24 * 16 - cost)", "19680"),
        // 60 % of the tokens are R1's; at its list price they are worth 60 % of the theoretical, V3's share 40 % of its.
        ("trim_scale(round(list_revenue, 2))", "449484"),
    ])
    func summary(_ expression: String, _ value: String) throws {
        #expect(try ask("SELECT \(expression) FROM taximeter.margin_summary(\(PublishedDay.hours))") == value)
    }

    /// Another list for the same tokens: V3's price, and the later lists of FACTS.
    @Test(arguments: [
        ("0.07", "0.27", "1.10", "280560"), ("0.07", "0.56", "1.68", "455140"), ("0.028", "0.28", "0.42", "154616"),
    ])
    func theDayAtAnotherList(_ hit: String, _ miss: String, _ output: String, _ revenue: String) throws {
        let database = try TestDatabase()
        _ = try database.store.load(
            PriceBook.parse(
                """
                price_book: other
                currency: USD
                tariffs:
                  - model: any
                    aliases: [deepseek-reasoner, deepseek-chat]
                    versions:
                      - from: 2025-01-01T00:00:00Z
                        rates: {cache_hit: "\(hit)", cache_miss: "\(miss)", output: "\(output)"}
                """, file: "other.yaml"))
        _ = try database.store.record(PublishedDay.events())
        try database.store.run()
        #expect(
            try database.psql(
                "SELECT trim_scale(revenue) FROM taximeter.margin_summary(\(PublishedDay.hours))") == "\(revenue)\n")
    }

    /// The cost of each hour is the published one, to the last digit; the income is the chart's, within one per cent.
    @Test func theHoursAreThePublishedOnes() throws {
        let file = PublishedDay.folder.appending(path: "hourly-income.csv")
        let published = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst(2)
        let hours = try ask(
            """
            SELECT extract(hour FROM hour AT TIME ZONE 'Asia/Shanghai'), round(theoretical_revenue), trim_scale(cost)
            FROM taximeter.margin_hourly ORDER BY margin_hourly.hour
            """
        ).split(separator: "\n")
        try #require(hours.count == 24 && published.count == 24)
        for (line, expected) in zip(hours, published) {
            let fields = line.split(separator: "|").compactMap { Int($0) }
            let expectedFields = expected.split(separator: ",").compactMap { Int($0) }
            try #require(fields.count == 3 && expectedFields.count == 3)
            #expect(fields[0] == expectedFields[0])
            #expect(abs(fields[1] - expectedFields[1]) * 100 <= expectedFields[1])
            #expect(fields[2] == expectedFields[2])
        }
    }

    /// 00:30 to 08:30 in UTC+8. The window's edges lie inside hours, where the charges' slots do.
    @Test func theNightWindow() throws {
        let list = """
            SELECT round(sum(theoretical_amount)), round(sum(theoretical_amount) / 562100, 3) FROM taximeter.charge
            WHERE slot_start >= '2025-02-27 16:30:00+00' AND slot_start < '2025-02-28 00:30:00+00'
            """
        let income = try ask(list).split(separator: "|")
        #expect(income.last == "0.171")
        #expect(abs((Int(income.first ?? "") ?? 0) - 96_000) < 500)
        // The chart's steps: 218 nodes at both ends of the window, for half an hour each.
        let nodeHours = """
            SELECT trim_scale(sum(CASE WHEN hour IN ('2025-02-27 16:00:00+00', '2025-02-28 00:00:00+00')
                THEN node_hours - CASE WHEN hour = '2025-02-27 16:00:00+00' THEN 218 ELSE 278 END * 0.5 ELSE node_hours END))
            FROM taximeter.cost_hourly
            WHERE hour >= '2025-02-27 16:00:00+00' AND hour < '2025-02-28 01:00:00+00'
            """
        #expect(try ask(nodeHours) == "1024")
        // At night both models land on R1's quarter price: nine slots, five accounts, two models.
        let atNight = """
            SELECT count(*), count(*) FILTER (WHERE c.scheduled_amount = (
                c.cache_hit_tokens * 0.035 + c.cache_miss_tokens * 0.135 + c.output_tokens * 0.55) / 1000000)
            FROM taximeter.charge AS c JOIN taximeter.channel AS ch USING (channel_key)
            WHERE c.slot_start >= '2025-02-27 16:30:00+00' AND c.slot_start < '2025-02-28 00:30:00+00'
                AND ch.name = 'api'
            """
        #expect(try ask(atNight) == "90|90")
    }

    /// Every step of the waterfall sums to the next, in every hour, to the last digit.
    @Test func theWaterfallSumsByHour() throws {
        let wrong = """
            SELECT count(*), count(*) FILTER (WHERE
                theoretical + model_mix <> list OR list + free_channels <> monetised
                OR monetised + off_peak <> scheduled OR scheduled <> billed)
            FROM taximeter.waterfall_hourly
            """
        #expect(try ask(wrong) == "48|0")
        let sums = """
            SELECT sum(w.theoretical) = 562100, sum(w.billed) = (SELECT sum(net_amount) FROM taximeter.charge),
                bool_and(w.model_mix <= 0), bool_and(w.free_channels < 0), bool_and(w.off_peak <= 0)
            FROM taximeter.waterfall_hourly AS w
            """
        #expect(try ask(sums) == "t|t|t|t|t")
        #expect(
            try ask(
                "SELECT sum(billed) = (SELECT sum(billed) FROM taximeter.waterfall_hourly) FROM taximeter.waterfall_daily"
            ) == "t")
    }

    /// The cost by model is the cost, whatever the shares.
    @Test func costsByModelSumToTheCost() throws {
        #expect(
            try ask(
                """
                SELECT bool_and(m.cost = c.cost) FROM (
                    SELECT hour, sum(cost) AS cost FROM taximeter.cost_hourly_by_model GROUP BY hour) AS m
                FULL JOIN (SELECT hour, sum(cost) AS cost FROM taximeter.cost_hourly GROUP BY hour) AS c USING (hour)
                """) == "t")
    }

    /// Events, buckets and charges hold the same tokens, and nothing is left to do.
    @Test func nothingIsLost() throws {
        let totals = try PublishedDay.shared.get().totals()
        #expect(Set(totals).count == 1 && totals.count == 3, "\(totals)")
        #expect(try ask("SELECT * FROM taximeter.pending_work") == "0||0|0||0")
    }

    /// The same through the library, by hour, day and model.
    @Test(arguments: MarginGrouping.allCases)
    func theLibrarySaysTheSame(_ grouping: MarginGrouping) throws {
        let store = try PublishedDay.shared.get().store
        let from = try instant("2025-02-27T04:00:00Z")
        let rows = try store.margins(from: from, until: instant("2025-02-28T04:00:00Z"), by: grouping)
        #expect(rows.count == [.hour: 24, .day: 2, .model: 2][grouping])
        let output = rows.compactMap { $0["output_tokens"].flatMap { Int($0) } }.reduce(0, +)
        #expect(output == 168_000_000_000)
    }
}
