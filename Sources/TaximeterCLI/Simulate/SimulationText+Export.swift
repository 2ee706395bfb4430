import Foundation
import Taximeter
import TaximeterPostgres

/// A simulation for other programs: every digit. Amounts are decimal strings; what does not exist is empty or null.
extension SimulationText {
    /// One line for the total, for each row of each grouping, and for each reason why there is no price.
    var csv: String {
        var lines = [
            [
                "group", "key", "current_currency", "current_revenue", "simulated_currency", "simulated_revenue",
                "difference", "current_events", "simulated_events", "current_unpriced_events",
                "simulated_unpriced_events",
            ]
        ]
        lines.append(line("total", report.total))
        for (grouping, rows) in groups { lines += rows.map { line(grouping.rawValue, $0) } }
        for reason in reasons {
            let counts = [report.total.current, report.total.simulated].map { String($0.unpriced[reason] ?? 0) }
            lines.append(["unpriced", reason] + Array(repeating: "", count: 5) + counts + counts)
        }
        return CSVText.text(lines)
    }

    private func line(_ group: String, _ row: SimulationRow) -> [String] {
        let amounts = [row.current, row.simulated].flatMap {
            [$0.revenue?.currency.code ?? "", $0.revenue?.decimalText ?? ""]
        }
        let counts = [
            row.current.events, row.simulated.events, row.current.unpricedEvents, row.simulated.unpricedEvents,
        ]
        return [group, row.key] + amounts + [row.difference?.decimalText ?? ""] + counts.map { String($0) }
    }

    /// An object with the total and, by the name of each grouping, its rows.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let content = Content(
            price_book: book.name.text, from: "\(from)", to: "\(until)", pending_work: report.hasPendingWork,
            total: Row(report.total),
            by: Dictionary(groups.map { ($0.grouping.rawValue, $0.rows.map(Row.init)) }) { first, _ in first })
        return String(decoding: try encoder.encode(content), as: UTF8.self)
    }

    private struct Content: Encodable {
        let price_book: String
        let from: String
        let to: String
        let pending_work: Bool
        let total: Row
        let by: [String: [Row]]
    }

    private struct Row: Encodable {
        let key: String
        let current: Side
        let simulated: Side
        let difference: Nullable

        init(_ row: SimulationRow) {
            key = row.key
            current = Side(row.current)
            simulated = Side(row.simulated)
            difference = Nullable(text: row.difference?.decimalText)
        }
    }

    private struct Side: Encodable {
        let currency: Nullable
        let revenue: Nullable
        let events: Int64
        let unpriced: [String: Int64]

        init(_ usage: SimulatedUsage) {
            currency = Nullable(text: usage.revenue?.currency.code)
            revenue = Nullable(text: usage.revenue?.decimalText)
            events = usage.events
            unpriced = usage.unpriced
        }
    }

    /// A string or null; an optional property would be left out.
    private struct Nullable: Encodable {
        let text: String?

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(text)
        }
    }
}
