import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// Usage rated by what accounts have agreed to, in PostgreSQL, next to figures reckoned by hand.
@Suite struct PlanRatingTests {
    private let database: TestDatabase
    private var store: Store { database.store }

    /// One dollar a million tokens of input, two of output, and a dearer book.
    init() throws {
        database = try TestDatabase()
        for (name, output) in [("list", "2"), ("dear", "4")] {
            _ = try database.store.load(
                try PriceBook.parse(
                    """
                    price_book: \(name)
                    currency: USD
                    tariffs:
                      - model: m
                        versions:
                          - from: 2025-01-01T00:00:00Z
                            rates: {cache_miss: 1, output: \(output)}
                            tiers: [{name: t, counter: class, classes: [cache_miss], mode: graduated,
                              steps: [{up_to: 1000000}, {factor: 0.5}]}]
                    """, file: "\(name).yaml"))
        }
    }

    private func load(plan name: String, _ version: String) throws {
        _ = try store.load(
            try Plan.parse(
                "plan: \(name)\ncurrency: USD\nversions:\n  - {from: 2025-01-01T00:00:00Z, \(version)}", file: "plan"))
    }

    private func agree(_ text: String) throws {
        _ = try store.load(try AgreementFile.parse("accounts:\n  - {account: a, \(text)}", file: "a").agreements)
    }

    private func record(_ id: String, _ at: String, input: Int64 = 0, output: Int64 = 0) throws {
        let instant = try #require(Instant(rfc3339: at))
        let answers = try store.record([
            UsageEvent(
                account: Identifier("a"), model: Identifier("m"), channel: Identifier("api"),
                serviceTier: Identifier("standard"), requestID: Identifier(id), startedAt: instant,
                completedAt: instant, tokens: TokenCounts(cacheMiss: input, output: output))
        ])
        #expect(answers == [.accepted])
    }

    /// `start to end net`, a line a stored period.
    private func periods() throws -> [String] {
        try store.ratedPeriods(of: Identifier("a")).map { row in
            "\(row.period) \(row.net?.decimalText ?? "-")\(row.unpricedEvents == 0 ? "" : " \(row.unpricedEvents) unpriced")"
        }
    }

    /// Charges, lines and the period's total say the same, and a second run changes nothing.
    private func checkSums() throws {
        let sums = """
            SELECT p.account_key, p.period_start FROM taximeter.account_period AS p
            WHERE p.net_amount <> (SELECT coalesce(sum(net_amount), 0) FROM taximeter.usage_line AS l
                    WHERE (l.account_key, l.period_start) = (p.account_key, p.period_start))
                OR p.net_amount <> (SELECT coalesce(sum(net_amount), 0) FROM taximeter.charge AS c
                    WHERE c.account_key = p.account_key AND c.slot_start >= p.period_start AND c.slot_start < p.period_end)
                OR p.unpriced_events <> (SELECT coalesce(sum(events), 0) FROM taximeter.charge AS c
                    WHERE c.account_key = p.account_key AND c.period_start = p.period_start AND unpriced_reason IS NOT NULL)
            UNION ALL SELECT account_key, period_start FROM taximeter.usage_line
            WHERE net_amount <> charged_tokens * unit_price + fees
            """
        #expect(try database.psql(sums) == "")
        let revisions =
            "SELECT account_key, period_start, revision, net_amount FROM taximeter.account_period ORDER BY 1, 2"
        let before = try database.psql(revisions)
        try database.psql("UPDATE taximeter.account_period SET stale = true")
        try store.run()
        #expect(try database.psql(revisions) == before)
    }

