/// A point in time: microseconds since 1970-01-01T00:00:00Z, without leap seconds, as PostgreSQL's `timestamptz`.
///
/// The range is 0001-01-01 to 9999-12-31 (UTC): what RFC 3339 can write. Infinities do not exist here.
public struct Instant: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Microseconds since the Unix epoch.
    public let microseconds: Int64

    /// The earliest instant: 0001-01-01T00:00:00Z.
    public static let earliest = Instant(unchecked: -62_135_596_800_000_000)
    /// The latest instant: 9999-12-31T23:59:59.999999Z.
    public static let latest = Instant(unchecked: 253_402_300_799_999_999)

    /// One second, minute, hour and day in microseconds.
    public static let second: Int64 = 1_000_000
    /// One minute in microseconds.
    public static let minute: Int64 = 60 * second
    /// One hour in microseconds.
    public static let hour: Int64 = 60 * minute
    /// One day of 24 hours in microseconds.
    public static let day: Int64 = 24 * hour

    /// The instant so many microseconds from the Unix epoch, or nil outside ``earliest`` ... ``latest``.
    public init?(microseconds: Int64) {
        guard (Self.earliest.microseconds...Self.latest.microseconds).contains(microseconds) else { return nil }
        self.microseconds = microseconds
    }

    init(unchecked microseconds: Int64) { self.microseconds = microseconds }

    /// Chronological order.
    public static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

    /// This instant moved by so many microseconds, or nil outside the range.
    public func advanced(byMicroseconds delta: Int64) -> Instant? {
        let (sum, overflow) = microseconds.addingReportingOverflow(delta)
        return overflow ? nil : Instant(microseconds: sum)
    }

    /// The start of the UTC interval of this length (an hour, a day) that contains the instant.
    public func floored(toMicroseconds length: Int64) -> Instant {
        Instant(unchecked: microseconds - CivilDate.floorModulo(microseconds, length))
    }

    /// The start of the UTC hour that contains the instant.
    public var startOfHour: Instant { floored(toMicroseconds: Self.hour) }

    /// The number of the UTC day that contains the instant; 1970-01-01 is 0.
    public var day: Int64 { CivilDate.floorQuotient(microseconds, Self.day) }

    /// RFC 3339 in UTC: `2025-02-27T16:30:00Z`, with six decimals where there are microseconds.
    public var description: String {
        let date = CivilDate(daysSinceEpoch: day)
        let time = CivilDate.floorModulo(microseconds, Self.day)
        let seconds = time / Self.second
        let fraction = time % Self.second
        // Digit by digit: every usage line's id has two of them.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(27)
        func write(_ value: Int64, from first: Int64, then end: Unicode.Scalar) {
            var unit = first
            while unit > 0 {
                bytes.append(UInt8(ascii: "0") + UInt8(value / unit % 10))
                unit /= 10
            }
            bytes.append(UInt8(ascii: end))
        }
        write(Int64(date.year), from: 1_000, then: "-")
        write(Int64(date.month), from: 10, then: "-")
        write(Int64(date.day), from: 10, then: "T")
        write(seconds / 3600, from: 10, then: ":")
        write(seconds / 60 % 60, from: 10, then: ":")
        write(seconds % 60, from: 10, then: fraction == 0 ? "Z" : ".")
        if fraction > 0 { write(fraction, from: 100_000, then: "Z") }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A whole number padded with zeros on the left.
func decimal(_ value: Int64, width: Int) -> String {
    let digits = String(value)
    let missing = width - digits.utf8.count
    return missing <= 0 ? digits : String(repeating: "0", count: missing) + digits
}
