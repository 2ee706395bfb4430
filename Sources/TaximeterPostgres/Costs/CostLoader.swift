import PostgresWire
public import Taximeter

/// What loading costs did.
public struct CostLoad: Sendable, Hashable {
    /// Intervals that are new.
    public internal(set) var added = 0
    /// Stored intervals that the file corrects.
    public internal(set) var replaced = 0
    /// Intervals that were there already.
    public internal(set) var unchanged = 0
    /// Pools that are new, or whose rates the file changes.
    public internal(set) var changedPools: [Identifier] = []
    /// Policies that are new.
    public internal(set) var addedPolicies: [Identifier] = []
    /// UTC days of which the cost is another than before; the next run computes their margins.
    public internal(set) var changedDays = 0
}

extension Store {
    /// Stores pools, rates, occupancy and policies, and computes the cost of every hour of the pools that they touch.
    ///
    /// Loading the same file again changes nothing. A pool in the file has the rates of the file from then on. What the
    /// file says of some nodes without a gap between its intervals replaces what is stored of them within that time; a
    /// stored interval that reaches beyond it is refused. A policy never changes once it is stored.
    ///
    /// - Throws: ``StoreError`` naming the file, the line and what contradicts the store, or lacks a rate.
    public func load(_ costs: CostFile) throws -> CostLoad {
        try transaction(as: .biller) { connection in
            try CostLoader(costs: costs, connection: connection).load()
        }
    }
}

/// Loads one cost file, inside a transaction.
struct CostLoader {
    let costs: CostFile
    let connection: Connection

