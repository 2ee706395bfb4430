extension Row {
    /// Fills ``fields`` from a CSV record (RFC 4180, https://www.rfc-editor.org/rfc/rfc4180#section-2).
    ///
    /// - Throws: `malformed` for a quote that is never closed, text after a closing quote, or a quote or carriage return
    ///   inside a field that is not quoted.
    mutating func splitCSV() throws(RejectReason) {
        var position = 0
        let end = rawCount
        while true {
            let isQuoted = position < end && bytes[position] == UInt8(ascii: "\"")
            let next = isQuoted ? try quotedField(from: position + 1) : try plainField(from: position)
            if next == end { return }
            guard bytes[next] == UInt8(ascii: ",") else {
                let rest = shown(next..<end)
                throw RejectReason(.malformed, found: rest, expected: "a comma or the row's end after a closing quote")
            }
            position = next + 1
        }
    }

    /// Reads a field up to a comma or the end, and says where it ends.
    private mutating func plainField(from start: Int) throws(RejectReason) -> Int {
        var index = start
        while index < rawCount {
            switch bytes[index] {
            case UInt8(ascii: ","):
                fields.append(start..<index)
                return index
            case UInt8(ascii: "\""), UInt8(ascii: "\r"):
                let expected = "quotes around the whole of a field that holds a quote or a carriage return"
                throw RejectReason(.malformed, found: shown(start..<rawCount), expected: expected)
            default: index += 1
            }
        }
        fields.append(start..<index)
        return index
    }

    /// Reads a field behind its opening quote, and says where the closing quote's successor stands.
    private mutating func quotedField(from start: Int) throws(RejectReason) -> Int {
        let quote = UInt8(ascii: "\"")
        var index = start
        var doubled = 0
        while index < rawCount {
            if bytes[index] != quote {
                index += 1
            } else if index + 1 < rawCount, bytes[index + 1] == quote {
                doubled += 1
                index += 2
            } else {
                fields.append(doubled == 0 ? start..<index : spellQuoted(start..<index))
                return index + 1
            }
        }
        throw RejectReason(
            .malformed, found: shown(start..<rawCount), expected: "a closing quote before the end of the file")
    }

    /// Appends the text of a quoted field with its doubled quotes made single.
    private mutating func spellQuoted(_ range: Range<Int>) -> Range<Int> {
        let start = bytes.count
        var index = range.lowerBound
        while index < range.upperBound {
            bytes.append(bytes[index])
            index += bytes[index] == UInt8(ascii: "\"") ? 2 : 1
        }
        return start..<bytes.count
    }
}
