import TaximeterPostgres

/// The waterfall as SVG: a row a step, each bar from the total before it to the total after it.
struct WaterfallChart {
    /// A step or a total, as it is shown.
    struct Row {
        let name: String
        let isTotal: Bool
        let before: Int128
        let after: Int128
        let amount: String
    }

    let rows: [Row]
    private let currency: String
    private static let (width, rowHeight, left, right) = (960, 26, 180, 800)

    /// - Parameter steps: Those of one currency, in order.
    init(_ steps: [WaterfallStep], currency: String, places: Int) {
        var rows: [Row] = []
        var total: Int128 = 0
        for step in Self.shown(steps) {
            let amount = ChartNumber.millionths(step.amount) ?? 0
            let after = step.isTotal ? amount : total + amount
            rows.append(
                Row(
                    name: Self.name(step.name), isTotal: step.isTotal, before: step.isTotal ? 0 : total, after: after,
                    amount: Figures.decimal(step.amount, places: places)))
            total = after
        }
        self.rows = rows
        self.currency = currency
    }

    /// Without steps that changed nothing and the totals after them, and without what comes of invoices while there are
    /// none: then it ends at what is charged.
    private static func shown(_ steps: [WaterfallStep]) -> [WaterfallStep] {
        func isZero(_ step: WaterfallStep) -> Bool { !step.amount.contains { ("1"..."9").contains($0) } }
        let end = steps.firstIndex { $0.name == "allowed" }.map { $0 + 1 } ?? steps.endIndex
        let isBilled = steps[end...].contains { !$0.isTotal && $0.name != "not_invoiced" && !isZero($0) }
        var shown: [WaterfallStep] = []
        for step in isBilled ? steps[...] : steps[..<end] where step.isTotal || !isZero(step) {
            if step.isTotal, shown.last?.isTotal == true {
                // Nothing lies between them: the earlier is what is meant, unless the later is one that people look for.
                if !["allowed", "billed", "collected"].contains(step.name) { continue }
                shown.removeLast()
            }
            shown.append(step)
        }
        return shown
    }

    /// What a column's name says to people.
    private static func name(_ column: String) -> String {
        let names = [
            "model_mix": "other models' lists", "off_peak": "off-peak", "allowed": "allowed: revenue",
            "contract": "contract discount",
            "other_months": "of other months",
        ]
        return names[column] ?? column.replacing("_", with: " ")
    }

    var svg: String {
        let levels = rows.flatMap { [$0.before, $0.after] }
        let x = ChartScale(min(levels.min() ?? 0, 0)...max(levels.max() ?? 1, 1), at: (Self.left, Self.right))
        let drawn = rows.indices.map { row($0, x) }.joined()
        let summary = rows.map { "\($0.name) \($0.amount)" }.joined(separator: "; ")
        return """
            <svg viewBox="0 0 \(Self.width) \(rows.count * Self.rowHeight + 4)" role="img">
            <title>Waterfall in \(currency)</title><desc>\(summary)</desc>
            \(drawn)</svg>
            """
    }

    private func row(_ index: Int, _ x: ChartScale) -> String {
        let row = rows[index]
        let top = index * Self.rowHeight + 4
        let style = row.isTotal ? "bar" : row.after < row.before ? "loss" : "gain"
        let weight = row.isTotal ? " total" : ""
        let link =
            index + 1 < rows.count
            ? "<path class=\"grid\" d=\"M\(x.place(row.after)) \(top + 20)v\(Self.rowHeight - 20)\"/>" : ""
        return """
            <text class="name\(weight)" x="\(row.isTotal ? 0 : 14)" y="\(top + 14)">\(row.name)</text>\
            <rect class="\(style)" x="\(x.place(min(row.before, row.after)))" y="\(top)" \
            width="\(x.length(row.before, row.after))" height="20" rx="2"/>\(link)\
            <text class="name end\(weight)" x="\(Self.width)" y="\(top + 14)">\(row.amount)</text>

            """
    }
}
