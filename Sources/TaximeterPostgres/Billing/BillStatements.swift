import PostgresWire
import Taximeter

/// The accounts that have usage to bill by the end of a month, or a plan in it, in the order of their keys.
struct ReadUnbilledAccounts: Statement {
    let sql: SQL

    /// - Parameter keys: Which accounts; nil for all.
    init(_ month: BillingMonth, only keys: [Int64]?) {
        let chosen: SQL = keys.map { "AND account_key = ANY(\($0))" } ?? ""
        sql = """
            SELECT account_key FROM taximeter.account_period
            WHERE billed_revision IS DISTINCT FROM revision AND period_end <= \(month.latestEnd) \(chosen)
            UNION
            SELECT account_key FROM taximeter.subscription
            WHERE effective_from < \(month.latestEnd) \(chosen)
            ORDER BY account_key
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int64 { try row.get(0) }
}

extension BillingMonth {
    /// The latest end that it has anywhere in the world: no clock is more than a day behind UTC.
    var latestEnd: Instant {
        let end = range(in: .utc).upperBound
        return end.advanced(byMicroseconds: Instant.day) ?? end
    }
}

/// The keys of accounts by their names.
struct ReadAccountKeys: Statement {
    struct Row {
        let key: Int64
        let account: Identifier
    }

    let sql: SQL

    init(_ accounts: [Identifier]) {
        sql = "SELECT account_key, external_id FROM taximeter.account WHERE external_id = ANY(\(accounts.map(\.text)))"
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(key: try row.get(0), account: try row.identifier(1))
    }
}

/// A period with something to bill, locked by this transaction.
struct UnbilledPeriod {
    let accountKey: Int64
    let period: BillingPeriod
    /// Whether it has to be rated again.
    let isStale: Bool
    /// Whether no invoice closes it.
    let isOpen: Bool
    let unpricedEvents: Int64
}

/// Locks the periods of some accounts that have something to bill, in the order of their keys.
struct LockUnbilledPeriods: Statement {
    let accountKeys: [Int64]
    let until: Instant
    /// Whether they are going to be changed.
    let writes: Bool

    var sql: SQL {
        """
        SELECT account_key, period_start, period_end, stale, billed_revision IS NULL, unpriced_events
        FROM taximeter.account_period
        WHERE account_key = ANY(\(accountKeys)) AND period_end <= \(until)
            AND billed_revision IS DISTINCT FROM revision
        ORDER BY account_key, period_start FOR \(unsafe: writes ? "UPDATE" : "SHARE")
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> UnbilledPeriod {
        UnbilledPeriod(
            accountKey: try row.get(0), period: try row.period(1), isStale: try row.get(3), isOpen: try row.get(4),
            unpricedEvents: try row.get(5))
    }
}

/// Which of some periods have a row.
struct ReadKnownPeriods: Statement {
    let sql: SQL

    init(_ periods: [AccountPeriod]) {
        sql = """
            SELECT p.account_key, p.period_start, p.period_end FROM taximeter.account_period AS p
            WHERE (p.account_key, p.period_start) IN (
                SELECT * FROM unnest(\(periods.map(\.accountKey)), \(periods.map { Timestamp($0.start) })))
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> AccountPeriod {
        AccountPeriod(accountKey: try row.get(0), start: try row.instant(1), end: try row.instant(2))
    }
}

/// Hours whose events are not all in buckets.
struct ReadDirtyHourStarts: Statement {
    var sql: SQL { "SELECT DISTINCT hour FROM taximeter.dirty_hour WHERE \(isRetained) ORDER BY hour" }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Instant { try row.instant(0) }
}

/// Makes the chains of accounts that have none.
enum EnsureChains {
    static func sql(_ accountKeys: [Int64]) -> SQL {
        """
        INSERT INTO taximeter.invoice_chain (account_key)
        SELECT k.account_key FROM unnest(\(accountKeys)) AS k (account_key) ORDER BY 1
        ON CONFLICT (account_key) DO NOTHING
        """
    }
}

/// Locks the chains of accounts, which keeps everybody else from their invoices until the transaction's end.
struct LockChains: Statement {
    struct Row {
        let accountKey: Int64
        let position: Int64
    }

    let accountKeys: [Int64]

    var sql: SQL {
        """
        SELECT account_key, position FROM taximeter.invoice_chain WHERE account_key = ANY(\(accountKeys))
        ORDER BY account_key FOR UPDATE
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(accountKey: try row.get(0), position: try row.get(1))
    }
}

extension ResultRow {
    /// The start and the end of a billing period, in two columns.
    func period(_ column: Int) throws(PostgresError) -> BillingPeriod {
        let (start, end) = (try instant(column), try instant(column + 1))
        guard let period = BillingPeriod(start: start, end: end) else {
            throw .badValue("a period", "\(start) to \(end)")
        }
        return period
    }

    /// A currency's code.
    func currency(_ column: Int) throws(PostgresError) -> Currency {
        let code = try get(column, as: String.self)
        guard let currency = Currency(code: code) else { throw .badValue("a currency", code) }
        return currency
    }
}
