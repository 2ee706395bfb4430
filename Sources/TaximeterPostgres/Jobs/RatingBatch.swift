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
    private let agreements: [Int64: Agreement]
    private var allowances: AllowanceUse
    private var lines: PeriodLines
    /// UTC days in which a charge changed.
    private var changedDays: Set<Instant> = []
    private var lastChangedDay: Instant?
    private(set) var summary = RatingSummary()

    init(_ periods: [AccountPeriod], bucketsAtOnce: Int, _ prices: PriceSnapshot, _ connection: Connection) throws {
        self.periods = periods
        self.bucketsAtOnce = bucketsAtOnce
        self.connection = connection
        rater = try ChargeRater(prices, connection)
        agreements = try ReadAgreements.agreements(Set(periods.map(\.accountKey)).sorted(), connection)
        allowances = try AllowanceUse(periods, lifetime: prices.lifetimeAllowances, connection)
        lines = try PeriodLines(periods, connection)
    }

    /// Writes the charges of all of them, and settles them.
    mutating func rate() throws {
        // Of one account the earlier period first: its lifetime allowances carry over.
        let byBounds = Dictionary(grouping: periods) { BillingPeriod(start: $0.start, end: $0.end) }
        for (bounds, alike) in byBounds.sorted(by: { $0.value[0].start < $1.value[0].start }) {
            if let bounds { try rate(alike, bounds) }
        }
        try lines.write(connection)
        try allowances.write(connection)
        if !changedDays.isEmpty { try connection.execute(MarkMarginDays.sql(changedDays)) }
        let changedAccounts = lines.changedAccounts
        if !changedAccounts.isEmpty { try connection.execute(KeepBalances.sql(changedAccounts)) }
        summary.periods = periods.count
    }

    /// Rates periods of the same start and end, in the order of their accounts.
    private mutating func rate(_ periods: [AccountPeriod], _ bounds: BillingPeriod) throws {
        var stored = try Cursor("rated_buckets", of: ReadBuckets(periods.map(\.accountKey), bounds), connection)
        var left = periods[...]
        var buckets: [BucketRow] = []
        while !stored.isAtEnd {
            buckets += try stored.next(bucketsAtOnce)
            // Of the last account there may be more to come.
            var whole = left
            var count = buckets.count
            if !stored.isAtEnd, let open = buckets.last?.key.accountKey {
                whole = left.prefix { $0.accountKey < open }
                while count > 0, buckets[count - 1].key.accountKey == open { count -= 1 }
            }
            try rate(whole, bounds, buckets[..<count])
            left = left.dropFirst(whole.count)
            buckets.removeFirst(count)
        }
        try stored.close()
    }

    /// Rates periods of which all buckets are there, and writes what differs.
    private mutating func rate(
        _ periods: ArraySlice<AccountPeriod>, _ bounds: BillingPeriod, _ buckets: ArraySlice<BucketRow>
    ) throws {
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
            let agreed = rater.rater(of: agreements[period.accountKey])
            let rated = try rater.rate(own, bounds, by: agreed, lifetime: allowances.before(period))
            allowances.note(period, used: rated.allowancesUsed)
            lines.note(period, rated, agreed.currency)
            for charge in rated.charges {
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
        for charge in changed { noteDay(of: charge.bucket.key) }
        for key in old.keys { noteDay(of: key) }
        summary.written += changed.count + old.count
    }

    /// Charges of a day mostly follow each other.
    private mutating func noteDay(of key: ChargeKey) {
        let day = key.slotStart.floored(toMicroseconds: Instant.day)
        if day == lastChangedDay { return }
        changedDays.insert(day)
        lastChangedDay = day
    }
}
