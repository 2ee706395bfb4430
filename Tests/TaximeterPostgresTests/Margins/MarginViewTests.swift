import PostgresWire
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// The two margins, where they exist and where they do not.
@Suite struct MarginViewTests {
    /// Revenue, cost, gross margin, cost-profit margin: FACTS has the figures; without its divisor a margin is NULL.
    @Test(arguments: [
        ("562027", "87072", "0.845075", "5.454739"), ("562100", "87072", "0.845095", "5.455577"),
        ("562027", "106752", "0.810059", "4.264791"), ("505824.30", "87072", "0.827861", "4.809265"),
        ("562027", "130608", "0.767613", "3.303159"), ("168608.10", "87072", "0.483584", "0.936422"),
        ("280560", "87072", "0.689649", "2.222161"), ("0", "87072", "", "-1.000000"), ("100", "0", "1.000000", ""),
        ("0", "0", "", ""), ("100", "NULL", "", ""), ("NULL", "100", "", ""),
        ("87072", "87072", "0.000000", "0.000000"), ("50", "100", "-1.000000", "-0.500000"),
    ])
    func margins(_ revenue: String, _ cost: String, _ gross: String, _ costProfit: String) throws {
        let row = try Self.empty.get().psql(
            "SELECT taximeter.gross_margin(\(revenue), \(cost)), taximeter.cost_profit_margin(\(revenue), \(cost))")
        #expect(row == "\(gross)|\(costProfit)\n")
    }

    private static let empty = Result { try TestDatabase() }

    /// Revenue in yuan and cost in dollars never meet; an hour without usage keeps its cost, under no model; usage without
    /// a price has tokens, no revenue and is counted.
    @Test func currenciesIdleHoursAndUnpricedUsage() throws {
        let database = try TestDatabase()
        try database.loadYuanPricesAndDollarCosts()
        _ = try database.store.record([
            event("1", output: 1_000_000), event("2", output: 2_000_000),
            event("3", model: "model-b", output: 1_000_000),
        ])
        try database.store.run()
        let rows = try database.psql(
            """
            SELECT to_char(hour AT TIME ZONE 'UTC', 'HH24'), coalesce(model, '-'), currency, output_tokens,
                trim_scale(revenue), unpriced_events, trim_scale(cost), gross_margin, cost_profit_margin
            FROM taximeter.margin_hourly_by_model ORDER BY hour, model, currency
            """)
        #expect(
            rows == """
                10|model-a|CNY|3000000|48|0|||
                10|model-a|USD|0|0|0|12||-1.000000
                10|model-b|CNY|1000000|0|1|||
                10|model-b|USD|0|0|0|4||-1.000000
                11|-|USD|0|0|0|16||-1.000000

                """)
        let summary = try database.store.marginSummary(
            from: instant("2025-03-10T00:00:00Z"), until: instant("2025-03-11T00:00:00Z"))
        #expect(summary.map { $0["currency"] } == ["CNY", "USD"])
        #expect(summary.map { $0["gross_margin"] } == [nil, nil])
        #expect(summary.map { $0["unpriced_events"] } == ["1", "0"])
    }
}
