/// What a pool's nodes cost in one UTC hour.
public struct GPUCost: Sendable, Hashable {
    /// The hour's start.
    public let hour: Instant
    /// The model that the nodes served; nil where they are shared by all.
    public let model: Identifier?
    /// What part of requests they served.
    public let phase: GPUPhase
    /// What they were paid for; never `provisioned`.
    public let use: GPUUse
    /// Node-time in the hour: nodes × microseconds.
    public let nodeMicroseconds: Int64
    /// The largest number of nodes at any instant of the hour.
    public let peakNodes: Int32
    /// What that cost.
    public let cost: Money

    /// A row.
    public init(
        hour: Instant, model: Identifier?, phase: GPUPhase, use: GPUUse, nodeMicroseconds: Int64, peakNodes: Int32,
        cost: Money
    ) {
        self.hour = hour
        self.model = model
        self.phase = phase
        self.use = use
        self.nodeMicroseconds = nodeMicroseconds
        self.peakNodes = peakNodes
        self.cost = cost
    }

    /// Why a cost cannot be known.
    public enum Invalid: Error, Equatable, CustomStringConvertible {
        /// Nodes ran at an instant for which their pool has no rate.
        case noRate(pool: Identifier, at: Instant)
        /// An amount or a sum of node-time does not fit.
        case overflow(pool: Identifier, at: Instant)
        /// More nodes served, stood ready or were lent than were paid for.
        case moreThanProvisioned(pool: Identifier, at: Instant, nodes: Int64, provisioned: Int64)

        /// Where that is.
        public var place: (pool: Identifier, instant: Instant) {
            switch self {
            case .noRate(let pool, let instant), .overflow(let pool, let instant): (pool, instant)
            case .moreThanProvisioned(let pool, let instant, _, _): (pool, instant)
            }
        }

        /// One line: what is missing, where.
        public var description: String {
            switch self {
            case .noRate(let pool, let instant): "pool \(pool) has no rate at \(instant), but nodes ran then"
            case .overflow(let pool, let instant): "the cost of pool \(pool) from \(instant) on does not fit"
            case .moreThanProvisioned(let pool, let instant, let nodes, let provisioned):
                "pool \(pool) has \(provisioned) nodes provisioned at \(instant), but \(nodes) were used then"
            }
        }
    }

    /// The exact cost of a pool's occupancy by UTC hour: ∫ nodes × GPUs per node × rate.
    ///
    /// Whatever the edges of the intervals, the hours of an interval under one rate sum to its cost exactly: each hour
    /// is the difference of the running cost since the interval's start, which is rounded to 10⁻¹⁸ half away from zero.
    /// Where it is known how many nodes were provisioned, those that neither served nor were lent are headroom.
    ///
    /// - Parameters:
    ///   - occupancy: Intervals of that pool; those of one lane do not overlap.
    /// - Returns: A row an hour, model, phase, use and currency, sorted by these.
    /// - Throws: ``Invalid``.
    public static func hourly(_ occupancy: [GPUOccupancy], of pool: GPUPool) throws(Invalid) -> [GPUCost] {
        var sums = HourlySums(pool: pool)
        let spent = occupancy.filter { $0.use != .provisioned }
        for interval in try spent + Headroom.left(of: occupancy, in: pool)
        where interval.nodes > 0 && interval.from < interval.until {
            var reached = interval.from
            for rate in pool.rates where rate.from < interval.until && (rate.until ?? .latest) > interval.from {
                let from = max(rate.from, interval.from)
                if from > reached { throw .noRate(pool: pool.name, at: reached) }
                let until = min(rate.until ?? .latest, interval.until)
                if until <= from { continue }
                reached = until
                try sums.add(interval, from..<reached, at: rate)
            }
            if reached < interval.until { throw .noRate(pool: pool.name, at: reached) }
        }
        return try sums.rows()
    }
}

/// Sums node-time and cost by hour, and finds the peaks.
private struct HourlySums {
    private struct Nodes: Hashable {
        let model: Identifier?
        let phase: GPUPhase
        let use: GPUUse
        let currency: Currency
    }

