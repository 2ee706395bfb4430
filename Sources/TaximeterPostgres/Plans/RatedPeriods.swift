import PostgresWire
public import Taximeter

/// What a billing period of an account has come to.
public struct RatedPeriodTotal: Sendable, Hashable {
    /// The period.
    public let period: BillingPeriod
    /// The sum of its charges, exact; nil while it was never rated, or has nothing with a price book.
    public let net: Money?
    /// Events of it that have no price.
    public let unpricedEvents: Int64
    /// How often rating has changed its lines.
    public let revision: Int64
    /// Whether an invoice covers it, as it is or as it was.
    public let isBilled: Bool
}

extension Store {
    /// The stored billing periods of an account, in order.
    public func ratedPeriods(of account: Identifier) throws -> [RatedPeriodTotal] {
        try transaction(as: .biller) { try $0.query(ReadRatedPeriods(account: account)) }
    }

    /// The usage lines of a billing period, by the start of the period; none for one that has no usage.
    public func usageLines(of account: Identifier, periodStart: Instant) throws -> Set<UsageLine> {
        try transaction(as: .biller) { connection in
            let keys = try connection.query(ReadKeys(table: recorder.accounts, names: [account.text]))
            let periods = keys.map { AccountPeriod(accountKey: $0.key, start: periodStart, end: periodStart) }
            return Set(try connection.query(ReadUsageLines(periods)).map(\.line))
        }
    }
}

/// What the periods of an account have come to.
struct ReadRatedPeriods: Statement {
    let account: Identifier

    var sql: SQL {
        """
        SELECT p.period_start, p.period_end, p.currency, p.net_amount, p.unpriced_events, p.revision,
            p.billed_revision IS NOT NULL
        FROM taximeter.account_period AS p INNER JOIN taximeter.account AS a ON a.account_key = p.account_key
        WHERE a.external_id = \(account.text) ORDER BY p.period_start
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> RatedPeriodTotal {
        let (start, end) = (try row.instant(0), try row.instant(1))
        guard let period = BillingPeriod(start: start, end: end) else { throw .badValue("period_end", "\(end)") }
        let units = try row.units(3)
        let currency = try row.get(2, as: String?.self).flatMap { Currency(code: $0) }
        return RatedPeriodTotal(
            period: period, net: currency.map { Money(units: units, $0) }, unpricedEvents: try row.get(4),
            revision: try row.get(5), isBilled: try row.get(6))
    }
}
