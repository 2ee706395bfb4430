import Taximeter
import Testing

/// Costs of tokens on DeepSeek's published day: 16 USD a node-hour, 168 B output tokens, 608 B input, 266 B of it misses.
@Suite struct TokenEconomicsTests {
    private func usd(_ text: String) throws -> Money { try Money(text, .usd) }

    /// Cost of what, over how many tokens; per million.
    @Test(
        arguments: [
            ("36646.80", 266_000_000_000, "0.137770"),  // prefill, where hits cost none
            ("36646.80", 608_000_000_000, "0.060274"),  // prefill, all input alike
            ("50425.20", 168_000_000_000, "0.300150"),  // decode
            ("87072", 776_000_000_000, "0.112206"), ("87072", 168_000_000_000, "0.518286"),
        ] as [(String, Int128, String)])
    func perMillion(_ cost: String, _ tokens: Int128, _ expected: String) throws {
        let cost = try TokenEconomics.costPerMillion(usd(cost), tokens: tokens).rounded(.halfAwayFromZero, decimals: 6)
        #expect(try cost == usd(expected))
        #expect(throws: MoneyError.divisionByZero) { try TokenEconomics.costPerMillion(cost, tokens: 0) }
    }

    /// Tokens a node-second, and what a million must cost to pay for a node at 16 an hour.
    @Test(
        arguments: [
            (1_000, 1, "4.4444"), (857_528, 100, "0.5183"), (14_800, 1, "0.3003"),
            (73_700, 1, "0.0603"),
        ] as [(Int128, Int128, String)])
    func breakeven(_ tokens: Int128, _ seconds: Int128, _ expected: String) throws {
        let throughput = try #require(Ratio(tokens, to: seconds))
        let price = try TokenEconomics.breakevenPerMillion(nodeHour: usd("16"), throughput: throughput)
        #expect(try price.rounded(.halfAwayFromZero, decimals: 4) == usd(expected))
    }

    /// "From 16 yuan to 2 yuan a million" at 7.25 yuan a dollar: 116 yuan a node-hour.
    @Test(arguments: [("16", "2013.9"), ("2", "16111.1")])
    func theArticlesThroughput(_ price: String, _ throughput: String) throws {
        let perHour = try Money("116", .cny)
        #expect(
            try Ratio(perHour.units * 1_000_000, to: Money(price, .cny).units * 3_600)?.text(places: 1) == throughput)
    }

    /// The 200-dollar plan: how many output tokens a month it carries at cost, and at the day's list value.
    @Test(arguments: [("87072", 385_887_541), ("562027", 59_783_605)] as [(String, Int128)])
    func aFlatFee(_ value: String, _ tokens: Int128) throws {
        #expect(
            try TokenEconomics.tokens(paidBy: usd("200"), cost: usd(value), tokens: 168_000_000_000) == tokens)
    }

    /// Decode and prefill share the cost by the node-hours that each needs at the published throughput: the rest of
    /// the mean's 226.75 nodes is prefill's.
    @Test func thePhasesCosts() throws {
        let decode = try #require(Ratio(168_000_000_000, to: 14_800 * 3_600))
        let prefill = try #require(Ratio(608_000_000_000, to: 73_700 * 3_600))
        #expect(try decode.text(places: 2) == "3153.15" && prefill.text(places: 2) == "2291.57")
        // decode ÷ (decode + prefill), over the common denominator.
        let (part, other) = (decode.numerator * prefill.denominator, prefill.numerator * decode.denominator)
        let cost = try usd("87072").share(part, of: part + other, rounding: .halfAwayFromZero)
        #expect(try cost.rounded(.halfAwayFromZero) == usd("50425.20"))
        #expect(try (usd("87072") - cost).rounded(.halfAwayFromZero) == usd("36646.80"))
    }
}
