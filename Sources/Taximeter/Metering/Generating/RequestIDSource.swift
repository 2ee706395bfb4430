/// Request ids in the form of a UUID of version 4, made of a key and a number: the same ones every time, and never one
/// twice under one key.
struct RequestIDSource: Sendable {
    private let key: UInt64
    private var number: UInt64 = 0
    private var digits: [UInt8] = Array("00000000-0000-4000-8000-000000000000".utf8)

    private static let sixtyBits: UInt64 = 1 << 60 - 1
    private static let places = Array("00000000-0000-4000-8000-000000000000".utf8).indices
        .filter { ![8, 13, 18, 23].contains($0) }

    /// Ids of a run from an instant with a seed.
    init(seed: UInt64, from: Instant) {
        key = SplitMix64.mixed(seed &+ SplitMix64.mixed(UInt64(bitPattern: from.microseconds)))
    }

    mutating func next() -> Identifier {
        // Odd factors and shifts to the right lose no bit, so that 2⁶⁰ numbers give as many upper halves.
        var upper = (number ^ key) & Self.sixtyBits
        upper = (upper ^ upper >> 31) &* 0xbf58_476d_1ce4_e5b9 & Self.sixtyBits
        upper = (upper ^ upper >> 29) &* 0x94d0_49bb_1331_11eb & Self.sixtyBits
        upper ^= upper >> 30
        let lower = SplitMix64.mixed(key &+ SplitMix64.mixed(number)) & (1 << 62 - 1) | 1 << 63
        number += 1
        // The twelve digits before the version, the version, the three behind it.
        write((upper >> 12) << 16 | 4 << 12 | upper & 0xfff, at: 0)
        write(lower, at: 16)
        return Identifier(unchecked: String(decoding: digits, as: UTF8.self))
    }

    private mutating func write(_ half: UInt64, at first: Int) {
        for digit in 0..<16 {
            let value = UInt8(half >> UInt64(60 - 4 * digit) & 15)
            digits[Self.places[first + digit]] = value < 10 ? 0x30 + value : 0x57 + value
        }
    }
}
