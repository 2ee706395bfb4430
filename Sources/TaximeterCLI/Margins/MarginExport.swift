import Foundation
import TaximeterPostgres

/// The margin report for other programs: every column, every digit.
enum MarginExport {
    /// RFC 4180; NULL is an empty field.
    static func csv(_ rows: [MarginRow], by grouping: MarginGrouping) -> String {
        CSVText.text(
            [[grouping.rawValue] + MarginRow.columns] + rows.map { row in [row.group] + row.values.map { $0 ?? "" } })
    }

    /// An array of objects. Amounts and margins are decimal strings, because a JSON number would be read as floating
    /// point; NULL is null.
    static func json(_ rows: [MarginRow], by grouping: MarginGrouping) throws -> String {
        let objects = rows.map { row in
            Dictionary(uniqueKeysWithValues: zip([grouping.rawValue] + MarginRow.columns, [row.group] + row.values))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(objects), as: UTF8.self)
    }
}
