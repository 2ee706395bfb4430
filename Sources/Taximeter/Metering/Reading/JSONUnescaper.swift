/// Spells out a JSON string that has escapes (RFC 8259 section 7), behind the row's own bytes.
struct JSONUnescaper {
    /// Where the string's text begins; afterwards, the place behind its closing quote, or that of the fault.
    private(set) var position: Int
    private let end: Int

    init(position: Int, end: Int) {
        self.position = position
        self.end = end
    }

    /// The place of the text spelt out, or nil when the string is not closed, has a bare control character, an unknown
    /// escape, or half of a surrogate pair.
    mutating func run(_ row: inout Row) -> Range<Int>? {
        let start = row.bytes.count
        while position < end {
            let byte = row.bytes[position]
            if byte < 0x20 { return nil }
            if byte == UInt8(ascii: "\"") {
                position += 1
                return start..<row.bytes.count
            }
            if byte != UInt8(ascii: "\\") {
                row.bytes.append(byte)
                position += 1
            } else if !escape(&row) {
                return nil
            }
        }
        return nil
    }

    private mutating func escape(_ row: inout Row) -> Bool {
        guard position + 1 < end else { return false }
        let plain: UInt8
        switch row.bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): plain = row.bytes[position + 1]
        case UInt8(ascii: "b"): plain = 0x08
        case UInt8(ascii: "f"): plain = 0x0C
        case UInt8(ascii: "n"): plain = 0x0A
        case UInt8(ascii: "r"): plain = 0x0D
        case UInt8(ascii: "t"): plain = 0x09
        case UInt8(ascii: "u"): return codePoint(&row)
        default: return false
        }
        row.bytes.append(plain)
        position += 2
        return true
    }

    private mutating func codePoint(_ row: inout Row) -> Bool {
        guard let first = unit(row, at: position) else { return false }
        var value = first
        var length = 6
        if (0xD800..<0xDC00).contains(first) {
            guard let second = unit(row, at: position + 6), (0xDC00..<0xE000).contains(second) else { return false }
            value = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
            length = 12
        }
        guard let scalar = Unicode.Scalar(value) else { return false }
        row.bytes.append(contentsOf: Array(String(Character(scalar)).utf8))
        position += length
        return true
    }

    /// The four hexadecimal digits of `\uXXXX`.
    private func unit(_ row: borrowing Row, at place: Int) -> UInt32? {
        guard place + 6 <= end, row.bytes[place] == UInt8(ascii: "\\"), row.bytes[place + 1] == UInt8(ascii: "u")
        else { return nil }
        var value: UInt32 = 0
        for index in place + 2..<place + 6 {
            guard let digit = Character(Unicode.Scalar(row.bytes[index])).hexDigitValue else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
