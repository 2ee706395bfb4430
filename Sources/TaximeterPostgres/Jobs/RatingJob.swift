import PostgresWire
internal import Synchronization
import Taximeter

/// Rates the buckets of every account and period in which something changed, and writes the charges that differ.
///
/// The charges of a period are always the rating of its buckets, so a run that is killed is simply done again. The row
/// of `account_period` is the lock: two runs at once, or the workers of one, share the work, and a roll-up that adds to a
/// period while it is being rated marks it stale again.
struct RatingJob {
    /// Periods a transaction. What is in memory does not depend on it.
    static let periodsPerTransaction = 500

    let store: Store
    let prices: PriceSnapshot
    /// Buckets that are read at once.
    var bucketsAtOnce = 10_000

    /// Rates all that is stale.
    ///
    /// - Throws: ``PricesChanged`` when prices were loaded meanwhile; `PostgresError` from the server.
    func run(progress: (_ done: Int, _ total: Int) -> Void) throws -> RatingSummary {
        let total = Int(try store.transaction(as: .biller) { try $0.query(CountStalePeriods()) }.first ?? 0)
        let summary = Mutex(RatingSummary())
        func report() {
            let done = summary.withLock(\.periods)
            progress(done, max(total, done))
        }
        // First what nobody else is at work on, in one pass; then, until there is none, what was left or marked again
        // meanwhile, also waiting for those who are at work on it, in case they fail.
        let passed = Mutex<AccountPeriod?>(nil)
        try Workers.run(store.workers) {
            let part = try store.transaction(as: .biller, .job) { connection in
                let take = TakeStalePeriods(
                    limit: Self.periodsPerTransaction, after: passed.withLock(\.self), waits: false)
                return try rate(take, connection) { last in
                    passed.withLock { if $0.map({ $0.precedes(last) }) ?? true { $0 = last } }
                }
            }
            summary.withLock { $0.add(part) }
            return part.periods > 0
        } progress: {
            report()
        }
        while true {
            let part = try store.transaction(as: .biller, .job) { connection in
                try rate(TakeStalePeriods(limit: Self.periodsPerTransaction, waits: true), connection)
            }
            if part.periods == 0 { break }
            summary.withLock { $0.add(part) }
            report()
        }
        return summary.withLock(\.self)
    }

    private func rate(
        _ take: TakeStalePeriods, _ connection: Connection, tookUntil: (AccountPeriod) -> Void = { _ in }
    ) throws -> RatingSummary {
        try prices.hold(connection)
        let periods = try connection.query(take)
        guard let last = periods.last else { return RatingSummary() }
        tookUntil(last)
        var batch = try RatingBatch(periods, bucketsAtOnce: bucketsAtOnce, prices, connection)
        try batch.rate()
        return batch.summary
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
