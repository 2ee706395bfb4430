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
        let text = bytes.span.extracting(range.upperBound - form.textLength..<range.upperBound)
        var digits = Digits()
        guard form != .hex else {
            let high = digits.number(text.word(0)) << 32 | digits.number(text.word(8))
            let low = digits.number(text.word(16)) << 32 | digits.number(text.word(24))
            return digits.areGood ? (high, low) : nil
        }
        guard text[8] == dash, text[13] == dash, text[18] == dash, text[23] == dash else { return nil }
        let high = digits.number(text.word(0)) << 32 | digits.number(text.halfWord(9) | text.halfWord(14) << 32)
        let low = digits.number(text.halfWord(19) | text.halfWord(24) << 32) << 32 | digits.number(text.word(28))
        return digits.areGood ? (high, low) : nil
    }

    /// Hexadecimal digits, eight at a time: this runs for every event.
    private struct Digits {
        private static let ones: UInt64 = 0x0101_0101_0101_0101
        private var faults: UInt64 = 0

        var areGood: Bool { faults == 0 }

        /// What eight characters are worth, of which the first stands in the lowest byte.
        mutating func number(_ text: UInt64) -> UInt64 {
            // In ASCII, 1 in bit 6 tells `a` to `f` from `0` to `9`. No sum below carries into the next byte.
            let letters = text >> 6 & Self.ones
            var value = (text & 0x0F0F_0F0F_0F0F_0F0F) &+ 9 &* letters
            // They are digits if the value leads back to them, and is 10 to 15 just where they are letters.
            faults |= text ^ (value &+ 0x3030_3030_3030_3030 &+ 0x27 &* letters)
            faults |= ((value &+ 0x0606_0606_0606_0606) >> 4 & Self.ones) ^ letters
            faults |= value & 0xF0F0_F0F0_F0F0_F0F0
            value = value.byteSwapped
            value = (value | value >> 4) & 0x00FF_00FF_00FF_00FF
            value = (value | value >> 8) & 0x0000_FFFF_0000_FFFF
            return (value | value >> 16) & 0xFFFF_FFFF
        }
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
}

extension Span<UInt8> {
    /// Eight bytes from an offset, the first the lowest.
    @inline(__always)
    func word(_ offset: Int) -> UInt64 {
        unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Four bytes from an offset, the first the lowest.
    @inline(__always)
    func halfWord(_ offset: Int) -> UInt64 {
        unsafe UInt64(UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
}
