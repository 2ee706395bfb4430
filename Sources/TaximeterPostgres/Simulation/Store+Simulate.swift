import PostgresWire
public import Taximeter

extension Store {
    /// Rates stored usage under another price book, in memory, next to what it comes to now; writes nothing.
    ///
    /// Both sides are rated by the rater of the charges, from one snapshot of the database, while jobs may be at work. Volume
    /// tiers and allowances need whole billing periods, so all usage of the periods that the range touches is rated, and the
    /// range reported; where a book has lifetime allowances, all earlier periods are rated too, as if the book had
    /// always been in force. Usage that is not rolled up yet is included on both sides.
    ///
    /// Where the book cuts hours or request sizes otherwise than the stored sums, the sums are made from the events, which
    /// takes as long as rolling them up. Memory holds the result and one account's period at a time.
    ///
    /// - Parameters:
    ///   - book: The book, as if it were the only one.
    ///   - from: The first hour; a whole UTC hour. Each book's own rating instant says in which hour an event is.
    ///   - until: The first hour that is not included.
    ///   - groupings: What rows are wanted besides the total.
    ///   - progress: Called on this thread as the work goes on, with how far it is of how much.
    /// - Throws: ``StoreError`` with code ``StoreError/Code/range``, or ``StoreError/Code/eventsGone`` with the hours
    ///   whose events are needed and are gone; `PostgresError` from the server.
    public func simulate(
        _ book: PriceBook, from: Instant, until: Instant,
        by groupings: [SimulationGrouping] = SimulationGrouping.allCases,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> SimulationReport {
        if from >= until || from != from.startOfHour || until != until.startOfHour {
            throw StoreError(
                .range, "from \(from) until \(until): expected whole UTC hours, the second after the first")
        }
        var settings = TransactionSettings.job
        settings.isolation = .repeatableRead
        settings.isReadOnly = true
        return try transaction(as: .biller, settings) { connection in
            try Simulation(book: book, range: from..<until, groupings: groupings, connection: connection).run(progress)
        }
    }
}

/// One simulation, inside a transaction that sees one state of the database.
struct Simulation {
    let book: PriceBook
    let range: Range<Instant>
    let groupings: [SimulationGrouping]
    let connection: Connection

    func run(_ progress: (_ done: Int, _ total: Int) -> Void) throws -> SimulationReport {
        let stored = try PriceSnapshot.read(connection, lock: nil)
        let tried = StoredPriceBook(unstored: book)
        let alone = PriceSnapshot(
            generation: stored.generation, books: [tried], defaultBookKey: tried.key, plans: stored.plans,
            zones: stored.zones, raters: PlanRaters(insteadOfAll: book))
        let agreements = try ReadAgreements.agreements(nil, connection)
        let hours = ratedHours(stored, agreements.values)
        let usage = try UsageSelection(hours, stored: stored, tried: alone, connection)
        let state = try connection.query(ReadSimulationState(hours)).first
        let total = Int(state?.lastAccountKey ?? 0)

        var tally = SimulationTally(
            range: range, groupings: groupings,
            currencies: [
                stored.defaultBook?.book.currency, book.currency,
            ])
        var raters = [
            SimulationRater(try ChargeRater(stored, connection)),
            SimulationRater(try ChargeRater(alone, connection)),
        ]
        var part: (bounds: BillingPeriod, buckets: [BucketRow])?
        var source = 0
        func rate() throws {
            guard let (bounds, buckets) = part, let last = buckets.last else { return }
            for index in raters.indices where usage.source(ofSide: index) == source {
                let charges = try raters[index].rate(buckets, bounds, agreements[last.key.accountKey])
                for charge in charges { try tally.add(charge, side: index) }
            }
            progress(Int(last.key.accountKey), total)
            part = nil
        }
        var calendar = BillingCalendar.calendarMonths
        try connection.forEach(ReadUsage(usage)) { row in
            let key = row.bucket.key
            let isSameAccount = part?.buckets.last?.key.accountKey == key.accountKey
            if row.source != source || !isSameAccount || part?.bounds.range.contains(key.slotStart) != true {
                try rate()
                if !isSameAccount {
                    calendar = agreements[key.accountKey].map { BillingCalendar($0, stored.plans) } ?? .calendarMonths
                }
                part = (calendar.period(containing: key.slotStart), [])
            }
            source = row.source
            part?.buckets.append(row.bucket)
        }
        try rate()
        return try tally.report(hasPendingWork: usage.hasPendingWork || state?.isStale == true, connection)
    }

    /// Every hour that has to be rated so that those of the range have their prices.
    private func ratedHours(_ stored: PriceSnapshot, _ agreements: some Sequence<Agreement>) -> HourSpan {
        let isForLife =
            !stored.lifetimeAllowances.isEmpty || book.terms.allowances.contains { $0.span == .lifetime }
        let last = range.upperBound.advanced(byMicroseconds: -1) ?? range.lowerBound
        let calendars = [.calendarMonths] + agreements.map { BillingCalendar($0, stored.plans) }
        let start = calendars.map { $0.period(containing: range.lowerBound).start }.min() ?? range.lowerBound
        let end = calendars.map { $0.period(containing: last).end }.max() ?? range.upperBound
        let endHour = end == end.startOfHour ? end : end.startOfHour.advanced(byMicroseconds: Instant.hour) ?? end
        return HourSpan(from: isForLife ? .earliest : start.startOfHour, until: endHour)
    }
}

/// Rates the periods of accounts in their order, under one snapshot of prices.
struct SimulationRater {
    private var charges: ChargeRater
    private var accountKey: Int64?
    private var rater: AgreementRater
    /// What is used of allowances when the account's next period begins; only lifetime ones are asked for.
    private var used: [Identifier: Int64] = [:]

    init(_ charges: ChargeRater) {
        self.charges = charges
        rater = charges.rater(of: nil)
    }

    /// The charges of an account's period.
    mutating func rate(_ buckets: [BucketRow], _ period: BillingPeriod, _ agreement: Agreement?) throws -> [ChargeRow] {
        if accountKey != buckets.first?.key.accountKey {
            used = [:]
            rater = charges.rater(of: agreement)
        }
        accountKey = buckets.first?.key.accountKey
        let rated = try charges.rate(buckets[...], period, by: rater, lifetime: used)
        used.merge(rated.allowancesUsed) { $0 &+ $1 }
        return rated.charges
    }
}

extension HourSpan {
    /// All hours from one until another, of however many days.
    init(from: Instant, until: Instant) {
        self.init(start: from, count: Int((until.microseconds - from.microseconds) / Instant.hour))
    }
}
