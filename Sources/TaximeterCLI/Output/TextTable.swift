/// A table for a terminal: a header, rows, columns as wide as their widest cell.
struct TextTable {
    /// One column: its title, and on which side its cells stand.
    struct Column {
        let title: String
        let isNumber: Bool
    }

    let columns: [Column]
    private(set) var rows: [[String]] = []
    /// Rows below the line at the foot of the table.
    private(set) var totals: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    mutating func append(_ row: [String]) { rows.append(row.map(Self.visible)) }
    mutating func appendTotal(_ row: [String]) { totals.append(row.map(Self.visible)) }

    /// A cell on one line, whatever a name contains: control characters are written as `\u{a}`.
    private static func visible(_ cell: String) -> String {
        func isControl(_ scalar: Unicode.Scalar) -> Bool {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: true
            default: false
            }
        }
        guard cell.unicodeScalars.contains(where: isControl) else { return cell }
        return cell.unicodeScalars.reduce(into: "") { text, scalar in
            if isControl(scalar) {
                text += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }

    /// The table's lines, each ended by a newline.
    var text: String {
        let all = [columns.map(\.title)] + rows + totals
        let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            let padded = cells.indices.map { index in
                let space = String(repeating: " ", count: widths[index] - cells[index].count)
                return columns[index].isNumber ? space + cells[index] : cells[index] + space
            }
            return trimmed(padded.joined(separator: "  ")) + "\n"
        }
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ") + "\n"
        var text = line(columns.map(\.title)) + rule + rows.map(line).joined()
        if !totals.isEmpty { text += rule + totals.map(line).joined() }
        return text
    }

    private func trimmed(_ line: String) -> String {
        var line = Substring(line)
        while line.last == " " { line.removeLast() }
        return String(line)
    }
}
