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

    /// The calendar of an account.
    ///
    /// - Parameters:
    ///   - agreement: Its zone and subscriptions.
    ///   - plans: Any plans; those that it is subscribed to, as far as they are there.
    public init(_ agreement: Agreement, _ plans: [Plan]) {
        let plans = Dictionary(plans.map { ($0.name, $0) }) { first, _ in first }
        self.init(agreement, plans)
    }

    init(_ agreement: Agreement, _ plans: [Identifier: Plan]) {
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
        let place = max(0, (cycles.firstIndex { $0.start > instant } ?? cycles.count) - 1)
        let bounds = cycles[place].cycle.bounds(around: instant, zone)
        let start = place == 0 ? bounds.start : max(bounds.start, cycles[place].start)
        let end = place + 1 < cycles.count ? min(bounds.end, cycles[place + 1].start) : bounds.end
        return BillingPeriod(start: start, end: end) ?? BillingPeriod(containing: instant)
    }

    /// The periods that overlap a range, in order.
    public func periods(in range: Range<Instant>) -> [BillingPeriod] {
        var periods: [BillingPeriod] = []
        var start = range.lowerBound
        while start < range.upperBound {
            let period = period(containing: start)
            periods.append(period)
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

    /// What holds at an instant.
    public func segment(at instant: Instant) -> PlanSegment? {
        segments(in: period(containing: instant)).first { $0.range.contains(instant) }
    }
}
