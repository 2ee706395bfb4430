import Foundation
import Testing

@testable import Taximeter

private func window(
    _ zone: String, _ start: String, _ end: String, _ days: Weekdays = .all, _ calendar: DayCalendar = .none
) throws -> DailyWindow {
    try given(
        DailyWindow(
            zone: given(TimeZoneRules(identifier: zone)), from: given(TimeOfDay(start)),
            until: given(TimeOfDay(end)), on: days, calendar: calendar))
}

private func entry(_ first: String, _ last: String, _ day: Weekday) throws -> DayCalendar.Entry {
    try given(
        DayCalendar.Entry(
            given(CivilDate(iso8601: first)), through: given(CivilDate(iso8601: last)), follows: day))
}

@Suite struct DailyWindowTests {
    /// A window, an instant at which it begins or ends, and whether the instant itself is inside; the microsecond before
    /// is the opposite.
    @Test(arguments: [
        // DeepSeek's night of 2025.
        ("UTC", "16:30", "00:30", "2025-02-26T16:30:00Z", true),
        ("UTC", "16:30", "00:30", "2025-02-27T00:30:00Z", false),
        // All but the night: the complement has the same edges.
        ("UTC", "00:30", "16:30", "2025-02-26T16:30:00Z", false),
        ("UTC", "00:30", "16:30", "2025-02-27T00:30:00Z", true),
        ("Asia/Kathmandu", "09:00", "12:00", "2025-02-27T03:15:00Z", true),
        ("Asia/Kathmandu", "09:00", "12:00", "2025-02-27T06:15:00Z", false),
        // The leap day belongs to February.
        ("UTC", "22:00", "06:00", "2024-02-29T22:00:00Z", true),
        ("UTC", "22:00", "06:00", "2024-03-01T06:00:00Z", false),
        // New York springs forward at 02:00: a window from 02:30 begins at the change, one until 02:30 ends there.
        ("America/New_York", "02:30", "05:00", "2025-03-09T07:00:00Z", true),
        ("America/New_York", "01:00", "02:30", "2025-03-09T07:00:00Z", false),
        // It falls back at 02:00: 01:15 comes twice, and both are inside.
        ("America/New_York", "01:15", "01:45", "2025-11-02T05:15:00Z", true),
        ("America/New_York", "01:15", "01:45", "2025-11-02T05:45:00Z", false),
        ("America/New_York", "01:15", "01:45", "2025-11-02T06:15:00Z", true),
        ("America/New_York", "01:15", "01:45", "2025-11-02T06:45:00Z", false),
        // A window until 01:30 ends, and begins again when the clock goes back to 01:00.
        ("America/New_York", "00:00", "01:30", "2025-11-02T05:30:00Z", false),
        ("America/New_York", "00:00", "01:30", "2025-11-02T06:00:00Z", true),
        // Sydney does it in the other half of the year.
        ("Australia/Sydney", "02:30", "05:00", "2025-10-04T16:00:00Z", true),
        ("Australia/Sydney", "02:30", "05:00", "2025-04-05T15:30:00Z", true),
        // Lord Howe changes by half an hour.
        ("Australia/Lord_Howe", "01:40", "04:00", "2025-04-05T14:40:00Z", true),
        ("Australia/Lord_Howe", "01:40", "04:00", "2025-04-05T15:10:00Z", true),
    ])
    func beginsAndEndsToTheMicrosecond(
        _ zone: String, _ start: String, _ end: String, _ edge: String, _ isInside: Bool
    ) throws {
        let (window, edge) = (try window(zone, start, end), try instant(edge))
        let before = try given(edge.advanced(byMicroseconds: -1))
        #expect(window.contains(edge) == isInside)
        #expect(window.contains(before) == !isInside)
        #expect(window.contains(try given(edge.advanced(byMicroseconds: 1))) == isInside)
        let around = before..<(try given(edge.advanced(byMicroseconds: 1)))
        #expect(window.edges(in: around) == [edge])
    }

    @Test func aNightBelongsToTheDayOnWhichItStarts() throws {
        let window = try window("UTC", "22:00", "06:00", Weekdays([.friday]))
        #expect(window.contains(try instant("2025-02-28T22:00:00Z")))  // Friday
        #expect(window.contains(try instant("2025-03-01T05:59:59.999999Z")))
        #expect(!window.contains(try instant("2025-02-28T05:00:00Z")))
        #expect(!window.contains(try instant("2025-03-01T22:00:00Z")))
    }

