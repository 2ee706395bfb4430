/// CRC-32C (Castagnoli; RFC 3720, appendix B.4), eight bytes at a time.
enum CRC32C {
    /// Eight tables of 256: table `k` holds the checksum of a byte that is followed by `k` zero bytes.
    private static let tables: InlineArray<2_048, UInt32> = {
        var tables = InlineArray<2_048, UInt32>(repeating: 0)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
            tables[byte] = value
        }
        for index in 256..<tables.count {
            let previous = tables[index - 256]
            tables[index] = previous >> 8 ^ tables[Int(previous & 0xFF)]
        }
        return tables
    }()

    /// The checksum of these bytes.
    static func of(_ bytes: Span<UInt8>) -> UInt32 {
        var checksum: UInt32 = ~0
        var index = 0
        while bytes.count - index >= 8 {
            let word = bytes.word(index) ^ UInt64(checksum)
            checksum =
                tables[1792 + byte(word, 0)] ^ tables[1536 + byte(word, 1)] ^ tables[1280 + byte(word, 2)]
                ^ tables[1024 + byte(word, 3)] ^ tables[768 + byte(word, 4)] ^ tables[512 + byte(word, 5)]
                ^ tables[256 + byte(word, 6)] ^ tables[byte(word, 7)]
            index += 8
        }
        while index < bytes.count {
            checksum = checksum >> 8 ^ tables[Int((checksum ^ UInt32(bytes[index])) & 0xFF)]
            index += 1
        }
        return ~checksum
    }

    @inline(__always)
    private static func byte(_ word: UInt64, _ place: UInt64) -> Int { Int(word >> (8 * place) & 0xFF) }
}
