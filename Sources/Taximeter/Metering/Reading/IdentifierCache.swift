/// Ids by their bytes, so that the same account or model name is not made anew for every row.
///
/// One place a hash: an id that hashes to a taken place replaces what is there, so that memory stays bounded whatever
/// the input holds.
struct IdentifierCache {
    private static let placeCount = 1_024

    private var places = [Identifier?](repeating: nil, count: placeCount)

    /// The id of these bytes, which are UTF-8.
    mutating func identifier(_ bytes: borrowing Span<UInt8>) throws(Identifier.Invalid) -> Identifier {
        let place = Self.hash(bytes) & (Self.placeCount - 1)
        if let found = places[place], Self.areEqual(found.text, bytes) { return found }
        let made = try Self.make(bytes)
        places[place] = made
        return made
    }

    /// The id of these bytes, not kept: for ids that do not come twice.
    static func make(_ bytes: borrowing Span<UInt8>) throws(Identifier.Invalid) -> Identifier {
        // Before the text is made: a field may be as long as a row may.
        if bytes.count > Identifier.maximumByteCount { throw .tooLong(byteCount: bytes.count) }
        var copy: [UInt8] = []
        copy.reserveCapacity(bytes.count)
        for index in bytes.indices { copy.append(bytes[index]) }
        return try Identifier(String(decoding: copy, as: UTF8.self))
    }

    /// FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), folded so that the low bits depend on all of it.
    private static func hash(_ bytes: borrowing Span<UInt8>) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in bytes.indices { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash ^ hash >> 32)
    }

    private static func areEqual(_ text: String, _ bytes: borrowing Span<UInt8>) -> Bool {
        let known = text.utf8Span.span
        guard known.count == bytes.count else { return false }
        for index in known.indices where known[index] != bytes[index] { return false }
        return true
    }
}
