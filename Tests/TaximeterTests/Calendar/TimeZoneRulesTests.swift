import Testing

@testable import Taximeter

@Suite struct TimeZoneRulesTests {
    /// Offsets as published in the IANA data base.
    @Test(arguments: [
        ("UTC", "2025-07-01T00:00:00Z", 0),
        ("Asia/Shanghai", "2025-07-01T00:00:00Z", 480),
        ("Asia/Shanghai", "1988-07-01T00:00:00Z", 540),  // China had summer time from 1986 to 1991
        ("Asia/Kathmandu", "2025-07-01T00:00:00Z", 345),
        ("Asia/Kathmandu", "1985-12-31T18:29:59Z", 330),
        ("Asia/Kathmandu", "1985-12-31T18:30:00Z", 345),
        ("Australia/Lord_Howe", "2025-01-01T00:00:00Z", 660),
        ("Australia/Lord_Howe", "2025-07-01T00:00:00Z", 630),
        ("America/New_York", "2025-03-09T06:59:59.999999Z", -300),
        ("America/New_York", "2025-03-09T07:00:00Z", -240),
        ("America/New_York", "2025-11-02T05:59:59.999999Z", -240),
        ("America/New_York", "2025-11-02T06:00:00Z", -300),
        ("Europe/Berlin", "2026-03-29T01:00:00Z", 120),
        ("Pacific/Apia", "2011-12-30T09:59:59Z", -600),
        ("Pacific/Apia", "2011-12-30T10:00:00Z", 840),
        ("Africa/Casablanca", "2025-03-01T00:00:00Z", 0),  // Ramadan
        ("Africa/Casablanca", "2025-06-01T00:00:00Z", 60),
        ("America/New_York", "2100-07-01T00:00:00Z", -240),
        ("Europe/Berlin", "9999-12-31T23:59:59.999999Z", 60),
        ("Asia/Shanghai", "0001-01-01T00:00:00Z", 485),
    ])
    func knowsOffsets(_ zone: String, _ text: String, _ minutes: Int64) throws {
        let rules = try given(TimeZoneRules(identifier: zone))
        #expect(CivilDate.floorQuotient(rules.offset(at: try instant(text)), Instant.minute) == minutes)
    }

    /// No such zone, or an abbreviation, of which some mean several zones.
    @Test(arguments: ["", "Asia/Shangai", "CST", "EST", "PRC", "GMT+8", "+08:00", "utc", "/", "Europe/", "../UTC"])
    func refusesOtherNames(_ name: String) { #expect(TimeZoneRules(identifier: name) == nil) }

    /// The first instant at which the clock shows the time or a later one.
    @Test(arguments: [
        ("America/New_York", "2025-03-09", "01:59:59", "2025-03-09T06:59:59Z"),
        ("America/New_York", "2025-03-09", "02:00", "2025-03-09T07:00:00Z"),  // skipped: the moment of the change
        ("America/New_York", "2025-03-09", "02:30", "2025-03-09T07:00:00Z"),
        ("America/New_York", "2025-03-09", "03:00", "2025-03-09T07:00:00Z"),
        ("America/New_York", "2025-11-02", "01:30", "2025-11-02T05:30:00Z"),  // twice: the first
        ("America/New_York", "2025-11-02", "02:00", "2025-11-02T07:00:00Z"),
        ("Australia/Lord_Howe", "2025-10-05", "02:15", "2025-10-04T15:30:00Z"),  // half an hour is skipped
        ("Australia/Lord_Howe", "2025-04-06", "01:45", "2025-04-05T14:45:00Z"),  // half an hour comes twice
        ("Asia/Kathmandu", "2024-02-29", "00:00", "2024-02-28T18:15:00Z"),
        ("Pacific/Apia", "2011-12-30", "12:00", "2011-12-30T10:00:00Z"),  // a whole day is skipped
        ("Asia/Beirut", "2025-03-30", "00:00", "2025-03-29T22:00:00Z"),  // midnight is skipped
        ("UTC", "2024-02-29", "24:00", "2024-03-01T00:00:00Z"),
    ])
    func findsTheFirstInstant(_ zone: String, _ date: String, _ time: String, _ expected: String) throws {
        let rules = try given(TimeZoneRules(identifier: zone))
        let found = rules.firstInstant(try given(CivilDate(iso8601: date)), try given(TimeOfDay(time)))
        #expect(found == (try instant(expected)))
    }

    @Test func listsChangesStrictlyInside() throws {
        let rules = try given(TimeZoneRules(identifier: "Europe/Berlin"))
        let (spring, autumn) = (try instant("2025-03-30T01:00:00Z"), try instant("2025-10-26T01:00:00Z"))
        let justBefore = try given(spring.advanced(byMicroseconds: -1))
        #expect(rules.changes(in: justBefore..<(try instant("2025-12-31T00:00:00Z"))) == [spring, autumn])
        #expect(rules.changes(in: spring..<autumn) == [])
    }
}

@Suite struct CalendarWordsTests {
    @Test func weekdaysOfKnownDates() throws {
        for (text, day) in [
            ("1970-01-01", Weekday.thursday), ("2025-02-27", .thursday), ("2024-02-29", .thursday),
            ("2026-08-23", .sunday), ("1969-12-31", .wednesday), ("0001-01-01", .monday),
        ] { #expect(try given(CivilDate(iso8601: text)).weekday == day) }
        for day in Weekday.allCases { #expect(Weekday(name: day.description) == day) }
        #expect(Weekday(name: "Monday") == nil)
    }

    @Test(arguments: ["2025-02-29", "2025-2-28", "20250228", "2025-02-28T00:00:00Z", "", "2025-13-01"])
    func refusesOtherDates(_ text: String) { #expect(CivilDate(iso8601: text) == nil) }

    @Test(
        arguments: [
            ("00:00", 0, "00:00"), ("16:30", 59_400, "16:30"), ("23:59:59", 86_399, "23:59:59"),
            ("24:00", 86_400, "24:00"),
        ] as [(String, Int64, String)])
    func readsTimesOfDay(_ text: String, _ seconds: Int64, _ shown: String) throws {
        let time = try given(TimeOfDay(text))
        #expect(time.microseconds == seconds * Instant.second)
        #expect(time.description == shown)
    }

    @Test(arguments: ["24:01", "25:00", "12:60", "12:00:60", "1:00", "12", "12:00:00:00", "-1:00", "١٢:٠٠", "12:0 "])
    func refusesOtherTimes(_ text: String) { #expect(TimeOfDay(text) == nil) }

    @Test func periodsAreHalfOpen() throws {
        let (a, b, c) = (Instant(unchecked: 0), Instant(unchecked: 10), Instant(unchecked: 20))
        let period = try given(EffectivePeriod(from: a, until: b))
        #expect(period.contains(a) && !period.contains(b))
        #expect(EffectivePeriod(from: b, until: b) == nil)
        #expect(try !period.overlaps(given(EffectivePeriod(from: b))))
        #expect(try period.overlaps(given(EffectivePeriod(from: Instant(unchecked: 9), until: c))))
        #expect(period.clamped(Instant(unchecked: 5)..<c) == Instant(unchecked: 5)..<b)
        #expect(period.clamped(b..<c) == nil)
    }
}
