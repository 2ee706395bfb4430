import PostgresWire
public import Taximeter

/// The tokens of each model in each hour of a range.
struct ReadTokensByHour: Statement {
    struct Row {
        let hour: Instant
        let model: Identifier
        let tokens: TokenCounts
    }

    let range: Range<Instant>

    var sql: SQL {
        let sums = TokenClass.allCases.map { "sum(h.\(BucketRow.column(of: $0)))::bigint" }.joined(separator: ", ")
        return """
            SELECT h.hour, m.name, \(unsafe: sums)
            FROM taximeter.margin_hour AS h
            INNER JOIN taximeter.model AS m ON m.model_key = h.model_key
            WHERE h.hour >= \(range.lowerBound) AND h.hour < \(range.upperBound) AND h.events <> 0
            GROUP BY h.hour, m.name
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        var tokens = TokenCounts()
        for (index, tokenClass) in TokenClass.allCases.enumerated() { tokens[tokenClass] = try row.get(2 + index) }
        return Row(hour: try row.instant(0), model: try row.identifier(1), tokens: tokens)
    }
}

extension Store {
    /// The node-time that the usage of some hours needed, at the throughput of the stored allocation policy in force.
    ///
    /// - Parameter hours: Whole UTC hours.
    /// - Returns: nil where the policy in force has no throughput for some of the usage, or there is none.
    public func nodeTime(_ hours: Range<Instant>) throws -> NodeTime? {
        try transaction(as: .biller) { connection in
            let policies = try connection.query(ReadPolicies(name: AllocationPolicy.standardName))
            let rows = try connection.query(ReadTokensByHour(range: hours))
            if rows.isEmpty { return nil }
            var time = NodeTime()
            for row in rows {
                let policy = AllocationPolicy.inForce(at: row.hour, of: policies) ?? .standard
                if try !time.add(row.tokens, of: row.model, under: policy) { return nil }
            }
            return time
        }
    }
}
