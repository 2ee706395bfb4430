import PostgresWire
import Taximeter

/// Rates the buckets of every account and period in which something changed, and writes the charges that differ.
///
/// The charges of a period are always the rating of its buckets, so a run that is killed is simply done again. The row
/// of `account_period` is the lock: two runs at once share the work, and a roll-up that adds to a period while it is
/// being rated marks it stale again.
struct RatingJob {
    /// Periods a transaction; some tens of thousands of buckets.
    static let periodsPerTransaction = 100

    let store: Store
    let prices: PriceSnapshot

    /// Rates all that is stale.
    ///
    /// - Throws: ``PricesChanged`` when prices were loaded meanwhile; `PostgresError` from the server.
    func run(progress: (_ done: Int, _ total: Int) -> Void) throws -> RatingSummary {
        let total = Int(try store.transaction(as: .biller) { try $0.query(CountStalePeriods()) }.first ?? 0)
        var summary = RatingSummary()
        // First what nobody else is at work on; at the end also wait for those who are, in case they fail.
        for waits in [false, true] {
            while true {
                progress(summary.periods, max(total, summary.periods))
                let part = try store.transaction(as: .biller, .job) { try rateSome(waits: waits, $0) }
                if part.periods == 0 { break }
                summary.add(part)
            }
        }
        progress(summary.periods, summary.periods)
        return summary
    }

    private func rateSome(waits: Bool, _ connection: Connection) throws -> RatingSummary {
        try prices.hold(connection)
        let periods = try connection.query(TakeStalePeriods(limit: Self.periodsPerTransaction, waits: waits))
        if periods.isEmpty { return RatingSummary() }
        var rater = try ChargeRater(prices, connection)
        var old: [ChargeKey: ChargeRow] = [:]
        try connection.forEach(ReadCharges(periods)) { old[$0.bucket.key] = $0 }
        var buckets: [PeriodKey: [BucketRow]] = [:]
        try connection.forEach(ReadBuckets(periods)) { buckets[PeriodKey($0), default: []].append($0) }

        let agreements = try ReadAgreements.agreements(Set(periods.map(\.accountKey)).sorted(), connection)
        var allowances = try AllowanceUse(periods, lifetime: prices.lifetimeAllowances, connection)
        var lines = try PeriodLines(periods, connection)
        var summary = RatingSummary(periods: periods.count)
        var changed: [ChargeRow] = []
        var replaced: [ChargeKey] = []
        // Of one account the earlier period first: its lifetime allowances carry over.
        for period in periods {
            guard let bounds = BillingPeriod(start: period.start, end: period.end) else { continue }
            let rated = try rater.rate(
                buckets[PeriodKey(period)] ?? [], bounds, by: rater.rater(of: agreements[period.accountKey]),
                lifetime: allowances.before(period))
            allowances.note(period, used: rated.allowancesUsed)
            lines.note(period, rated)
            for charge in rated.charges {
                summary.charges += 1
                if charge.unpricedReason != nil { summary.unpriced += 1 }
                if let before = old.removeValue(forKey: charge.bucket.key) {
                    if before == charge { continue }
                    replaced.append(charge.bucket.key)
                }
                changed.append(charge)
            }
        }
        // What is left in old has no bucket any more.
        let removed = replaced + old.keys
        if !removed.isEmpty { try connection.execute(RemoveCharges.sql(removed)) }
        if !changed.isEmpty { try CopyCharges.write(changed, connection) }
        try lines.write(connection)
        try allowances.write(connection)
        summary.written = changed.count + old.count
        return summary
    }
}

/// An account and the start of its period.
struct PeriodKey: Hashable {
    let accountKey: Int64
    let start: Instant

    init(_ period: AccountPeriod) {
        accountKey = period.accountKey
        start = period.start
    }

    init(_ bucket: BucketRow) {
        accountKey = bucket.key.accountKey
        start = bucket.periodStart
    }
}

/// What a rating run did.
public struct RatingSummary: Sendable, Hashable {
    /// Account periods that were rated.
    public internal(set) var periods = 0
    /// Charges in these periods.
    public internal(set) var charges = 0
    /// Charges among them that were written or removed because they differ from before.
    public internal(set) var written = 0
    /// Charges among them that have no price.
    public internal(set) var unpriced = 0

    mutating func add(_ other: RatingSummary) {
        periods += other.periods
        charges += other.charges
        written += other.written
        unpriced += other.unpriced
    }
}