    @Test func weekdaysAreReadInTheZone() throws {
        // Saturday 00:30 in Shanghai is still Friday in UTC.
        let weekend = Weekdays([.saturday, .sunday])
        let saturday = try instant("2026-08-28T16:30:00Z")
        #expect(try window("Asia/Shanghai", "00:00", "24:00", weekend).contains(saturday))
        #expect(try !window("UTC", "00:00", "24:00", weekend).contains(saturday))
    }

    @Test func calendarDatesFollowAnotherDay() throws {
        let calendar = try given(
            DayCalendar([
                entry("2026-10-01", "2026-10-07", .sunday), entry("2026-09-20", "2026-09-20", .monday),
            ]))
        let weekdays = Weekdays([.monday, .tuesday, .wednesday, .thursday, .friday])
        let window = try window("Asia/Shanghai", "09:00", "12:00", weekdays, calendar)
        for (text, isInside) in [
            ("2026-09-30T02:00:00Z", true), ("2026-10-01T02:00:00Z", false), ("2026-10-07T02:00:00Z", false),
            ("2026-10-08T02:00:00Z", true), ("2026-09-20T02:00:00Z", true), ("2026-09-19T02:00:00Z", false),
        ] { #expect(window.contains(try instant(text)) == isInside, "\(text)") }
    }

    @Test func aWholeDayHasEdgesOnlyWhereDaysDiffer() throws {
        let range = try instant("2025-03-01T00:00:00Z")..<(try instant("2025-03-16T00:00:00Z"))
        #expect(try window("UTC", "00:00", "24:00").edges(in: range) == [])
        let sundays = try window("UTC", "00:00", "24:00", Weekdays([.sunday])).edges(in: range).map(\.description)
        #expect(sundays == ["2025-03-02", "2025-03-03", "2025-03-09", "2025-03-10"].map { $0 + "T00:00:00Z" })
    }

    @Test func refusesEmptyWindows() throws {
        let (utc, noon) = (TimeZoneRules.utc, try given(TimeOfDay("12:00")))
        #expect(DailyWindow(zone: utc, from: noon, until: noon) == nil)
        #expect(DailyWindow(zone: utc, from: .startOfDay, until: .startOfDay) == nil)
        #expect(DailyWindow(zone: utc, from: .endOfDay, until: noon) == nil)
        #expect(DailyWindow(zone: utc, from: noon, until: .endOfDay, on: []) == nil)
        #expect(try window("UTC", "12:00", "00:00") == window("UTC", "12:00", "24:00"))
        #expect(try entry("2026-10-01", "2026-10-01", .sunday).first.description == "2026-10-01")
        #expect(
            try DayCalendar([entry("2026-10-01", "2026-10-03", .sunday), entry("2026-10-03", "2026-10-04", .monday)])
                == nil)
    }

    private static let zones = [
        "UTC", "Asia/Shanghai", "Asia/Kathmandu", "America/New_York", "Australia/Sydney", "Australia/Lord_Howe",
        "America/Santiago", "Africa/Casablanca", "Pacific/Chatham",
    ]

    private static func random(_ dice: inout Dice, _ zone: String) throws -> DailyWindow {
        while true {
            let minutes = [dice.whole(0...1440), dice.whole(0...1440)].map { Int64($0) * Instant.minute }
            let days = Weekdays(rawValue: dice.chance(1, in: 3) ? 0x7F : UInt8(dice.whole(0...127)))
            let entries = try (0..<dice.whole(0...3)).map { index in
                let first = CivilDate(daysSinceEpoch: 20_150 + Int64(index) * 40 + dice.whole(0...9))
                let last = CivilDate(daysSinceEpoch: first.daysSinceEpoch + dice.whole(0...20))
                return try given(DayCalendar.Entry(first, through: last, follows: dice.one(of: Weekday.allCases)))
            }
            if let window = DailyWindow(
                zone: try given(TimeZoneRules(identifier: zone)),
                from: try given(TimeOfDay(microseconds: minutes[0])),
                until: try given(TimeOfDay(microseconds: minutes[1])), on: days,
                calendar: try given(DayCalendar(entries)))
            {
                return window
            }
        }
    }

