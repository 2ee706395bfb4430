import PostgresWire
internal import Synchronization
import Taximeter

/// Sums events into buckets, hour by hour, wherever something changed.
///
/// An hour is summed again whole: when events were stored in it since, or when the price books cut it elsewhere. Both
/// take the same path, so a late event, a new tariff and a run that was killed all end in the same buckets.
struct RollUp {
    let store: Store
    let prices: PriceSnapshot

    /// Rolls up all that is dirty.
    ///
    /// - Returns: How many hours were summed.
    /// - Throws: ``PricesChanged`` when prices were loaded meanwhile; `PostgresError` from the server.
    func run(progress: (_ done: Int, _ total: Int) -> Void) throws -> Int {
        let hours = try dirtyHours()
        if !hours.isEmpty {
            let days = Set(hours.map(\.day)).sorted()
            try store.transaction(as: .biller, .job) { _ = try $0.execute(EnsureBucketPartitions.sql(days)) }
        }
        let left = Mutex(HourSpan.spans(of: hours)[...])
        let done = Atomic(0)
        try Workers.run(store.workers) {
            guard let span = left.withLock({ $0.popFirst() }) else { return false }
            try store.transaction(as: .biller, .job) { connection in try roll(span, connection) }
            done.add(span.count, ordering: .relaxed)
            return true
        } progress: {
            progress(done.load(ordering: .relaxed), hours.count)
        }
        return hours.count
    }

    /// Hours with marks, and hours that the price books now cut elsewhere.
    private func dirtyHours() throws -> [Instant] {
        try store.transaction(as: .biller) { connection in
            var hours = Set(try connection.query(ReadDirtyHours()))
            var unchanged: [Instant] = []
            for rolled in try connection.query(ReadRolledHours(before: prices.generation)) {
                if rolled.cuts == prices.cuts(ofHour: rolled.hour) {
                    unchanged.append(rolled.hour)
                } else {
                    hours.insert(rolled.hour)
                }
            }
            try prices.hold(connection)
            try connection.execute(
                """
                UPDATE taximeter.usage_hour SET price_generation = \(prices.generation)
                WHERE hour = ANY(\(unchanged.map(Timestamp.init)))
                """)
            return hours.sorted()
        }
    }

    private func roll(_ span: HourSpan, _ connection: Connection) throws {
        try prices.hold(connection)
        // Enough to group and sort a day of some million events without going to disk.
        try connection.execute("SET LOCAL work_mem = '128MB'")
        // One roll-up a day at a time; the sums are made in a later statement, which sees all that was committed before.
        try connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('taximeter.roll_up', \(span.start.day)))")
        let recut = try connection.query(TakeDirtyHours(span: span))
        if !recut.isEmpty { try connection.execute(RemoveBuckets.sql(span, of: recut)) }

        let cuts = span.hours.map { ($0, prices.cuts(ofHour: $0)) }
        let rolledBefore = try connection.query(ReadRolledHours(in: span))
        let isCutElsewhere = rolledBefore.contains { rolled in rolled.cuts != prices.cuts(ofHour: rolled.hour) }
        if isCutElsewhere { try connection.execute(RemoveBuckets.sql(span)) }
        let slots = cuts.flatMap(\.1.slots)
        let hasOwnCuts = try connection.query(ReadOwnCuts(span: span)).first ?? false
        if prices.hasOwnPeriods {
            let lacking = try connection.query(
                SumBucketsOfOwnPeriods(
                    span: span, cuts: slots, prices: prices, hasOwnCuts: hasOwnCuts, isFirst: rolledBefore.isEmpty))
            try insertPeriods(lacking, connection)
        } else {
            try connection.execute(
                SumBuckets.sql(
                    span, cuts: slots, sizes: prices, hasOwnCuts: hasOwnCuts, isFirst: rolledBefore.isEmpty))
        }
        for (hour, cuts) in cuts { try connection.execute(RememberHour.sql(hour, cuts, prices)) }
    }
}

extension RollUp {
    /// Makes the billing periods in which some accounts have usage, where they are not there yet.
    private func insertPeriods(_ lacking: [SumBucketsOfOwnPeriods.Row], _ connection: Connection) throws {
        if lacking.isEmpty { return }
        let agreements = try ReadAgreements.agreements(lacking.map(\.accountKey), connection)
        let periods = lacking.flatMap { row in
            let calendar = agreements[row.accountKey].map { BillingCalendar($0, prices.plans) } ?? .calendarMonths
            let end = row.last.advanced(byMicroseconds: 1) ?? row.last
            return calendar.periods(in: row.first..<end).map {
                AccountPeriod(accountKey: row.accountKey, start: $0.start, end: $0.end)
            }
        }
        try connection.execute(StalePeriods.sql(periods))
    }
}

/// Hours that follow each other within one UTC day: what one roll-up transaction takes.
struct HourSpan: Equatable {
    let start: Instant
    private(set) var count: Int

    var end: Instant { hour(count) }
    var hours: [Instant] { (0..<count).map(hour) }

    private func hour(_ index: Int) -> Instant {
        start.advanced(byMicroseconds: Int64(index) * Instant.hour) ?? .latest
    }

    /// Covers sorted hours with as few spans as can be.
    static func spans(of hours: [Instant]) -> [HourSpan] {
        var spans: [HourSpan] = []
        for hour in hours {
            if let last = spans.last, last.end == hour, last.start.day == hour.day {
                spans[spans.count - 1].count += 1
            } else {
                spans.append(HourSpan(start: hour, count: 1))
            }
        }
        return spans
    }
}
