/// A time of day that comes back on certain days: 16:30 to 00:30, Monday to Friday, on the clocks of a time zone.
///
/// An instant is inside when the clock on the wall of the zone shows a time from the start (included) to the end
/// (excluded), on a day that the window applies to. A window that ends at or before its start runs over midnight and
/// belongs to the day on which it starts. So where clocks go forward the skipped times are never inside, and where they
/// go back a time that is shown twice is inside both times, or neither.
public struct DailyWindow: Sendable, Hashable {
    /// Whose clock is read.
    public let zone: TimeZoneRules
    /// The first time of day inside, before 24:00.
    public let start: TimeOfDay
    /// The first time of day no longer inside, after 00:00; at or before the start on the following day.
    public let end: TimeOfDay
    /// The days on which the window starts.
    public let weekdays: Weekdays
    /// Dates that follow another weekday's rule.
    public let calendar: DayCalendar

    /// A window, or nil when it is empty: no time (start and end alike; the whole day is 00:00 to 24:00), or no weekday.
    public init?(
        zone: TimeZoneRules, from start: TimeOfDay, until end: TimeOfDay, on weekdays: Weekdays = .all,
        calendar: DayCalendar = .none
    ) {
        if start == end || start == .endOfDay || weekdays.isEmpty { return nil }
        self.zone = zone
        self.start = start
        // Midnight as an end is the end of the starting day, whichever way it is written.
        self.end = end == .startOfDay ? .endOfDay : end
        self.weekdays = weekdays
        self.calendar = calendar
    }

    /// Whether the window runs over midnight.
    public var wraps: Bool { end < start }

    /// Whether the instant is inside.
    public func contains(_ instant: Instant) -> Bool { contains(zone.wallClock(at: instant)) }

    func contains(_ shown: WallClock) -> Bool {
        span.contains(shown.time) && applies(on: shown.time < span.start ? shown.day - 1 : shown.day)
    }

    /// The window on a clock, whatever the day.
    var span: ClockSpan { ClockSpan(from: start, until: end) }

    private func applies(on day: Int64) -> Bool {
        weekdays == .all || weekdays.contains(calendar.weekday(ofDay: day))
    }

    /// Every instant strictly inside the range at which ``contains(_:)-(Instant)`` changes, in order.
    public func edges(in range: Range<Instant>) -> [Instant] {
        guard range.lowerBound < range.upperBound else { return [] }
        // Membership can change only where the clock shows the start or the end, and where clocks are changed.
        let (low, high) = (range.lowerBound.microseconds, range.upperBound.microseconds)
        let offsets = zone.offsets(in: low...high)
        var candidates = Set(zone.changes(in: range).map(\.microseconds))
        let days = WallClock(microseconds: low).day - 1...WallClock(microseconds: high).day + 1
        for day in days {
            for time in [start.microseconds, end.microseconds] {
                for offset in offsets { candidates.insert(day * Instant.day + time - offset) }
            }
        }
        return candidates.filter { low < $0 && $0 < high }.sorted().map(Instant.init(unchecked:)).filter { edge in
            contains(edge) != contains(Instant(unchecked: edge.microseconds - 1))
        }
    }

    /// Whether some reading of the clock is inside both windows. Both must read the same zone.
    func overlaps(_ other: DailyWindow) -> Bool {
        // What a window does on a day depends on the rule of that day and of the day before. The rules change at the
        // edges of calendar entries, and between those come back every week: a week after each edge shows every case.
        let edges = (calendar.entries + other.calendar.entries).flatMap { entry in
            [entry.first.daysSinceEpoch, entry.last.daysSinceEpoch + 1]
        }
        return ([0] + edges).flatMap { $0...$0 + 7 }.contains { day in
            // Where they overlap, the overlap begins at the start of one of them.
            [start.microseconds, other.start.microseconds].contains { time in
                let shown = WallClock(microseconds: day * Instant.day + time)
                return contains(shown) && other.contains(shown)
            }
        }
    }
}

/// A stretch of time on the face of a clock, over midnight or not.
struct ClockSpan: Sendable {
    /// Microseconds after 00:00.
    let start: Int64
    private let length: Int64

    /// Up to an end; one at or before the start is on the following day.
    init(from start: TimeOfDay, until end: TimeOfDay) {
        self.start = start.microseconds
        length = end.microseconds - start.microseconds + (end > start ? 0 : Instant.day)
    }

    /// Whether a time of day lies in it. A time before the start may belong to the day before.
    @inline(__always)
    func contains(_ time: Int64) -> Bool {
        let passed = time &- start
        return (passed < 0 ? passed &+ Instant.day : passed) < length
    }
}
