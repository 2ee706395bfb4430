import PostgresWire
import Taximeter

/// A pool as the store has it.
struct StoredPool {
    let key: Int32
    let pool: GPUPool

    /// All pools, by name.
    static func readAll(_ connection: Connection) throws -> [Identifier: StoredPool] {
        let rates = Dictionary(grouping: try connection.query(ReadRates()), by: \.poolKey)
        return Dictionary(
            try connection.query(ReadPools()).map { row in
                let pool = GPUPool(
                    name: row.name, gpu: row.gpu, gpusPerNode: row.gpusPerNode,
                    rates: (rates[row.key] ?? []).map(\.rate))
                return (row.name, StoredPool(key: row.key, pool: pool))
            }, uniquingKeysWith: { first, _ in first })
    }
}

/// Pools without their rates.
struct ReadPools: Statement {
    struct Row {
        let key: Int32
        let name: Identifier
        let gpu: String
        let gpusPerNode: Int32
    }

    var sql: SQL { "SELECT gpu_pool_key, name, gpu, gpus_per_node FROM taximeter.gpu_pool" }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(key: try row.get(0), name: try row.identifier(1), gpu: try row.get(2), gpusPerNode: try row.get(3))
    }
}

/// Rates of all pools.
struct ReadRates: Statement {
    struct Row {
        let poolKey: Int32
        let rate: GPURate
    }

    var sql: SQL {
        """
        SELECT gpu_pool_key, effective_from, effective_until, amount_per_gpu_hour, currency, kind, terms::text
        FROM taximeter.gpu_rate ORDER BY gpu_pool_key, effective_from
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        let currency = try ReadCostLines.currency(row.get(4))
        let kind = try row.get(5, as: String.self)
        guard let kind = GPURate.Kind(rawValue: kind) else { throw .badValue("a kind of rate", kind) }
        return Row(
            poolKey: try row.get(0),
            rate: GPURate(
                from: try row.instant(1), until: try row.optionalInstant(2),
                perGPUHour: Money(units: try row.units(3), currency), kind: kind, terms: try terms(row.get(6))))
    }

    private static func terms(_ text: String?) throws(PostgresError) -> OwnedNode? {
        guard let text else { return nil }
        do {
            return try OwnedNode(stored: text)
        } catch {
            throw .badValue("the terms of a rate", text)
        }
    }
}

/// Stores a pool.
struct InsertPool: Statement {
    let pool: GPUPool

    var sql: SQL {
        """
        INSERT INTO taximeter.gpu_pool (name, gpu, gpus_per_node)
        VALUES (\(pool.name.text), \(pool.gpu), \(pool.gpusPerNode)) RETURNING gpu_pool_key
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int32 { try row.get(0) }
}

/// Stores a rate of a pool.
enum InsertRate {
    static func sql(_ rate: GPURate, ofPool key: Int32) -> SQL {
        """
        INSERT INTO taximeter.gpu_rate (
            gpu_pool_key, effective_from, effective_until, amount_per_gpu_hour, currency, kind, terms)
        VALUES (\(key), \(rate.from), \(rate.until.map(Timestamp.init)), \(Numeric(units: rate.perGPUHour.units)), \
        \(rate.perGPUHour.currency.code), \(rate.kind.rawValue), \(rate.terms?.definition)::jsonb)
        """
    }
}

/// The occupancy of a pool.
struct ReadOccupancy: Statement {
    let sql: SQL

