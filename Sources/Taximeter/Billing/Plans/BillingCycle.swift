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
    }

    /// The length of a period.
    public let length: Length
    /// The day on which periods start: of the month 1 to 31 (in a month without that day, its last day), of the week
    /// 1 (Monday) to 7.
    public let anchorDay: Int
    /// The first month in which a period starts, for quarters and years: 1 to 12.
    public let anchorMonth: Int

    /// Months from their first day.
    public static let calendarMonth = BillingCycle(length: .month, anchorDay: 1, anchorMonth: 1)

    /// A cycle. The anchors must be in range; what is not a day of the calendar never matches.
    public init(length: Length, anchorDay: Int = 1, anchorMonth: Int = 1) {
        self.length = length
        self.anchorDay = anchorDay
        self.anchorMonth = anchorMonth
    }
}
