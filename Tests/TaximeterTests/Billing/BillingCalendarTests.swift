import TestKit
import Testing

@testable import Taximeter

/// Periods of accounts: where they begin and end, and what holds in them.
@Suite struct BillingCalendarTests {
    private static func agreement(_ zone: String, _ subscriptions: [Subscription] = []) throws -> Agreement {
        Agreement(
            account: try Identifier("a"), timeZone: try given(TimeZoneRules(identifier: zone)),
            issuingEntity: try Identifier("default"), subscriptions: subscriptions)
    }

    private static func version(
        _ cycle: BillingCycle, from: String = "2000-01-01T00:00:00Z", until: String? = nil, book: String = "list"
    ) throws -> PlanVersion {
        PlanVersion(
            effective: try given(EffectivePeriod(from: instant(from), until: until.map(instant))),
            priceBook: try Identifier(book), currency: .usd, cycle: cycle)
    }

    private static func subscription(_ plan: String, _ from: String, _ until: String? = nil) throws -> Subscription {
        Subscription(
            plan: try Identifier(plan),
            effective: try given(EffectivePeriod(from: instant(from), until: until.map(instant))))
    }

    /// Without a subscription: the calendar month of the account's clock.
    @Test(arguments: [
        ("UTC", "2026-02-28T23:59:59.999999Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("UTC", "2024-02-29T12:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
        ("Asia/Shanghai", "2025-12-31T16:00:00Z", "2025-12-31T16:00:00Z", "2026-01-31T16:00:00Z"),
        ("Asia/Shanghai", "2025-12-31T15:59:59.999999Z", "2025-11-30T16:00:00Z", "2025-12-31T16:00:00Z"),
        ("Asia/Kathmandu", "2026-03-01T00:00:00Z", "2026-02-28T18:15:00Z", "2026-03-31T18:15:00Z"),
        // Summer time begins or ends within the month.
        ("America/New_York", "2026-03-15T00:00:00Z", "2026-03-01T05:00:00Z", "2026-04-01T04:00:00Z"),
        ("America/New_York", "2026-11-15T00:00:00Z", "2026-11-01T04:00:00Z", "2026-12-01T05:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-02T00:00:00Z", "2026-03-31T13:00:00Z", "2026-04-30T13:30:00Z"),
        // Clocks go back from 1:00 to midnight in Havana: the first midnight counts.
        ("America/Havana", "2020-11-01T03:59:59Z", "2020-10-01T04:00:00Z", "2020-11-01T04:00:00Z"),
        // Midnight of 1 October 2017 was skipped in Paraguay (to 01:00): the moment of the change.
        ("America/Asuncion", "2017-10-15T00:00:00Z", "2017-10-01T04:00:00Z", "2017-11-01T03:00:00Z"),
        // The whole day before New Year's Eve of 2011 was skipped in Samoa.
        ("Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-01T10:00:00Z", "2011-12-31T10:00:00Z"),
    ])
    func calendarMonths(_ zone: String, _ at: String, _ start: String, _ end: String) throws {
        let period = BillingCalendar(try Self.agreement(zone), []).period(containing: try instant(at))
        #expect(period == BillingPeriod(start: try instant(start), end: try instant(end)))
    }

    @Test(
        arguments: [
            // ISO weeks, and weeks from Sunday.
            (.week, 1, 1, "2026-01-01T00:00:00Z", "2025-12-29T00:00:00Z", "2026-01-05T00:00:00Z"),
            (.week, 7, 1, "2026-01-04T00:00:00Z", "2026-01-04T00:00:00Z", "2026-01-11T00:00:00Z"),
            (.week, 7, 1, "1969-12-27T23:00:00Z", "1969-12-21T00:00:00Z", "1969-12-28T00:00:00Z"),
            (.month, 15, 1, "2026-01-14T23:59:59Z", "2025-12-15T00:00:00Z", "2026-01-15T00:00:00Z"),
            // Days 29 to 31: the last day of a shorter month, then the anchor again.
            (.month, 31, 1, "2026-02-27T00:00:00Z", "2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z"),
            (.month, 31, 1, "2026-02-28T00:00:00Z", "2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z"),
            (.month, 30, 1, "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "2024-03-30T00:00:00Z"),
            (.month, 29, 1, "2026-03-01T00:00:00Z", "2026-02-28T00:00:00Z", "2026-03-29T00:00:00Z"),
            (.quarter, 1, 1, "2026-03-31T00:00:00Z", "2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z"),
            (.quarter, 31, 5, "2026-03-31T00:00:00Z", "2026-02-28T00:00:00Z", "2026-05-31T00:00:00Z"),
            (.year, 1, 4, "2026-03-31T23:00:00Z", "2025-04-01T00:00:00Z", "2026-04-01T00:00:00Z"),
            (.year, 29, 2, "2024-03-01T00:00:00Z", "2024-02-29T00:00:00Z", "2025-02-28T00:00:00Z"),
            (.year, 29, 2, "2027-03-01T00:00:00Z", "2027-02-28T00:00:00Z", "2028-02-29T00:00:00Z"),
        ] as [(BillingCycle.Length, Int, Int, String, String, String)])
    func cycles(_ length: BillingCycle.Length, _ day: Int, _ month: Int, _ at: String, _ start: String, _ end: String)
        throws
    {
        let cycle = BillingCycle(length: length, anchorDay: day, anchorMonth: month)
        let plan = Plan(
            name: try Identifier("p"), versions: [try Self.version(cycle, from: "1900-01-01T00:00:00Z")])
        let agreement = try Self.agreement("UTC", [try Self.subscription("p", "1900-01-01T00:00:00Z")])
        let period = BillingCalendar(agreement, [plan]).period(containing: try instant(at))
        #expect(period == BillingPeriod(start: try instant(start), end: try instant(end)))
    }

    @Test func cyclesThatStartAlikeAreEqual() {
        #expect(BillingCycle(length: .quarter, anchorMonth: 5) == BillingCycle(length: .quarter, anchorMonth: 2))
        #expect(BillingCycle(length: .month, anchorMonth: 7) == .calendarMonth)
        #expect(BillingCycle(length: .year, anchorMonth: 7) != BillingCycle(length: .year))
        #expect(BillingCycle(length: .week, anchorDay: 99).anchorDay == 7)
        #expect(BillingCycle(length: .month, anchorDay: -1, anchorMonth: Int.min) == .calendarMonth)
    }

    /// A change to a plan of the same cycle leaves the period whole; one of another cycle ends it.
    @Test func changes() throws {
        let plans = [
            Plan(
                name: try Identifier("monthly"),
                versions: [
                    try Self.version(.calendarMonth, until: "2026-03-20T00:00:00Z"),
                    try Self.version(.calendarMonth, from: "2026-03-20T00:00:00Z", book: "dearer"),
                ]),
            Plan(
                name: try Identifier("weekly"),
                versions: [try Self.version(BillingCycle(length: .week), until: "2026-06-01T00:00:00Z")]),
        ]
        let agreement = try Self.agreement(
            "UTC",
            [
                try Self.subscription("monthly", "2026-01-10T12:00:00Z", "2026-04-08T06:00:00Z"),
                try Self.subscription("weekly", "2026-04-08T06:00:00Z", "2026-04-22T00:00:00Z"),
                try Self.subscription("unknown", "2026-04-22T00:00:00Z", "2026-04-25T00:00:00Z"),
            ])
        let calendar = BillingCalendar(agreement, plans)
        let periods = calendar.periods(in: try instant("2026-01-01T00:00:00Z")..<instant("2026-05-02T00:00:00Z"))
        let words = periods.map { period in
            let segments = calendar.segments(in: period).map { segment in
                "\(segment.plan?.text ?? "none")/\(segment.version?.priceBook.text ?? "-") \(segment.range.lowerBound)"
            }
            return "\(period): \(segments.joined(separator: ", "))"
        }
        let expected = [
            """
            2026-01-01T00:00:00Z to 2026-02-01T00:00:00Z: none/- 2026-01-01T00:00:00Z, monthly/list 2026-01-10T12:00:00Z
            """,
            "2026-02-01T00:00:00Z to 2026-03-01T00:00:00Z: monthly/list 2026-02-01T00:00:00Z",
            """
            2026-03-01T00:00:00Z to 2026-04-01T00:00:00Z: monthly/list 2026-03-01T00:00:00Z, \
            monthly/dearer 2026-03-20T00:00:00Z
            """,
            "2026-04-01T00:00:00Z to 2026-04-08T06:00:00Z: monthly/dearer 2026-04-01T00:00:00Z",
            "2026-04-08T06:00:00Z to 2026-04-13T00:00:00Z: weekly/list 2026-04-08T06:00:00Z",
            "2026-04-13T00:00:00Z to 2026-04-20T00:00:00Z: weekly/list 2026-04-13T00:00:00Z",
            "2026-04-20T00:00:00Z to 2026-04-22T00:00:00Z: weekly/list 2026-04-20T00:00:00Z",
            """
            2026-04-22T00:00:00Z to 2026-05-01T00:00:00Z: unknown/- 2026-04-22T00:00:00Z, none/- 2026-04-25T00:00:00Z
            """,
            "2026-05-01T00:00:00Z to 2026-06-01T00:00:00Z: none/- 2026-05-01T00:00:00Z",
        ]
        #expect(words == expected)
        #expect(calendar.segment(at: try instant("2026-03-20T00:00:00Z"))?.version?.priceBook.text == "dearer")
    }

    @Test func atTheEndsOfTime() throws {
        for zone in ["UTC", "Asia/Kathmandu", "America/New_York"] {
            for length in BillingCycle.Length.allCases {
                let version = try Self.version(
                    BillingCycle(length: length, anchorDay: 3), from: Instant.earliest.description)
                let agreement = try Self.agreement(zone, [try Self.subscription("p", Instant.earliest.description)])
                let calendar = BillingCalendar(agreement, [Plan(name: try Identifier("p"), versions: [version])])
                for instant in [Instant.earliest, .latest] {
                    let period = calendar.period(containing: instant)
                    #expect(period.range.contains(instant), "\(zone) \(length)")
                    #expect(!calendar.segments(in: period).isEmpty)
                }
            }
        }
    }

    // MARK: Properties

    private static let zones = [
        "UTC", "Asia/Shanghai", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe", "America/Havana",
        "Pacific/Apia", "Africa/Casablanca",
    ]

    private static func random(_ generator: inout SeededGenerator) throws -> (Agreement, [Plan]) {
        func moment() throws -> Instant {
            let day = Int64.random(in: 0..<1_200, using: &generator)
            let time = Bool.random(using: &generator) ? 0 : Int64.random(in: 0..<Instant.day, using: &generator)
            return try given(
                Instant(microseconds: 1_300_000_000_000_000 / Instant.day * Instant.day + day * Instant.day + time))
        }
        func stretches(_ count: Int) throws -> [EffectivePeriod] {
            let edges = Set(try (0..<2 * count).map { _ in try moment() }).sorted()
            return zip(edges, edges.dropFirst()).compactMap { from, until in
                Bool.random(using: &generator) ? EffectivePeriod(from: from, until: until) : nil
            }
        }
        let plans = try ["p", "q", "r"].map { name in
            Plan(
                name: try Identifier(name),
                versions: try stretches(3).map { effective in
                    PlanVersion(
                        effective: effective, priceBook: try Identifier("list"), currency: .usd,
                        cycle: BillingCycle(
                            length: try given(BillingCycle.Length.allCases.randomElement(using: &generator)),
                            anchorDay: try given([1, 7, 15, 29, 30, 31].randomElement(using: &generator)),
                            anchorMonth: Int.random(in: 1...12, using: &generator)))
                })
        }
        let subscriptions = try stretches(4).map { effective in
            Subscription(
                plan: try Identifier(try given(["p", "q", "r", "s"].randomElement(using: &generator))),
                effective: effective)
        }
        return (try Self.agreement(try given(Self.zones.randomElement(using: &generator)), subscriptions), plans)
    }

    /// Every instant is in exactly one period, and in exactly one segment of it; whatever one asks first.
    @Test func periodsTileTimeAndSegmentsTilePeriods() async throws {
        try await withSeed { generator in
            for _ in 0..<150 {
                let (agreement, plans) = try Self.random(&generator)
                let calendar = BillingCalendar(agreement, plans.shuffled(using: &generator))
                let range = try instant("2010-12-01T00:00:00Z")..<instant("2015-01-01T00:00:00Z")
                let periods = calendar.periods(in: range)
                for (earlier, later) in zip(periods, periods.dropFirst()) { #expect(earlier.end == later.start) }
                #expect(try given(periods.first).range.contains(range.lowerBound))
                for period in periods.shuffled(using: &generator).prefix(40) {
                    let inside = Int64.random(
                        in: period.start.microseconds..<period.end.microseconds, using: &generator)
                    for probe in [period.start.microseconds, inside, period.end.microseconds - 1] {
                        let probe = try given(Instant(microseconds: probe))
                        #expect(calendar.period(containing: probe) == period, "\(agreement) \(probe)")
                    }
                    let segments = calendar.segments(in: period)
                    #expect(segments.first?.range.lowerBound == period.start)
                    #expect(segments.last?.range.upperBound == period.end)
                    for (earlier, later) in zip(segments, segments.dropFirst()) {
                        #expect(earlier.range.upperBound == later.range.lowerBound)
                        #expect(earlier.plan != later.plan || earlier.version != later.version)
                        #expect((earlier.version?.cycle ?? .calendarMonth) == (later.version?.cycle ?? .calendarMonth))
                    }
                    for segment in segments {
                        let subscription = agreement.subscriptions.first {
                            $0.effective.contains(segment.range.lowerBound)
                        }
                        #expect(segment.plan == subscription?.plan)
                        let plan = plans.first { $0.name == subscription?.plan }
                        #expect(
                            segment.version == plan?.versions.first { $0.effective.contains(segment.range.lowerBound) })
                    }
                }
                let backwards = Agreement(
                    account: agreement.account, timeZone: agreement.timeZone, issuingEntity: agreement.issuingEntity,
                    subscriptions: agreement.subscriptions.reversed())
                #expect(BillingCalendar(backwards, plans).periods(in: range) == periods)
            }
        }
    }
}
