import Taximeter
import TaximeterPostgres

/// What a report says in one currency.
struct ReportCurrency {
    private let code: String
    private let headline: [ReportPage.Fact]
    private let more: [ReportPage.Fact]
    private let warnings: [String]
    private let hours: String
    private let hourTable: [Hour]
    private let waterfall: String
    private let models: [Line]
    private let hasModels: Bool
    private let accounts: [Line]
    private let hasAccounts: Bool
    private let accountsLeftOut: String?
    private let unitCosts: [ReportPage.Fact]
    private let hasUnitCosts: Bool

    /// A row of the table of hours.
    struct Hour {
        let label: String
        let theoretical: String
        let revenue: String
        let cost: String
    }

    /// A row of the tables of models and accounts.
    struct Line {
        let name: String
        let isNobody: Bool
        let tokens: String
        let revenue: String
        let cost: String
        let profit: String
        let isLoss: Bool
        let gross: String
        let costProfit: String
        let bars: String
    }

    init(_ total: ViewRow, _ report: OperatorReport) {
        let currency = total["currency"] ?? ""
        code = currency
        let places = Currency(code: currency)?.minorUnitDigits ?? 2
        func amount(_ column: String) -> String { Figures.decimal(total[column], places: places) }
        headline = [
            .init(name: "Revenue", value: amount("revenue"), note: "charges for usage, after all discounts"),
            .init(name: "Cost", value: amount("cost"), note: "GPU-hours of serving, idle and headroom"),
            .init(name: "Profit", value: amount("profit")),
            .init(
                name: "Gross margin", value: Figures.percent(total["gross_margin"]), note: "(revenue − cost) / revenue"),
            .init(
                name: "Cost-profit margin", value: Figures.percent(total["cost_profit_margin"]),
                note: "(revenue − cost) / cost"),
        ]
        more = Self.more(total, places)
        warnings = Self.warnings(total, places)
        let byHour = report.byHour.filter { $0["currency"] == currency }
        hours = Self.chart(byHour, total, places)
        hourTable = byHour.map { row in
            func amount(_ column: String) -> String { Figures.decimal(row[column], places: places) }
            return Hour(
                label: row["label"] ?? "", theoretical: amount("theoretical_revenue"), revenue: amount("revenue"),
                cost: amount("cost"))
        }
        waterfall =
            WaterfallChart(
                report.waterfall.filter { $0.currency == currency }, currency: currency, places: places
            ).svg
        models = Self.lines(report.models.filter { $0["currency"] == currency }, "model", places)
        hasModels = !models.isEmpty
        let ranked = report.accounts.filter { $0["currency"] == currency }
        accounts = Self.lines(ranked, "account", places)
        hasAccounts = !accounts.isEmpty
        let all = ranked.first.flatMap { $0["accounts"] }.flatMap { Int($0) } ?? 0
        accountsLeftOut =
            all > accounts.count
            ? "\(Figures.count(String(all))) accounts in all: the ten with the most profit and the ten with the least."
            : nil
        unitCosts = Self.unitCosts(report.unitCosts.first { $0["currency"] == currency })
        hasUnitCosts = !unitCosts.isEmpty
    }

    private static func more(_ total: ViewRow, _ places: Int) -> [ReportPage.Fact] {
        let input = ["cache_hit_tokens", "cache_miss_tokens", "cache_write_tokens", "cache_write_1h_tokens"]
            .compactMap { total[$0].flatMap { Int128($0) } }.reduce(0, +)
        let hits = total["cache_hit_tokens"].flatMap { Int128($0) } ?? 0
        let rate = input > 0 ? ChartNumber.decimal(hits * 1_000_000 / input) : nil
        func amount(_ column: String) -> String { Figures.decimal(total[column], places: places) }
        return [
            .init(
                name: "Theoretical revenue", value: amount("theoretical_revenue"),
                note: "all usage at the reference list price; cost-profit margin "
                    + Figures.percent(total["theoretical_cost_profit_margin"]) + ", gross margin "
                    + Figures.percent(total["theoretical_gross_margin"])),
            .init(
                name: "Input tokens", value: Figures.tokens(String(input)),
                note: "\(Figures.percent(rate)) cache hits"),
            .init(name: "Output tokens", value: Figures.tokens(total["output_tokens"])),
            .init(name: "Requests", value: Figures.count(total["requests"])),
            .init(
                name: "Breakeven price", value: Figures.decimal(total["breakeven_multiplier"], places: 4),
                note: "of the reference list"),
            .init(name: "Serving", value: amount("serving_cost"), note: "cost that tokens needed"),
            .init(name: "Idle", value: amount("idle_cost"), note: "serving nodes, by measured throughput not needed"),
            .init(name: "Headroom", value: amount("headroom_cost"), note: "paid for, not serving"),
        ]
    }