    /// ``DailyWindow/edges(in:)`` gives every change of `contains` and nothing else: between two edges it is constant,
    /// at each it changes; seen at random instants of a year, against Foundation's calendar.
    @Test(arguments: zones)
    func edgesAndMembershipAgree(_ zone: String) throws {
        var dice = Dice(seed: 7)
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try given(TimeZone(identifier: zone))
        for _ in 0..<6 {
            let window = try Self.random(&dice, zone)
            let start = Instant(unchecked: 1_740_000_000 * Instant.second + dice.whole(0...Instant.day))
            let end = Instant(unchecked: start.microseconds + 300 * Instant.day)
            let edges = window.edges(in: start..<end)
            for (index, bounds) in zip([start] + edges, edges + [end]).enumerated() {
                let isInside = window.contains(bounds.0)
                if index > 0 { #expect(window.contains(Instant(unchecked: bounds.0.microseconds - 1)) != isInside) }
                let inner = Instant(unchecked: dice.whole(bounds.0.microseconds...bounds.1.microseconds - 1))
                #expect(window.contains(inner) == isInside, "\(dice)")
                #expect(isInside == contains(window, inner, calendar), "\(dice): \(inner)")
            }
        }
    }

    /// Membership in the plainest way, by Foundation's calendar.
    private func contains(_ window: DailyWindow, _ instant: Instant, _ calendar: Calendar) -> Bool {
        let date = Date(timeIntervalSince1970: TimeInterval(CivilDate.floorQuotient(instant.microseconds, 1_000_000)))
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second, .weekday], from: date)
        let time = Int64((parts.hour ?? 0) * 3600 + (parts.minute ?? 0) * 60 + (parts.second ?? 0)) * Instant.second
        let applies = { (daysBack: Int) -> Bool in
            guard let today = CivilDate(year: parts.year ?? 0, month: parts.month ?? 0, day: parts.day ?? 0) else {
                return false
            }
            let day = CivilDate(daysSinceEpoch: today.daysSinceEpoch - Int64(daysBack))
            let listed = window.calendar.entries.first { $0.first <= day && day <= $0.last }
            // Foundation's weekday 1 is Sunday.
            let own = Weekday.allCases[((parts.weekday ?? 1) + 5 + 7 - daysBack) % 7]
            return window.weekdays.contains(listed?.follows ?? own)
        }
        let (start, end) = (window.start.microseconds, window.end.microseconds)
        if start < end { return start <= time && time < end && applies(0) }
        return start <= time && applies(0) || time < end && applies(1)
    }

    /// A night that starts on the last of many days that follow Saturday runs into the Friday after them.
    @Test func overlapIsSeenAtTheEndOfAnEntry() throws {
        let calendar = try given(DayCalendar([entry("2025-03-01", "2025-03-20", .saturday)]))
        let night = try window("UTC", "22:00", "06:00", Weekdays([.saturday]), calendar)
        #expect(night.overlaps(try window("UTC", "00:00", "05:00", Weekdays([.friday]), calendar)))
        #expect(!night.overlaps(try window("UTC", "00:00", "05:00", Weekdays([.thursday]), calendar)))
    }

    /// Overlap is decided on the clock, without looking at instants; a year of instants agrees.
    @Test func overlapIsDecidedExactly() throws {
        var dice = Dice(seed: 23)
        var overlaps = 0
        for _ in 0..<150 {
            let (a, b) = (try Self.random(&dice, "UTC"), try Self.random(&dice, "UTC"))
            let range =
                Instant(unchecked: 1_730_000_000 * Instant.second)..<Instant(unchecked: 1_770_000_000 * Instant.second)
            let edges = [range.lowerBound] + a.edges(in: range) + b.edges(in: range)
            let expected = edges.contains { a.contains($0) && b.contains($0) }
            #expect(a.overlaps(b) == expected, "\(dice)")
            #expect(b.overlaps(a) == expected, "\(dice)")
            overlaps += expected ? 1 : 0
        }
        #expect((20...130).contains(overlaps), "the cases must show both answers")
    }
}
