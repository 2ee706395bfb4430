/// Where plans and time zones cut the usage of all accounts within an hour: so that it can be told to which billing
/// period, plan version and day of the account it belongs. What subscriptions cut, they cut for their account alone.
package struct PlanCuts: Sendable {
    /// Zones in use, but UTC, whose midnights are whole hours.
    private let zones: Set<TimeZoneRules>
    /// Where plan versions begin and end.
    private let edges: Set<Instant>

    package init(zones: some Sequence<TimeZoneRules>, _ plans: some Sequence<Plan>) {
        self.zones = Set(zones).subtracting([.utc])
        let effective = plans.flatMap(\.versions).map(\.effective)
        edges = Set(effective.flatMap { [$0.from, $0.until].compactMap(\.self) })
    }

    /// The cuts strictly inside a UTC hour, in no order, some perhaps twice.
    ///
    /// Every billing period starts where a day does.
    package func cuts(in hour: Range<Instant>) -> [Instant] {
        (edges + zones.flatMap { $0.dayStarts(in: hour) }).filter { hour.lowerBound < $0 && $0 < hour.upperBound }
    }
}

extension TimeZoneRules {
    /// Where the clock begins to show another day within an hour: at midnight, and where it is changed over midnight.
    fileprivate func dayStarts(in hour: Range<Instant>) -> [Instant] {
        let changes = changes(in: hour)
        if changes.isEmpty, day(before: hour.upperBound) == day(of: hour.lowerBound) { return [] }
        let midnights = ([hour.lowerBound] + changes).map { instant in
            Instant(unchecked: (day(of: instant) + 1) * Instant.day - offset(at: instant))
        }
        return (changes + midnights).filter { day(of: $0) != day(before: $0) }
    }
}