    private static func warnings(_ total: ViewRow, _ places: Int) -> [String] {
        var warnings: [String] = []
        if let unpriced = total["unpriced_events"], unpriced != "0" {
            warnings.append(
                "\(Figures.count(unpriced)) events have no price and no part in the revenue: see taximeter.unpriced_usage."
            )
        }
        if let uncosted = total["revenue_without_cost"], ChartNumber.millionths(uncosted) != 0 {
            warnings.append(
                "\(Figures.decimal(uncosted, places: places)) of the revenue is of hours whose cost is not known: margins are too high."
            )
        }
        return warnings
    }

    private static func chart(_ hours: [ViewRow], _ total: ViewRow, _ places: Int) -> String {
        func series(_ form: HourChart.Series.Form, _ column: String) -> HourChart.Series {
            .init(form: form, values: hours.map { ChartNumber.millionths($0[column]) })
        }
        let revenue = Figures.decimal(total["revenue"], places: places)
        return HourChart(
            title: "Revenue and cost by hour",
            summary: "Revenue \(revenue) against a cost of \(Figures.decimal(total["cost"], places: places)), by hour.",
            labels: hours.map { $0["label"] ?? "" },
            series: [series(.pale, "theoretical_revenue"), series(.bar, "revenue"), series(.line, "cost")]
        ).svg
    }

    private static func lines(_ rows: [ViewRow], _ name: String, _ places: Int) -> [Line] {
        let most = rows.flatMap { [$0["revenue"], $0["cost"]] }.compactMap { ChartNumber.millionths($0) }.max() ?? 1
        let scale = ChartScale(0...max(most, 1), at: (0, 120))
        return rows.map { row in
            let (revenue, cost) = (ChartNumber.millionths(row["revenue"]), ChartNumber.millionths(row["cost"]))
            return Line(
                name: row[name] ?? "nobody's", isNobody: row[name] == nil,
                tokens: Figures.count(row["output_tokens"]),
                revenue: Figures.decimal(row["revenue"], places: places),
                cost: Figures.decimal(row["cost"], places: places),
                profit: Figures.decimal(row["profit"], places: places), isLoss: row["profit"]?.hasPrefix("-") == true,
                gross: Figures.percent(row["gross_margin"]), costProfit: Figures.percent(row["cost_profit_margin"]),
                bars: """
                    <svg viewBox="0 0 120 16" width="120" height="16" aria-hidden="true">\
                    <rect class="bar" width="\(scale.length(0, max(revenue ?? 0, 0)))" height="7"/>\
                    <rect class="cost" y="9" width="\(scale.length(0, max(cost ?? 0, 0)))" height="7"/></svg>
                    """)
        }
    }

    private static func unitCosts(_ row: ViewRow?) -> [ReportPage.Fact] {
        let classes = [
            ("cache_hit", "Cache hit"), ("cache_miss", "Cache miss"), ("cache_write", "Cache write"),
            ("cache_write_1h", "Cache write, 1 h"), ("output", "Output"), ("all_in", "All tokens, all cost"),
            ("all_in_output", "Output tokens, all cost"),
        ]
        return classes.compactMap { column, name in
            row?[column].map { ReportPage.Fact(name: name, value: Figures.decimal($0, places: 6)) }
        }
    }
}
