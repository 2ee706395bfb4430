import PostgresWire
import Taximeter

/// Rates some periods within the transaction that has locked them.
///
/// Buckets are read in the order of accounts, some thousands at a time, and their charges written before the next are
/// read: so there is never more in memory than that and the buckets of one period.
struct RatingBatch {
    private let periods: [AccountPeriod]
    private let bucketsAtOnce: Int
    private let connection: Connection
    private var rater: ChargeRater
    private var allowances: AllowanceUse
    private(set) var summary = RatingSummary()

    init(_ periods: [AccountPeriod], bucketsAtOnce: Int, _ prices: PriceSnapshot, _ connection: Connection) throws {
        self.periods = periods
        self.bucketsAtOnce = bucketsAtOnce
        self.connection = connection
        rater = try ChargeRater(prices, connection)
        allowances = try AllowanceUse(periods, rater.terms, connection)
    }

    /// Writes the charges of all of them, and settles them.
    mutating func rate() throws {
        // Of one account the earlier period first: its lifetime allowances carry over.
        for (_, alike) in Dictionary(grouping: periods, by: \.start).sorted(by: { $0.key < $1.key }) {
            try rate(ofOneStart: alike)
        }
        try connection.execute(SettlePeriods.sql(periods))
        try allowances.write(connection)
        summary.periods = periods.count
    }

    /// Rates periods of the same start, in the order of their accounts.
    private mutating func rate(ofOneStart periods: [AccountPeriod]) throws {
        try connection.execute(ReadBuckets(periods).declaration)
        var left = periods[...]
        var buckets: [BucketRow] = []
        var isEnd = false
        while !isEnd {
            let fetched = try connection.query(ReadBuckets(next: bucketsAtOnce))
            isEnd = fetched.count < bucketsAtOnce
            buckets += fetched
            // Of the last account there may be more to come.
            var whole = left
            var count = buckets.count
            if !isEnd, let open = buckets.last?.key.accountKey {
                whole = left.prefix { $0.accountKey < open }
                while count > 0, buckets[count - 1].key.accountKey == open { count -= 1 }
            }
            try rate(whole, buckets[..<count])
            left = left.dropFirst(whole.count)
            buckets.removeFirst(count)
        }
        try connection.execute("CLOSE \(unsafe: ReadBuckets.cursor)")
    }

    /// Rates periods of which all buckets are there, and writes what differs.
    private mutating func rate(_ periods: ArraySlice<AccountPeriod>, _ buckets: ArraySlice<BucketRow>) throws {
        if periods.isEmpty { return }
        var old: [ChargeKey: ChargeRow] = [:]
        try connection.forEach(ReadCharges(Array(periods))) { old[$0.bucket.key] = $0 }
        var changed: [ChargeRow] = []
        changed.reserveCapacity(buckets.count)
        var replaced: [ChargeKey] = []
        var left = buckets
        for period in periods {
            let own = left.prefix { $0.key.accountKey == period.accountKey }
            left = left[own.endIndex...]
            let before = allowances.before(period)
            var after = before
            let charges = try rater.charges(for: own, allowancesUsed: &after)
            allowances.note(period, before: before, after: after)
            for charge in charges {
                summary.charges += 1
                if charge.unpricedReason != nil { summary.unpriced += 1 }
                if !old.isEmpty, let before = old.removeValue(forKey: charge.bucket.key) {
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
        summary.written += changed.count + old.count
    }
}
