/// A month of the calendar, which names the billing periods that end in it: `2026-01`.
public struct BillingMonth: Sendable, Hashable, CustomStringConvertible {
    /// Its first day.
    public let firstDay: CivilDate

    /// Reads `2026-01`; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].count == 4, parts[1].count == 2,
            parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = CivilDate(year: year, month: month, day: 1)
        else { return nil }
        firstDay = day
    }

    /// The first day of the next month.
    public var firstDayAfter: CivilDate {
        let days = CivilDate.dayCount(year: firstDay.year, month: firstDay.month)
        return CivilDate(daysSinceEpoch: firstDay.daysSinceEpoch + Int64(days))
    }

    /// From its first instant to that of the next month, on the clock of a zone: a period belongs to the month when it
    /// ends after the one and not after the other.
    public func range(in zone: TimeZoneRules) -> Range<Instant> {
        let start = firstInstant(of: firstDay, zone)
        let end = firstInstant(of: firstDayAfter, zone)
        return start..<max(start, end)
    }

    private func firstInstant(of day: CivilDate, _ zone: TimeZoneRules) -> Instant {
        zone.firstInstant(day, .startOfDay) ?? day.startUTC
    }

    /// `2026-01`.
    public var description: String { String("\(firstDay)".prefix(7)) }
}
