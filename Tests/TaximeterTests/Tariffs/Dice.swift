import Taximeter

/// Random numbers that come again with the same seed. Shown in a failure, it names its seed.
struct Dice: RandomNumberGenerator, CustomStringConvertible {
    private let seed: UInt64
    private var generator: SplitMix64
    private var rolls = 0

    init(seed: UInt64) {
        self.seed = seed
        generator = SplitMix64(seed: seed)
    }

    var description: String { "seed \(seed), after \(rolls) rolls" }

    mutating func next() -> UInt64 {
        rolls += 1
        return generator.next()
    }

    mutating func whole(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
    mutating func whole(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &self) }
    mutating func chance(_ numerator: Int, in denominator: Int) -> Bool { whole(1...denominator) <= numerator }
    mutating func one<Element>(of items: [Element]) -> Element { items[whole(0...items.count - 1)] }
}
