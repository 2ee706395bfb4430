import PostgresWire
public import Taximeter

/// Usage of an account on one day, of one model, channel and service tier, as the view `taximeter.usage_statement` has
/// it. Counts and amounts are exact decimals.
public struct UsageStatementRow: Sendable, Hashable {
    /// Values by ``columns``; nil where SQL has NULL.
    public let values: [String?]

    /// The names of ``values``.
    public static let columns = [
        "account", "day", "model", "channel", "service_tier", "currency", "events", "requests", "cache_hit_tokens",
        "cache_miss_tokens", "cache_write_tokens", "cache_write_1h_tokens", "output_tokens", "list_amount",
        "net_amount",
        "unpriced_events",
    ]

    /// The value of a column, or nil when it is NULL or there is no such column.
    public subscript(column: String) -> String? {
        guard let index = Self.columns.firstIndex(of: column), values.indices.contains(index) else { return nil }
        return values[index]
    }
}

/// Reads the statement of an account over some days.
struct ReadUsageStatement: Statement {
    let account: Identifier
    let from: CivilDate
    let until: CivilDate

    var sql: SQL {
        let columns = UsageStatementRow.columns.map { column in
            column.hasSuffix("_amount") ? "trim_scale(\(column))::text" : "\(column)::text"
        }.joined(separator: ", ")
        return """
            SELECT \(unsafe: columns) FROM taximeter.usage_statement
            WHERE account = \(account.text) AND day >= (\("\(from)")::text)::date AND day < (\("\(until)")::text)::date
            ORDER BY day, model, channel, service_tier, currency
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> UsageStatementRow {
        var values: [String?] = []
        for column in UsageStatementRow.columns.indices { values.append(try row.get(column)) }
        return UsageStatementRow(values: values)
    }
}

extension Store {
    /// What an account used, day by day of its own calendar, as far as it was rated.
    ///
    /// - Parameters:
    ///   - account: The account.
    ///   - from: The first day.
    ///   - until: The first day that is not included.
    public func usageStatement(
        of account: Identifier, from: CivilDate, until: CivilDate
    ) throws -> [UsageStatementRow] {
        try transaction(as: .reader) {
            try $0.query(ReadUsageStatement(account: account, from: from, until: until))
        }
    }
}
