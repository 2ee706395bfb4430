/// The billing periods of an account, and what holds in each: all that follows from its agreement and the plans.
///
/// Periods tile time. The cycle of each is that of the plan version in force at its start, a calendar month where no
/// version is. Where the cycle changes, the running period ends and a short one of the new cycle begins; where it stays,
/// the period goes on and has several segments.
public struct BillingCalendar: Sendable {
    /// What holds from an instant until the next part begins.
    private struct Part {
        let start: Instant
        let plan: Identifier?
        let version: PlanVersion?

        var cycle: BillingCycle { version?.cycle ?? .calendarMonth }
    }

    private let zone: TimeZoneRules
    /// The first one holds from the beginning of time.
    private let parts: [Part]
    /// Where each cycle begins, in the same way.
    private let cycles: [(start: Instant, cycle: BillingCycle)]

    /// Calendar months in UTC: the calendar of an account that has agreed to nothing.
    package static let calendarMonths = BillingCalendar(
        Agreement(account: .defaultEntity, timeZone: .utc, issuingEntity: .defaultEntity, subscriptions: []), [])

    /// The calendar of an account.
    ///
    /// - Parameters:
    ///   - agreement: Its zone and subscriptions.
    ///   - plans: Any plans; those that it is subscribed to, as far as they are there.
    public init(_ agreement: Agreement, _ plans: [Plan]) {
        let plans = Dictionary(plans.map { ($0.name, $0) }) { first, _ in first }
        self.init(agreement, plans)
    }

    package init(_ agreement: Agreement, _ plans: [Identifier: Plan]) {
        zone = agreement.timeZone
        parts = Self.parts(of: agreement.subscriptions, plans)
        var cycles: [(start: Instant, cycle: BillingCycle)] = []
        for part in parts where cycles.last?.cycle != part.cycle { cycles.append((part.start, part.cycle)) }
        self.cycles = cycles
    }

    private static func parts(of subscriptions: [Subscription], _ plans: [Identifier: Plan]) -> [Part] {
        var parts = [Part(start: .earliest, plan: nil, version: nil)]
        func append(_ start: Instant, _ plan: Identifier?, _ version: PlanVersion?) {
            if parts.last?.start == start { parts.removeLast() }
            if let last = parts.last, last.plan == plan, last.version == version { return }
            parts.append(Part(start: start, plan: plan, version: version))
        }
        for subscription in subscriptions.sorted(by: { $0.effective.from < $1.effective.from }) {
            let (name, effective) = (subscription.plan, subscription.effective)
            append(effective.from, name, nil)
            for version in plans[name]?.versions ?? [] where version.effective.overlaps(effective) {
                append(max(version.effective.from, effective.from), name, version)
                if let end = version.effective.until, effective.contains(end) { append(end, name, nil) }
            }
            if let end = effective.until { append(end, nil, nil) }
        }
        return parts
    }

    /// The period that contains an instant.
    public func period(containing instant: Instant) -> BillingPeriod {
        let place = place(of: instant)
        let bounds = cycles[place].cycle.bounds(around: instant, zone)
        let start = place == 0 ? bounds.start : max(bounds.start, cycles[place].start)
        let end = place + 1 < cycles.count ? min(bounds.end, cycles[place + 1].start) : bounds.end
        return BillingPeriod(start: start, end: end) ?? BillingPeriod(containing: instant)
    }

    /// The whole period of the cycle of which a period is a part, where a change of cycle has cut it short: fees are shares
    /// of it.
    public func wholePeriod(of period: BillingPeriod) -> BillingPeriod {
        let bounds = cycles[place(of: period.start)].cycle.bounds(around: period.start, zone)
        return BillingPeriod(start: bounds.start, end: bounds.end) ?? period
    }

    private func place(of instant: Instant) -> Int {
        max(0, (cycles.firstIndex { $0.start > instant } ?? cycles.count) - 1)
    }

    /// The periods that overlap a range, in order.
    public func periods(in range: Range<Instant>) -> [BillingPeriod] {
        var periods: [BillingPeriod] = []
        var start = range.lowerBound
        while start < range.upperBound {
            let period = period(containing: start)
            periods.append(period)
            // At the end of all time.
            if period.end <= start { break }
            start = period.end
        }
        return periods
    }

    /// What holds in a period: segments that tile it, each another plan or version than the one before.
    public func segments(in period: BillingPeriod) -> [PlanSegment] {
        let ends = parts.dropFirst().map(\.start) + [period.end]
        return zip(parts, ends).compactMap { part, end in
            let (start, end) = (max(part.start, period.start), min(end, period.end))
            return start < end ? PlanSegment(range: start..<end, plan: part.plan, version: part.version) : nil
        }
    }

    /// Whether there is a plan at some time of a period.
    package func hasPlan(in period: BillingPeriod) -> Bool { segments(in: period).contains { $0.plan != nil } }

    /// The share of its cycle's whole period that a part of a period is.
    func share(
        of part: Range<Instant>, in period: BillingPeriod, by proration: RecurringFee.Proration, continues: Bool
    ) -> PeriodShare {
        PeriodShare(of: part, in: wholePeriod(of: period), by: proration, on: zone, continues: continues)
    }

    /// Whether the same plans hold in a period by another calendar, and say the same.
    package func holds(the other: BillingCalendar, in period: BillingPeriod) -> Bool {
        let (mine, others) = (segments(in: period), other.segments(in: period))
        return mine.count == others.count
            && zip(mine, others).allSatisfy { one, other in
                guard one.range == other.range, one.plan == other.plan else { return false }
                guard let version = one.version, let otherVersion = other.version else {
                    return one.version == nil && other.version == nil
                }
                return version.saysTheSame(as: otherVersion)
            }
    }

    /// What holds at an instant.
    public func segment(at instant: Instant) -> PlanSegment? {
        segments(in: period(containing: instant)).first { $0.range.contains(instant) }
    }
}
