/// Where plans and time zones cut the usage of all accounts within an hour: so that it can be told to which billing
/// period and plan version it belongs. What subscriptions cut, they cut for their account alone.
package struct PlanCuts: Sendable {
    /// Zones in use, but UTC, whose midnights are whole hours.
    private let zones: [TimeZoneRules]
    private let cycles: Set<BillingCycle>
    /// Where plan versions begin and end.
    private let edges: Set<Instant>

    package init(zones: some Sequence<TimeZoneRules>, _ plans: some Sequence<Plan>) {
        let versions = plans.flatMap(\.versions)
        self.zones = Set(zones).filter { $0 != .utc }.sorted { $0.identifier < $1.identifier }
        cycles = Set(versions.map(\.cycle)).union([.calendarMonth])
        edges = Set(versions.map(\.effective).flatMap { [$0.from, $0.until].compactMap(\.self) })
    }

    /// The cuts strictly inside a UTC hour, in no order.
    package func cuts(in hour: Range<Instant>) -> [Instant] {
        edges.filter { hour.lowerBound < $0 && $0 < hour.upperBound } + zones.compactMap { periodStart(in: hour, $0) }
    }

    private func periodStart(in hour: Range<Instant>, _ zone: TimeZoneRules) -> Instant? {
        let day = zone.wallClock(at: Instant(unchecked: hour.upperBound.microseconds - 1)).day
        guard let start = zone.firstInstant(CivilDate(daysSinceEpoch: day), .startOfDay), hour.lowerBound < start,
            start < hour.upperBound
        else { return nil }
        // A day that clocks skip is read as the next one: its periods start there too.
        return cycles.contains { $0.starts(on: day) || $0.starts(on: day - 1) } ? start : nil
    }
}
