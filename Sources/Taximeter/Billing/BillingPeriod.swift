/// The interval over which an account's charges are billed together: a calendar month in UTC.
public struct BillingPeriod: Sendable, Hashable {
    /// The first instant of the period.
    public let start: Instant
    /// The first instant after it.
    public let end: Instant

    /// The period that contains an instant.
    public init(containing instant: Instant) {
        let date = CivilDate(daysSinceEpoch: instant.day)
        let dayCount = CivilDate.dayCount(year: date.year, month: date.month)
        let firstDay = instant.day - Int64(date.day - 1)
        start = Instant(unchecked: firstDay * Instant.day)
        end = Instant(unchecked: (firstDay + Int64(dayCount)) * Instant.day)
    }
}
