import Synchronization

/// Ids for requests that have none: UUIDs of version 8 (RFC 9562, section 5.8), of which the meter's opening has drawn 82
/// bits at random, and 40 bits count. Two openings never draw the same, and one does not count to 10¹² in years.
public struct MadeRequestID: Sendable, Hashable, CustomStringConvertible {
    let high: UInt64
    let low: UInt64

    /// The id as text: `xxxxxxxx-xxxx-8xxx-xxxx-xxxxxxxxxxxx`.
    public var description: String { ProducerID(high: high, low: low).description }

    /// The text as bytes, without a place in memory of its own.
    var text: InlineArray<36, UInt8> { PackedID.text(high, low, dashed: true) }

    /// Makes ids.
    struct Maker: ~Copyable, Sendable {
        private let high: UInt64
        private let low: UInt64
        private let counter = Atomic<UInt64>(0)

        init() {
            var random = SystemRandomNumberGenerator()
            high = UInt64.random(in: 0 ... .max, using: &random) & ~0xF000 | 0x8000
            // The variant's two bits, 22 random ones, and the counter.
            low = UInt64.random(in: 0...0x3F_FFFF, using: &random) << 40 | 1 << 63
        }

        /// The next id.
        borrowing func next() -> MadeRequestID {
            let count = counter.wrappingAdd(1, ordering: .relaxed).oldValue
            return MadeRequestID(high: high, low: low | count & 0xFF_FFFF_FFFF)
        }
    }
}