    init(pool: StoredPool) {
        sql = """
            SELECT p.name, nullif(o.node, ''), nullif(o.model, ''), o.phase, o.use, o.occupied_from, o.occupied_until, o.nodes
            FROM taximeter.gpu_occupancy AS o
            INNER JOIN taximeter.gpu_pool AS p USING (gpu_pool_key)
            WHERE o.gpu_pool_key = \(pool.key) ORDER BY o.occupied_from, o.node, o.model, o.phase, o.use
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> GPUOccupancy {
        let (phase, use) = try CostKind.decode(row, 3)
        return GPUOccupancy(
            pool: try row.identifier(0), node: try row.optionalIdentifier(1), model: try row.optionalIdentifier(2),
            phase: phase, use: use, from: try row.instant(5), until: try row.instant(6), nodes: try row.get(7))
    }
}

/// Reads a phase and a use from two columns.
enum CostKind {
    static func decode(_ row: borrowing ResultRow, _ first: Int) throws(PostgresError) -> (GPUPhase, GPUUse) {
        let (phase, use) = (try row.get(first, as: String.self), try row.get(first + 1, as: String.self))
        guard let phase = GPUPhase(rawValue: phase), let use = GPUUse(rawValue: use) else {
            throw .badValue("a phase and a use", "\(phase), \(use)")
        }
        return (phase, use)
    }
}

/// Removes intervals of a pool.
enum RemoveOccupancy {
    static func sql(_ intervals: [GPUOccupancy], ofPool key: Int32) -> SQL {
        """
        DELETE FROM taximeter.gpu_occupancy AS o
        USING unnest(
            \(intervals.map { $0.node?.text ?? "" }), \(intervals.map { $0.model?.text ?? "" }),
            \(intervals.map(\.phase.rawValue)), \(intervals.map(\.use.rawValue)),
            \(intervals.map { Timestamp($0.from) })) AS k (node, model, phase, use, occupied_from)
        WHERE o.gpu_pool_key = \(key) AND o.node = k.node AND o.model = k.model AND o.phase = k.phase AND o.use = k.use
            AND o.occupied_from = k.occupied_from
        """
    }
}

/// Stores intervals of a pool.
enum InsertOccupancy {
    static func sql(_ intervals: [GPUOccupancy], ofPool key: Int32) -> SQL {
        """
        INSERT INTO taximeter.gpu_occupancy (
            gpu_pool_key, node, model, phase, use, occupied_from, occupied_until, nodes)
        SELECT \(key), k.* FROM unnest(
            \(intervals.map { $0.node?.text ?? "" }), \(intervals.map { $0.model?.text ?? "" }),
            \(intervals.map(\.phase.rawValue)), \(intervals.map(\.use.rawValue)),
            \(intervals.map { Timestamp($0.from) }), \(intervals.map { Timestamp($0.until) }),
            \(intervals.map(\.nodes))) AS k
        """
    }
}

/// What a pool costs by hour, as it is stored.
struct ReadPoolCosts: Statement {
    let key: Int32

    var sql: SQL {
        """
        SELECT hour, nullif(model, ''), phase, use, currency, node_microseconds, peak_nodes, cost
        FROM taximeter.gpu_cost_hourly WHERE gpu_pool_key = \(key)
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> GPUCost {
        let (phase, use) = try CostKind.decode(row, 2)
        return GPUCost(
            hour: try row.instant(0), model: try row.optionalIdentifier(1), phase: phase, use: use,
            nodeMicroseconds: try row.get(5), peakNodes: try row.get(6),
            cost: Money(units: try row.units(7), try ReadCostLines.currency(row.get(4))))
    }
}

/// Removes costs of a pool.
enum RemovePoolCosts {
    static func sql(_ costs: [GPUCost], ofPool key: Int32) -> SQL {
        """
        DELETE FROM taximeter.gpu_cost_hourly AS c
        USING unnest(
            \(costs.map { Timestamp($0.hour) }), \(costs.map { $0.model?.text ?? "" }), \(costs.map(\.phase.rawValue)),
            \(costs.map(\.use.rawValue)), \(costs.map(\.cost.currency.code))) AS k (hour, model, phase, use, currency)
        WHERE c.gpu_pool_key = \(key) AND c.hour = k.hour AND c.model = k.model AND c.phase = k.phase AND c.use = k.use
            AND c.currency = k.currency
        """
    }
}

/// Writes costs of a pool, through binary COPY.
enum CopyPoolCosts {
    static func write(_ costs: [GPUCost], of pool: StoredPool, _ connection: Connection) throws {
        let copy: SQL = """
            COPY taximeter.gpu_cost_hourly (
            gpu_pool_key, hour, model, phase, use, currency, node_microseconds, peak_nodes, gpus_per_node, cost
            ) FROM STDIN (FORMAT binary)
            """
        try connection.copyIn(copy) { writer in
            for cost in costs {
                try writer.beginRow(columns: 10)
                writer.append(int32: pool.key)
                try writer.append(Timestamp(cost.hour))
                try writer.append(cost.model?.text ?? "")
                try writer.append(cost.phase.rawValue)
                try writer.append(cost.use.rawValue)
                try writer.append(cost.cost.currency.code)
                writer.append(cost.nodeMicroseconds)
                writer.append(int32: cost.peakNodes)
                writer.append(int32: pool.pool.gpusPerNode)
                try writer.append(Numeric(units: cost.cost.units))
            }
        }
    }
}
