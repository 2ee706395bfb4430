import Testing

@testable import Taximeter

/// Contract discount, allowances, least quantities, and how they follow each other.
@Suite struct TermsTests {
    /// Scaleway (https://www.scaleway.com/en/pricing/model-as-a-service/): the first million tokens are free, the dearest
    /// first; thousands of tokens, each one that is started; lines are rounded up to the cent.
    private static let scaleway = """
        {allowances: [{name: free-tier, tokens: 1000000, per: period, order: dearest_first}],
         quantities: {step: 1000}, rounding: up}
        """

    @Test func theDearestTokensAreFreeFirst() throws {
        let rater = PeriodRater(try tieredBook("", terms: Self.scaleway, rates: "{cache_miss: 0.15, output: 0.60}"))
        let usages = try [
            usage(at: "2025-06-01T00:00:00Z", miss: 600_000, output: 300_000),
            usage(at: "2025-06-02T00:00:00Z", miss: 200_000, output: 200_000),
        ]
        // 500,000 outputs are free, and the first 500,000 misses: 300,000 are left, at 0.15: 0.045.
        let outcome = try rater.rate(usages)
        #expect(outcome[0].text == "0.015" && outcome[1].text == "0.03")
        #expect(outcome.allowancesUsed == [1_000_000])
        let total = try #require(try outcome[0].amounts.map { try $0.net + (outcome[1].amounts?.net ?? $0.net) })
        #expect(total.decimalText == "0.045")
        #expect(try total.rounded(rater.rater.book.terms.rounding).decimalText == "0.05")
    }

    @Test(
        arguments: [
            (1, 0, 0), (1, 1, 1_000), (1_000, 1_000, 1_000), (1, 1_001, 2_000), (0, 0, 0),
        ] as [(Int64, Int64, Int64)])
    func quantitiesAreRoundedUp(_ minimum: Int64, _ tokens: Int64, _ charged: Int64) throws {
        #expect(try QuantityRule(minimum: minimum, step: 1_000).charged(tokens) == charged)
    }

    @Test func aLeastQuantityHoldsOnceALine() throws {
        let terms = "{quantities: {minimum: 5000}}"
        let rater = PeriodRater(try tieredBook("", terms: terms))
        let usages = try [100, 4_000, 900, 1].map { try usage(at: "2025-06-01T00:00:00Z", output: $0) }
        let outcome = try rater.rate(usages)
        // 5,001 tokens of one line: the first of them bears the minimum, the last what goes beyond it.
        #expect(usages.indices.map { outcome[$0].text }.sorted() == ["0", "0", "1", "5000"])
        #expect(try QuantityRule(minimum: 0, step: 10).charged(.max - 10) > 0)
        #expect(throws: MoneyError.overflow) { try QuantityRule(minimum: 0, step: 10).charged(.max) }
    }

    /// In order of the tokens, or of their prices; only what would cost something uses an allowance up.
    @Test(
        arguments: [
            ("{name: a, tokens: 10, per: period}", "8", "20"),  // 6 misses and 4 outputs are free
            ("{name: a, tokens: 10, per: period, order: dearest_first}", "6", "4"),  // 10 outputs are
            ("{name: a, tokens: 10, per: period, classes: [cache_miss]}", "24", "20"),
            ("{name: a, tokens: 10, per: period, models: [m]}", "8", "20"),
            ("{name: a, tokens: 3, per: period}, {name: b, tokens: 7, per: period}", "8", "20"),
            ("{name: a, tokens: 100, per: period}", "0", "0"),
        ] as [(String, String, String)])
    func allowances(_ allowances: String, _ first: String, _ second: String) throws {
        let rater = PeriodRater(
            try tieredBook(
                "", terms: "{allowances: [\(allowances)]}", more: "channels: {web: free}",
                rates: "{cache_hit: 0, cache_miss: 1000000, output: 4000000}"))
        let usages = try [
            usage(at: "2025-06-01T00:00:00Z", hit: 50, miss: 6, output: 6),
            usage(at: "2025-06-01T01:00:00Z", output: 5), usage(at: "2025-06-01T00:00:00Z", output: 7, channel: "web"),
        ]
        #expect(try rater.texts(usages) == [first, second, "0"])
    }

    /// What earlier periods used of a lifetime allowance is gone; each period's own comes back.
    @Test func lifetimeAllowancesCarryOver() throws {
        let terms = """
            {allowances: [{name: once, tokens: 10, per: lifetime}, {name: monthly, tokens: 2, per: period}]}
            """
        let rater = PeriodRater(try tieredBook("", terms: terms))
        let first = try rater.rate([usage(output: 7)])
        #expect(first[0].text == "0" && first.allowancesUsed == [7, 0])
        let carried = rater.rater.book.terms.carriedOver(first.allowancesUsed)
        let second = try rater.rate([usage(output: 6)], allowancesUsed: carried)
        #expect(second[0].text == "1" && second.allowancesUsed == [10, 2])
        let third = try rater.rate(
            [usage(output: 6)], allowancesUsed: rater.rater.book.terms.carriedOver(second.allowancesUsed))
        #expect(third[0].text == "4" && third.allowancesUsed == [10, 2])
    }

    /// The discount is on what tiers leave, fees and packages included; allowances come after it, and count towards tiers.
    @Test func everyStepInItsPlace() throws {
        let tiers = """
            {name: t, counter: tariff, mode: graduated, steps: [{up_to: 10}, {factor: 0.5, flat: 2}]}
            """
        let rater = PeriodRater(
            try tieredBook(
                tiers, terms: "{discount: {factor: 0.9}, allowances: [{name: a, tokens: 4, per: period}]}",
                more: """
                    schedules: [{name: day, time_zone: UTC, from: "00:00", until: "24:00", factor: 0.8}]
                    """))
        let explanation = try rater.explain(rater.usage(usage(output: 14)))
        let amounts = try #require(explanation.rating.amounts)
        let request = amounts.request
        let steps = [
            request.list, request.monetised, request.scheduled, amounts.tiered, amounts.contracted, amounts.net,
        ]
        // 14; 11.2; 10 × 0.8 + 4 × 0.4 + 2 = 11.6; × 0.9 = 10.44; less 4 × 0.72 = 7.56.
        #expect(steps.map(\.decimalText) == ["14", "14", "11.2", "11.6", "10.44", "7.56"])
        #expect(explanation.lines.map(\.slice.tokens) == [4, 6, 4])
        #expect(explanation.lines.map { $0.allowance?.text } == ["a", nil, nil])
        #expect(explanation.lines.map { $0.tier?.step } == [1, 1, 2])
        #expect(explanation.lines.map(\.net.decimalText) == ["0", "4.32", "3.24"])
        #expect(explanation.lines.map(\.tierDiscount.decimalText) == ["0", "0", "-0.4"])
    }

    /// A discount on one class only leaves the others alone; it must be exact.
    @Test func discountsByClass() throws {
        let rater = PeriodRater(
            try tieredBook("", terms: "{discount: {factors: {output: 0.5}}}", rates: "{cache_miss: 1, output: 1}"))
        #expect(try rater.texts([usage(miss: 1_000_000, output: 1_000_000)]) == ["1.5"])
        let errors = #expect(throws: FileErrors.self) {
            try tieredBook("", terms: "{discount: {factor: 0.333333333}}", rates: "{output: 0.000000000001}")
        }
        #expect(errors?.description.contains("output, the terms' discount") == true)
    }
}
