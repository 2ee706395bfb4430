/// A day of the week. Weeks start on Monday, as in ISO 8601.
public enum Weekday: UInt8, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// The first day.
    case monday
    /// The second day.
    case tuesday
    /// The third day.
    case wednesday
    /// The fourth day.
    case thursday
    /// The fifth day.
    case friday
    /// The sixth day.
    case saturday
    /// The seventh day.
    case sunday

    /// The day of that English name in small letters, or nil.
    public init?(name: some StringProtocol) {
        guard let found = Self.allCases.first(where: { $0.description == name }) else { return nil }
        self = found
    }

    /// The weekday of the day so many days after 1970-01-01, which was a Thursday.
    public init(daysSinceEpoch days: Int64) {
        self = Self.allCases[Int(CivilDate.floorModulo(days + 3, 7))]
    }

    /// The English name in small letters: `monday`.
    public var description: String {
        switch self {
        case .monday: "monday"
        case .tuesday: "tuesday"
        case .wednesday: "wednesday"
        case .thursday: "thursday"
        case .friday: "friday"
        case .saturday: "saturday"
        case .sunday: "sunday"
        }
    }
}

/// A set of days of the week.
public struct Weekdays: OptionSet, Sendable, Hashable {
    /// Bit 0 is Monday, bit 6 Sunday.
    public let rawValue: UInt8

    /// The set with those bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The set of those days.
    public init(_ days: some Sequence<Weekday>) {
        rawValue = days.reduce(0) { $0 | 1 << $1.rawValue }
    }

    /// All seven.
    public static let all = Weekdays(rawValue: 0x7F)

    /// Whether the day is in the set.
    public func contains(_ day: Weekday) -> Bool { rawValue & 1 << day.rawValue != 0 }

    /// The days, Monday first.
    public var days: [Weekday] { Weekday.allCases.filter(contains) }
}

extension CivilDate {
    /// The day of the week.
    public var weekday: Weekday { Weekday(daysSinceEpoch: daysSinceEpoch) }

    /// Reads ISO 8601: `2026-10-01`. Nil for anything else, and for a day that does not exist.
    public init?(iso8601 text: some StringProtocol) {
        guard text.utf8.count == 10, let midnight = Instant(rfc3339: text + "T00:00:00Z") else { return nil }
        self.init(daysSinceEpoch: midnight.microseconds / Instant.day)
    }
}
