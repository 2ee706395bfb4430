/// What drawn customers want together, hour by hour, and how far that is above their mean.
///
/// Demand is counted exactly; its multiples of the mean are floating point, because they are estimates from samples.
public struct PooledDemand: Sendable {
    /// How much more than their mean so many customers need.
    public struct Multiple: Sendable, Hashable {
        /// How many.
        public let customers: Int
        /// What suffices in so many of all hours of all samples as the level says.
        public let ofAnHour: Double
        /// What suffices for the busiest hour in half of the samples.
        public let ofPeakHourInHalf: Double
        /// What suffices for the busiest hour in so many samples as the level says.
        public let ofPeakHour: Double
    }

    private let draws: CustomerDraws
    private let hours: Int
    private let most: Int64
    /// By sample, then by hour.
    private var sums: [Int64]

    /// How many sums may be held in memory, at eight bytes each: samples of all sizes × hours.
    public static let mostSums = 100_000_000

    /// Nothing yet.
    ///
    /// - Returns: nil without hours, or with more sums than ``mostSums``.
    public init?(_ draws: CustomerDraws, hours: Int) {
        guard hours > 0, hours <= Self.mostSums / (draws.sizes.count * draws.samples) else { return nil }
        (self.draws, self.hours) = (draws, hours)
        // So that no sum overflows, whoever was drawn.
        most = .max / Int64(draws.sizes.max() ?? 1)
        sums = Array(repeating: 0, count: draws.sizes.count * draws.samples * hours)
    }

    /// Adds what an account wanted in an hour to every sample that has it. Parts of an hour are added up.
    ///
    /// - Parameters:
    ///   - account: Its place among those that were drawn from.
    ///   - hour: Its place in the range.
    /// - Throws: ``MoneyError/overflow`` where so many customers as were drawn would want more than 2⁶³.
    public mutating func add(_ demand: Int64, account: Int, hour: Int) throws(MoneyError) {
        guard (0..<draws.accounts).contains(account), (0..<hours).contains(hour) else { return }
        if demand > most || demand < 0 { throw .overflow }
        for sample in draws.samples(of: account) { sums[Int(sample) * hours + hour] += demand }
    }

    /// The multiples that are needed at a level: a probability above 0, below 1. A size of which every sample wanted nothing
    /// has none.
    public func multiples(level: Double) -> [Multiple] {
        draws.sizes.indices.compactMap { size in
            var ofHours: [Double] = []
            var ofPeaks: [Double] = []
            for sample in size * draws.samples..<(size + 1) * draws.samples {
                let demand = sums[sample * hours..<(sample + 1) * hours]
                let mean = demand.reduce(0.0) { $0 + Double($1) } / Double(hours)
                if mean <= 0 { continue }
                ofHours += demand.map { Double($0) / mean }
                ofPeaks.append(Double(demand.max() ?? 0) / mean)
            }
            ofHours.sort()
            ofPeaks.sort()
            guard let hour = Quantile.empirical(level: level, of: ofHours),
                let half = Quantile.empirical(level: 0.5, of: ofPeaks),
                let peak = Quantile.empirical(level: level, of: ofPeaks)
            else { return nil }
            return Multiple(customers: draws.sizes[size], ofAnHour: hour, ofPeakHourInHalf: half, ofPeakHour: peak)
        }
    }
}
