/// What a pool's occupancy cost in one UTC hour.
public struct GPUCost: Sendable, Hashable {
    /// The hour's start.
    public let hour: Instant
    /// The model that the nodes served; nil where they are shared by all.
    public let model: Identifier?
    /// Node-time in the hour: nodes × microseconds.
    public let nodeMicroseconds: Int64
    /// The largest number of nodes at any instant of the hour.
    public let peakNodes: Int32
    /// What that cost.
    public let cost: Money

    /// Why a cost cannot be known.
    public enum Invalid: Error, Equatable, CustomStringConvertible {
        /// Nodes ran at an instant for which their pool has no rate.
        case noRate(pool: Identifier, at: Instant)
        /// An amount or a sum of node-time does not fit.
        case overflow(pool: Identifier, at: Instant)

        /// One line: what is missing, where.
        public var description: String {
            switch self {
            case .noRate(let pool, let instant): "pool \(pool) has no rate at \(instant), but nodes ran then"
            case .overflow(let pool, let instant): "the cost of pool \(pool) from \(instant) on does not fit"
            }
        }
    }

    /// The exact cost of a pool's occupancy by UTC hour: ∫ nodes × GPUs per node × rate.
    ///
    /// Whatever the edges of the intervals, the hours of an interval under one rate sum to its cost exactly: each hour
    /// is the difference of the running cost since the interval's start, which is rounded to 10⁻¹⁸ half away from zero.
    ///
    /// - Parameters:
    ///   - occupancy: Intervals of that pool; those of one model do not overlap.
    /// - Returns: A row an hour, model and currency, sorted by hour.
    /// - Throws: ``Invalid``.
    public static func hourly(_ occupancy: [GPUOccupancy], of pool: GPUPool) throws(Invalid) -> [GPUCost] {
        var sums: [Key: Sum] = [:]
        for interval in occupancy where interval.nodes > 0 && interval.from < interval.until {
            var reached = interval.from
            for rate in pool.rates where rate.from < interval.until && (rate.until ?? .latest) > interval.from {
                let from = max(rate.from, interval.from)
                if from > reached { throw .noRate(pool: pool.name, at: reached) }
                let until = min(rate.until ?? .latest, interval.until)
                if until <= from { continue }
                reached = until
                try add(interval, from..<reached, at: rate, of: pool, to: &sums)
            }
            if reached < interval.until { throw .noRate(pool: pool.name, at: reached) }
        }
        return sums.map { key, sum in
            GPUCost(
                hour: key.hour, model: key.model, nodeMicroseconds: sum.nodeMicroseconds, peakNodes: sum.peakNodes,
                cost: Money(units: sum.units, key.currency))
        }
        .sorted {
            ($0.hour, $0.model?.text ?? "", $0.cost.currency.code) < (
                $1.hour, $1.model?.text ?? "", $1.cost.currency.code
            )
        }
    }

    private struct Key: Hashable {
        let hour: Instant
        let model: Identifier?
        let currency: Currency
    }

    private struct Sum {
        var nodeMicroseconds: Int64 = 0
        var peakNodes: Int32 = 0
        var units: Int128 = 0
    }

    /// Cuts one interval under one rate into hours.
    private static func add(
        _ interval: GPUOccupancy, _ range: Range<Instant>, at rate: GPURate, of pool: GPUPool, to sums: inout [Key: Sum]
    ) throws(Invalid) {
        let gpus = Int128(interval.nodes) * Int128(pool.gpusPerNode)
        func runningCost(until instant: Instant) throws(Invalid) -> Int128 {
            let elapsed = Int128(instant.microseconds - range.lowerBound.microseconds)
            let (product, overflow) = rate.perGPUHour.units.multipliedReportingOverflow(by: gpus * elapsed)
            if overflow { throw .overflow(pool: pool.name, at: interval.from) }
            let (quotient, remainder) = product.quotientAndRemainder(dividingBy: Int128(Instant.hour))
            return quotient + (remainder.magnitude * 2 >= Instant.hour.magnitude ? remainder.signum() : 0)
        }

        var start = range.lowerBound
        var costBefore: Int128 = 0
        while start < range.upperBound {
            let hour = start.startOfHour
            let end = min(range.upperBound, Instant(unchecked: hour.microseconds + Instant.hour))
            let costAfter = try runningCost(until: end)
            let key = Key(hour: hour, model: interval.model, currency: rate.perGPUHour.currency)
            var sum = sums[key] ?? Sum()
            let time = Int64(interval.nodes).multipliedReportingOverflow(by: end.microseconds - start.microseconds)
            let total = sum.nodeMicroseconds.addingReportingOverflow(time.partialValue)
            let cost = sum.units.addingReportingOverflow(costAfter - costBefore)
            if time.overflow || total.overflow || cost.overflow { throw .overflow(pool: pool.name, at: start) }
            sum.nodeMicroseconds = total.partialValue
            sum.units = cost.partialValue
            sum.peakNodes = max(sum.peakNodes, interval.nodes)
            sums[key] = sum
            costBefore = costAfter
            start = end
        }
    }
}
