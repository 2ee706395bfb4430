/// Splits a CSV record into its fields (RFC 4180).
enum CSVRecord {
    private static let quote = UInt8(ascii: "\"")
    private static let comma = UInt8(ascii: ",")

    /// Fills ``Row/fields``. Quoted fields are spelt out only where a quote is doubled inside.
    static func split(_ row: inout Row) throws(RejectReason) {
        var index = 0
        let end = row.rawCount
        while true {
            if index < end, row.bytes[index] == quote {
                index = try quotedField(&row, from: index, end)
            } else {
                let start = index
                while index < end, row.bytes[index] != comma {
                    if row.bytes[index] == quote { throw malformed("no quote inside an unquoted field") }
                    index += 1
                }
                row.fields.append(start..<index)
            }
            if index == end { return }
            // The scan stopped at a comma; after it there is one more field, even when it is empty.
            index += 1
        }
    }

    /// Reads a quoted field.
    ///
    /// - Returns: The place behind its closing quote.
    private static func quotedField(_ row: inout Row, from start: Int, _ end: Int) throws(RejectReason) -> Int {
        var index = start + 1
        var pieceStart = index
        var spelt: [UInt8] = []
        while true {
            guard index < end else { throw malformed("the quote of a field to be closed") }
            if row.bytes[index] != quote {
                index += 1
            } else if index + 1 < end, row.bytes[index + 1] == quote {
                spelt += row.bytes[pieceStart...index]
                index += 2
                pieceStart = index
            } else {
                break
            }
        }
        if spelt.isEmpty {
            row.fields.append(pieceStart..<index)
        } else {
            row.fields.append(row.spell(spelt + row.bytes[pieceStart..<index]))
        }
        index += 1
        if index < end, row.bytes[index] != comma {
            throw malformed("a comma or the line's end behind a closing quote")
        }
        return index
    }

    private static func malformed(_ expected: String) -> RejectReason { RejectReason(.malformed, expected: expected) }
}
