import PostgresWire
import Taximeter

/// The grants that can pay for invoices, read for whoever makes them final.
enum OpenGrants {
    /// The grants of which something is left, by account, for the invoices that close some periods.
    ///
    /// - Parameters:
    ///   - periods: One of an account at a time: what the invoice of one uses is not left for the next.
    ///   - locks: Whether their rows are locked until the transaction's end, in the order of their keys.
    static func read(
        closing periods: [AccountPeriod], locks: Bool, _ connection: Connection
    ) throws -> [Int64: [OpenGrant]] {
        let accountKeys = Array(Set(periods.map(\.accountKey))).sorted()
        if locks { try connection.execute(LockGrants.sql(accountKeys)) }
        let grants = try connection.query(ReadGrants(openOf: accountKeys))
        let parts = grants.filter { row in
            periods.contains { $0.accountKey == row.accountKey && !row.open.grant.isValidThroughout($0) }
        }
        var within: [PartKey: Int128] = [:]
        if !parts.isEmpty {
            for row in try connection.query(ReadUsageWithin(periods)) {
                within[PartKey(accountKey: row.accountKey, grant: row.grant)] = row.units
            }
        }
        let isPart = Set(parts.map { PartKey(accountKey: $0.accountKey, grant: $0.open.grant.id) })
        return Dictionary(grouping: grants, by: \.accountKey).mapValues { rows in
            rows.map { row in
                let key = PartKey(accountKey: row.accountKey, grant: row.open.grant.id)
                let units = isPart.contains(key) ? within[key] ?? 0 : nil
                return OpenGrant(
                    grant: row.open.grant, left: row.open.left,
                    withinValidity: units.map { Money(units: $0, row.open.left.currency) })
            }
        }
    }

    private struct PartKey: Hashable {
        let accountKey: Int64
        let grant: Identifier
    }
}

extension CreditGrant {
    fileprivate func isValidThroughout(_ period: AccountPeriod) -> Bool {
        effective.from <= period.start && (effective.until.map { $0 >= period.end } ?? true)
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

/// What the charges of periods come to within validity and scope of grants that are valid for a part of them. An hour that
/// is valid in part counts: charges are not told apart more finely.
struct ReadUsageWithin: Statement {
    struct Row {
        let accountKey: Int64
        let grant: Identifier
        let units: Int128
    }

    let sql: SQL

    init(_ periods: [AccountPeriod]) {
        sql = """
            SELECT p.account_key, g.grant_id, sum(c.net_amount)
            FROM unnest(
                \(periods.map(\.accountKey)), \(periods.map { Timestamp($0.start) }), \(periods.map { Timestamp($0.end) }))
                AS p (account_key, period_start, period_end)
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
            GROUP BY 1, 2
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(accountKey: try row.get(0), grant: try row.identifier(1), units: try row.units(2))
    }
}
