import PostgresWire
import Taximeter

/// What standing invoices said of some periods, a row for each line of each, in the order of the invoices.
struct ReadBilledLines: Statement {
    struct Row {
        let accountKey: Int64
        let line: BilledLine
    }

    let sql: SQL

    init(_ periods: [AccountPeriod]) {
        sql = """
            SELECT l.account_key, l.kind, l.line_id, l.period_start, l.period_end, l.description, l.quantity, l.fees,
                l.exact_amount, l.amount, l.number, i.currency, \(unsafe: UsageKeyColumns.list(of: "l"))
            FROM unnest(\(periods.map(\.accountKey)), \(periods.map { Timestamp($0.start) })) AS p (account_key, period_start)
            INNER JOIN taximeter.standing_lines AS l ON l.account_key = p.account_key AND l.period_start = p.period_start
            INNER JOIN taximeter.invoice AS i ON i.account_key = l.account_key AND i.number = l.number
            ORDER BY l.account_key, i.chain_position, l.line
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        let kind = try row.get(1, as: String.self)
        guard let kind = InvoiceLine.Kind(rawValue: kind) else { throw .badValue("a kind of line", kind) }
        let currency = try row.currency(11)
        let line = BilledLine(
            kind: kind, id: try row.get(2), period: try row.period(3), usage: try row.usageKey(12),
            description: try row.get(5), quantity: try row.get(6), fees: Money(units: try row.units(7), currency),
            exact: Money(units: try row.units(8), currency), amount: Money(units: try row.units(9), currency),
            number: try row.get(10))
        return Row(accountKey: try row.get(0), line: line)
    }
}

/// The standing invoices that closed some periods, the first of each first.
struct ReadClosingInvoices: Statement {
    struct Row {
        let key: PeriodKey
        let number: String
    }

    let sql: SQL

    init(_ periods: [AccountPeriod]) {
        sql = """
            SELECT i.account_key, i.period_start, i.number
            FROM unnest(\(periods.map(\.accountKey)), \(periods.map { Timestamp($0.start) })) AS p (account_key, period_start)
            INNER JOIN taximeter.invoice AS i ON i.account_key = p.account_key AND i.period_start = p.period_start
            WHERE NOT EXISTS (
                SELECT FROM taximeter.invoice_void AS v WHERE v.account_key = i.account_key AND v.number = i.number)
            ORDER BY i.account_key, i.chain_position
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(key: PeriodKey(accountKey: try row.get(0), start: try row.instant(1)), number: try row.get(2))
    }
}

/// The totals of the last invoices of some accounts.
struct ReadTrailingTotals: Statement {
    struct Row {
        let accountKey: Int64
        let total: Money
    }

    let accountKeys: [Int64]

    var sql: SQL {
        """
        SELECT k.account_key, i.total, i.currency
        FROM unnest(\(accountKeys)) AS k (account_key)
        CROSS JOIN LATERAL (
            SELECT i.total, i.currency FROM taximeter.invoice AS i
            WHERE i.account_key = k.account_key AND NOT EXISTS (
                SELECT FROM taximeter.invoice_void AS v WHERE v.account_key = i.account_key AND v.number = i.number)
            ORDER BY i.chain_position DESC LIMIT 3
        ) AS i
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(accountKey: try row.get(0), total: Money(units: try row.units(1), try row.currency(2)))
    }
}

/// Periods that were parked because of what they would come to, of some accounts, and what was said.
struct ReadParkedBounds: Statement {
    struct Row {
        let key: PeriodKey
        let reason: ParkReason
    }

    let accountKeys: [Int64]

    var sql: SQL {
        """
        SELECT account_key, period_start, reason, detail FROM taximeter.parked_period
        WHERE account_key = ANY(\(accountKeys)) AND reason IN ('exceeds_bound', 'exceeds_trailing_mean')
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        let code = try row.get(2, as: String.self)
        guard let known = ParkReason.Code(rawValue: code) else { throw .badValue("a reason to park", code) }
        return Row(
            key: PeriodKey(accountKey: try row.get(0), start: try row.instant(1)),
            reason: ParkReason(known, try row.get(3)))
    }
}
