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
        SELECT gpu_pool_key, effective_from, effective_until, amount_per_gpu_hour, currency FROM taximeter.gpu_rate
        ORDER BY gpu_pool_key, effective_from
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        let code = try row.get(4, as: String.self)
        guard let currency = Currency(code: code) else { throw .badValue("currency", code) }
        return Row(
            poolKey: try row.get(0),
            rate: GPURate(
                from: try row.instant(1), until: try row.optionalInstant(2),
                perGPUHour: Money(units: try row.units(3), currency)))
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

/// The occupancy of a pool.
struct ReadOccupancy: Statement {
    struct Row {
        let interval: GPUOccupancy
    }

    let sql: SQL

    init(pool: StoredPool) {
        sql = """
            SELECT p.name, nullif(o.model, ''), o.occupied_from, o.occupied_until, o.nodes
            FROM taximeter.gpu_occupancy AS o
            INNER JOIN taximeter.gpu_pool AS p USING (gpu_pool_key)
            WHERE o.gpu_pool_key = \(pool.key) ORDER BY o.occupied_from, o.model
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(
            interval: GPUOccupancy(
                pool: try row.identifier(0), model: try row.optionalIdentifier(1), from: try row.instant(2),
                until: try row.instant(3), nodes: try row.get(4)))
    }
}