    @Test func aChangeInsideAnHourSplitsTheUsageAtTheInstant() throws {
        try load(plan: "basic", "price_book: list")
        try load(plan: "half", "price_book: list, terms: {discount: {factor: 0.5}}")
        try record("1", "2025-03-10T10:20:00Z", output: 1_000_000)
        try record("2", "2025-03-10T10:20:00.000001Z", output: 1_000_000)
        try record("3", "2025-03-10T10:59:59Z", output: 1_000_000)
        try store.run()
        #expect(try periods() == ["2025-03-01T00:00:00Z to 2025-04-01T00:00:00Z 6"])

        try agree(
            """
            subscriptions: [{plan: basic, from: 2025-03-01T00:00:00Z}, {plan: half, from: 2025-03-10T10:20:00.000001Z}]
            """)
        try store.run()
        #expect(try periods() == ["2025-03-01T00:00:00Z to 2025-04-01T00:00:00Z 4"])
        try checkSums()

        // The change is taken back: the hour is whole again.
        try agree("subscriptions: [{plan: half, from: 2025-03-01T00:00:00Z}]")
        try store.run()
        #expect(try periods() == ["2025-03-01T00:00:00Z to 2025-04-01T00:00:00Z 3"])
        #expect(try database.psql("SELECT count(*) FROM taximeter.usage_bucket") == "1\n")
        try checkSums()
        #expect(try database.psql("SELECT * FROM taximeter.event_audit") == "")
    }

    /// A volume that is not prorated is paid for once and given once, whatever version of the plan it is used under.
    @Test(arguments: [("none", "0.2"), ("time", "1.2")])
    func aVolumeIsGivenOnceAcrossVersions(_ prorated: String, _ net: String) throws {
        let rest = """
            price_book: list, recurring_fee: {amount: 1, due: in_arrears, prorated: \(prorated)},
                 committed_volumes: [{name: v, tokens: 1000000, fee: 1, classes: [output]}]
            """
        _ = try store.load(
            try Plan.parse(
                """
                plan: p
                currency: USD
                versions:
                  - {from: 2025-01-01T00:00:00Z, \(rest)}
                  - {from: 2025-04-16T00:00:00Z, \(rest), terms: {discount: {factor: 0.5}}}
                """, file: "plan"))
        try agree("subscriptions: [{plan: p, from: 2025-01-01T00:00:00Z}]")
        try record("1", "2025-04-10T00:00:00Z", output: 600_000)
        try record("2", "2025-04-20T00:00:00Z", output: prorated == "none" ? 600_000 : 1_500_000)
        try store.run()
        #expect(try periods() == ["2025-04-01T00:00:00Z to 2025-05-01T00:00:00Z \(net)"])
        try checkSums()
    }

    /// Volumes are each plan's own, also of two plans that differ in their fee alone: paid for twice and given twice. With
    /// `days` the day of the change counts for both.
    @Test(arguments: [("none", 3_000_000, 3_000_000), ("days", 1_600_000, 1_500_000)])
    func eachPlanGivesItsVolume(_ prorated: String, _ first: Int64, _ second: Int64) throws {
        for (plan, fee) in [("p", 1), ("q", 2)] {
            try load(
                plan: plan,
                """
                price_book: list, recurring_fee: {amount: \(fee), due: in_arrears, prorated: \(prorated)}, \
                committed_volumes: [{name: v, tokens: 3000000, fee: 1, classes: [output]}]
                """)
        }
        try agree(
            "subscriptions: [{plan: p, from: 2025-01-01T00:00:00Z}, {plan: q, from: 2025-04-16T12:00:00Z}]")
        try record("1", "2025-04-10T00:00:00Z", output: first)
        try record("2", "2025-04-20T00:00:00Z", output: second + 1)
        try store.run()
        #expect(try periods() == ["2025-04-01T00:00:00Z to 2025-05-01T00:00:00Z 0.000002"])
        try checkSums()
    }

