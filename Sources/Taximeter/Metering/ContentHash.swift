/// A hash of 128 bits that tells one content from another: against accidents, not against forgery.
///
/// Multiplication of 64 by 64 bits, both halves of the product folded together, as wyhash does it (Wang Yi, 2019); two
/// independent lanes. Stored hashes are compared for ever: a change of the algorithm needs a new column.
public struct ContentHash: Sendable, Hashable {
    /// One lane.
    public private(set) var high: UInt64 = 0xa076_1d64_78bd_642f
    /// The other lane.
    public private(set) var low: UInt64 = 0xe703_7ed1_a0b4_28db

    /// The hash of nothing yet.
    public init() {}

    /// Takes in two words.
    @inline(__always)
    public mutating func combine(_ first: UInt64, _ second: UInt64) {
        // The old state comes back in rotated, so that a factor of zero does not wipe it out.
        high = Self.folded(high ^ first, second ^ 0x8ebc_6af0_9c88_c6e3) ^ (high << 23 | high >> 41)
        low = Self.folded(low ^ second, first ^ 0x5899_65cc_7537_4cc3) ^ (low << 29 | low >> 35)
    }

    /// Takes in bytes, and how many there are.
    public mutating func combine(_ bytes: some Collection<UInt8>) {
        combine(UInt64(truncatingIfNeeded: bytes.count), 0)
        var word: UInt64 = 0
        var previous: UInt64 = 0
        var count = 0
        for byte in bytes {
            word = word << 8 | UInt64(byte)
            count &+= 1
            if count & 15 == 0 {
                combine(previous, word)
                word = 0
            } else if count & 7 == 0 {
                previous = word
                word = 0
            }
        }
        if count & 15 != 0 { combine(count & 8 == 0 ? word : previous, word) }
    }

    /// Sixteen bytes, for the store.
    public var bytes: [UInt8] {
        [high, low].flatMap { half in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: half >> $0) }
        }
    }

    /// The same as 32 hexadecimal digits, for texts.
    package var hexadecimal: String {
        [high, low].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    @inline(__always)
    private static func folded(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}

extension UsageEvent {
    /// What two deliveries of one request must agree on: everything but account and request id, which are the key under
    /// which the store keeps it to tell a duplicate from a conflict.
    public var contentHash: ContentHash {
        var hash = ContentHash()
        hash.combine(UInt64(bitPattern: startedAt.microseconds), UInt64(bitPattern: completedAt.microseconds))
        hash.combine(UInt64(bitPattern: tokens.cacheHit), UInt64(bitPattern: tokens.cacheMiss))
        hash.combine(UInt64(bitPattern: tokens.cacheWrite), UInt64(bitPattern: tokens.cacheWrite1h))
        hash.combine(UInt64(bitPattern: tokens.output), UInt64(bitPattern: requests))
        hash.combine(model.text.utf8)
        hash.combine(channel.text.utf8)
        hash.combine(serviceTier.text.utf8)
        return hash
    }
}

extension EventBlock {
    /// What two deliveries of one batch must agree on: every name, every row, in order.
    public var contentHash: ContentHash {
        var hash = ContentHash()
        for names in [accounts, models, channels, serviceTiers] {
            hash.combine(UInt64(names.count), 1)
            for name in names { hash.combine(name.text.utf8) }
        }
        hash.combine(requestIDs)
        hash.combine(UInt64(rows.count), 2)
        for row in rows {
            hash.combine(Self.word(row.account, row.model), Self.word(row.channel, row.serviceTier))
            hash.combine(
                Self.word(row.requestIDStart, row.requestIDLength), UInt64(row.kind.rawValue))
            hash.combine(Self.word(row.startedAt.microseconds), Self.word(row.completedAt.microseconds))
            hash.combine(Self.word(row.tokens.cacheHit), Self.word(row.tokens.cacheMiss))
            hash.combine(Self.word(row.tokens.cacheWrite), Self.word(row.tokens.cacheWrite1h))
            hash.combine(Self.word(row.tokens.output), Self.word(row.requests))
        }
        return hash
    }

    @inline(__always)
    private static func word(_ value: Int64) -> UInt64 { UInt64(bitPattern: value) }

    @inline(__always)
    private static func word(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }
}
