import Foundation
import Taximeter
import TaximeterPostgres

/// What cost comes to under a policy, for a terminal and for other programs.
enum AllocationText {
    /// Rounded for reading.
    static func table(_ rows: [AllocationRow], by groupings: [AllocationGrouping]) -> String {
        let groups = groupings.map { TextTable.Column(title: $0.rawValue, isNumber: false) }
        var table = TextTable(
            groups + [
                .init(title: "revenue", isNumber: true), .init(title: "serving", isNumber: true),
                .init(title: "idle", isNumber: true),
                .init(title: "headroom", isNumber: true), .init(title: "cost", isNumber: true),
                .init(title: "", isNumber: false), .init(title: "gross margin", isNumber: true),
                .init(title: "cost-profit margin", isNumber: true),
            ])
        for row in rows {
            let amounts = [row["revenue"], row["serving_cost"], row["idle_cost"], row["headroom_cost"], row["cost"]]
            table.append(
                row.groups.map { $0.isEmpty ? "(nobody's)" : $0 } + amounts.map { Figures.decimal($0, places: 2) }
                    + [
                        row.currency?.code ?? "", Figures.percent(row["gross_margin"]),
                        Figures.percent(row["cost_profit_margin"]),
                    ])
        }
        return table.text
    }

    /// RFC 4180, every column; NULL is an empty field.
    static func csv(_ rows: [AllocationRow], by groupings: [AllocationGrouping]) -> String {
        CSVText.text(
            [groupings.map(\.rawValue) + ["currency"] + AllocationRow.columns]
                + rows.map { $0.groups + [$0.currency?.code ?? ""] + $0.values.map { $0 ?? "" } })
    }

    /// An array of objects; numbers are strings, because a JSON number would be read as floating point.
    static func json(_ rows: [AllocationRow], by groupings: [AllocationGrouping]) throws -> String {
        let objects = rows.map { row in
            Dictionary(
                uniqueKeysWithValues: zip(
                    groupings.map(\.rawValue) + ["currency"] + AllocationRow.columns,
                    row.groups + [row.currency?.code] + row.values))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(objects), as: UTF8.self)
    }
}
