import Taximeter

/// One currency's margins, one thing changed at a time. Amounts are exact decimals; ratios have six places.
struct SensitivityResult: Encodable {
    struct Row: Encodable {
        let scenario: String
        let revenue: String
        let cost: String
        let profit: String
        let grossMargin: String?
        let costProfitMargin: String?

        enum CodingKeys: String, CodingKey {
            case scenario, revenue, cost, profit
            case grossMargin = "gross_margin"
            case costProfitMargin = "cost_profit_margin"
        }
    }

    let currency: String
    private(set) var rows: [Row] = []
    /// What the peak's nodes, paid for all the time, cost more than the nodes that served.
    var headroomCost: String?
    /// The price factor, and the part of the time paid for that nodes have to serve, at which nothing is left.
    var breakevenFactor: String?
    /// The price of a million output tokens that alone pays for everything.
    var breakevenPerMillionOutput: String?
    /// Output tokens that the flat fee pays for, at the mean cost and at the mean revenue of one.
    var flatFeeTokensAtCost: String?
    var flatFeeTokensAtRevenue: String?

    init(currency: String) { self.currency = currency }

    enum CodingKeys: String, CodingKey {
        case currency, rows
        case headroomCost = "headroom_cost"
        case breakevenFactor = "breakeven_factor"
        case breakevenPerMillionOutput = "breakeven_per_million_output"
        case flatFeeTokensAtCost = "flat_fee_tokens_at_cost"
        case flatFeeTokensAtRevenue = "flat_fee_tokens_at_revenue"
    }

    mutating func append(_ scenario: String, _ margin: Margin) throws {
        rows.append(
            Row(
                scenario: scenario, revenue: margin.revenue.decimalText, cost: margin.cost.decimalText,
                profit: margin.profit.decimalText, grossMargin: try margin.gross?.text(places: 6),
                costProfitMargin: try margin.costProfit?.text(places: 6)))
    }
}

/// Sensitivities for a terminal.
enum SensitivityText {
    static func table(_ results: [SensitivityResult]) -> String {
        if results.isEmpty { return "No usage with a price and a known cost in these hours.\n" }
        return results.map(text).joined(separator: "\n")
    }

    private static func text(_ result: SensitivityResult) -> String {
        var table = TextTable([
            .init(title: "scenario", isNumber: false), .init(title: "revenue", isNumber: true),
            .init(title: "cost", isNumber: true), .init(title: "profit", isNumber: true),
            .init(title: "", isNumber: false), .init(title: "gross margin", isNumber: true),
            .init(title: "cost-profit margin", isNumber: true),
        ])
        for row in result.rows {
            table.append([
                row.scenario, Figures.decimal(row.revenue, places: 2), Figures.decimal(row.cost, places: 2),
                Figures.decimal(row.profit, places: 2), result.currency, Figures.percent(row.grossMargin),
                Figures.percent(row.costProfitMargin),
            ])
        }
        var text = table.text
        if let factor = result.breakevenFactor {
            text +=
                "breakeven: prices × \(factor), or nodes that serve for \(Figures.percent(factor)) of the time paid for\n"
        }
        if let price = result.breakevenPerMillionOutput {
            text +=
                "breakeven price: \(Figures.decimal(price, places: 4)) \(result.currency) per million output tokens\n"
        }
        if let headroom = result.headroomCost {
            text += "headroom of the peak's nodes: \(Figures.decimal(headroom, places: 2)) \(result.currency)\n"
        }
        if let cost = result.flatFeeTokensAtCost, let revenue = result.flatFeeTokensAtRevenue {
            text += "the flat fee pays for \(Figures.count(cost)) output tokens at cost, "
            text += "\(Figures.count(revenue)) at these prices\n"
        }
        return text
    }
}
