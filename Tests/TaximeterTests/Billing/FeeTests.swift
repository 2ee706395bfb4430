import TestKit
import Testing

@testable import Taximeter

/// Fees, minimum, maximum and taxes, as an accountant would compute them.
@Suite struct FeeTests {
    private let months: [BillingPeriod]

    init() throws { months = try ["2026-01", "2026-02", "2026-03"].map(Bills.month) }

    /// In advance: with the invoice of the period before, or with its own where none was.
    @Test func feesInAdvance() throws {
        let plan = try Bills.version(fee: Bills.fee("20", .inAdvance), tax: "0.19")
        var history = AccountHistory()
        history.periods = try months.map { try Bills.period($0, [("pro", nil, plan)]) }
        let first = [
            "recurring_fee 2026-01 20", "tax 2026-01 3.8", "recurring_fee 2026-02 20", "tax 2026-02 3.8",
        ]
        #expect(try history.close(0)?.summary == first)
        #expect(try history.balance(.deferredRevenue).decimalText == "-20")
        #expect(try history.close(1)?.summary == ["recurring_fee 2026-03 20", "tax 2026-03 3.8"])
        #expect(try history.balance(.revenue).decimalText == "-40")
        #expect(try history.balance(.deferredRevenue).decimalText == "-20")
        #expect(try history.balance(.tax).decimalText == "-11.4")
        #expect(try history.balance(.receivable).decimalText == "71.4")
        // The plan ends on 11 March, after its fee was billed: 10 of 31 days were due.
        history.periods[2] = try Bills.period(months[2], [("pro", nil, plan), (nil, "2026-03-11", nil)])
        #expect(
            try history.close(2)?.summary == ["recurring_fee 2026-03 -13.55 of INV-2", "tax 2026-03 -2.57 of INV-2"])
        #expect(try history.balance(.deferredRevenue).decimalText == "0")
    }

    @Test func feesInArrears() throws {
        let plan = try Bills.version(fee: Bills.fee("20", .inArrears))
        var history = AccountHistory()
        history.periods = try months.map { try Bills.period($0, [("pro", nil, plan)]) }
        #expect(try history.close(0)?.summary == ["recurring_fee 2026-01 20"])
        #expect(try history.close(1)?.summary == ["recurring_fee 2026-02 20"])
    }

    /// A part of a period: by time to the microsecond, by days that are begun, or not at all.
    @Test(arguments: [
        (RecurringFee.Proration.time, "2026-01-17", ["9.68"]),  // 15 of 31 days
        (.time, "2026-01-16T12:00:00Z", ["10"]),
        (.days, "2026-01-17", ["9.68"]),
        (.days, "2026-01-16T12:00:00Z", ["10.32"]),  // 16 days: the one that was begun counts
        (.none, "2026-01-17", ["20"]),
    ])
    func prorates(_ proration: RecurringFee.Proration, _ from: String, _ amounts: [String]) throws {
        let plan = try Bills.version(fee: Bills.fee("20", .inArrears, proration))
        let period = try Bills.period(months[0], [("pro", from, plan)])
        let invoice = try Bills.generator.invoice(closing: period, next: nil, earlier: [], billed: [])
        #expect(invoice?.lines.map(\.amount.decimalText) == amounts)
    }

    /// Another version of the same plan is not another beginning: no day and no whole fee counts twice.
    @Test(arguments: [
        (RecurringFee.Proration.time, ["10", "15"]), (.days, ["10.32", "14.52"]), (.none, ["20"]),
    ])
    func changesWithinAPeriod(_ proration: RecurringFee.Proration, _ amounts: [String]) throws {
        let noon = "2026-01-16T12:00:00Z"
        let (old, new) = try (
            Bills.version(fee: Bills.fee("20", .inArrears, proration)),
            Bills.version(fee: Bills.fee("30", .inArrears, proration))
        )
        let period = try Bills.period(months[0], [("pro", nil, old), ("pro", noon, new)])
        let invoice = try Bills.generator.invoice(closing: period, next: nil, earlier: [], billed: [])
        #expect(invoice?.lines.map(\.amount.decimalText) == amounts)
    }

    /// A fee of a period that a change of cycle has cut short is a share of the whole one.
    @Test func shortPeriods() throws {
        let plan = try Bills.version(fee: Bills.fee("31", .inArrears), minimum: "62")
        let cut = try #require(BillingPeriod(start: months[0].start, end: Bills.instant("2026-01-11")))
        let segments = [PlanSegment(range: cut.range, plan: try Identifier("pro"), version: plan)]
        let period = BillablePeriod(period: cut, whole: months[0], segments: segments, usage: [])
        let invoice = try Bills.generator.invoice(closing: period, next: nil, earlier: [], billed: [])
        #expect(invoice?.summary == ["recurring_fee 2026-01 10", "minimum 2026-01 10"])
    }

    @Test func daysAreThoseOfTheAccountsClock() throws {
        let zone = try #require(TimeZoneRules(identifier: "Europe/Berlin"))
        // March 2026 in Berlin has the hour that is skipped; from noon on the 29th it is 3 days of 31.
        let march = try #require(
            BillingPeriod(start: Bills.instant("2026-02-28T23:00:00Z"), end: Bills.instant("2026-03-31T22:00:00Z")))
        let plan = try Bills.version(fee: Bills.fee("31", .inArrears, .days))
        let period = try Bills.period(march, [("pro", "2026-03-29T10:00:00Z", plan)])
        let generator = InvoiceGenerator(
            account: Bills.account, timeZone: zone, issuingEntity: try Identifier("de"), bookRoundings: [:])
        #expect(try generator.invoice(closing: period, next: nil, earlier: [], billed: [])?.total.decimalText == "3")
    }

    /// Minimum and maximum: used, of that on usage, and what the invoice comes to.
    @Test(arguments: [
        (30, "usage 2026-01 30|recurring_fee 2026-01 20|minimum 2026-01 50"),
        (79, "usage 2026-01 79|recurring_fee 2026-01 20|minimum 2026-01 1"),
        (80, "usage 2026-01 80|recurring_fee 2026-01 20"),
        (150, "usage 2026-01 150|recurring_fee 2026-01 20"),
        (151, "usage 2026-01 151|recurring_fee 2026-01 20|maximum 2026-01 -1"),
    ])
    func minimumAndMaximum(_ tokens: Int64, _ lines: String) throws {
        let plan = try Bills.version(fee: Bills.fee("20", .inArrears), minimum: "100", maximum: "150")
        let period = try Bills.period(
            months[0], [("pro", nil, plan)], usage: [Bills.usage(tokens, at: "1", in: months[0])])
        let invoice = try Bills.generator.invoice(closing: period, next: nil, earlier: [], billed: [])
        #expect(invoice?.summary.joined(separator: "|") == lines)
    }

    /// Late usage takes back what was added to the minimum.
    @Test func lateUsageFillsTheMinimum() throws {
        let plan = try Bills.version(minimum: "100", tax: "0.1")
        var history = AccountHistory()
        history.periods = try months.map { try Bills.period($0) }
        func january(_ tokens: Int64) throws -> BillablePeriod {
            try Bills.period(months[0], [("pro", nil, plan)], usage: [Bills.usage(tokens, at: "1", in: months[0])])
        }
        history.periods[0] = try january(30)
        #expect(try history.close(0)?.summary == ["usage 2026-01 30", "minimum 2026-01 70", "tax 2026-01 10"])
        history.periods[0] = try january(60)
        #expect(try history.close(1)?.summary == ["usage 2026-01 30 of INV-1", "minimum 2026-01 -30 of INV-1"])
        history.periods[0] = try january(130)
        #expect(
            try history.close(2)?.summary == [
                "usage 2026-01 70 of INV-2", "minimum 2026-01 -40 of INV-2", "tax 2026-01 3 of INV-1",
            ])
    }

    /// A minimum for a part of the period is its share, and only what is used under it counts.
    @Test func minimumOfAPart() throws {
        let (free, pro) = try (Bills.version(), Bills.version(minimum: "100"))
        let start = try Bills.instant("2026-01-17")
        let period = try Bills.period(
            months[0], [("free", nil, free), ("pro", "2026-01-17", pro)],
            usage: [
                Bills.usage(500, at: "1", in: months[0]), Bills.usage(3, at: "1", in: months[0], from: start),
            ])
        let invoice = try Bills.generator.invoice(closing: period, next: nil, earlier: [], billed: [])
        #expect(invoice?.summary.last == "minimum 2026-01 45.39")  // 100 × 15/31 = 48.39, less 3
    }

    @Test func committedVolumes() throws {
        let allowance = Allowance(
            name: try Identifier("block"), tokens: 1_000, span: .period, order: .inOrder, models: [],
            classes: .all(true))
        let volume = CommittedVolume(allowance: allowance, fee: try Money("500", .usd))
        let plan = try Bills.version(committed: [volume], tax: "0.0825")
        let period = try Bills.period(
            months[0], [("pro", nil, plan)],
            usage: [
                Bills.usage(1_000, at: "1", in: months[0], free: "block"), Bills.usage(7, at: "0.333", in: months[0]),
            ])
        let invoice = try Bills.generator.invoice(closing: period, next: nil, earlier: [], billed: [])
        // Tax of 502.33 is 41.442225.
        #expect(
            invoice?.summary == ["usage 2026-01 2.33", "committed_volume 2026-01 500", "tax 2026-01 41.44"])
    }
}
