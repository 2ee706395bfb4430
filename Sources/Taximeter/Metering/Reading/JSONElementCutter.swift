/// Cuts a JSON document into the elements of its array; a document that is no array is one element. Only brackets, quotes
/// and commas are looked at: whether an element is what it should be is for whoever reads it.
struct JSONElementCutter {
    private let bytes: [UInt8]
    private var index = 0
    private var isFirst = true
    private var isDone = false

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Where the next element stands, or nil behind the last.
    ///
    /// - Throws: ``RejectReason`` where the array is not closed, or something stands behind it.
    mutating func next() throws(RejectReason) -> Range<Int>? {
        if isDone { return nil }
        if isFirst {
            skipSpace()
            if index == bytes.count { throw malformed("a JSON document") }
            if bytes[index] != UInt8(ascii: "[") {
                isDone = true
                return index..<bytes.count
            }
            index += 1
        }
        skipSpace()
        if isFirst, index < bytes.count, bytes[index] == UInt8(ascii: "]") { return try close() }
        isFirst = false
        let start = index
        let end = try elementEnd()
        if end == start { throw malformed("an element of the array") }
        index = end
        if bytes[index] == UInt8(ascii: ",") { index += 1 } else { _ = try close() }
        return start..<end
    }

    /// The comma or bracket behind the element.
    private func elementEnd() throws(RejectReason) -> Int {
        let span = bytes.span
        var depth = 0
        var isQuoted = false
        var index = index
        while index < span.count {
            let byte = span[index]
            if isQuoted {
                if byte == UInt8(ascii: "\\") { index += 1 }
                isQuoted = byte != UInt8(ascii: "\"")
            } else {
                switch byte {
                case UInt8(ascii: "\""): isQuoted = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: ",") where depth == 0: return index
                case UInt8(ascii: "]") where depth == 0: return index
                case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                default: break
                }
            }
            index += 1
        }
        throw malformed("the array to be closed with ]")
    }

    private mutating func close() throws(RejectReason) -> Range<Int>? {
        index += 1
        skipSpace()
        if index < bytes.count { throw malformed("nothing behind the array") }
        isDone = true
        return nil
    }

    private mutating func skipSpace() {
        while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
    }

    private func malformed(_ expected: String) -> RejectReason { RejectReason(.malformed, expected: expected) }
}
