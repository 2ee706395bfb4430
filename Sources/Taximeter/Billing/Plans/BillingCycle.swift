/// How time is cut into billing periods, in the account's time zone.
public struct BillingCycle: Sendable, Hashable {
    /// The length of a period.
    public enum Length: String, Sendable, Hashable, CaseIterable {
        /// Seven days.
        case week
        /// A month.
        case month
        /// Three months.
        case quarter
        /// Twelve months.
        case year

        /// How many months; nil for a week.
        var months: Int? {
            switch self {
            case .week: nil
            case .month: 1
            case .quarter: 3
            case .year: 12
            }
        }
    }

    /// The length of a period.
    public let length: Length
    /// The day on which periods start: of the month 1 to 31 (in a month without that day, its last day), of the week
    /// 1 (Monday) to 7.
    public let anchorDay: Int
    /// The first month in which a period starts: 1 to 3 for quarters, 1 to 12 for years, else 1.
    public let anchorMonth: Int

    /// Months from their first day.
    public static let calendarMonth = BillingCycle(length: .month, anchorDay: 1, anchorMonth: 1)

    /// A cycle. Two that start their periods alike are equal: quarters from May are quarters from February, and anchors
    /// outside the calendar are its nearest day or month.
    public init(length: Length, anchorDay: Int = 1, anchorMonth: Int = 1) {
        self.length = length
        self.anchorDay = min(max(anchorDay, 1), length == .week ? 7 : 31)
        self.anchorMonth = (min(max(anchorMonth, 1), 12) - 1) % (length.months ?? 1) + 1
    }
}

extension BillingCycle {
    /// The start of the cycle's period that contains an instant, and of the next one, on the clock of a zone.
    ///
    /// Each start is the first instant of its day there; where clocks skip midnight, the moment of the change. Beyond
    /// the calendar's ends, those.
    func bounds(around instant: Instant, _ zone: TimeZoneRules) -> (start: Instant, end: Instant) {
        var place = place(of: zone.wallClock(at: instant).day)
        // The day shown is at most a step away: clocks that go back over midnight show the day before once more.
        while place.start(in: zone) > instant { place = place.advanced(by: -1) }
        var next = place.advanced(by: 1)
        while next.start(in: zone) <= instant {
            place = next
            next = place.advanced(by: 1)
        }
        return (place.start(in: zone), next.start(in: zone))
    }

    /// Whether a period starts on a day, given as days since 1970-01-01.
    func starts(on day: Int64) -> Bool { place(of: day).day == day }

    /// A period of the cycle, by the day on which it starts.
    private struct Place {
        let cycle: BillingCycle
        /// The week's first day as days since 1970-01-01, or the month as months since the year 0.
        let number: Int64

        func advanced(by steps: Int64) -> Place {
            Place(cycle: cycle, number: number + steps * Int64(cycle.length.months ?? 7))
        }

        /// Days since 1970-01-01; nil outside the years 1 to 9999.
        var day: Int64? {
            if cycle.length == .week { return number }
            let (year, month) = (Int(CivilDate.floorQuotient(number, 12)), Int(CivilDate.floorModulo(number, 12)) + 1)
            let day = min(cycle.anchorDay, CivilDate.dayCount(year: year, month: month))
            return CivilDate(year: year, month: month, day: day)?.daysSinceEpoch
        }

        func start(in zone: TimeZoneRules) -> Instant {
            let date = day.map(CivilDate.init(daysSinceEpoch:))
            let isEarly = cycle.length == .week ? number < 0 : number < 12 * 1970
            let beyond = Instant(unchecked: isEarly ? Instant.earliest.microseconds : Instant.latest.microseconds + 1)
            return date.flatMap { zone.firstInstant($0, .startOfDay) } ?? beyond
        }
    }

    /// The last period that starts on a day or before it, or one next to it.
    private func place(of day: Int64) -> Place {
        if length == .week {
            // 1970-01-01 was a Thursday, the fourth day of the week.
            return Place(cycle: self, number: day - CivilDate.floorModulo(day + 4 - Int64(anchorDay), 7))
        }
        let date = CivilDate(daysSinceEpoch: day)
        let (month, first) = (Int64(date.year * 12 + date.month - 1), Int64(anchorMonth - 1))
        let place = Place(cycle: self, number: month - CivilDate.floorModulo(month - first, Int64(length.months ?? 1)))
        return place.day.map { $0 > day } ?? false ? place.advanced(by: -1) : place
    }
}
