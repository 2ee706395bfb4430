/// Dates that follow another day's rule: a holiday on a Thursday that is priced as a Sunday, a working Saturday that is
/// priced as a Monday. All other dates follow their own weekday.
public struct DayCalendar: Sendable, Hashable {
    /// Dates from the first to the last, both included, that follow the rule of one weekday.
    public struct Entry: Sendable, Hashable {
        /// The first date.
        public let first: CivilDate
        /// The last date, included.
        public let last: CivilDate
        /// The weekday whose rule they follow.
        public let follows: Weekday

        /// Dates that follow a weekday's rule, or nil when the last comes before the first.
        public init?(_ first: CivilDate, through last: CivilDate, follows: Weekday) {
            if last < first { return nil }
            self.first = first
            self.last = last
            self.follows = follows
        }
    }

    /// The entries, in order of their dates; no date is in two of them.
    public let entries: [Entry]
    /// The same as day numbers, for look-ups.
    private let firstDays: [Int64]
    private let lastDays: [Int64]

    /// No date follows another day's rule.
    public static let none = DayCalendar(sorted: [])

    /// A calendar of these entries, in any order, or nil when a date is in two of them.
    public init?(_ entries: [Entry]) {
        let sorted = entries.sorted { $0.first < $1.first }
        for (earlier, later) in zip(sorted, sorted.dropFirst()) where later.first <= earlier.last { return nil }
        self.init(sorted: sorted)
    }

    private init(sorted: [Entry]) {
        entries = sorted
        firstDays = sorted.map(\.first.daysSinceEpoch)
        lastDays = sorted.map(\.last.daysSinceEpoch)
    }

    /// The weekday whose rule a day follows; the day as days since 1970-01-01.
    func weekday(ofDay day: Int64) -> Weekday {
        var (low, high) = (0, firstDays.count)
        while low < high {
            let middle = (low + high) / 2
            if firstDays[middle] <= day { low = middle + 1 } else { high = middle }
        }
        return low > 0 && day <= lastDays[low - 1] ? entries[low - 1].follows : Weekday(daysSinceEpoch: day)
    }
}
