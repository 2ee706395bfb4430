import Taximeter
import TaximeterPostgres

/// A tied-out month for people: tables by stage, and the verdict.
enum ReconcileText {
    static func text(_ reconciliation: Reconciliation) -> String {
        var text = "\(reconciliation.month), usage by stage, UTC hours\n" + usage(reconciliation.usage)
        text += "\nbilling periods that end in the month, exact\n" + periods(reconciliation.periods)
        text += "\ntheir invoices\n" + invoices(reconciliation.invoices)
        if let engines = reconciliation.engines {
            text += "\nengine counters, \(engines.covered.lowerBound) to \(engines.covered.upperBound)\n"
            text += table(
                ["models", "tokens"], ["counted", "metered"],
                engines.totals.map { total in
                    [
                        total.models.map(\.text).joined(separator: ", "), total.counter.rawValue,
                        count(total.engine), Figures.count(String(total.metered)),
                    ]
                })
        }
        return text + "\n" + verdict(reconciliation) + "\n"
    }

    private static func verdict(_ reconciliation: Reconciliation) -> String {
        let count = reconciliation.differences
        if count == 0 { return "\(reconciliation.month) ties out: no differences" }
        return "\(reconciliation.month) does not tie out: \(Figures.count(String(count))) differences"
    }

    private static func count(_ range: TokenRange) -> String {
        let ends = [range.least, range.most].map { Figures.count(String($0)) }
        return ends[0] == ends[1] ? ends[0] : ends.joined(separator: " to ")
    }

    private static func usage(_ rows: [Reconciliation.Usage]) -> String {
        table(
            ["stage"], ["events", "requests", "input tokens", "output tokens"],
            rows.map { row in
                [row.stage] + [row.events, row.requests, row.inputTokens, row.outputTokens].map(Figures.count)
            })
    }

    private static func periods(_ rows: [Reconciliation.Periods]) -> String {
        table(
            ["currency"], ["periods", "charged", "rated", "on invoices"],
            rows.map { [$0.currency, Figures.count(String($0.count)), $0.charged, $0.rated, $0.billed] })
    }

    private static func invoices(_ rows: [Reconciliation.Invoiced]) -> String {
        table(
            ["currency"], ["invoices", "lines", "totals", "in the ledger"],
            rows.map { [$0.currency, Figures.count(String($0.count)), $0.lines, $0.total, $0.booked] })
    }

    private static func table(_ names: [String], _ numbers: [String], _ rows: [[String]]) -> String {
        if rows.isEmpty { return "none\n" }
        var table = TextTable(
            names.map { .init(title: $0, isNumber: false) } + numbers.map { .init(title: $0, isNumber: true) })
        for row in rows { table.append(row) }
        return table.text
    }
}
