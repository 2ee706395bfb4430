/// A reading of the clock on the wall, 00:00 to 24:00, to the microsecond. 24:00 is the end of the day.
public struct TimeOfDay: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Microseconds since the clock showed 00:00, 0 to 24 hours.
    public let microseconds: Int64

    /// 00:00.
    public static let startOfDay = TimeOfDay(unchecked: 0)
    /// 24:00.
    public static let endOfDay = TimeOfDay(unchecked: Instant.day)

    /// The reading so many microseconds after 00:00, or nil outside 0 to 24 hours.
    public init?(microseconds: Int64) {
        guard (0...Instant.day).contains(microseconds) else { return nil }
        self.microseconds = microseconds
    }

    private init(unchecked microseconds: Int64) { self.microseconds = microseconds }

    /// Reads `16:30` or `16:30:05`, with two digits each; `24:00` is the latest.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part -> Int64? in
            part.utf8.count == 2 && part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(part) : nil
        }
        guard numbers.count == parts.count, (2...3).contains(numbers.count), numbers.dropFirst().allSatisfy({ $0 < 60 })
        else { return nil }
        let seconds = (numbers + [0])[0...2].reduce(0) { $0 * 60 + $1 }
        self.init(microseconds: seconds * Instant.second)
    }

    /// The earlier reading first.
    public static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

    /// `16:30`, with seconds and microseconds only where there are any.
    public var description: String {
        let seconds = microseconds / Instant.second
        let fraction = microseconds % Instant.second
        let clock = "\(decimal(seconds / 3600, width: 2)):\(decimal(seconds / 60 % 60, width: 2))"
        if seconds % 60 == 0, fraction == 0 { return clock }
        return clock + ":\(decimal(seconds % 60, width: 2))" + (fraction == 0 ? "" : ".\(decimal(fraction, width: 6))")
    }
}

/// What the clock and the calendar on the wall of some place show at an instant.
struct WallClock: Sendable, Hashable {
    /// Days from 1970-01-01 to the date shown.
    let day: Int64
    /// Microseconds since the clock showed 00:00.
    let time: Int64

    /// The reading that a UTC clock shows so many microseconds from the Unix epoch.
    init(microseconds: Int64) {
        day = CivilDate.floorQuotient(microseconds, Instant.day)
        time = microseconds - day * Instant.day
    }
}
