import Taximeter
import TaximeterPostgres

/// What a report says of all currencies together, in one, and at which rates.
struct ReportTogether {
    private let code: String
    private let headline: [ReportPage.Fact]
    private let models: [Line]
    private let rates: [String]
    private let hasRates: Bool

    /// A row of the table of models.
    struct Line {
        let name: String
        let isNobody: Bool
        let revenue: String
        let cost: String
        let profit: String
        let isLoss: Bool
        let gross: String
        let costProfit: String
    }

    /// Nil when nothing is known of the hours.
    init?(_ margins: ConvertedMargins) {
        guard let total = margins.totals.first, let currency = total["currency"] else { return nil }
        code = currency
        let places = Currency(code: currency)?.minorUnitDigits ?? 2
        func amount(_ column: String) -> String { Figures.decimal(total[column], places: places) }
        headline = [
            .init(name: "Revenue", value: amount("revenue")), .init(name: "Cost", value: amount("cost")),
            .init(name: "Profit", value: amount("profit")),
            .init(name: "Gross margin", value: Figures.percent(total["gross_margin"])),
            .init(name: "Cost-profit margin", value: Figures.percent(total["cost_profit_margin"])),
        ]
        models = margins.rows.map { row in
            func amount(_ column: String) -> String { Figures.decimal(row[column], places: places) }
            return Line(
                name: row.group.isEmpty ? "nobody's" : row.group, isNobody: row.group.isEmpty,
                revenue: amount("revenue"), cost: amount("cost"), profit: amount("profit"),
                isLoss: row["profit"]?.hasPrefix("-") == true, gross: Figures.percent(row["gross_margin"]),
                costProfit: Figures.percent(row["cost_profit_margin"]))
        }
        rates = margins.rates
        hasRates = !rates.isEmpty
    }
}
