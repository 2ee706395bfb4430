import PostgresWire
import Taximeter

/// Holds the periods whose lines have changed against the limits and balances of their accounts, and tells the outbox what
/// was crossed.
///
/// A period is looked at again when its revision has gone on, so a run that is killed leaves nothing untold.
struct Alerts {
    /// Periods a transaction.
    static let periodsPerTransaction = 1_000
    static let accountsPerTransaction = 1_000

    let store: Store

    func run(at now: Instant) throws {
        while true {
            let count = try store.transaction(as: .biller, .job) { connection in
                let periods = try connection.query(TakePeriods(untold: Self.periodsPerTransaction))
                if periods.isEmpty { return 0 }
                let accountKeys = Array(Set(periods.map(\.accountKey))).sorted()
                try connection.execute(Tell.sql(periods: periods, accountKeys: accountKeys, at: now))
                try connection.execute(SettleTold.sql(periods))
                return periods.count
            }
            if count == 0 { return }
        }
    }

    /// Tells of balances that something else than usage has changed: invoices, or time.
    ///
    /// Found by what is kept, whoever has kept it; told by what is true at the time that is given.
    func tellBalances(at now: Instant) throws {
        var last = Int64.min
        while true {
            let accountKeys = try store.transaction(as: .biller, .job) { [last] connection in
                let accountKeys = try connection.query(
                    ReadUntoldBalances(after: last, limit: Self.accountsPerTransaction))
                if !accountKeys.isEmpty { try connection.execute(Tell.sql(accountKeys: accountKeys, at: now)) }
                return accountKeys
            }
            guard let end = accountKeys.last else { return }
            last = end
        }
    }
}

/// Accounts whose kept balance is on another side of its marks than the outbox was told, in the order of their keys.
struct ReadUntoldBalances: Statement {
    let sql: SQL

    init(after accountKey: Int64, limit: Int) {
        sql = """
            SELECT c.account_key FROM taximeter.credit_account AS c
            INNER JOIN taximeter.account_balance AS k ON k.account_key = c.account_key
            WHERE c.account_key > \(accountKey)
                AND c.told <> \(Tell.side(of: "k.credits - k.unbilled", "c.low_amount"))
            ORDER BY c.account_key LIMIT \(Int64(limit))
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int64 { try row.get(0) }
}

/// Locks periods whose amounts are to be held against limits, until the transaction's end.
struct TakePeriods: Statement {
    let sql: SQL

    /// Some that have changed since they were last looked at; those that another run is at are left to it.
    init(untold limit: Int) {
        sql = """
            SELECT account_key, period_start, period_end FROM taximeter.account_period
            WHERE told_revision <> revision
            ORDER BY account_key, period_start LIMIT \(Int64(limit)) FOR UPDATE SKIP LOCKED
            """
    }

    /// The one of an account that an instant lies in.
    init(running now: Instant, of accountKey: Int64) {
        sql = """
            SELECT account_key, period_start, period_end FROM taximeter.account_period
            WHERE account_key = \(accountKey) AND period_start <= \(now) AND period_end > \(now)
            ORDER BY account_key, period_start FOR UPDATE
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> AccountPeriod {
        AccountPeriod(accountKey: try row.get(0), start: try row.instant(1), end: try row.instant(2))
    }
}

/// Notes that periods were looked at as they are now.
enum SettleTold {
    static func sql(_ periods: [AccountPeriod]) -> SQL {
        """
        UPDATE taximeter.account_period AS a SET told_revision = a.revision
        FROM unnest(\(periods.map(\.accountKey)), \(periods.map { Timestamp($0.start) })) AS p (account_key, period_start)
        WHERE a.account_key = p.account_key AND a.period_start = p.period_start
        """
    }
}

/// Writes to the outbox which thresholds these periods have crossed, and whose credits are low or used up; each once. All
/// in one statement, so that the counters of the accounts are locked in the order of their keys.
enum Tell {
    static func sql(periods: [AccountPeriod] = [], accountKeys: [Int64], at now: Instant) -> SQL {
        """
        WITH \(crossed(periods)), \(changed(accountKeys, now)), events AS (
            SELECT
                c.account_key, 'spend_threshold' AS kind, c.period_start AS place, c.name, c.threshold,
                jsonb_build_object(
                    'limit', c.name, 'hard', l.is_hard, 'threshold', c.threshold,
                    'limit_amount', trim_scale(l.amount)::text, 'spent', trim_scale(p.net_amount)::text,
                    'currency', l.currency,
                    'period_start', to_char(p.period_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                    'period_end', to_char(p.period_end AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) AS payload
            FROM crossed AS c
            INNER JOIN taximeter.spend_limit AS l ON l.account_key = c.account_key AND l.name = c.name
            INNER JOIN taximeter.account_period AS p
            ON p.account_key = c.account_key AND p.period_start = c.period_start
            UNION ALL
            SELECT
                c.account_key, CASE c.told WHEN 'low' THEN 'low_balance' ELSE 'balance_exhausted' END, 'infinity', '', 0,
                jsonb_strip_nulls(jsonb_build_object(
                    'balance', trim_scale(c.balance)::text, 'low_amount', trim_scale(c.low_amount)::text,
                    'currency', c.currency))
            FROM changed AS c WHERE c.is_worse
        ), numbered AS (
            SELECT
                e.*, count(*) OVER (PARTITION BY e.account_key) AS total,
                row_number() OVER (PARTITION BY e.account_key ORDER BY e.place, e.name, e.threshold) AS number
            FROM events AS e
        ), counted AS (
            INSERT INTO taximeter.outbox_counter AS c (account_key, last_sequence)
            SELECT DISTINCT n.account_key, n.total FROM numbered AS n ORDER BY n.account_key
            ON CONFLICT (account_key) DO UPDATE SET last_sequence = c.last_sequence + excluded.last_sequence
            RETURNING c.account_key, c.last_sequence
        )
        INSERT INTO taximeter.outbox (account_key, sequence, kind, payload, made_at)
        SELECT n.account_key, c.last_sequence - n.total + n.number, n.kind, n.payload, \(now)
        FROM numbered AS n INNER JOIN counted AS c ON c.account_key = n.account_key
        """
    }