    private struct Key: Hashable {
        let hour: Instant
        let nodes: Nodes
    }

    private struct Sum {
        var nodeMicroseconds: Int64 = 0
        var peakNodes: Int32 = 0
        var units: Int128 = 0
    }

    let pool: GPUPool
    private var sums: [Key: Sum] = [:]
    private var counts: [Nodes: [NodeCount]] = [:]

    init(pool: GPUPool) { self.pool = pool }

    /// Adds a part of an interval that is under one rate, cut into hours.
    mutating func add(
        _ interval: GPUOccupancy, _ range: Range<Instant>, at rate: GPURate
    ) throws(GPUCost.Invalid) {
        let nodes = Nodes(
            model: interval.model, phase: interval.phase, use: interval.use, currency: rate.perGPUHour.currency)
        counts[nodes, default: []].append(NodeCount(range: range, nodes: Int64(interval.nodes)))
        let gpus = Int128(interval.nodes) * Int128(pool.gpusPerNode)
        func runningCost(until instant: Instant) throws(GPUCost.Invalid) -> Int128 {
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
            let key = Key(hour: hour, nodes: nodes)
            var sum = sums[key] ?? Sum()
            let time = Int64(interval.nodes).multipliedReportingOverflow(by: end.microseconds - start.microseconds)
            let total = sum.nodeMicroseconds.addingReportingOverflow(time.partialValue)
            let cost = sum.units.addingReportingOverflow(costAfter - costBefore)
            if time.overflow || total.overflow || cost.overflow { throw .overflow(pool: pool.name, at: start) }
            sum.nodeMicroseconds = total.partialValue
            sum.units = cost.partialValue
            sums[key] = sum
            costBefore = costAfter
            start = end
        }
    }

    /// The rows, in order.
    mutating func rows() throws(GPUCost.Invalid) -> [GPUCost] {
        for (nodes, counts) in counts {
            for step in NodeCount.steps(counts) {
                guard let peak = Int32(exactly: step.nodes) else {
                    throw .overflow(pool: pool.name, at: step.range.lowerBound)
                }
                var hour = step.range.lowerBound.startOfHour
                while hour < step.range.upperBound {
                    let key = Key(hour: hour, nodes: nodes)
                    if let known = sums[key]?.peakNodes, known < peak { sums[key]?.peakNodes = peak }
                    hour = Instant(unchecked: hour.microseconds + Instant.hour)
                }
            }
        }
        return sums.map { key, sum in
            GPUCost(
                hour: key.hour, model: key.nodes.model, phase: key.nodes.phase, use: key.nodes.use,
                nodeMicroseconds: sum.nodeMicroseconds, peakNodes: sum.peakNodes,
                cost: Money(units: sum.units, key.nodes.currency))
        }
        .sorted {
            ($0.hour, $0.model?.text ?? "", $0.phase, $0.use, $0.cost.currency.code)
                < ($1.hour, $1.model?.text ?? "", $1.phase, $1.use, $1.cost.currency.code)
        }
    }
}

/// So many nodes over a range of time.
struct NodeCount {
    let range: Range<Instant>
    let nodes: Int64

    /// How many there are together: ranges that follow each other, wherever there is one at all.
    static func steps(_ counts: [NodeCount]) -> [NodeCount] {
        var changes: [Instant: (nodes: Int64, counts: Int)] = [:]
        for count in counts {
            changes[count.range.lowerBound, default: (0, 0)].nodes += count.nodes
            changes[count.range.lowerBound, default: (0, 0)].counts += 1
            changes[count.range.upperBound, default: (0, 0)].nodes -= count.nodes
            changes[count.range.upperBound, default: (0, 0)].counts -= 1
        }
        var steps: [NodeCount] = []
        var open: (from: Instant, nodes: Int64, counts: Int)?
        for (instant, change) in changes.sorted(by: { $0.key < $1.key }) {
            if let open, open.counts > 0 { steps.append(NodeCount(range: open.from..<instant, nodes: open.nodes)) }
            open = (instant, (open?.nodes ?? 0) + change.nodes, (open?.counts ?? 0) + change.counts)
        }
        return steps
    }
}
