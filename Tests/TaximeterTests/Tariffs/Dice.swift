/// Random numbers that come again with the same seed (SplitMix64). Shown in a failure, it names its seed.
struct Dice: RandomNumberGenerator, CustomStringConvertible {
    private let seed: UInt64
    private var state: UInt64
    private var rolls = 0

    init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    var description: String { "seed \(seed), after \(rolls) rolls" }

    mutating func next() -> UInt64 {
        rolls += 1
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }

    mutating func whole(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
    mutating func whole(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &self) }
    mutating func chance(_ numerator: Int, in denominator: Int) -> Bool { whole(1...denominator) <= numerator }
    mutating func one<Element>(of items: [Element]) -> Element { items[whole(0...items.count - 1)] }
}
