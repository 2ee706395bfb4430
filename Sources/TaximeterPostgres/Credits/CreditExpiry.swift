import PostgresWire
import Taximeter

/// Lets credits expire: what is left of a grant after its time goes back to promotions, or is revenue where it was paid
/// in. By then every period that the grant can pay for is final.
struct CreditExpiry {
    /// For how long after its expiry a grant waits for usage that is on its way.
    static let grace = Instant.day
    /// Grants a transaction.
    static let grantsPerTransaction = 500

    let store: Store

    /// Lets all expire that is due; can be killed and run again.
    ///
    /// - Returns: How many grants.
    func run(at now: Instant) throws -> Int {
        guard let due = now.advanced(byMicroseconds: -Self.grace) else { return 0 }
        try openPeriods(due)
        var count = 0
        while true {
            let expired = try store.transaction(as: .biller, .job) { connection in
                // Locked first, and read in a later statement, which sees what others did until then: a void that was first
                // has given back what its period needs when it is billed again.
                let keys = try connection.query(LockDueGrants(due: due, limit: Self.grantsPerTransaction))
                let rows = try connection.query(ReadDueGrants(keys, due: due))
                let transfers = try rows.compactMap { row in
                    try row.transfer(at: now).map { (accountKey: row.accountKey, transfer: $0) }
                }
                let accountKeys = Array(Set(rows.map(\.accountKey))).sorted()
                try LedgerWriter.write(transfers, connection)
                try connection.execute(Tell.sql(accountKeys: accountKeys, at: now))
                try connection.execute(KeepBalances.sql(accountKeys))
                return (locked: keys.count, expired: transfers.count)
            }
            count += expired.expired
            // Those that were locked and not expired are not due any more.
            if expired.locked == 0 { return count }
        }
    }

    /// Makes the periods without usage whose fees a grant may have to pay before it expires, where bills have not made them:
    /// those of the month in which it ended and of the one before. What is older was billed by then, or never will be.
    private func openPeriods(_ due: Instant) throws {
        var last: Int64 = 0
        while try openPeriods(due, after: &last) {}
    }

    /// Those of the next accounts.
    ///
    /// - Returns: Whether there were any.
    private func openPeriods(_ due: Instant, after last: inout Int64) throws -> Bool {
        let before = last
        let keys = try store.transaction(as: .biller, .job) { connection in
            let grants = try connection.query(
                ReadDueTimes(due: due, after: before, accounts: Self.grantsPerTransaction))
            let keys = Set(grants.map(\.accountKey))
            if keys.isEmpty { return keys }
            let prices = try PriceSnapshot.read(connection, lock: .forShare)
            let accounts = try InvoicedAccount.read(keys.sorted(), prices, connection)
            let periods = grants.flatMap { grant in
                (accounts[grant.accountKey]?.plannedPeriods(in: grant.start..<grant.end) ?? []).map {
                    AccountPeriod(accountKey: grant.accountKey, start: $0.start, end: $0.end)
                }
            }
            if periods.isEmpty { return keys }
            let made = try connection.query(OpenPeriods(periods, stale: false))
            if !made.isEmpty { try connection.execute(KeepBalances.sql(Set(made.map(\.accountKey)).sorted())) }
            return keys
        }
        guard let next = keys.max() else { return false }
        last = next
        return true
    }
}

/// When grants held that are due to expire, from the month before the one in which they ended, of the next accounts that have
/// agreed to a plan.
struct ReadDueTimes: Statement {
    let due: Instant
    let after: Int64
    let accounts: Int

    var sql: SQL {
        """
        SELECT g.account_key, greatest(g.effective_from, m.month AT TIME ZONE a.time_zone), g.expires_at
        FROM taximeter.grant_balance AS b
        INNER JOIN taximeter.credit_grant AS g ON g.account_key = b.account_key AND g.grant_id = b.grant_id
        INNER JOIN taximeter.account AS a ON a.account_key = b.account_key
        CROSS JOIN LATERAL (
            SELECT date_trunc('month', (g.expires_at - interval '1 microsecond') AT TIME ZONE a.time_zone)
                - interval '1 month' AS month
        ) AS m
        WHERE b.remaining > 0 AND g.expires_at <= \(due) AND b.account_key IN (
            SELECT DISTINCT b.account_key FROM taximeter.grant_balance AS b
            WHERE b.account_key > \(after) AND b.remaining > 0 AND b.expires_at <= \(due)
                AND EXISTS (SELECT FROM taximeter.subscription AS s WHERE s.account_key = b.account_key)
            ORDER BY 1 LIMIT \(Int64(accounts)))
        ORDER BY 1, 2, 3
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> AccountPeriod {
        AccountPeriod(accountKey: try row.get(0), start: try row.instant(1), end: try row.instant(2))
    }
}

/// A grant, by its keys.
struct GrantKey {
    let accountKey: Int64
    let grant: Identifier
}

/// Whether something is left of a grant after its time, and no period is open that it can pay for.
private func isDue(_ due: Instant) -> SQL {
    """
    b.remaining > 0 AND g.expires_at <= \(due)
        AND NOT EXISTS (
            SELECT FROM taximeter.account_period AS p
            WHERE p.account_key = b.account_key AND p.period_start < g.expires_at AND p.period_end > g.effective_from
                AND (p.stale OR p.billed_revision IS DISTINCT FROM p.revision))
    """
}

/// Locks some grants that are due to expire.
struct LockDueGrants: Statement {
    let due: Instant
    let limit: Int

    var sql: SQL {
        """
        SELECT b.account_key, b.grant_id
        FROM taximeter.grant_balance AS b
        INNER JOIN taximeter.credit_grant AS g ON g.account_key = b.account_key AND g.grant_id = b.grant_id
        WHERE \(isDue(due))
        ORDER BY b.account_key, b.grant_id LIMIT \(Int64(limit)) FOR UPDATE OF b SKIP LOCKED
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> GrantKey {
        GrantKey(accountKey: try row.get(0), grant: try row.identifier(1))
    }
}

/// What is left of grants that this transaction has locked and that are still due, and how often each has expired before: a voided invoice can
/// give an expired grant something back.
struct ReadDueGrants: Statement {
    struct Row {
        let accountKey: Int64
        let grant: Identifier
        let isPaidIn: Bool
        let left: Money
        let expiries: Int64

        func transfer(at now: Instant) throws -> LedgerTransfer? {
            try LedgerTransfer(
                id: "grant/\(grant.idPart)/expiry/\(expiries + 1)", kind: .expiry, debit: .credits,
                credit: isPaidIn ? .revenue : .promotions, amount: left, occurredAt: now, grant: grant)
        }
    }

    let sql: SQL

    init(_ keys: [GrantKey], due: Instant) {
        sql = """
            SELECT b.account_key, b.grant_id, g.kind = 'topped_up', b.remaining, g.currency, (
                SELECT count(*) FROM taximeter.ledger_transfer AS t
                WHERE t.account_key = b.account_key AND t.grant_id = b.grant_id AND t.kind = 'expiry')
            FROM unnest(\(keys.map(\.accountKey)), \(keys.map(\.grant.text))) AS k (account_key, grant_id)
            INNER JOIN taximeter.grant_balance AS b ON b.account_key = k.account_key AND b.grant_id = k.grant_id
            INNER JOIN taximeter.credit_grant AS g ON g.account_key = k.account_key AND g.grant_id = k.grant_id
            WHERE \(isDue(due))
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(
            accountKey: try row.get(0), grant: try row.identifier(1), isPaidIn: try row.get(2),
            left: try row.money(3, currency: 4), expiries: try row.get(5))
    }
}
