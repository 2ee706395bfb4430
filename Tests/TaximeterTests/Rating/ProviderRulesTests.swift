import Testing

@testable import Taximeter

/// The rules of FACTS section 3, each as a provider has it.
@Suite struct ProviderRulesTests {
    /// Claude: all tokens at the long-context rates when input, hits and writes included, is more than 200,000. Cache
    /// writes 1.25 and 2 times, reads 0.1 times the input; batch half of it all; a region 1.1 times; they stack.
    private static let claude = """
        from: 2025-01-01T00:00:00Z
        rates:
          cache_hit: {times_cache_miss: 0.1}
          cache_miss: 3
          cache_write: {times_cache_miss: 1.25}
          cache_write_1h: {times_cache_miss: 2}
          output: 15
        bands:
          - name: long-context
            input: {over: 200000}
            rates:
              cache_hit: {times_cache_miss: 0.1}
              cache_miss: 6
              cache_write: {times_cache_miss: 1.25}
              cache_write_1h: {times_cache_miss: 2}
              output: 22.5
        multipliers: {batch: 0.5, us-only: 1.1}
        """

    @Test(
        arguments: [
            (199_999, 0, "standard", [], "0.599997"), (200_000, 0, "standard", [], "0.6"),
            (200_001, 0, "standard", [], "1.200006"),
            (200_000, 1_000_000, "standard", [], "15.6"),  // output does not decide
            (200_001, 1_000_000, "standard", [], "23.700006"),  // but its price changes
            (200_000, 0, "batch", [], "0.3"), (200_000, 0, "standard", ["batch"], "0.3"),
            (200_000, 0, "batch", ["batch"], "0.3"), (200_000, 0, "batch", ["us-only"], "0.33"),
            (200_001, 0, "batch", ["us-only"], "0.6600033"), (200_000, 0, "priority", [], "unknown_service_tier"),
            (200_000, 0, "standard", ["eu"], "unknown_multiplier"),
        ] as [(Int64, Int64, String, [String], String)])
    func longContextAndMultipliers(
        _ input: Int64, _ output: Int64, _ tier: String, _ multipliers: [String], _ total: String
    ) throws {
        let rater = Rater(book: try book(version: Self.claude))
        let usage = try usage(miss: input, output: output, tier: tier, multipliers: multipliers)
        #expect(try rater.rate(usage).text == total)
    }

    @Test func cacheClassesFollowTheInputRateAndCountAsInput() throws {
        let rater = Rater(book: try book(version: Self.claude))
        let small = try #require(try rater.alone(usage(hit: 100, miss: 100, write: 100, write1h: 100)))
        #expect(
            TokenClass.allCases.map { small.netByClass[$0].decimalText }
                == ["0.00003", "0.0003", "0.000375", "0.0006", "0"])
        #expect(small.request.band == nil)
        let large = try #require(try rater.alone(usage(hit: 100_000, miss: 1, write: 60_000, write1h: 40_000)))
        #expect(large.request.band == 0)
        #expect(
            TokenClass.allCases.map { large.netByClass[$0].decimalText } == ["0.06", "0.000006", "0.45", "0.48", "0"])
    }

    @Test(
        arguments: [
            // xAI: at or above 200,000. OpenAI: more than 272,000, 2 times the input, 1.5 times the output.
            ("{from: 200000}", "factor: 2", 199_999, 1, "0.200001"),
            ("{from: 200000}", "factor: 2", 200_000, 1, "0.400004"),
            ("{over: 272000}", "factors: {cache_hit: 2, cache_miss: 2, output: 1.5}", 272_000, 1_000_000, "2.272"),
            ("{over: 272000}", "factors: {cache_hit: 2, cache_miss: 2, output: 1.5}", 272_001, 1_000_000, "3.544002"),
        ] as [(String, String, Int64, Int64, String)])
    func thresholdsAndFactors(
        _ threshold: String, _ rule: String, _ input: Int64, _ output: Int64, _ total: String
    ) throws {
        let version = """
            from: 2025-01-01T00:00:00Z
            rates: {cache_hit: 0.5, cache_miss: 1, output: 2}
            bands: [{name: long, input: \(threshold), \(rule)}]
            """
        let rating = try Rater(book: book(version: version)).rate(usage(miss: input, output: output))
        #expect(rating.text == total)
    }

    /// Qwen: by total input, up to 32 k, 128 k and 256 k.
    @Test(
        arguments: [
            (32_000, "0.032"), (32_001, "0.064002"), (128_000, "0.256"), (128_001, "0.512004"),
        ] as [(Int64, String)])
    func severalBands(_ input: Int64, _ total: String) throws {
        let version = """
            from: 2025-01-01T00:00:00Z
            rates: {cache_miss: 1, output: 4}
            bands:
              - {name: 128k-256k, input: {over: 128000}, rates: {cache_miss: 4, output: 16}}
              - {name: 32k-128k, input: {over: 32000}, rates: {cache_miss: 2, output: 8}}
            """
        #expect(try Rater(book: book(version: version)).rate(usage(miss: input)).text == total)
    }

    /// Doubao: output at a quarter of the price if input is at most 32 k and output at most 200.
    @Test(
        arguments: [
            (32_000, 200, "0.0258"), (32_000, 201, "0.026404"), (32_001, 200, "0.0392012"), (32_001, 201, "0.0400092"),
        ] as [(Int64, Int64, String)])
    func bandsOnInputAndOutput(_ input: Int64, _ output: Int64, _ total: String) throws {
        let version = """
            from: 2025-01-01T00:00:00Z
            rates: {cache_miss: 0.8, output: 1}
            bands:
              - {name: long-output, output: {over: 200}, rates: {output: 4}}
              - {name: long-input, input: {over: 32000}, rates: {cache_miss: 1.2, output: 4}}
              - {name: both, input: {over: 32000}, output: {over: 200}, rates: {cache_miss: 1.2, output: 8}}
            """
        let rating = try Rater(book: book(version: version)).rate(usage(miss: input, output: output))
        #expect(rating.text == total)
    }
}