    func load() throws -> CostLoad {
        try connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('taximeter.costs', 0))")
        var load = CostLoad()
        var pools = try StoredPool.readAll(connection)
        for given in costs.pools {
            var pool = given
            if costs.ratesArePartial, let stored = pools[given.name]?.pool, stored.gpu == given.gpu,
                stored.gpusPerNode == given.gpusPerNode
            {
                pool = stored.replacingRates(by: given.rates)
            }
            if pools[pool.name]?.pool == pool { continue }
            load.changedPools.append(pool.name)
            try store(pool, known: pools[pool.name])
        }
        pools = try StoredPool.readAll(connection)
        var touched = Set(load.changedPools)
        let places = Dictionary(grouping: costs.occupancy.indices) { costs.occupancy[$0].pool }
        for (name, places) in places.sorted(by: { $0.key < $1.key }) {
            guard let stored = pools[name] else {
                throw error(places.first, "occupancy names the pool \(name), which neither the file nor the store has")
            }
            if try merge(places, into: stored, &load) { touched.insert(name) }
        }
        var days: Set<Instant> = []
        for name in touched.sorted() {
            if let stored = pools[name] { try days.formUnion(computeCosts(of: stored)) }
        }
        if !days.isEmpty { try connection.execute(MarkMarginDays.sql(days)) }
        load.changedDays = days.count
        for policy in costs.policies where try add(policy) { load.addedPolicies.append(policy.name) }
        return load
    }

    /// Stores a policy.
    ///
    /// - Returns: Whether it is new.
    private func add(_ policy: AllocationPolicy) throws -> Bool {
        let stored = try connection.query(ReadPolicies(name: policy.name))
        if let known = stored.first(where: { $0.from == policy.from }) {
            if known == policy { return false }
            throw StoreError(
                .costs,
                "policy \(policy.name) from \(policy.from) is stored with another content: what it split stays as it is; "
                    + "give the new one a later from, or another name")
        }
        try connection.execute(InsertPolicy.sql(policy))
        if policy.name == AllocationPolicy.standardName {
            try connection.execute(MarkMarginDays.sql(from: policy.from))
        }
        return true
    }

    private func store(_ pool: GPUPool, known: StoredPool?) throws {
        if let known, known.pool.gpu != pool.gpu || known.pool.gpusPerNode != pool.gpusPerNode {
            throw StoreError(
                .costs,
                "pool \(pool.name) is stored with \(known.pool.gpusPerNode) × \(known.pool.gpu) a node: other nodes are "
                    + "another pool")
        }
        let key = try known?.key ?? connection.query(InsertPool(pool: pool)).first ?? 0
        try connection.execute("DELETE FROM taximeter.gpu_rate WHERE gpu_pool_key = \(key)")
        for rate in pool.rates { try connection.execute(InsertRate.sql(rate, ofPool: key)) }
    }

    /// Stores the intervals of one pool, by their places in the file.
    ///
    /// - Returns: Whether anything changed.
    private func merge(_ places: [Int], into pool: StoredPool, _ load: inout CostLoad) throws -> Bool {
        let stored = Dictionary(grouping: try connection.query(ReadOccupancy(pool: pool)), by: \.lane)
        var removed: [GPUOccupancy] = []
        var added: [GPUOccupancy] = []
        for (lane, places) in Dictionary(grouping: places, by: { costs.occupancy[$0].lane }) {
            for span in spans(places) {
                let intervals = span.map { costs.occupancy[$0] }
                guard let from = intervals.first?.from, let until = intervals.last?.until else { continue }
                let overlapping = (stored[lane] ?? []).filter { $0.from < until && from < $0.until }
                if let beyond = overlapping.first(where: { $0.from < from || $0.until > until }) {
                    throw error(
                        span.first,
                        "pool \(lane.pool): the interval from \(from) to \(until) covers only a part of the stored one from "
                            + "\(beyond.from) to \(beyond.until); give the whole of it anew")
                }
                let gone = Set(overlapping).subtracting(intervals)
                let new = Set(intervals).subtracting(overlapping)
                removed += gone
                added += new
                load.replaced += gone.count
                load.added += max(0, new.count - gone.count)
                load.unchanged += intervals.count - new.count
            }
        }
        if !removed.isEmpty { try connection.execute(RemoveOccupancy.sql(removed, ofPool: pool.key)) }
        if !added.isEmpty { try connection.execute(InsertOccupancy.sql(added, ofPool: pool.key)) }
        return !removed.isEmpty || !added.isEmpty
    }

    /// The intervals of one lane, in order of time, those together that follow each other without a gap.
    private func spans(_ places: [Int]) -> [[Int]] {
        var spans: [[Int]] = []
        for place in places.sorted(by: { costs.occupancy[$0].from < costs.occupancy[$1].from }) {
            if let last = spans.last?.last, costs.occupancy[last].until == costs.occupancy[place].from {
                spans[spans.count - 1].append(place)
            } else {
                spans.append([place])
            }
        }
        return spans
    }

    /// Writes what a pool costs by hour, where that is another than before.
    ///
    /// - Returns: The days in which it is.
    private func computeCosts(of pool: StoredPool) throws -> Set<Instant> {
        let occupancy = try connection.query(ReadOccupancy(pool: pool))
        let costs: Set<GPUCost>
        do throws(GPUCost.Invalid) {
            costs = Set(try GPUCost.hourly(occupancy, of: pool.pool))
        } catch {
            let (name, instant) = error.place
            let place = self.costs.occupancy.firstIndex {
                $0.pool == name && $0.from <= instant && instant < $0.until
            }
            throw self.error(place, "\(error)")
        }
        let stored = Set(try connection.query(ReadPoolCosts(key: pool.key)))
        let (gone, new) = (stored.subtracting(costs), costs.subtracting(stored))
        if !gone.isEmpty { try connection.execute(RemovePoolCosts.sql(Array(gone), ofPool: pool.key)) }
        if !new.isEmpty { try CopyPoolCosts.write(Array(new), of: pool, connection) }
        return Set((gone.union(new)).map { $0.hour.floored(toMicroseconds: Instant.day) })
    }

    /// An error with the file and, where an interval is at fault, its line.
    private func error(_ place: Int?, _ text: String) -> StoreError {
        let line = place.map { ":\(costs.lines[$0])" } ?? ""
        return StoreError(.costs, "\(costs.file)\(line): \(text)")
    }
}