    @Test func periodsFollowTheAccountsClockAndThePlansCycle() throws {
        try load(plan: "weekly", "price_book: list, billing_period: {length: week, anchor_day: sunday}")
        try record("1", "2025-03-31T18:14:59.999999Z", output: 1_000_000)
        try record("2", "2025-03-31T18:15:00Z", output: 2_000_000)
        try store.run()
        #expect(try periods().count == 1)
        try agree("time_zone: Asia/Kathmandu")
        try store.run()
        #expect(
            try periods() == [
                "2025-02-28T18:15:00Z to 2025-03-31T18:15:00Z 2", "2025-03-31T18:15:00Z to 2025-04-30T18:15:00Z 4",
            ])
        try agree("time_zone: Asia/Kathmandu, subscriptions: [{plan: weekly, from: 2025-03-31T18:14:59.999999Z}]")
        try record("3", "2025-04-06T01:00:00Z", output: 500_000)
        try store.run()
        #expect(
            try periods().filter { !$0.hasPrefix("2025-04-1") && !$0.hasPrefix("2025-04-2") } == [
                "2025-02-28T18:15:00Z to 2025-03-31T18:14:59.999999Z 0",
                "2025-03-31T18:14:59.999999Z to 2025-04-05T18:15:00Z 6",
                "2025-04-05T18:15:00Z to 2025-04-12T18:15:00Z 1",
            ])
        try checkSums()
    }

    @Test func volumesOverageAndAllowances() throws {
        // Ten days of thirty-one: of 3,100,000 tokens, 1,000,000 are paid for; the rest of them costs 1.5 times.
        try load(
            plan: "committed",
            """
            price_book: list, terms: {discount: {factor: 0.8}, allowances: [{name: free, tokens: 100000, per: period}]}, \
            committed_volumes: [{name: v, tokens: 3100000, fee: 5, overage: 1.5, classes: [output]}]
            """)
        try agree("subscriptions: [{plan: committed, from: 2025-03-22T00:00:00Z, until: 2025-04-01T00:00:00Z}]")
        try record("0", "2025-03-21T23:00:00Z", output: 1_000_000)
        try record("1", "2025-03-22T00:00:00Z", output: 600_000)
        try record("2", "2025-03-30T00:00:00Z", output: 700_000)
        try store.run()
        // 2 by the list, then 300,000 beyond the volume, of which 100,000 are free, at 2 x 0.8 x 1.5.
        #expect(try periods() == ["2025-03-01T00:00:00Z to 2025-04-01T00:00:00Z 2.48"])
        let lines = try store.usageLines(
            of: Identifier("a"), periodStart: try #require(Instant(rfc3339: "2025-03-01T00:00:00Z")))
        let words = lines.map { "\($0.key.allowance?.text ?? "-") \($0.tokens) \($0.chargedTokens) \($0.unitPrice)" }
        #expect(
            words.sorted() == ["- 1000000 1000000 2", "- 200000 200000 2.4", "free 100000 0 2.4", "v 1000000 0 1.6"])
        #expect(Set(lines.map(\.id)).count == 4)
        try checkSums()
    }

    @Test func subscribedAccountsHavePeriodsWithoutUsage() throws {
        try load(plan: "flat", "price_book: list, recurring_fee: {amount: 200}")
        try agree("subscriptions: [{plan: flat, from: 2025-02-10T00:00:00Z, until: 2025-03-10T00:00:00Z}]")
        let (start, end) = (Instant(rfc3339: "2025-01-01T00:00:00Z"), Instant(rfc3339: "2025-05-01T00:00:00Z"))
        #expect(try store.openPeriods(endingAfter: try #require(start), through: try #require(end)) == 2)
        #expect(try store.openPeriods(endingAfter: try #require(start), through: try #require(end)) == 0)
        try store.run()
        #expect(
            try periods() == [
                "2025-02-01T00:00:00Z to 2025-03-01T00:00:00Z 0", "2025-03-01T00:00:00Z to 2025-04-01T00:00:00Z 0",
            ])
    }

    /// A book that is tried out takes the place of every plan's; the plan's discount stays.
    @Test func simulationKeepsThePlansTerms() throws {
        try load(plan: "half", "price_book: list, terms: {discount: {factor: 0.5}}")
        try agree("time_zone: Asia/Kathmandu, subscriptions: [{plan: half, from: 2025-03-10T10:20:00Z}]")
        try record("1", "2025-03-10T10:10:00Z", output: 1_000_000)
        try record("2", "2025-03-10T10:30:00Z", output: 1_000_000)
        try store.run()
        let tried = try PriceBook.parse(
            """
            price_book: tried
            currency: USD
            tariffs: [{model: m, versions: [{from: 2025-01-01T00:00:00Z, rates: {output: 10}}]}]
            """, file: "tried")
        let (from, until) = (Instant(rfc3339: "2025-03-10T00:00:00Z"), Instant(rfc3339: "2025-03-11T00:00:00Z"))
        let report = try store.simulate(tried, from: try #require(from), until: try #require(until))
        #expect(report.total.current.revenue == (try Money("3", .usd)))
        #expect(report.total.simulated.revenue == (try Money("15", .usd)))
    }

    @Test func unlimitedUsageKeepsWhatItWouldHaveCost() throws {
        try load(plan: "flat", "price_book: list, unlimited: true")
        try agree("subscriptions: [{plan: flat, from: 2025-01-01T00:00:00Z}]")
        try record("1", "2025-03-10T10:00:00Z", input: 2_000_000, output: 1_000_000)
        try store.run()
        #expect(try periods() == ["2025-03-01T00:00:00Z to 2025-04-01T00:00:00Z 0"])
        #expect(try database.psql("SELECT sum(contracted_amount)::numeric(9, 2) FROM taximeter.charge") == "3.50\n")
        try checkSums()
    }

    /// Tier counters go on while the book stays, whatever else changes; another book starts its own.
    @Test func countersOfTiers() throws {
        try load(plan: "p", "price_book: list")
        try load(plan: "q", "price_book: list, terms: {discount: {factor: 0.5}}")
        try load(plan: "r", "price_book: dear")
        try agree(
            """
            subscriptions: [{plan: p, from: 2025-03-01T00:00:00Z}, {plan: q, from: 2025-03-10T00:00:00Z}, \
            {plan: r, from: 2025-03-20T00:00:00Z}]
            """)
        for (id, day) in [("1", "05"), ("2", "15"), ("3", "25")] {
            try record(id, "2025-03-\(day)T00:00:00Z", input: 1_000_000)
        }
        try store.run()
        // 1 in the first step; 1 in the second at half, halved again; 1 in the first of the other book.
        #expect(try periods() == ["2025-03-01T00:00:00Z to 2025-04-01T00:00:00Z 2.25"])
        try checkSums()
    }

    @Test func usageIsNeverPricedByAnotherBook() throws {
        try load(plan: "lost", "price_book: nowhere")
        try load(plan: "ended", "until: 2025-03-15T00:00:00Z, price_book: list")
        try agree(
            """
            subscriptions: [{plan: lost, from: 2025-03-01T00:00:00Z}, {plan: ended, from: 2025-03-10T00:00:00Z}]
            """)
        for (id, day) in [("1", "05"), ("2", "12"), ("3", "25")] {
            try record(id, "2025-03-\(day)T00:00:00Z", output: 1_000_000)
        }
        try store.run()
        #expect(try periods() == ["2025-03-01T00:00:00Z to 2025-04-01T00:00:00Z 2 2 unpriced"])
        let reasons =
            "SELECT unpriced_reason FROM taximeter.charge WHERE unpriced_reason IS NOT NULL ORDER BY slot_start"
        #expect(try database.psql(reasons) == "no_price_book\nno_plan_version\n")
        // The book comes later: what waits for it is rated.
        _ = try store.load(
            try PriceBook.parse(
                """
                price_book: nowhere
                currency: USD
                tariffs: [{model: m, versions: [{from: 2025-01-01T00:00:00Z, rates: {output: 7}}]}]
                """, file: "b"))
        try store.run()
        #expect(try periods() == ["2025-03-01T00:00:00Z to 2025-04-01T00:00:00Z 9 1 unpriced"])
        try checkSums()
    }
}
