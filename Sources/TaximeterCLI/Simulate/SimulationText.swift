import Taximeter
import TaximeterPostgres

/// A simulation, for a terminal.
struct SimulationText {
    let book: PriceBook
    let from: Instant
    let until: Instant
    let report: SimulationReport

    /// The groupings in their order, with their rows.
    var groups: [(grouping: SimulationGrouping, rows: [SimulationRow])] {
        SimulationGrouping.allCases.compactMap { grouping in report.rows[grouping].map { (grouping, $0) } }
    }

    /// The reasons for which usage has no price on either side, in order.
    var reasons: [String] {
        Set(report.total.current.unpriced.keys).union(report.total.simulated.unpriced.keys).sorted()
    }

    /// A table a grouping, and what there is to say about them.
    var tables: String {
        if report.total.current.events == 0, report.total.simulated.events == 0 {
            return "no usage is stored from \(from) to \(until)\n"
        }
        var parts = ["usage from \(from) to \(until), as it is priced now and by \(book.name)\n"]
        parts += (groups.isEmpty ? [("", [])] : groups.map { ($0.grouping.rawValue, $0.rows) }).map(table)
        if !reasons.isEmpty { parts.append(reasonTable) }
        let notes = notes
        if !notes.isEmpty { parts.append(notes.map { "\($0)\n" }.joined()) }
        return parts.joined(separator: "\n")
    }

    private func table(_ title: String, _ rows: [SimulationRow]) -> String {
        func amount(_ name: String, _ usage: SimulatedUsage) -> TextTable.Column {
            .init(
                title: ([name] + [usage.revenue?.currency.code].compactMap(\.self)).joined(separator: ", "),
                isNumber: true)
        }
        var table = TextTable([
            .init(title: title, isNumber: false), .init(title: "events", isNumber: true),
            amount("now", report.total.current), amount("simulated", report.total.simulated),
            .init(title: "difference", isNumber: true), .init(title: "change", isNumber: true),
            .init(title: "unpriced now", isNumber: true), .init(title: "unpriced simulated", isNumber: true),
        ])
        for row in rows { table.append(cells(row)) }
        table.appendTotal(cells(report.total))
        return table.text
    }

    private func cells(_ row: SimulationRow) -> [String] {
        func money(_ amount: Money?) -> String {
            Figures.decimal(amount?.decimalText, places: max(amount?.currency.minorUnitDigits ?? 0, 2))
        }
        var change = "–"
        if let before = row.current.revenue, let after = row.simulated.revenue {
            change = before.percentChange(to: after)?.replacing("≈ ", with: "") ?? "–"
        }
        return [
            row.key, Figures.count(String(max(row.current.events, row.simulated.events))),
            money(row.current.revenue), money(row.simulated.revenue), money(row.difference), change,
            Figures.count(String(row.current.unpricedEvents)), Figures.count(String(row.simulated.unpricedEvents)),
        ]
    }

    private var reasonTable: String {
        var table = TextTable([
            .init(title: "events without a price", isNumber: false), .init(title: "now", isNumber: true),
            .init(title: "simulated", isNumber: true),
        ])
        for reason in reasons {
            let counts = [report.total.current, report.total.simulated].map { $0.unpriced[reason] ?? 0 }
            table.append([reason] + counts.map { Figures.count(String($0)) })
        }
        return table.text
    }

    private var notes: [String] {
        var notes: [String] = []
        if let now = report.total.current.revenue?.currency, now != book.currency {
            notes.append(
                "no difference: the prices of now are in \(now), those of \(book.name) in \(book.currency), and lists in two "
                    + "currencies are not converted")
        }
        if report.total.current.unpriced != report.total.simulated.unpriced {
            notes.append(
                "usage without a price has no part in the revenue, so the difference is not one of prices alone")
        }
        if report.hasPendingWork {
            notes.append(
                "the charges of these billing periods are not up to date: taximeter run makes them what is said here")
        }
        return notes
    }
}
