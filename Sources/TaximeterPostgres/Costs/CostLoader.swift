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
}

extension Store {
    /// Stores pools, rates and occupancy, and computes the cost of every hour of the pools that they touch.
    ///
    /// Loading the same file again changes nothing. A pool in the file has the rates of the file from then on. An
    /// interval that covers stored ones of the same pool and model replaces them; one that covers only a part of a
    /// stored interval is refused.
    ///
    /// - Throws: ``StoreError`` naming what contradicts the store; ``GPUCost/Invalid`` where nodes ran without a rate.
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
        for pool in costs.pools {
            if pools[pool.name]?.pool == pool { continue }
            load.changedPools.append(pool.name)
            try store(pool, known: pools[pool.name])
        }
        pools = try StoredPool.readAll(connection)
        var touched = Set(load.changedPools)
        for (name, intervals) in Dictionary(grouping: costs.occupancy, by: \.pool) {
            guard let stored = pools[name] else {
                throw StoreError(.costs, "occupancy names the pool \(name), which neither the file nor the store has")
            }
            if try merge(intervals, into: stored, &load) { touched.insert(name) }
        }
        for name in touched {
            guard let stored = pools[name] else { continue }
            let occupancy = try connection.query(ReadOccupancy(pool: stored)).map(\.interval)
            try write(GPUCost.hourly(occupancy, of: stored.pool), of: stored)
        }
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
        for rate in pool.rates {
            try connection.execute(
                """
                INSERT INTO taximeter.gpu_rate (
                    gpu_pool_key, effective_from, effective_until, amount_per_gpu_hour, currency)
                VALUES (\(key), \(rate.from), \(rate.until.map(Timestamp.init)), \
                \(Numeric(units: rate.perGPUHour.units)), \(rate.perGPUHour.currency.code))
                """)
        }
    }

    /// Stores the intervals of one pool.
    ///
    /// - Returns: Whether anything changed.
    private func merge(_ intervals: [GPUOccupancy], into pool: StoredPool, _ load: inout CostLoad) throws -> Bool {
        let stored = try connection.query(ReadOccupancy(pool: pool)).map(\.interval)
        var isChanged = false
        for interval in intervals {
            let overlapping = stored.filter { $0.overlaps(interval) }
            if overlapping == [interval] {
                load.unchanged += 1
                continue
            }
            for old in overlapping {
                guard interval.from <= old.from, old.until <= interval.until else {
                    throw StoreError(
                        .costs,
                        "pool \(interval.pool): the interval from \(interval.from) to \(interval.until) covers only a part of "
                            + "the stored one from \(old.from) to \(old.until); give the whole of it anew")
                }
                try connection.execute(
                    """
                    DELETE FROM taximeter.gpu_occupancy
                    WHERE gpu_pool_key = \(pool.key) AND model = \(old.model?.text ?? "") AND occupied_from = \(old.from)
                    """)
            }
            try connection.execute(
                """
                INSERT INTO taximeter.gpu_occupancy (gpu_pool_key, model, occupied_from, occupied_until, nodes)
                VALUES (\(pool.key), \(interval.model?.text ?? ""), \(interval.from), \(interval.until), \(interval.nodes))
                """)
            load.replaced += overlapping.count
            load.added += overlapping.isEmpty ? 1 : 0
            isChanged = true
        }
        return isChanged
    }

    private func write(_ hours: [GPUCost], of pool: StoredPool) throws {
        try connection.execute(MarkMarginDays.sql(ofPool: pool.key))
        try connection.execute("DELETE FROM taximeter.gpu_cost_hourly WHERE gpu_pool_key = \(pool.key)")
        try connection.execute(MarkMarginDays.sql(Set(hours.map { $0.hour.floored(toMicroseconds: Instant.day) })))
        let copy: SQL = """
            COPY taximeter.gpu_cost_hourly (
            gpu_pool_key, hour, model, currency, node_microseconds, peak_nodes, gpus_per_node, cost
            ) FROM STDIN (FORMAT binary)
            """
        try connection.copyIn(copy) { writer in
            for hour in hours {
                try writer.beginRow(columns: 8)
                try writer.append(pool.key)
                try writer.append(Timestamp(hour.hour))
                try writer.append(hour.model?.text ?? "")
                try writer.append(hour.cost.currency.code)
                writer.append(hour.nodeMicroseconds)
                try writer.append(hour.peakNodes)
                try writer.append(pool.pool.gpusPerNode)
                try writer.append(Numeric(units: hour.cost.units))
            }
        }
    }
}
