import PostgresWire
import Taximeter

/// Events without a price that stored periods have had, as they were last rated.
struct ReadUnpricedCounts: Statement {
    struct Row {
        let period: AccountPeriod
        let events: Int64
    }

    let periods: [AccountPeriod]

    var sql: SQL {
        """
        SELECT p.account_key, p.period_start, p.period_end, p.unpriced_events
        FROM unnest(\(periods.map(\.accountKey)), \(periods.map { Timestamp($0.start) })) AS k (account_key, period_start)
        INNER JOIN taximeter.account_period AS p ON p.account_key = k.account_key AND p.period_start = k.period_start
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(
            period: AccountPeriod(accountKey: try row.get(0), start: try row.instant(1), end: try row.instant(2)),
            events: try row.get(3))
    }
}

/// The usage lines of some periods.
struct ReadUsageLines: Statement {
    struct Row {
        let period: AccountPeriod
        let line: UsageLine
    }

    let sql: SQL

    init(_ periods: [AccountPeriod]) {
        sql = """
            SELECT l.account_key, l.period_start, k.period_end, \(unsafe: UsageKeyColumns.list(of: "l")),
                l.tokens, l.charged_tokens, l.unit_price, l.fees, l.list_amount, l.net_amount, l.currency
            FROM unnest(
                \(periods.map(\.accountKey)), \(periods.map { Timestamp($0.start) }), \(periods.map { Timestamp($0.end) }))
                AS k (account_key, period_start, period_end)
            INNER JOIN taximeter.usage_line AS l ON l.account_key = k.account_key AND l.period_start = k.period_start
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        let currency = try row.currency(22)
        guard let key = try row.usageKey(3) else { throw .badValue("segment_start", "NULL") }
        let line = UsageLine(
            key: key, tokens: try row.get(16), chargedTokens: try row.get(17),
            unitPrice: UnitPrice(unitsPerToken: try row.units(18)), fees: Money(units: try row.units(19), currency),
            list: Money(units: try row.units(20), currency), net: Money(units: try row.units(21), currency))
        let period = AccountPeriod(accountKey: try row.get(0), start: try row.instant(1), end: try row.instant(2))
        return Row(period: period, line: line)
    }
}

/// Removes the lines of periods that are to be written anew.
enum RemoveUsageLines {
    static func sql(_ periods: [AccountPeriod]) -> SQL {
        """
        DELETE FROM taximeter.usage_line AS l
        USING unnest(\(periods.map(\.accountKey)), \(periods.map { Timestamp($0.start) })) AS k (account_key, period_start)
        WHERE l.account_key = k.account_key AND l.period_start = k.period_start
        """
    }
}

/// Writes usage lines, through binary COPY.
enum CopyUsageLines {
    static func write(_ periods: [(period: AccountPeriod, lines: [UsageLine])], _ connection: Connection) throws {
        let copy: SQL = """
            COPY taximeter.usage_line (
            account_key, period_start, line_id, \(unsafe: UsageKeyColumns.list), tokens, charged_tokens, unit_price, fees,
            list_amount, net_amount, currency) FROM STDIN (FORMAT binary)
            """
        try connection.copyIn(copy) { writer in
            for (period, lines) in periods {
                for line in lines { try append(line, period, to: &writer) }
            }
        }
    }

    private static func append(_ line: UsageLine, _ period: AccountPeriod, to writer: inout CopyWriter) throws {
        try writer.beginRow(columns: 10 + UsageKeyColumns.names.count)
        writer.append(period.accountKey)
        try writer.append(Timestamp(period.start))
        try writer.append(line.id)
        try writer.append(line.key)
        writer.append(line.tokens)
        writer.append(line.chargedTokens)
        for units in [line.unitPrice.unitsPerToken, line.fees.units, line.list.units, line.net.units] {
            try writer.append(Numeric(units: units))
        }
        try writer.append(line.net.currency.code)
    }
}
