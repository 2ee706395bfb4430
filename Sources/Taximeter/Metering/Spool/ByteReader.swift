/// Reads numbers from bytes that nobody vouches for: every step says whether the bytes were there.
struct ByteReader {
    let bytes: [UInt8]
    var position: Int
    let end: Int

    /// A reader of a part of the bytes.
    init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = min(range.upperBound, bytes.count)
    }

    var remaining: Int { end - position }

    /// An integer of fixed width, little-endian.
    mutating func fixed<Value: FixedWidthInteger & UnsignedInteger>(_ type: Value.Type) -> Value? {
        let width = Value.bitWidth / 8
        guard remaining >= width else { return nil }
        var value: Value = 0
        for index in 0..<width { value |= Value(bytes[position + index]) << (8 * index) }
        position += width
        return value
    }

    /// An integer of 1 to 10 bytes: seven bits each, the lowest first (LEB128).
    mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end {
            let byte = bytes[position]
            position += 1
            if shift == 63 && byte > 1 { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
            if shift > 63 { return nil }
        }
        return nil
    }

    /// A varint that must not be above a limit.
    mutating func varint(upTo limit: Int) -> Int? {
        guard let value = varint(), value <= UInt64(max(limit, 0)) else { return nil }
        return Int(value)
    }

    /// So many bytes.
    mutating func slice(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, remaining >= count else { return nil }
        defer { position += count }
        return bytes[position..<position + count]
    }
}

extension [UInt8] {
    /// Appends an integer of fixed width, little-endian.
    mutating func appendFixed<Value: FixedWidthInteger & UnsignedInteger>(_ value: Value) {
        // At once: byte by byte would be a good part of the time that encoding takes.
        unsafe Swift.withUnsafeBytes(of: value.littleEndian) { bytes in
            unsafe bytes.withMemoryRebound(to: UInt8.self) { unsafe append(contentsOf: $0) }
        }
    }

    /// Appends an integer as a varint.
    @inline(__always)
    mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }
}

/// Signed numbers for varints: small ones of either sign stay short.
enum ZigZag {
    static func encode(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }
    static func decode(_ value: UInt64) -> Int64 { Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }
}
