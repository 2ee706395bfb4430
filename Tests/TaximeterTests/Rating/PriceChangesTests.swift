import Testing

@testable import Taximeter

/// When prices change next.
@Suite struct PriceChangesTests {
    private func changes(_ rater: Rater, after: String, count: Int, of model: String) throws -> [String] {
        let instant = try given(Instant(rfc3339: after))
        return try rater.changes(after: instant, count: count, of: [Identifier(model)]).map { change in
            "\(change.instant) \(change.events.map(\.description).joined(separator: ", "))"
        }
    }

    /// DeepSeek's peak hours: weekends, China's holidays, and the working weekends that stay off-peak.
    @Test(arguments: [
        // Friday's last peak hour is followed by Monday's first.
        ("2026-09-04T10:00:00Z", "2026-09-07T01:00:00Z schedule peak-morning begins"),
        ("2026-09-18T10:00:00Z", "2026-09-21T01:00:00Z schedule peak-morning begins"),  // Sunday the 20th is worked
        ("2026-09-24T10:00:00Z", "2026-09-28T01:00:00Z schedule peak-morning begins"),  // Mid-Autumn
        ("2026-09-30T10:00:00Z", "2026-10-08T01:00:00Z schedule peak-morning begins"),  // National Day
        ("2026-10-09T10:00:00Z", "2026-10-12T01:00:00Z schedule peak-morning begins"),  // Saturday the 10th is worked
        ("2026-09-28T01:00:00Z", "2026-09-28T04:00:00Z schedule peak-morning ends"),
        ("2026-09-28T00:59:59.999999Z", "2026-09-28T01:00:00Z schedule peak-morning begins"),
        ("2026-09-28T04:00:00Z", "2026-09-28T06:00:00Z schedule peak-afternoon begins"),
    ])
    func peakHours(_ after: String, _ next: String) throws {
        let rater = Rater(book: try PriceBook.parse(fixture("deepseek-usd.yaml"), file: "usd"))
        #expect(try changes(rater, after: after, count: 1, of: "deepseek-v4-pro") == [next])
    }

    /// A version, an alias and a window at one moment; the rates before and after.
    @Test func severalModelsAtOneMoment() throws {
        let rater = Rater(book: try PriceBook.parse(fixture("deepseek-usd.yaml"), file: "usd"))
        let changes = rater.changes(after: try given(Instant(rfc3339: "2026-09-10T03:00:00Z")), count: 1)
        let texts = changes.map { "\($0.model): \($0.events.map(\.description).joined(separator: ", "))" }
        #expect(
            texts == [
                "deepseek-v4-flash: version from 2026-08-22T16:00:00Z ends, schedule peak-morning ends",
                "deepseek-v4-pro: schedule peak-morning ends",
                "deepseek-flash: version from 2026-09-10T04:00:00Z begins, alias deepseek-v4-flash begins, "
                    + "alias deepseek-v4-flash-vision-exp begins",
            ])
        #expect(changes[0].before?.bands[0].rates[.output]?.perMillion == "1.32" && changes[0].after == nil)
        #expect(changes[2].before == nil && changes[2].after?.bands[0].rates[.output]?.perMillion == "0.6")
        #expect(changes.map(\.zone.identifier) == ["Asia/Shanghai", "Asia/Shanghai", "Asia/Shanghai"])
        let local = changes[0].zone.local(changes[0].instant)
        #expect("\(local.date) \(local.time) \(local.date.weekday)" == "2026-09-10 12:00 thursday")
    }

    /// Clocks that go forward skip the window, and clocks that go back show it twice.
    @Test(arguments: [
        (
            "Europe/Berlin", "2026-03-28T12:00:00Z",
            ["2026-03-30T00:15:00Z schedule w begins", "2026-03-30T00:45:00Z schedule w ends"]
        ),
        (
            "Europe/Berlin", "2026-10-24T12:00:00Z",
            [
                "2026-10-25T00:15:00Z schedule w begins", "2026-10-25T00:45:00Z schedule w ends",
                "2026-10-25T01:15:00Z schedule w begins", "2026-10-25T01:45:00Z schedule w ends",
            ]
        ),
        (
            "Australia/Sydney", "2026-10-03T12:00:00Z",
            ["2026-10-04T15:15:00Z schedule w begins", "2026-10-04T15:45:00Z schedule w ends"]
        ),
        ("Asia/Kathmandu", "2026-01-01T00:00:00Z", ["2026-01-01T20:30:00Z schedule w begins"]),
    ])
    func clockChanges(_ zone: String, _ after: String, _ expected: [String]) throws {
        let rater = Rater(
            book: try book(
                version: """
                    from: 2026-01-01T00:00:00Z
                    rates: {output: 1}
                    schedules: [{name: w, time_zone: \(zone), from: "02:15", until: "02:45", factor: 2}]
                    """))
        #expect(try changes(rater, after: after, count: expected.count, of: "m") == expected)
    }

    @Test func nothingChangesAnyMore() throws {
        let last = Rater(book: try book(version: "from: 2025-01-01T00:00:00Z\nrates: {output: 1}"))
        #expect(try changes(last, after: "2025-01-01T00:00:00Z", count: 5, of: "m") == [])
        #expect(
            try changes(last, after: "2024-06-01T00:00:00Z", count: 5, of: "m")
                == ["2025-01-01T00:00:00Z version from 2025-01-01T00:00:00Z begins"])
        // A window on Mondays that a calendar keeps away for years.
        let rare = """
            from: 2025-01-01T00:00:00Z
            rates: {output: 1}
            schedules:
              - {name: w, time_zone: UTC, from: "00:00", until: "24:00", weekdays: [monday], factor: 2,
                 calendar: {"2025-01-01..2032-12-31": sunday}}
            """
        #expect(
            try changes(Rater(book: book(version: rare)), after: "2025-01-01T00:00:00Z", count: 1, of: "m")
                == ["2033-01-03T00:00:00Z schedule w begins"])
        #expect(last.changes(after: .latest, count: 1).isEmpty)
    }

    /// Between two changes nothing changes, and at each something does: against a look at every hour.
    @Test func agreesWithALookAtEveryHour() throws {
        let rater = Rater(book: try PriceBook.parse(fixture("deepseek-usd.yaml"), file: "usd"))
        let start = try given(Instant(rfc3339: "2026-08-10T00:30:00Z"))
        let hours = 24 * 70
        func state(_ instant: Instant) -> [String] {
            rater.prices(at: instant).map { price in
                "\(price.model) \(price.version.effective.from) \(price.schedule?.name.text ?? "") \(price.aliases)"
            }
        }
        var seen: Set<Instant> = []
        for hour in 0..<hours {
            let before = try given(start.advanced(byMicroseconds: Int64(hour) * Instant.hour))
            let after = try given(start.advanced(byMicroseconds: Int64(hour + 1) * Instant.hour))
            // All of this list's boundaries lie on whole hours.
            if state(before) != state(after) { seen.insert(after.startOfHour) }
        }
        let end = try given(start.advanced(byMicroseconds: Int64(hours) * Instant.hour))
        let told = rater.changes(after: start, count: 1_000).map(\.instant).filter { $0 < end }
        #expect(seen.count > 100)
        #expect(Set(told) == seen)
    }
}
