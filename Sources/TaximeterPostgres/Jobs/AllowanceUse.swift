import PostgresWire
import Taximeter

/// What the accounts of some periods have used of their allowances, in every period.
struct AllowanceUse {
    private struct Key: Hashable {
        let accountKey: Int64
        let allowance: Identifier
    }

    /// The names of allowances that last a lifetime.
    private let lifetime: Set<Identifier>
    /// Tokens by period start.
    private var used: [Key: [Instant: Int64]] = [:]
    private var changed: [AllowanceRow] = []

    /// Reads also what was used of allowances that no terms have any more: it is taken back.
    init(_ periods: [AccountPeriod], lifetime: Set<Identifier>, _ connection: Connection) throws {
        self.lifetime = lifetime
        for row in try connection.query(ReadAllowanceUse(accountKeys: Array(Set(periods.map(\.accountKey)).sorted()))) {
            used[Key(accountKey: row.accountKey, allowance: row.allowance), default: [:]][row.periodStart] = row.tokens
        }
    }

    /// What was used of each lifetime allowance before a period.
    func before(_ period: AccountPeriod) -> [Identifier: Int64] {
        var before: [Identifier: Int64] = [:]
        for name in lifetime {
            guard let all = used[Key(accountKey: period.accountKey, allowance: name)] else { continue }
            // Cannot overflow: each period was given only what the ones before it had left.
            before[name] = all.reduce(0) { $1.key < period.start ? $0 &+ $1.value : $0 }
        }
        return before
    }

    /// Notes what a period used, which becomes what later periods find.
    mutating func note(_ period: AccountPeriod, used now: [Identifier: Int64]) {
        let names = Set(now.keys).union(
            used.filter { $0.key.accountKey == period.accountKey && $0.value[period.start] != nil }.map(\.key.allowance)
        )
        for name in names.sorted() {
            let key = Key(accountKey: period.accountKey, allowance: name)
            let tokens = now[name] ?? 0
            if (used[key]?[period.start] ?? 0) == tokens { continue }
            used[key, default: [:]][period.start] = tokens
            changed.append(
                AllowanceRow(
                    accountKey: period.accountKey, periodStart: period.start, allowance: name, tokens: tokens))
        }
    }

    /// Stores what changed, and has the later periods of lifetime allowances rated again.
    func write(_ connection: Connection) throws {
        if changed.isEmpty { return }
        try connection.execute(RemoveAllowanceUse.sql(changed))
        let rows = changed.filter { $0.tokens > 0 }
        if !rows.isEmpty { try connection.execute(InsertAllowanceUse.sql(rows)) }
        let reaching = changed.filter { lifetime.contains($0.allowance) }
        if !reaching.isEmpty { try connection.execute(MarkLaterPeriods.sql(reaching)) }
    }
}

/// What an account used of an allowance in a period.
struct AllowanceRow {
    let accountKey: Int64
    let periodStart: Instant
    let allowance: Identifier
    let tokens: Int64
}

/// The use of allowances by some accounts.
struct ReadAllowanceUse: Statement {
    let accountKeys: [Int64]

    var sql: SQL {
        """
        SELECT account_key, period_start, allowance, tokens FROM taximeter.allowance_use
        WHERE account_key = ANY(\(accountKeys))
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> AllowanceRow {
        AllowanceRow(
            accountKey: try row.get(0), periodStart: try row.instant(1), allowance: try row.identifier(2),
            tokens: try row.get(3))
    }
}

/// Removes rows that are to be written anew.
enum RemoveAllowanceUse {
    static func sql(_ rows: [AllowanceRow]) -> SQL {
        """
        DELETE FROM taximeter.allowance_use AS u
        USING unnest(
            \(rows.map(\.accountKey)), \(rows.map { Timestamp($0.periodStart) }), \(rows.map(\.allowance.text)))
        AS k (account_key, period_start, allowance)
        WHERE u.account_key = k.account_key AND u.period_start = k.period_start AND u.allowance = k.allowance
        """
    }
}

/// Writes what was used.
enum InsertAllowanceUse {
    static func sql(_ rows: [AllowanceRow]) -> SQL {
        """
        INSERT INTO taximeter.allowance_use (account_key, period_start, allowance, tokens)
        SELECT * FROM unnest(
            \(rows.map(\.accountKey)), \(rows.map { Timestamp($0.periodStart) }), \(rows.map(\.allowance.text)),
            \(rows.map(\.tokens)))
        """
    }
}

/// Has the periods after some rated again; locked in key order, as everywhere.
enum MarkLaterPeriods {
    static func sql(_ rows: [AllowanceRow]) -> SQL {
        """
        WITH later AS (
            SELECT p.account_key, p.period_start FROM taximeter.account_period AS p
            WHERE EXISTS (
                SELECT FROM unnest(\(rows.map(\.accountKey)), \(rows.map { Timestamp($0.periodStart) }))
                AS k (account_key, period_start)
                WHERE k.account_key = p.account_key AND k.period_start < p.period_start)
            ORDER BY p.account_key, p.period_start FOR UPDATE
        )
        UPDATE taximeter.account_period AS p SET stale = true FROM later AS l
        WHERE p.account_key = l.account_key AND p.period_start = l.period_start
        """
    }
}
