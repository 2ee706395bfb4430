/// Rates billing periods of an account by what it has agreed to, segment by segment.
public struct AgreementRater: Sendable {
    private let raters: PlanRaters
    package let calendar: BillingCalendar
    private let plansCurrency: Currency?

    /// Rates by the plans of an agreement.
    public init(_ agreement: Agreement, _ plans: [Identifier: Plan], _ raters: PlanRaters) {
        self.init(
            BillingCalendar(agreement, plans), raters,
            currency: agreement.subscriptions.lazy.compactMap { plans[$0.plan]?.versions.first?.currency }.first)
    }

    package init(_ calendar: BillingCalendar, _ raters: PlanRaters, currency: Currency?) {
        self.calendar = calendar
        self.raters = raters
        plansCurrency = currency
    }

    /// The currency of the account: that of its plans, else of the default book; nil without either.
    package var currency: Currency? { plansCurrency ?? raters.standard?.book.currency }

    /// Usage that has one price in any of the books.
    package struct Usage {
        let instant: Instant
        let size: RequestSize
        let tokens: TokenCounts

        package init(instant: Instant, size: RequestSize, tokens: TokenCounts) {
            self.instant = instant
            self.size = size
            self.tokens = tokens
        }
    }

    /// What a usage came to.
    package enum Rated {
        /// What its rater makes of it, which may be that it has no price.
        case rated(PeriodRating, PlanRater)
        /// No rater, and why, as it is stored.
        case unpriced(String, Currency?)

        var charge: Charge.Outcome {
            switch self {
            case .unpriced(let reason, _): .unpriced(reason)
            case .rated(.unpriced(let reason), _): .unpriced(reason.code)
            case .rated(.priced(let amounts), _): .priced(Charge.Amounts(amounts))
            }
        }
    }

    /// What a period came to.
    package struct Outcome {
        /// By usage, in the order in which they were given.
        package fileprivate(set) var ratings: [Rated] = []
        package fileprivate(set) var lines: [UsageLine] = []
        /// The sum of the lines, in 10⁻¹⁸ units.
        package fileprivate(set) var netUnits: Int128 = 0
        /// Tokens by the name of the allowance or volume.
        package fileprivate(set) var allowancesUsed: [Identifier: Int64] = [:]
        /// What lines are made of, where that was asked for.
        package fileprivate(set) var parts: [UsageLine.Key: [LinePart]] = [:]
    }

    /// Rates a period.
    ///
    /// - Parameters:
    ///   - usages: All usage of the account in the period, in any order.
    ///   - lifetime: What earlier periods have used of lifetime allowances, by name.
    ///   - traced: The lines of which to tell the parts.
    ///   - line: The rating line of a usage, by its place and a rater.
    /// - Throws: What `line` throws. An amount that does not fit leaves the whole period without a price.
    package func rate(
        _ period: BillingPeriod, _ usages: [Usage], lifetime: [Identifier: Int64],
        tracing traced: Set<UsageLine.Key> = [],
        line: (Int, PlanRater) throws -> RatingLine
    ) throws -> Outcome {
        var run = Run(period: period, calendar: calendar, usages: usages, lifetime: lifetime, traced: traced)
        do {
            for stretch in stretches(of: period) { try run.rate(stretch, line: line) }
            return run.outcome
        } catch is MoneyError {
            // A fault of this account's usage or prices: it must not stop the others.
            var outcome = Outcome()
            outcome.ratings = usages.map { _ in .unpriced(Charge.tooLarge, currency) }
            return outcome
        }
    }

    /// Segments that follow each other and are rated alike. Committed volumes are each plan's own, also where two plans give
    /// the same.
    private func stretches(of period: BillingPeriod) -> [Stretch] {
        var stretches: [Stretch] = []
        for segment in calendar.segments(in: period) {
            var next = Stretch(segments: [segment], rater: nil, reason: nil, currency: plansCurrency)
            do {
                next.rater = try raters.rater(for: segment, plansCurrency)
            } catch {
                next.reason = error
            }
            if let last = stretches.last, let rater = last.rater, rater === next.rater,
                rater.volumeCount == 0 || last.segments.last?.plan == segment.plan
            {
                stretches[stretches.count - 1].segments.append(segment)
            } else {
                stretches.append(next)
            }
        }
        return stretches
    }
}

