/// The interval over which an account's charges are billed together, `[start, end)`.
public struct BillingPeriod: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The first instant of the period.
    public let start: Instant
    /// The first instant after it.
    public let end: Instant

    /// A period, or nil when it would be empty.
    public init?(start: Instant, end: Instant) {
        if end <= start { return nil }
        self.start = start
        self.end = end
    }

    /// The calendar month in UTC that contains an instant: the period of accounts that have agreed to nothing else.
    public init(containing instant: Instant) {
        let date = CivilDate(daysSinceEpoch: instant.day)
        let dayCount = CivilDate.dayCount(year: date.year, month: date.month)
        let firstDay = instant.day - Int64(date.day - 1)
        start = Instant(unchecked: firstDay * Instant.day)
        end = Instant(unchecked: (firstDay + Int64(dayCount)) * Instant.day)
    }

    /// Its instants.
    public var range: Range<Instant> { start..<end }

    /// The order of their starts.
    public static func < (left: Self, right: Self) -> Bool { (left.start, left.end) < (right.start, right.end) }

    /// `2026-01-01T00:00:00Z to 2026-02-01T00:00:00Z`.
    public var description: String { "\(start) to \(end)" }
}
