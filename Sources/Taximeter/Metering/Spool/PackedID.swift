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
        guard range.count >= form.textLength, form != .plain else { return nil }
        let span = bytes.span
        let values = values.span
        var halves: (high: UInt64, low: UInt64) = (0, 0)
        var digits = 0
        var index = range.upperBound - form.textLength
        while index < range.upperBound {
            if form != .hex, digits == 8 || digits == 12 || digits == 16 || digits == 20 {
                // A dash stands before each of these digits.
                guard span[index] == dash else { return nil }
                index += 1
            }
            let value = values[Int(span[index])]
            guard value < 16 else { return nil }
            if digits < 16 {
                halves.high = halves.high << 4 | UInt64(value)
            } else {
                halves.low = halves.low << 4 | UInt64(value)
            }
            digits += 1
            index += 1
        }
        return halves
    }

    /// Appends a number as text.
    static func append(_ high: UInt64, _ low: UInt64, dashed: Bool, to bytes: inout [UInt8]) {
        for digit in 0..<32 {
            if dashed, digit == 8 || digit == 12 || digit == 16 || digit == 20 { bytes.append(dash) }
            let half = digit < 16 ? high : low
            let value = UInt8(truncatingIfNeeded: half >> (60 - 4 * UInt64(digit & 15))) & 15
            bytes.append(value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10)
        }
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
