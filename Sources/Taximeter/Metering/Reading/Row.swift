/// One row of an event file: its bytes as they stand in the file, then texts that had to be spelt out (escapes, doubled
/// quotes, a mapping's constants). Fields are ranges over both, so that most of them are never copied.
struct Row {
    var bytes: [UInt8] = []
    /// How many of ``bytes`` stand in the file.
    private(set) var rawCount = 0
    /// The fields of a CSV record, in order.
    var fields: [Range<Int>] = []

    /// The row as it stands in the file.
    var raw: ArraySlice<UInt8> { bytes[..<rawCount] }

    /// Empties the row, keeping its memory.
    mutating func clear() {
        bytes.removeAll(keepingCapacity: true)
        fields.removeAll(keepingCapacity: true)
        rawCount = 0
    }

    mutating func append(_ piece: ArraySlice<UInt8>) {
        bytes.append(contentsOf: piece)
        rawCount = bytes.count
    }

    mutating func removeLineEnd() {
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        rawCount = bytes.count
    }

    /// Appends a text that does not stand in the file.
    mutating func spell(_ text: [UInt8]) -> Range<Int> {
        let start = bytes.count
        bytes.append(contentsOf: text)
        return start..<bytes.count
    }

    /// A field for an error message: at most 80 bytes, and what is not UTF-8 repaired.
    func shown(_ range: Range<Int>) -> String { shortened(bytes[range], to: 80).text }

    /// Refuses what no format allows: NUL bytes, and bytes that are not UTF-8.
    func checkText() throws(RejectReason) {
        let span = bytes.span
        var all: UInt8 = 0
        var hasNUL = false
        for index in span.indices {
            all |= span[index]
            hasNUL = hasNUL || span[index] == 0
        }
        if hasNUL { throw RejectReason(.containsNUL, expected: "no NUL byte") }
        if all < 0x80 { return }
        do {
            _ = try UTF8Span(validating: span)
        } catch {
            let place = "at byte \(error.byteOffsets.lowerBound + 1) of the row"
            throw RejectReason(.invalidUTF8, expected: "UTF-8; it ends \(place)")
        }
    }
}

/// The beginning of a text as far as it goes into so many bytes, without cutting a character in two.
func shortened(_ bytes: ArraySlice<UInt8>, to limit: Int) -> (text: String, isCut: Bool) {
    if bytes.count <= limit { return (String(decoding: bytes, as: UTF8.self), false) }
    var end = bytes.startIndex + limit
    while end > bytes.startIndex, bytes[end] & 0xC0 == 0x80, bytes.startIndex + limit - end < 3 { end -= 1 }
    return (String(decoding: bytes[..<end], as: UTF8.self), true)
}
