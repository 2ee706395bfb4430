internal import Foundation
internal import Synchronization

/// A time zone of the IANA data base: what the clock on the wall shows at each instant.
///
/// Read once from Foundation, which carries its own copy of the data and so needs no files on the host; afterwards
/// only arithmetic. Before 1900 the zone keeps the offset it had then, after 2500 the one it will have then.
public struct TimeZoneRules: Sendable, Hashable {
    /// The name: `Asia/Shanghai`, `UTC`.
    public let identifier: String
    /// The instants at which the offset changes, in order, and the offsets (microseconds east of UTC): the first one
    /// holds before the first change, so there is one more of them.
    private let changes: [Int64]
    private let offsets: [Int64]

    /// Coordinated Universal Time.
    public static let utc = TimeZoneRules(identifier: "UTC", changes: [], offsets: [0])

    private static let known = Mutex<[String: TimeZoneRules]>(["UTC": utc])

    /// The zone of that name, or nil when there is none.
    ///
    /// A name is `UTC` or has a slash. Abbreviations are not names: `CST` is a zone in America, China and Cuba.
    public init?(identifier: String) {
        if let rules = Self.known.withLock({ $0[identifier] }) {
            self = rules
            return
        }
        guard identifier.contains("/"), let zone = TimeZone(identifier: identifier) else { return nil }
        let rules = Self(identifier: identifier, zone)
        Self.known.withLock { $0[identifier] = rules }
        self = rules
    }

    private init(identifier: String, changes: [Int64], offsets: [Int64]) {
        self.identifier = identifier
        self.changes = changes
        self.offsets = offsets
    }

    private init(identifier: String, _ zone: TimeZone) {
        let end = Date(timeIntervalSince1970: 16_725_225_600)  // 2500-01-01
        var date = Date(timeIntervalSince1970: -2_208_988_800)  // 1900-01-01
        var changes: [Int64] = []
        var offsets = [Int64(zone.secondsFromGMT(for: date)) * Instant.second]
        while let next = zone.nextDaylightSavingTimeTransition(after: date), next > date, next < end {
            let offset = Int64(zone.secondsFromGMT(for: next)) * Instant.second
            if offset != offsets.last {
                changes.append(Int64(next.timeIntervalSince1970.rounded()) * Instant.second)
                offsets.append(offset)
            }
            date = next
        }
        self.init(identifier: identifier, changes: changes, offsets: offsets)
    }

    /// Microseconds that the zone's clocks are ahead of UTC at an instant.
    public func offset(at instant: Instant) -> Int64 { offsets[period(of: instant.microseconds)] }

    /// The instants at which the clocks are changed, strictly inside the range.
    public func changes(in range: Range<Instant>) -> [Instant] {
        let (first, end) = (period(of: range.lowerBound.microseconds), period(of: range.upperBound.microseconds - 1))
        return first < end ? changes[first..<end].map(Instant.init(unchecked:)) : []
    }

    /// The first instant at which the clock shows this date and time, or a later one.
    ///
    /// A time that the clock shows twice means the first of both; a time that is skipped means the moment of the change.
    public func firstInstant(_ date: CivilDate, _ time: TimeOfDay) -> Instant? {
        let local = date.daysSinceEpoch * Instant.day + time.microseconds
        // No clock is a whole day from UTC, so the answer lies in the periods that touch these two days.
        let (first, last) = (period(of: local - Instant.day), period(of: local + Instant.day))
        for period in first...last {
            let start = period == 0 ? Int64.min : changes[period - 1]
            let end = period == changes.count ? Int64.max : changes[period]
            let candidate = max(start, local - offsets[period])
            if candidate < end { return Instant(microseconds: candidate) }
        }
        return nil
    }

    /// What the clock on the wall shows.
    func wallClock(at instant: Instant) -> WallClock {
        WallClock(microseconds: instant.microseconds + offset(at: instant))
    }

    /// The day that the clock shows, as days since 1970-01-01.
    func day(of instant: Instant) -> Int64 { wallClock(at: instant).day }

    /// The day that the clock shows just before an instant.
    func day(before end: Instant) -> Int64 { day(of: Instant(unchecked: end.microseconds - 1)) }

    /// The different offsets in force somewhere between two instants, both included.
    func offsets(in range: ClosedRange<Int64>) -> Set<Int64> {
        Set(offsets[period(of: range.lowerBound)...period(of: range.upperBound)])
    }

    /// How many changes have happened at an instant.
    private func period(of microseconds: Int64) -> Int {
        var (low, high) = (0, changes.count)
        while low < high {
            let middle = (low + high) / 2
            if changes[middle] <= microseconds { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
