import Foundation
import TaximeterPostgres

/// The margin report for other programs: every column, every digit.
enum MarginExport {
    /// RFC 4180; NULL is an empty field.
    static func csv(_ rows: [MarginRow], by grouping: MarginGrouping) -> String {
        CSVText.text([columns(grouping)] + rows.map(fields))
    }

    /// The same, with a last column of the rates at which the row was converted.
    static func csv(_ margins: ConvertedMargins, by grouping: MarginGrouping) -> String {
        CSVText.text(
            [columns(grouping) + ["converted_at"]]
                + zip(margins.rows, margins.ratesOfRows).map { fields($0) + [$1.joined(separator: "; ")] })
    }

    private static func columns(_ grouping: MarginGrouping) -> [String] { [grouping.rawValue] + MarginRow.columns }

    private static func fields(_ row: MarginRow) -> [String] { [row.group] + row.values.map { $0 ?? "" } }

    /// An array of objects. Amounts and margins are decimal strings, because a JSON number would be read as floating
    /// point; NULL is null.
    static func json(_ rows: [MarginRow], by grouping: MarginGrouping) throws -> String {
        try json(rows.map { object($0, grouping) })
    }

    /// The same, with a member for the rates at which the row was converted.
    static func json(_ margins: ConvertedMargins, by grouping: MarginGrouping) throws -> String {
        try json(
            zip(margins.rows, margins.ratesOfRows).map { row, rates in
                object(row, grouping).merging(["converted_at": rates.joined(separator: "; ")]) { $1 }
            })
    }

    private static func object(_ row: MarginRow, _ grouping: MarginGrouping) -> [String: String?] {
        Dictionary(uniqueKeysWithValues: zip(columns(grouping), [row.group] + row.values))
    }

    private static func json(_ objects: [[String: String?]]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(objects), as: UTF8.self)
    }
}
