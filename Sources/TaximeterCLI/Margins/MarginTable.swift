import TaximeterPostgres

/// The margin report for a terminal.
enum MarginTable {
    static func text(_ rows: [MarginRow], totals: [MarginSummary], by grouping: MarginGrouping) -> String {
        var table = TextTable([
            .init(title: grouping.rawValue, isNumber: false), .init(title: "hit", isNumber: true),
            .init(title: "miss+write", isNumber: true), .init(title: "output", isNumber: true),
            .init(title: "theoretical", isNumber: true), .init(title: "revenue", isNumber: true),
            .init(title: "cost", isNumber: true), .init(title: "", isNumber: false),
            .init(title: "gross margin", isNumber: true), .init(title: "cost-profit margin", isNumber: true),
        ])
        for row in rows {
            let group = row.group.isEmpty && grouping == .model ? "(idle)" : row.group
            table.append(cells(group) { row[$0] })
        }
        for total in totals { table.appendTotal(cells("total") { total[$0] }) }
        let unpriced = totals.compactMap { $0["unpriced_events"].flatMap { Int128($0) } }.reduce(0, +)
        if unpriced == 0 { return table.text }
        return table.text + "\(Figures.count(String(unpriced))) events have no price and no part in the revenue: "
            + "see the view taximeter.unpriced_usage\n"
    }

    /// In one currency, and the rates that made it so.
    static func text(_ margins: ConvertedMargins, by grouping: MarginGrouping) -> String {
        let table = text(margins.rows, totals: margins.totals, by: grouping)
        if margins.rates.isEmpty { return table }
        return table + "converted at\n" + margins.rates.map { "  \($0)\n" }.joined()
    }

    private static func cells(_ group: String, _ value: (String) -> String?) -> [String] {
        [
            group, Figures.count(value("cache_hit_tokens")),
            Figures.count(sum(["cache_miss_tokens", "cache_write_tokens", "cache_write_1h_tokens"].map(value))),
            Figures.count(value("output_tokens")),
            Figures.decimal(value("theoretical_revenue"), places: 2), Figures.decimal(value("revenue"), places: 2),
            Figures.decimal(value("cost"), places: 2), value("currency") ?? "", Figures.percent(value("gross_margin")),
            Figures.percent(value("cost_profit_margin")),
        ]
    }

    private static func sum(_ counts: [String?]) -> String {
        String(counts.compactMap { $0.flatMap { Int128($0) } }.reduce(0, +))
    }
}