/// Segments that follow each other and have one rater, or none.
private struct Stretch {
    var segments: [PlanSegment]
    var rater: PlanRater?
    var reason: PlanRater.Missing?
    let currency: Currency?

    var range: Range<Instant> {
        let first = segments[0].range
        return first.lowerBound..<(segments.last?.range.upperBound ?? first.upperBound)
    }
}

/// One period.
private struct Run {
    let period: BillingPeriod
    let calendar: BillingCalendar
    let usages: [AgreementRater.Usage]
    let lifetime: [Identifier: Int64]
    let traced: Set<UsageLine.Key>
    var outcome = AgreementRater.Outcome()
    /// Where the counters of the last stretch's book stand.
    private var counted: (book: Identifier, counts: PeriodCounts)?
    /// The plan that the last stretch ends with.
    private var planBefore: Identifier?

    init(
        period: BillingPeriod, calendar: BillingCalendar, usages: [AgreementRater.Usage], lifetime: [Identifier: Int64],
        traced: Set<UsageLine.Key>
    ) {
        self.period = period
        self.calendar = calendar
        self.usages = usages
        self.lifetime = lifetime
        self.traced = traced
        outcome.ratings = usages.map { _ in .unpriced(PlanRater.Missing.noPriceBook.rawValue, nil) }
    }

    mutating func rate(_ stretch: Stretch, line: (Int, PlanRater) throws -> RatingLine) throws {
        defer { planBefore = stretch.segments.last?.plan }
        let range = stretch.range
        let places = usages.indices.filter { range.contains(usages[$0].instant) }
        guard let rater = stretch.rater else {
            for place in places { outcome.ratings[place] = .unpriced(stretch.reason?.rawValue ?? "", stretch.currency) }
            return
        }
        let rated = try places.map { place in
            PeriodUsage(
                line: try line(place, rater), instant: usages[place].instant, size: usages[place].size,
                tokens: usages[place].tokens)
        }
        let terms = rater.book.terms
        let before = terms.allowances.enumerated().map { place, allowance in
            place < rater.volumeCount ? missing(of: allowance, stretch) : min(used(allowance), allowance.tokens)
        }
        let counts = counted.map { $0.book == rater.book.name ? $0.counts : PeriodCounts() } ?? PeriodCounts()
        let found = try rater.rater.rate(rated, counted: counts, allowancesUsed: before, slices: true)
        counted = (rater.book.name, found.counted)
        for (place, allowance) in terms.allowances.enumerated() where place < found.allowancesUsed.count {
            outcome.allowancesUsed[allowance.name, default: 0] += found.allowancesUsed[place] - before[place]
        }
        for (index, place) in places.enumerated() { outcome.ratings[place] = .rated(found[index], rater) }
        let usageLines = UsageLines(rater, stretch.segments)
        if !traced.isEmpty {
            for (key, slice) in usageLines.slices(of: traced, in: found, rated) {
                outcome.parts[key, default: []].append(
                    try LinePart(slice, usage: places[slice.usage], rater.book.currency))
            }
        }
        let lines = try usageLines.lines(of: found, rated)
        for line in lines { outcome.netUnits = try sum(outcome.netUnits, line.net.units) }
        outcome.lines += lines
    }

    /// What was used of an allowance of the terms until now.
    private func used(_ allowance: Allowance) -> Int64 {
        (allowance.span == .lifetime ? lifetime[allowance.name] ?? 0 : 0)
            + (outcome.allowancesUsed[allowance.name] ?? 0)
    }

    /// What there is not, of the tokens that a committed volume has for a whole period: what the stretch's share leaves out,
    /// or, of a volume that is given once a period, what the plan's version before has used.
    private func missing(of volume: Allowance, _ stretch: Stretch) -> Int64 {
        let continues = planBefore != nil && planBefore == stretch.segments[0].plan
        let proration = stretch.segments[0].version?.recurringFee?.proration ?? .time
        if proration == .none, continues { return min(used(volume), volume.tokens) }
        let share = calendar.share(of: stretch.range, in: period, by: proration, continues: continues)
        return volume.tokens - Int64(clamping: Int128(volume.tokens) * share.part / share.whole)
    }
}
