import Synchronization

/// Ids for requests that have none: UUIDs of version 8 (RFC 9562, section 5.8), of which the meter's opening has drawn 82
/// bits at random, and 40 bits count: 37 of them in each of eight lanes. Two openings never draw the same, and no lane
/// counts to 10¹¹ in years.
public struct MadeRequestID: Sendable, Hashable, CustomStringConvertible {
    let high: UInt64
    let low: UInt64

    /// The id as text: `xxxxxxxx-xxxx-8xxx-xxxx-xxxxxxxxxxxx`.
    public var description: String { ProducerID(high: high, low: low).description }

    /// The text as bytes, without a place in memory of its own.
    var text: InlineArray<36, UInt8> { PackedID.text(high, low, dashed: true) }

    /// Makes ids. Threads of different lanes do not wait for each other's counter.
    struct Maker: ~Copyable, Sendable {
        private let high: UInt64
        private let low: UInt64
        private let counters: InlineArray<8, Counter>

        /// A counter in cache lines of its own.
        private struct Counter: ~Copyable, Sendable {
            private let before = InlineArray<15, UInt64>(repeating: 0)
            let count = Atomic<UInt64>(0)
            private let after = InlineArray<16, UInt64>(repeating: 0)
        }

        init() {
            var random = SystemRandomNumberGenerator()
            high = UInt64.random(in: 0 ... .max, using: &random) & ~0xF000 | 0x8000
            // The variant's two bits, 22 random ones, lane and counter.
            low = UInt64.random(in: 0...0x3F_FFFF, using: &random) << 40 | 1 << 63
            counters = InlineArray { _ in Counter() }
        }

        /// The next id of a lane; any number names one.
        borrowing func next(lane: Int) -> MadeRequestID {
            let lane = lane & (counters.count - 1)
            let count = counters[lane].count.wrappingAdd(1, ordering: .relaxed).oldValue
            return MadeRequestID(high: high, low: low | UInt64(lane) << 37 | count & 0x1F_FFFF_FFFF)
        }
    }
}
