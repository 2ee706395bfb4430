import Testing

@testable import Taximeter

/// Volume tiers against tables with known results.
@Suite struct TierTests {
    /// OpenMeter's test tables (Apache-2.0, openmeter `billing/rating`): steps to 5 flat 100, to 10 flat 50, to 15 at 10,
    /// above at 5.
    private static let graduated = """
        {name: t, counter: class, mode: graduated, steps: [
          {up_to: 5, flat: 100, factor: 0}, {up_to: 10, flat: 50, factor: 0}, {up_to: 15, factor: 10}, {factor: 5}]}
        """
    private static let volume = """
        {name: t, counter: class, mode: volume, steps: [
          {up_to: 5, flat: 100, factor: 0}, {up_to: 10, flat: 150, factor: 0}, {up_to: 15, factor: 10}, {factor: 5}]}
        """

    @Test(
        arguments: [
            (graduated, 1, "100"), (graduated, 3, "100"), (graduated, 5, "100"), (graduated, 6, "150"),
            (graduated, 7, "150"), (graduated, 10, "150"), (graduated, 11, "160"), (graduated, 12, "170"),
            (graduated, 15, "200"), (graduated, 16, "205"), (graduated, 22, "235"),
            (volume, 1, "100"), (volume, 3, "100"), (volume, 5, "100"), (volume, 6, "150"), (volume, 10, "150"),
            (volume, 11, "110"), (volume, 14, "140"), (volume, 15, "150"), (volume, 16, "80"), (volume, 100, "500"),
            (graduated, 0, "0"), (volume, 0, "0"),
        ] as [(String, Int64, String)])
    func knownTables(_ tiers: String, _ tokens: Int64, _ total: String) throws {
        let rater = PeriodRater(try tieredBook(tiers))
        #expect(try rater.texts([usage(output: tokens)]) == [total])
        // However the tokens are cut into requests, the sum is the same.
        let single = try (0..<tokens).map { try usage(at: "2025-06-01T00:00:\(10 + $0 % 50)Z", output: min(1, $0 + 1)) }
        var sum = Money.zero(.usd)
        let outcome = try rater.rate(single)
        for index in single.indices { sum = try sum + (try #require(outcome[index].amounts)).net }
        #expect(sum.decimalText == total)
    }

    /// A package that is started is paid whole, and the next tokens use it up first: 17 tokens are two of ten, 5 more
    /// start a third.
    @Test func packages() throws {
        let book = try tieredBook(
            "{name: p, counter: class, mode: graduated, steps: [{package: {tokens: 10, price: 15}}]}")
        let first = try usage(at: "2025-06-01T00:00:00Z", output: 17)
        let second = try usage(at: "2025-06-01T01:00:00Z", output: 5)
        #expect(try PeriodRater(book).texts([first, second]) == ["30", "15"])
        #expect(try PeriodRater(book).texts([second, first]) == ["15", "30"])
        let third = try usage(at: "2025-06-01T02:00:00Z", output: 8)
        #expect(try PeriodRater(book).texts([first, second, third]) == ["30", "15", "0"])
    }

    /// What each counter counts: with 6 tokens before it, is a token in the step from 5 (at 10) or not (at 1)?
    @Test(
        arguments: [
            // The class of this tariff only.
            ("class", "m", 6, 0, "10"), ("class", "m", 0, 6, "1"), ("class", "other", 6, 0, "1"),
            // All classes of this tariff.
            ("tariff", "m", 6, 0, "10"), ("tariff", "m", 0, 6, "10"), ("tariff", "other", 6, 0, "1"),
            // All tariffs, whether or not they have tiers.
            ("book", "m", 0, 6, "10"), ("book", "other", 6, 0, "10"), ("book", "plain", 0, 6, "10"),
            // Whatever is counted under the name: the output of m and of other.
            ("mine", "m", 6, 0, "10"), ("mine", "m", 0, 6, "1"), ("mine", "other", 6, 0, "10"),
            ("mine", "plain", 6, 0, "1"),
        ] as [(String, String, Int64, Int64, String)])
    func counters(_ counter: String, _ model: String, _ output: Int64, _ miss: Int64, _ price: String) throws {
        let tiers = """
            [{name: t, counter: \(counter), classes: [output], mode: graduated, steps: [{up_to: 5}, {factor: 10}]}]
            """
        let rates = "{cache_miss: 1000000, output: 1000000}"
        let text = """
            price_book: b
            currency: USD
            tariffs:
              - {model: m, versions: [{from: 2025-01-01T00:00:00Z, rates: \(rates), tiers: \(tiers)}]}
              - {model: other, versions: [{from: 2025-01-01T00:00:00Z, rates: \(rates), tiers: \(tiers)}]}
              - {model: plain, versions: [{from: 2025-01-01T00:00:00Z, rates: \(rates)}]}
            """
        let rater = PeriodRater(try PriceBook.parse(text, file: "b"))
        let before = try usage(model, at: "2025-06-01T00:00:00Z", miss: miss, output: output)
        let after = try usage("m", at: "2025-06-01T01:00:00Z", output: 1)
        #expect(try rater.texts([before, after])[1] == price)
    }

    /// A change of version inside the period does not reset the counter, and each version reads it by its own steps.
    @Test func versionsShareTheCounter() throws {
        let text = """
            price_book: b
            currency: USD
            tariffs:
              - model: m
                versions:
                  - from: 2025-01-01T00:00:00Z
                    rates: {output: 1000000}
                    tiers: [{name: t, counter: class, mode: graduated, steps: [{up_to: 10}, {factor: 0.5}]}]
                  - from: 2025-06-15T00:00:00Z
                    rates: {output: 2000000}
                  - from: 2025-06-20T00:00:00Z
                    rates: {output: 4000000}
                    tiers: [{name: t, counter: class, mode: graduated, steps: [{up_to: 20}, {factor: 0.25}]}]
            """
        let rater = PeriodRater(try PriceBook.parse(text, file: "b"))
        let usages = try [
            usage(at: "2025-06-01T00:00:00Z", output: 12), usage(at: "2025-06-15T00:00:00Z", output: 6),
            usage(at: "2025-06-20T00:00:00Z", output: 4),
        ]
        // 10 × 1 + 2 × 0.5; 6 × 2, counted though not tiered; tokens 19 and 20 at 4, 21 and 22 at 1.
        #expect(try rater.texts(usages) == ["11", "12", "10"])
    }

    /// Fees and packages of a new version are asked for though the period is under way, but nothing is paid twice: what a
    /// package that was started still covers is used up first, and a step's fee is due once.
    @Test(
        arguments: [
            ("{package: {tokens: 1000, price: 9}}", "{package: {tokens: 1000000, price: 900}}", "9", "900"),
            ("{package: {tokens: 1000, price: 9}}", "{package: {tokens: 1000, price: 5}}", "9", "4500"),
            ("{factor: 0}", "{package: {tokens: 1000000, price: 900}}", "0", "900"),
            ("{factor: 0}", "{factor: 0, flat: 50}", "0", "50"),
            ("{factor: 0, flat: 20}", "{factor: 0, flat: 50}", "20", "0"),
        ])
    func feesFollowTheVersions(_ old: String, _ new: String, _ first: String, _ second: String) throws {
        let text = """
            price_book: b
            currency: USD
            tariffs:
              - model: m
                versions:
                  - from: 2025-01-01T00:00:00Z
                    rates: {output: 1}
                    tiers: [{name: t, counter: class, mode: graduated, steps: [\(old)]}]
                  - from: 2025-06-15T00:00:00Z
                    rates: {output: 1}
                    tiers: [{name: t, counter: class, mode: graduated, steps: [\(new)]}]
            """
        let rater = PeriodRater(try PriceBook.parse(text, file: "b"))
        let usages = try [
            usage(at: "2025-06-01T00:00:00Z", output: 500), usage(at: "2025-06-20T00:00:00Z", output: 900_000),
        ]
        #expect(try rater.texts(usages) == [first, second])
    }

    /// Free channels and usage without a price count towards nothing.
    @Test func onlyWhatIsPaidCounts() throws {
        let tiers = "{name: t, counter: tariff, mode: graduated, steps: [{up_to: 5}, {factor: 10}]}"
        let rater = PeriodRater(try tieredBook(tiers, more: "channels: {web: free}"))
        let free = try usage(at: "2025-06-01T00:00:00Z", output: 100, channel: "web")
        let unpriced = try usage(at: "2025-06-01T00:00:00Z", write1h: 100)
        let paid = try usage(at: "2025-06-01T01:00:00Z", output: 6)
        #expect(try rater.texts([free, unpriced, paid]) == ["0", "no_rate_cache_write_1h", "15"])
    }

    /// The order in which tokens are counted within an hour: by model, then schedule, then class; not by arrival.
    @Test func theOrderIsDefined() throws {
        let tiers = "[{name: t, counter: book, mode: graduated, steps: [{up_to: 10}, {factor: 0}]}]"
        let text = """
            price_book: b
            currency: USD
            tariffs:
              - model: a
                versions: [{from: 2025-01-01T00:00:00Z, rates: {cache_miss: 1000000, output: 3000000}, tiers: \(tiers)}]
              - model: b
                versions: [{from: 2025-01-01T00:00:00Z, rates: {output: 5000000}, tiers: \(tiers)}]
            """
        let rater = PeriodRater(try PriceBook.parse(text, file: "b"))
        let usages = try [
            usage("b", at: "2025-06-01T00:00:00Z", output: 6), usage("a", at: "2025-06-01T00:30:00Z", output: 4),
            usage("a", at: "2025-06-01T00:10:00Z", miss: 3, output: 1),
        ]
        // a: 3 misses, 1 + 4 outputs; b: the two tokens that are left of ten.
        #expect(try rater.texts(usages) == ["10", "12", "6"])
        #expect(try rater.texts(usages.reversed()) == ["6", "12", "10"])
        let slices = try rater.rate(usages, slices: true).slices
        #expect(slices.map(\.usage) == [2, 2, 1, 0, 0])
        #expect(slices.map(\.tokens) == [3, 1, 4, 2, 4])
        #expect(slices.map { $0.tier?.step } == [0, 0, 0, 0, 1])
    }

    /// Tiers on top of a schedule, a band and a multiplier: factors multiply; a step's rate replaces the base rate; where
    /// two rules give rates the pair is spelled out.
    @Test(
        arguments: [
            ("factor: 0.5", "factor: 0.5", "factor: 2", "5"),  // 10 × 0.5 × 2 × 0.5
            ("rates: {output: 8000000}", "factor: 0.5", "factor: 2", "8"),
            ("factor: 0.5", "rates: {output: 6000000}", "factor: 2", "6"),
            (
                "rates: {output: 8000000}", "rates: {output: 6000000}, bands: {long: {output: 7000000}}", "factor: 2",
                "8"
            ),
        ] as [(String, String, String, String)])
    func tiersCompose(_ step: String, _ schedule: String, _ band: String, _ total: String) throws {
        let isPair = step.contains("rates") && schedule.contains("rates")
        let combinations =
            isPair
            ? ", combinations: [{schedule: always, rates: {output: 9000000}}, {schedule: always, band: long, rates: {output: 8000000}}]"
            : ""
        let version = """
            from: 2025-01-01T00:00:00Z
            rates: {cache_miss: 0, output: 10000000}
            bands: [{name: long, input: {over: 10}, \(band)}]
            schedules: [{name: always, time_zone: UTC, from: "00:00", until: "24:00", \(schedule)}]
            tiers: [{name: t, counter: class, classes: [output], mode: graduated, steps: [{\(step)\(combinations)}]}]
            """
        let rater = PeriodRater(try book(version: version))
        #expect(try rater.texts([usage(miss: 100, output: 1)]) == [total])
        if isPair { #expect(try rater.texts([usage(miss: 1, output: 1)]) == ["9"]) }
    }

    /// A name that comes to mean another model within an hour: the order is that of the models' names, wherever the
    /// tariffs stand in the book. A store keeps them by name, a file as its author likes.
    @Test(arguments: [["a", "b"], ["b", "a"]]) func tariffsAreCountedByName(_ models: [String]) throws {
        let tariff = { (model: String) in
            """
              - model: \(model)
                aliases: [{name: latest, \(model == "a" ? "from" : "until"): 2025-06-01T12:30:00Z}]
                versions:
                  - from: 2025-01-01T00:00:00Z
                    rates: {output: \(model == "a" ? 3000000 : 1000000)}
                    tiers: [{name: t, counter: book, mode: graduated, steps: [{up_to: 5}, {factor: 10}]}]
            """
        }
        let book = try PriceBook.parse(
            "price_book: b\ncurrency: USD\ntariffs:\n" + models.map(tariff).joined(separator: "\n"), file: "b")
        let usages = try ["2025-06-01T12:00:00Z", "2025-06-01T12:40:00Z"].map {
            try usage("latest", at: $0, output: 5)
        }
        #expect(try PeriodRater(book).texts(usages) == ["50", "15"])
    }

    @Test func overflowIsAnError() throws {
        let tiers = "{name: t, counter: tariff, mode: volume, steps: [{up_to: 5}, {factor: 10}]}"
        let rater = PeriodRater(try tieredBook(tiers, rates: "{cache_hit: 0, output: 0}"))
        #expect(throws: MoneyError.overflow) { try rater.rate([usage(hit: .max, output: 1)]) }
        let fee =
            "{name: t, counter: class, mode: graduated, steps: [{package: {tokens: 1, price: 100000000000000000000}}]}"
        let dear = PeriodRater(try tieredBook(fee))
        #expect(throws: MoneyError.overflow) { try dear.rate([usage(output: 2)]) }
        let count = PeriodRater(
            try tieredBook("{name: t, counter: class, mode: graduated, steps: [{package: {tokens: 10, price: 1}}]}"))
        #expect(throws: MoneyError.overflow) { try count.rate([usage(output: .max), usage(output: 1)]) }
        #expect(throws: MoneyError.overflow) {
            try count.rate([count.usage(usage(output: 2))], counted: PeriodCounts(.max - 1, on: count.rater))
        }
    }
}
