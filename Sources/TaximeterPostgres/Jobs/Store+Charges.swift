import PostgresWire
public import Taximeter

extension Store: UsageStore {
    /// Adds a price book, or what is new in it; see ``load(_:asDefault:)``.
    public func add(_ book: PriceBook) throws { _ = try load(book) }

    /// Adds a plan, or what is new in it; see ``load(_:)-(Plan)``.
    public func add(_ plan: Plan) throws { _ = try load(plan) }

    /// Says what accounts have agreed to; see ``load(_:)-([Agreement])``.
    public func agree(_ agreements: [Agreement]) throws { _ = try load(agreements) }

    /// Rolls up and rates; see ``run(progress:)``.
    public func rollUpAndRate() throws { _ = try run() }

    /// All charges, with the names that their keys stand for. For audits and tests: it reads the whole table.
    public func charges() throws -> Set<Charge> {
        Set(try transaction(as: .biller) { try $0.query(ReadNamedCharges()) })
    }
}

/// Charges with names instead of keys.
struct ReadNamedCharges: Statement {
    var sql: SQL {
        """
        SELECT a.external_id, c.slot_start, m.name, ch.name, t.name, c.input_floor, c.output_floor, c.unrated_classes,
            c.events, c.requests, c.cache_hit_tokens, c.cache_miss_tokens, c.cache_write_tokens,
            c.cache_write_1h_tokens, c.output_tokens, c.unpriced_reason, c.currency,
            \(unsafe: ChargeRow.amountColumns.map { "c.\($0)" }.joined(separator: ", "))
        FROM taximeter.charge AS c
        INNER JOIN taximeter.account AS a USING (account_key)
        INNER JOIN taximeter.model AS m USING (model_key)
        INNER JOIN taximeter.channel AS ch USING (channel_key)
        INNER JOIN taximeter.service_tier AS t USING (service_tier_key)
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Charge {
        let key = BucketKey(
            account: try row.identifier(0), slotStart: try row.instant(1), model: try row.identifier(2),
            channel: try row.identifier(3), serviceTier: try row.identifier(4), inputFloor: try row.get(5),
            outputFloor: try row.get(6), unratedClasses: try row.get(7))
        let tokens = TokenCounts(
            cacheHit: try row.get(10), cacheMiss: try row.get(11), cacheWrite: try row.get(12),
            cacheWrite1h: try row.get(13), output: try row.get(14))
        let bucket = UsageBucket(key: key, events: try row.get(8), requests: try row.get(9), tokens: tokens)
        if let reason = try row.get(15, as: String?.self) { return Charge(bucket: bucket, outcome: .unpriced(reason)) }
        let code = try row.get(16, as: String.self)
        guard let currency = Currency(code: code) else { throw .badValue("currency", code) }
        var units: [Int128] = []
        for column in 17..<17 + ChargeRow.amountColumns.count { units.append(try row.units(column)) }
        return Charge(bucket: bucket, outcome: .priced(Charge.Amounts(currency: currency, units: units)))
    }
}
