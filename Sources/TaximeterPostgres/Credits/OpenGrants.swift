import PostgresWire
import Taximeter

/// The grants of an account that can pay for an invoice, read for whoever makes it.
struct OpenGrants {
    /// Those of which something is left.
    let grants: [OpenGrant]
    /// What those may pay for that are valid for a part of the period.
    let shared: [SharedUsage]

    /// The grants of which something is left, by account, for the invoices that close some periods.
    ///
    /// - Parameters:
    ///   - periods: One of an account at a time: what the invoice of one uses is not left for the next.
    ///   - locks: Whether their rows are locked until the transaction's end, in the order of their keys.
    static func read(
        closing periods: [AccountPeriod], locks: Bool, _ connection: Connection
    ) throws -> [Int64: OpenGrants] {
        let accountKeys = Array(Set(periods.map(\.accountKey))).sorted()
        if locks { try connection.execute(LockGrants.sql(accountKeys)) }
        let grants = try connection.query(ReadGrants(openOf: accountKeys))
        let bounds = Dictionary(periods.map { ($0.accountKey, BillingPeriod(start: $0.start, end: $0.end)) }) { $1 }
        let hasParts = grants.contains { row in
            bounds[row.accountKey].flatMap { $0 }.map { !row.open.grant.isValidThroughout($0) } ?? false
        }
        var shared: [Int64: [SharedUsage]] = [:]
        if hasParts {
            for row in try connection.query(ReadSharedUsage(periods)) {
                shared[row.accountKey, default: []].append(row.usage)
            }
        }
        var open: [Int64: OpenGrants] = [:]
        for (key, rows) in Dictionary(grouping: grants, by: \.accountKey) {
            open[key] = OpenGrants(grants: rows.map(\.open), shared: shared[key] ?? [])
        }
        return open
    }
}

/// Locks the grants of some accounts of which something is left, until the transaction's end.
enum LockGrants {
    static func sql(_ accountKeys: [Int64]) -> SQL {
        """
        SELECT FROM taximeter.grant_balance WHERE account_key = ANY(\(accountKeys)) AND remaining > 0
        ORDER BY account_key, grant_id FOR UPDATE
        """
    }
}

/// What the charges of periods come to within validity and scope of grants that are valid for a part of them, by the grants
/// that may pay for them. An hour that is valid in part counts: charges are not told apart more finely.
struct ReadSharedUsage: Statement {
    struct Row {
        let accountKey: Int64
        let usage: SharedUsage
    }

    let sql: SQL

    init(_ periods: [AccountPeriod]) {
        sql = """
            SELECT u.account_key, u.grants, sum(u.net_amount), u.currency
            FROM (
                SELECT p.account_key, array_agg(g.grant_id ORDER BY g.grant_id) AS grants, min(c.net_amount) AS net_amount,
                    g.currency
                FROM unnest(
                    \(periods.map(\.accountKey)), \(periods.map { Timestamp($0.start) }),
                    \(periods.map { Timestamp($0.end) })) AS p (account_key, period_start, period_end)
                INNER JOIN taximeter.grant_balance AS b ON b.account_key = p.account_key AND b.remaining > 0
                INNER JOIN taximeter.credit_grant AS g ON g.account_key = b.account_key AND g.grant_id = b.grant_id
                    AND (g.effective_from > p.period_start OR g.expires_at < p.period_end)
                INNER JOIN taximeter.charge AS c ON c.account_key = p.account_key
                    AND c.slot_start >= p.period_start AND c.slot_start < p.period_end AND c.currency = g.currency
                    AND date_trunc('hour', c.slot_start, 'UTC') + interval '1 hour' > g.effective_from
                    AND (g.expires_at IS NULL OR c.slot_start < g.expires_at)
                INNER JOIN taximeter.tariff_version AS v ON v.tariff_version_key = c.tariff_version_key
                INNER JOIN taximeter.channel AS ch ON ch.channel_key = c.channel_key
                WHERE (g.models = '{}' OR v.model = ANY(g.models)) AND (g.channels = '{}' OR ch.name = ANY(g.channels))
                -- By charge.
                GROUP BY p.account_key, g.currency, c.tableoid, c.ctid
            ) AS u
            GROUP BY 1, 2, 4
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        var grants: Set<Identifier> = []
        for name in try row.get(1, as: [String].self) { grants.insert(try ResultRow.identifier(name)) }
        return Row(
            accountKey: try row.get(0), usage: SharedUsage(grants: grants, amount: try row.money(2, currency: 3)))
    }
}
