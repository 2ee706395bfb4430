/// Request ids as serving engines make them, packed: most end in the 32 hexadecimal digits of a random number, with or
/// without the dashes of a UUID, and half as many bytes say the same.
enum PackedID {
    /// How the end of an id is written.
    enum Form: UInt8 {
        /// Byte by byte.
        case plain = 0
        /// `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`, in small letters: 16 bytes.
        case uuid = 1
        /// 32 hexadecimal digits, in small letters: 16 bytes.
        case hex = 2
        /// A UUID of the same upper half as the row's before; of the lower half the difference.
        case nearUUID = 3

        /// How many characters the packed end has.
        var textLength: Int {
            switch self {
            case .plain: 0
            case .uuid, .nearUUID: 36
            case .hex: 32
            }
        }
    }

    /// The end of an id as a number, where it is one in that form.
    static func number(in bytes: [UInt8], _ range: Range<Int>, _ form: Form) -> (high: UInt64, low: UInt64)? {
        guard form != .plain, range.count >= form.textLength else { return nil }
        let span = bytes.span
        let values = values.span
        let start = range.upperBound - form.textLength
        // One bad digit sets high bits that stay set, so that all are looked at without a branch.
        var bad: UInt8 = 0
        func digits(_ offset: Int, _ count: Int, _ number: UInt64) -> UInt64 {
            var number = number
            for index in start &+ offset..<start &+ offset &+ count {
                let value = values[Int(span[index])]
                bad |= value
                number = number << 4 | UInt64(value)
            }
            return number
        }
        guard form != .hex else {
            let number = (high: digits(0, 16, 0), low: digits(16, 16, 0))
            return bad < 16 ? number : nil
        }
        guard span[start + 8] == dash, span[start + 13] == dash, span[start + 18] == dash, span[start + 23] == dash
        else { return nil }
        let number = (high: digits(14, 4, digits(9, 4, digits(0, 8, 0))), low: digits(24, 12, digits(19, 4, 0)))
        return bad < 16 ? number : nil
    }

    /// A number as text: the first 36 bytes with dashes, 32 without.
    @inline(__always)
    static func text(_ high: UInt64, _ low: UInt64, dashed: Bool) -> InlineArray<36, UInt8> {
        var text = InlineArray<36, UInt8>(repeating: dash)
        var index = 0
        for digit in 0..<32 {
            if dashed, digit == 8 || digit == 12 || digit == 16 || digit == 20 { index += 1 }
            let half = digit < 16 ? high : low
            let value = UInt8(truncatingIfNeeded: half >> (60 - 4 * UInt64(digit & 15))) & 15
            text[index] = value &+ (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
            index += 1
        }
        return text
    }

    /// Appends a number as text.
    static func append(_ high: UInt64, _ low: UInt64, dashed: Bool, to bytes: inout [UInt8]) {
        let text = text(high, low, dashed: dashed)
        let span = text.span.extracting(0..<(dashed ? 36 : 32))
        // At once: byte by byte would be most of the time that decoding takes.
        unsafe span.withUnsafeBufferPointer { characters in unsafe bytes.append(contentsOf: characters) }
    }

    private static let dash = UInt8(ascii: "-")
    /// What a byte is worth as a digit; 255 for what is none.
    private static let values: [UInt8] = (0..<256).map { byte in
        switch UInt8(byte) {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt8(byte) - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt8(byte) - UInt8(ascii: "a") + 10
        default: 255
        }
    }
}
