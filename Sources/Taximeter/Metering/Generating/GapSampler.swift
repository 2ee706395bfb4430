/// The gaps between requests, of mean 1 and a given coefficient of variation (standard deviation ÷ mean): 1 is a Poisson
/// process, more comes in bursts, less is regular.
///
/// Bursts are a mixture of two exponential gaps with balanced means, regular arrivals a sum of equal exponential stages
/// (Tijms: Stochastic Models, 1994, appendix B): both have the wanted mean; the mixture has the wanted variation exactly,
/// the stages the nearest √(1/k).
struct GapSampler: Sendable, Hashable {
    /// Units of a gap of 1, and of all work; see ``LoadProfile``.
    static let one: UInt64 = 1 << 24
    /// Of which variation there are samplers, in millionths.
    static let variations: ClosedRange<UInt64> = 100_000...100_000_000

    /// Chance of the short gap, as a fraction of 2³²; all for one kind of gap.
    private var shortChance: UInt64 = 1 << 32
    /// The means of the gaps, or of a stage, in units of 1/``one``.
    private var shortMean = GapSampler.one
    private var longMean = GapSampler.one
    private var stages = 1

    /// A sampler of that variation in millionths; what lies outside ``variations`` is taken for the nearest in it.
    init(variation: UInt64) {
        let variation = min(max(variation, Self.variations.lowerBound), Self.variations.upperBound)
        let square = UInt128(variation) * UInt128(variation)
        let unit: UInt128 = 1_000_000_000_000
        if square > unit {
            // p = (1 + √((c² − 1) / (c² + 1))) / 2, and means of 1/2p and 1/2(1 − p).
            let root = FixedPoint.squareRoot((square - unit) << 64 / (square + unit))
            shortChance = (1 << 32 + root) / 2
            let longChance = max(1, 1 << 32 - shortChance)
            shortMean = Self.one << 31 / shortChance
            longMean = Self.one << 31 / longChance
        } else {
            stages = Int((2 * unit + square) / (2 * square))
            shortMean = Self.one / UInt64(stages)
        }
    }

    /// A gap in units of 1/``one``.
    func sample(_ table: ExponentialTable, _ random: inout SplitMix64) -> UInt64 {
        if stages == 1 {
            let isShort = shortChance == 1 << 32 || random.next() >> 32 < shortChance
            return Self.scaled(table.sample(&random), by: isShort ? shortMean : longMean)
        }
        return (0..<stages).reduce(0) { gap, _ in gap + Self.scaled(table.sample(&random), by: shortMean) }
    }

    private static func scaled(_ waiting: UInt64, by mean: UInt64) -> UInt64 {
        let product = waiting.multipliedFullWidth(by: mean)
        return product.high << 32 | product.low >> 32
    }
}
