import PostgresWire
import Taximeter

/// Versions of all plans.
struct ReadPlanVersions: Statement {
    struct Row {
        let plan: Identifier
        let currency: Currency
        let version: Plan.StoredVersion
    }

    var sql: SQL { "SELECT plan, currency, effective_from, definition FROM taximeter.plan_version" }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        let code = try row.get(1, as: String.self)
        guard let currency = Currency(code: code) else { throw .badValue("currency", code) }
        return Row(
            plan: try row.identifier(0), currency: currency,
            version: Plan.StoredVersion(from: try row.instant(2), definition: try row.get(3)))
    }

    /// The plans as they are stored.
    static func plans(_ connection: Connection) throws -> [Identifier: Plan] {
        try Dictionary(grouping: connection.query(ReadPlanVersions()), by: \.plan).mapValues { rows in
            try Plan(name: rows[0].plan, currency: rows[0].currency, stored: rows.map(\.version))
        }
    }
}

/// Stores versions of a plan, in the place of those of the same start.
enum StorePlanVersions {
    static func sql(_ plan: Identifier, _ currency: Currency, _ versions: [Plan.StoredVersion]) -> SQL {
        """
        INSERT INTO taximeter.plan_version (plan, effective_from, currency, definition)
        SELECT \(plan.text), v.effective_from, \(currency.code), v.definition
        FROM unnest(\(versions.map { Timestamp($0.from) }), \(versions.map(\.definition))) AS v (effective_from, definition)
        ON CONFLICT (plan, effective_from) DO UPDATE SET definition = excluded.definition, loaded_at = now()
        """
    }
}

/// A period that was billed while an account had a plan, in some ranges of time; the first in order.
struct ReadBilledPeriod: Statement {
    struct Row {
        let account: Identifier
        let period: BillingPeriod
    }

    let plan: Identifier
    let ranges: [Range<Instant>]

    var sql: SQL {
        """
        SELECT a.external_id, p.period_start, p.period_end
        FROM taximeter.subscription AS s
        INNER JOIN taximeter.account_period AS p ON p.account_key = s.account_key AND p.billed_revision IS NOT NULL
        INNER JOIN taximeter.account AS a ON a.account_key = s.account_key
        INNER JOIN unnest(
            \(ranges.map { Timestamp($0.lowerBound) }), \(ranges.map { Timestamp($0.upperBound) })) AS r (start, stop)
        ON greatest(r.start, s.effective_from, p.period_start)
            < least(r.stop, coalesce(s.effective_until, 'infinity'), p.period_end)
        WHERE s.plan = \(plan.text) ORDER BY s.account_key, p.period_start LIMIT 1
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        let (start, end) = (try row.instant(1), try row.instant(2))
        guard let period = BillingPeriod(start: start, end: end) else { throw .badValue("period_end", "\(end)") }
        return Row(account: try row.identifier(0), period: period)
    }
}

/// The accounts that are subscribed to a plan at any time.
struct ReadSubscribers: Statement {
    let plan: Identifier

    var sql: SQL { "SELECT DISTINCT account_key FROM taximeter.subscription WHERE plan = \(plan.text)" }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int64 { try row.get(0) }
}

/// What accounts have agreed to, a row a subscription, or one without.
struct ReadAgreements: Statement {
    struct Row {
        let accountKey: Int64
        let account: Identifier
        let timeZone: TimeZoneRules
        let issuingEntity: Identifier
        let subscription: Subscription?
    }

    /// Nil for all accounts that have agreed to something.
    let accountKeys: [Int64]?

    var sql: SQL {
        let isWanted: SQL =
            accountKeys.map { "a.account_key = ANY(\($0))" } ?? "a.time_zone <> 'UTC' OR s.account_key IS NOT NULL"
        return """
            SELECT a.account_key, a.external_id, a.time_zone, a.issuing_entity, s.plan, s.effective_from, s.effective_until
            FROM taximeter.account AS a
            LEFT JOIN taximeter.subscription AS s ON s.account_key = a.account_key
            WHERE \(isWanted) ORDER BY a.account_key, s.effective_from
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        let zone = try row.get(2, as: String.self)
        guard let rules = TimeZoneRules(identifier: zone) else { throw .badValue("time_zone", zone) }
        var subscription: Subscription?
        if let plan = try row.optionalIdentifier(4) {
            let from = try row.instant(5)
            guard let effective = EffectivePeriod(from: from, until: try row.optionalInstant(6)) else {
                throw .badValue("effective_until", "\(from)")
            }
            subscription = Subscription(plan: plan, effective: effective)
        }
        return Row(
            accountKey: try row.get(0), account: try row.identifier(1), timeZone: rules,
            issuingEntity: try row.identifier(3), subscription: subscription)
    }

    /// The agreements of some accounts, by their keys.
    static func agreements(_ accountKeys: [Int64]?, _ connection: Connection) throws -> [Int64: Agreement] {
        let rows = try connection.query(ReadAgreements(accountKeys: accountKeys))
        return Dictionary(grouping: rows, by: \.accountKey).mapValues { rows in
            Agreement(
                account: rows[0].account, timeZone: rows[0].timeZone, issuingEntity: rows[0].issuingEntity,
                subscriptions: rows.compactMap(\.subscription))
        }
    }
}

/// Gives accounts their zones and issuers.
enum UpdateAccounts {
    static func sql(_ agreements: [(key: Int64, agreement: Agreement)]) -> SQL {
        """
        UPDATE taximeter.account AS a SET time_zone = n.time_zone, issuing_entity = n.issuing_entity
        FROM unnest(
            \(agreements.map(\.key)), \(agreements.map(\.agreement.timeZone.identifier)),
            \(agreements.map(\.agreement.issuingEntity.text))) AS n (account_key, time_zone, issuing_entity)
        WHERE a.account_key = n.account_key
            AND (a.time_zone, a.issuing_entity) IS DISTINCT FROM (n.time_zone, n.issuing_entity)
        """
    }
}

/// Writes the subscriptions of accounts that have none.
enum InsertSubscriptions {
    static func sql(_ agreements: [(key: Int64, agreement: Agreement)]) -> SQL {
        let rows = agreements.flatMap { key, agreement in agreement.subscriptions.map { (key: key, subscription: $0) } }
        // Without an end: the start, which no end can be.
        let untils = rows.map { Timestamp($0.subscription.effective.until ?? $0.subscription.effective.from) }
        return """
            INSERT INTO taximeter.subscription (account_key, effective_from, effective_until, plan)
            SELECT n.account_key, n.effective_from, nullif(n.effective_until, n.effective_from), n.plan
            FROM unnest(
                \(rows.map(\.key)), \(rows.map { Timestamp($0.subscription.effective.from) }), \(untils),
                \(rows.map(\.subscription.plan.text))) AS n (account_key, effective_from, effective_until, plan)
            """
    }
}