    /// On which side of its marks a balance is.
    static func side(of balance: SQL, _ lowAmount: SQL) -> SQL {
        """
        CASE WHEN \(balance) <= 0 THEN 'exhausted' WHEN \(balance) <= \(lowAmount) THEN 'low' ELSE 'nothing' END
        """
    }

    /// Thresholds that are crossed and were not told yet.
    private static func crossed(_ periods: [AccountPeriod]) -> SQL {
        """
        crossed AS (
            INSERT INTO taximeter.spend_alert AS s (account_key, period_start, name, threshold)
            SELECT p.account_key, p.period_start, l.name, t.threshold
            FROM unnest(\(periods.map(\.accountKey)), \(periods.map { Timestamp($0.start) }))
                AS k (account_key, period_start)
            INNER JOIN taximeter.account_period AS p
            ON p.account_key = k.account_key AND p.period_start = k.period_start
            INNER JOIN taximeter.spend_limit AS l ON l.account_key = p.account_key AND l.currency = p.currency
            CROSS JOIN LATERAL unnest(l.thresholds) AS t (threshold)
            WHERE p.net_amount * 100 >= l.amount * t.threshold
            ORDER BY 1, 2, 3, 4
            ON CONFLICT (account_key, period_start, name, threshold) DO NOTHING
            RETURNING s.account_key, s.period_start, s.name, s.threshold
        )
        """
    }

    /// Accounts with credits whose balance is on another side of their marks than it was.
    private static func changed(_ accountKeys: [Int64], _ now: Instant) -> SQL {
        """
        found AS (
            SELECT
                c.account_key, c.told AS before, c.low_amount, c.currency, b.credits - b.unbilled AS balance,
                \(side(of: "b.credits - b.unbilled", "c.low_amount")) AS told
            FROM taximeter.balances_at(ARRAY(
                SELECT c.account_key FROM taximeter.credit_account AS c
                WHERE c.account_key = ANY(\(accountKeys))), \(now)) AS b
            INNER JOIN taximeter.credit_account AS c ON c.account_key = b.account_key
        ), locked AS (
            SELECT c.account_key FROM taximeter.credit_account AS c
            INNER JOIN found AS f ON f.account_key = c.account_key AND f.told <> f.before
            ORDER BY c.account_key FOR UPDATE OF c
        ), changed AS (
            UPDATE taximeter.credit_account AS c SET told = f.told
            FROM found AS f INNER JOIN locked AS l ON l.account_key = f.account_key
            WHERE c.account_key = f.account_key AND c.told = f.before AND f.told <> f.before
            RETURNING c.account_key, f.told, f.balance, f.low_amount, f.currency,
                array_position(ARRAY['nothing', 'low', 'exhausted'], f.told)
                    > array_position(ARRAY['nothing', 'low', 'exhausted'], f.before) AS is_worse
        )
        """
    }
}
