import TestKit
import Testing

@testable import Taximeter

/// The price books of providers at every boundary; amounts computed by hand from the published prices.
@Suite struct ProviderBooksTests {
    /// One request and what it costs.
    struct Case: Sendable, CustomTestStringConvertible {
        let model: String
        let at: String
        /// Cache hits, misses, writes for five minutes and for an hour, output.
        let tokens: (Int64, Int64, Int64, Int64, Int64)
        var selected: [String] = []
        let total: String

        init(
            _ model: String, _ at: String, _ tokens: (Int64, Int64, Int64, Int64, Int64), _ selected: [String] = [],
            _ total: String
        ) {
            self.model = model
            self.at = at
            self.tokens = tokens
            self.selected = selected
            self.total = total
        }

        var testDescription: String { "\(model) \(at) \(tokens) \(selected) \(total)" }
    }

    private func check(_ file: String, _ example: Case) throws {
        let rater = Rater(book: try PriceBook.parse(fixture(file), file: file))
        let (hit, miss, write, write1h, output) = example.tokens
        // The first is the service tier, as a request names it; others are selected.
        let usage = try usage(
            example.model, at: example.at, hit: hit, miss: miss, write: write, write1h: write1h, output: output,
            tier: example.selected.first ?? "standard", multipliers: Array(example.selected.dropFirst()))
        #expect(try rater.rate(usage).text == example.total)
    }

    /// More than 200,000 input tokens, hits and writes included; batches and the region on top; flat from 2026-03-13.
    @Test(arguments: [
        Case("claude-sonnet-4-6", "2026-03-01T00:00:00Z", (0, 199_999, 0, 0, 0), "0.599997"),
        Case("claude-sonnet-4-6", "2026-03-01T00:00:00Z", (0, 200_000, 0, 0, 0), "0.6"),
        Case("claude-sonnet-4-6", "2026-03-01T00:00:00Z", (0, 200_001, 0, 0, 0), "1.200006"),
        Case("claude-sonnet-4-6", "2026-03-01T00:00:00Z", (0, 200_000, 0, 0, 1_000_000), "15.6"),
        Case("claude-sonnet-4-6", "2026-03-01T00:00:00Z", (0, 200_001, 0, 0, 1_000_000), "23.700006"),
        Case("claude-sonnet-4-6", "2026-03-01T00:00:00Z", (100_000, 0, 60_000, 40_000, 0), "0.495"),
        Case("claude-sonnet-4-6", "2026-03-01T00:00:00Z", (100_000, 1, 60_000, 40_000, 0), "0.990006"),
        Case("claude-sonnet-4-6", "2026-03-01T00:00:00Z", (0, 200_001, 0, 0, 0), ["batch"], "0.600003"),
        Case("claude-sonnet-4-6", "2026-03-01T00:00:00Z", (0, 200_001, 0, 0, 0), ["standard", "us"], "1.3200066"),
        Case("claude-sonnet-4-6", "2026-03-01T00:00:00Z", (0, 200_001, 0, 0, 0), ["batch", "us"], "0.6600033"),
        Case("claude-sonnet-4-6", "2026-03-12T23:59:59.999999Z", (0, 200_001, 0, 0, 0), "1.200006"),
        Case("claude-sonnet-4-6", "2026-03-13T00:00:00Z", (0, 200_001, 0, 0, 0), "0.600003"),
        Case("claude-sonnet-4-6", "2026-02-16T23:59:59.999999Z", (0, 1, 0, 0, 0), "no_version"),
        Case("claude-sonnet-4-6", "2026-03-01T00:00:00Z", (0, 1, 0, 0, 0), ["priority"], "unknown_service_tier"),
        Case("claude-opus-4-6", "2026-03-01T00:00:00Z", (0, 200_000, 0, 0, 1_000_000), "26"),
        Case("claude-opus-4-6", "2026-03-01T00:00:00Z", (0, 200_001, 0, 0, 1_000_000), "39.50001"),
        Case("claude-opus-4-6", "2026-03-13T00:00:00Z", (0, 200_001, 0, 0, 1_000_000), "26.000005"),
        Case("claude-sonnet-4-5", "2025-09-28T23:59:59.999999Z", (0, 1, 0, 0, 0), "no_version"),
        Case("claude-sonnet-4-5-20250929", "2025-09-29T00:00:00Z", (0, 200_001, 0, 0, 0), "1.200006"),
        Case("claude-sonnet-4-5", "2026-01-01T00:00:00Z", (0, 1, 0, 0, 0), ["standard", "us"], "unknown_multiplier"),
        Case("claude-opus-4-5", "2026-01-01T00:00:00Z", (1_000_000, 0, 1_000_000, 0, 0), "6.75"),
        Case("claude-haiku-4-5", "2026-01-01T00:00:00Z", (0, 1_000_000, 0, 1_000_000, 1_000_000), "8"),
    ])
    func anthropic(_ example: Case) throws { try check("anthropic-usd.yaml", example) }

    /// More than 200,000; batches leave cache hits as they are; an offer ends with the year 2026.
    @Test(arguments: [
        Case("gemini-2.5-pro", "2026-01-01T00:00:00Z", (0, 199_999, 0, 0, 0), "0.24999875"),
        Case("gemini-2.5-pro", "2026-01-01T00:00:00Z", (0, 200_000, 0, 0, 0), "0.25"),
        Case("gemini-2.5-pro", "2026-01-01T00:00:00Z", (0, 200_001, 0, 0, 0), "0.5000025"),
        Case("gemini-2.5-pro", "2026-01-01T00:00:00Z", (100_001, 100_000, 0, 0, 0), "0.27500025"),
        Case("gemini-2.5-pro", "2026-01-01T00:00:00Z", (0, 200_001, 0, 0, 1_000_000), "15.5000025"),
        Case("gemini-2.5-pro", "2026-01-01T00:00:00Z", (0, 200_000, 0, 0, 0), ["batch"], "0.125"),
        Case("gemini-2.5-pro", "2026-01-01T00:00:00Z", (200_000, 0, 0, 0, 0), ["batch"], "0.025"),
        Case("gemini-2.5-pro", "2026-01-01T00:00:00Z", (0, 200_001, 0, 0, 0), ["priority"], "0.9000045"),
        Case("gemini-2.5-flash", "2025-06-16T23:59:59.999999Z", (0, 1, 0, 0, 0), "no_version"),
        Case("gemini-2.5-flash", "2025-06-17T00:00:00Z", (0, 1_000_000, 0, 0, 1_000_000), "2.8"),
        Case("gemini-2.5-flash-lite", "2025-07-31T23:59:59.999999Z", (0, 1, 0, 0, 0), "no_version"),
        Case("gemini-2.5-flash-lite", "2025-08-01T00:00:00Z", (1_000_000, 1_000_000, 0, 0, 1_000_000), "0.51"),
        Case("gemini-3.6-flash", "2026-12-31T23:59:59.999999Z", (0, 1_000_000, 0, 0, 0), "0.75"),
        Case("gemini-3.6-flash", "2027-01-01T00:00:00Z", (0, 1_000_000, 0, 0, 0), "1.5"),
        Case("gemini-3.6-flash", "2026-12-31T23:59:59.999999Z", (0, 0, 0, 0, 1_000_000), ["batch"], "1.875"),
    ])
    func google(_ example: Case) throws { try check("google-usd.yaml", example) }

    /// More than 272,000: twice the input, one and a half times the output; half for batch and flex; priority.
    @Test(arguments: [
        Case("gpt-5.4", "2026-06-01T00:00:00Z", (0, 271_999, 0, 0, 0), "0.6799975"),
        Case("gpt-5.4", "2026-06-01T00:00:00Z", (0, 272_000, 0, 0, 1_000_000), "15.68"),
        Case("gpt-5.4", "2026-06-01T00:00:00Z", (0, 272_001, 0, 0, 1_000_000), "23.860005"),
        Case("gpt-5.4", "2026-06-01T00:00:00Z", (272_001, 0, 0, 0, 0), "0.1360005"),
        Case("gpt-5.4", "2026-06-01T00:00:00Z", (0, 272_001, 0, 0, 0), ["batch"], "0.6800025"),
        Case("gpt-5.4", "2026-06-01T00:00:00Z", (0, 272_000, 0, 0, 0), ["flex"], "0.34"),
        Case("gpt-5.4", "2026-06-01T00:00:00Z", (0, 272_000, 0, 0, 0), ["priority"], "1.36"),
        Case("gpt-5.5", "2026-06-01T00:00:00Z", (1_000, 0, 0, 0, 1_000_000), ["priority"], "75.00125"),
        Case("gpt-5.4-2026-03-05", "2026-03-05T00:00:00Z", (0, 1_000_000, 0, 0, 0), "5"),
        Case("gpt-5.4", "2026-03-04T23:59:59.999999Z", (0, 1, 0, 0, 0), "no_version"),
        Case("gpt-5.6-sol", "2026-08-20T23:59:59.999999Z", (0, 1, 0, 0, 0), "no_version"),
        Case("gpt-5.6-sol", "2026-08-21T00:00:00Z", (0, 0, 272_000, 0, 1_000_000), "21.36"),
        Case("gpt-5.6-sol", "2026-08-21T00:00:00Z", (0, 0, 272_001, 0, 1_000_000), "32.72001"),
        Case("gpt-5.1", "2026-01-01T00:00:00Z", (0, 300_000, 0, 0, 0), "0.375"),
        Case("gpt-5.2", "2026-01-01T00:00:00Z", (0, 0, 0, 1, 0), "no_rate_cache_write_1h"),
    ])
    func openAI(_ example: Case) throws { try check("openai-usd.yaml", example) }

    /// At or above 200,000; cheaper from 2026-04-30.
    @Test(arguments: [
        Case("grok-4.20", "2026-03-10T00:00:00Z", (0, 199_999, 0, 0, 1_000_000), "6.399998"),
        Case("grok-4.20", "2026-03-10T00:00:00Z", (0, 200_000, 0, 0, 1_000_000), "12.8"),
        Case("grok-4.20", "2026-03-10T00:00:00Z", (0, 200_001, 0, 0, 0), "0.800004"),
        Case("grok-4.20", "2026-03-10T00:00:00Z", (200_000, 0, 0, 0, 0), "0.08"),
        Case("grok-4.20", "2026-04-29T23:59:59.999999Z", (0, 200_000, 0, 0, 0), "0.8"),
        Case("grok-4.20", "2026-04-30T00:00:00Z", (0, 200_000, 0, 0, 0), "0.5"),
        Case("grok-4.20", "2026-04-30T00:00:00Z", (0, 200_000, 0, 0, 0), ["batch"], "0.4"),
        Case("grok-4.20", "2026-04-29T23:59:59.999999Z", (0, 1, 0, 0, 0), ["batch"], "unknown_service_tier"),
        Case("grok-4.7-latest", "2026-11-01T00:00:00Z", (1_000_000, 0, 0, 0, 0), "1"),
    ])
    func xAI(_ example: Case) throws { try check("xai-usd.yaml", example) }

    /// By total input: up to 32,000, up to 128,000, and so on, each with its own input and output.
    @Test(arguments: [
        Case("qwen3-max", "2026-06-01T00:00:00Z", (0, 31_999, 0, 0, 0), "0.0383988"),
        Case("qwen3-max", "2026-06-01T00:00:00Z", (0, 32_000, 0, 0, 1_000_000), "6.0384"),
        Case("qwen3-max", "2026-06-01T00:00:00Z", (0, 32_001, 0, 0, 1_000_000), "12.0768024"),
        Case("qwen3-max", "2026-06-01T00:00:00Z", (0, 128_000, 0, 0, 0), "0.3072"),
        Case("qwen3-max", "2026-06-01T00:00:00Z", (0, 128_001, 0, 0, 1_000_000), "15.384003"),
        Case("qwen3-coder-plus", "2026-06-01T00:00:00Z", (32_001, 0, 0, 0, 0), "0.00576018"),
        Case("qwen3-coder-plus", "2026-06-01T00:00:00Z", (0, 256_000, 0, 0, 0), "0.768"),
        Case("qwen3-coder-plus", "2026-06-01T00:00:00Z", (0, 256_001, 0, 0, 0), "1.536006"),
        Case("qwen-flash", "2026-06-01T00:00:00Z", (0, 256_001, 0, 0, 0), "0.06400025"),
    ])
    func qwen(_ example: Case) throws { try check("qwen-usd.yaml", example) }

    /// Output at a quarter of the price where the input is at most 32,000 and the output at most 200.
    @Test(arguments: [
        Case("doubao-seed-1.6", "2026-01-01T00:00:00Z", (0, 32_000, 0, 0, 199), "0.025998"),
        Case("doubao-seed-1.6", "2026-01-01T00:00:00Z", (0, 32_000, 0, 0, 200), "0.026"),
        Case("doubao-seed-1.6", "2026-01-01T00:00:00Z", (0, 32_000, 0, 0, 201), "0.027208"),
        Case("doubao-seed-1.6", "2026-01-01T00:00:00Z", (0, 32_001, 0, 0, 200), "0.0416012"),
        Case("doubao-seed-1.6", "2026-01-01T00:00:00Z", (0, 32_001, 0, 0, 201), "0.0416172"),
        Case("doubao-seed-1.6", "2026-01-01T00:00:00Z", (0, 128_000, 0, 0, 200), "0.1568"),
        Case("doubao-seed-1.6", "2026-01-01T00:00:00Z", (0, 128_001, 0, 0, 200), "0.3120024"),
        Case("doubao-seed-1.6", "2026-01-01T00:00:00Z", (0, 128_001, 0, 0, 201), "0.3120264"),
        Case("doubao-seed-1.6", "2026-01-01T00:00:00Z", (128_001, 0, 0, 0, 0), "0.02048016"),
        Case("doubao-seed-1.6", "2025-10-14T15:59:59.999999Z", (0, 1, 0, 0, 0), "no_version"),
        Case("doubao-seed-1-6-251015", "2025-10-14T16:00:00Z", (0, 1_000, 0, 0, 0), "0.0008"),
        Case("doubao-seed-1.6-lite", "2026-01-01T00:00:00Z", (0, 32_000, 0, 0, 201), "0.0100824"),
        Case("doubao-seed-1.6-flash", "2026-01-01T00:00:00Z", (0, 32_001, 0, 0, 1_000), "0.0126003"),
    ])
    func doubao(_ example: Case) throws { try check("doubao-cny.yaml", example) }

    /// Batches at 0.6, for K2.5 alone.
    @Test(arguments: [
        Case("kimi-k2.5", "2026-03-01T00:00:00Z", (1_000_000, 1_000_000, 0, 0, 1_000_000), "3.7"),
        Case("kimi-k2.5", "2026-03-01T00:00:00Z", (1_000_000, 1_000_000, 0, 0, 1_000_000), ["batch"], "2.22"),
        Case("kimi-k2-0905-preview", "2026-05-24T23:59:59.999999Z", (0, 0, 0, 0, 1_000_000), "2.5"),
        Case("kimi-k2-0905-preview", "2026-05-25T00:00:00Z", (0, 0, 0, 0, 1), "no_version"),
        Case("kimi-k2-0905-preview", "2026-03-01T00:00:00Z", (0, 1, 0, 0, 0), ["batch"], "unknown_service_tier"),
    ])
    func moonshot(_ example: Case) throws { try check("moonshot-usd.yaml", example) }

    /// The example of Scaleway's own page: the free million goes to the dearest tokens, 300,000 are billed, 0.045 is
    /// rounded up. And one token beyond the million is a thousand.
    @Test(
        arguments: [
            (
                [
                    ("qwen3.5-397b-a17b", 500_000, 100_000),
                    ("mistral-small-3.2-24b-instruct-2506", 500_000, 200_000),
                ], "0.045", "0.05"
            ),
            ([("qwen3.5-397b-a17b", 1_000_000, 0)], "0", "0"),
            ([("qwen3.5-397b-a17b", 1_000_001, 0)], "0.0006", "0.01"),
        ] as [([(String, Int64, Int64)], String, String)])
    func scaleway(_ used: [(String, Int64, Int64)], _ exact: String, _ billed: String) throws {
        let book = try PriceBook.parse(fixture("scaleway-eur.yaml"), file: "scaleway")
        let usages = try used.map { try usage($0.0, at: "2026-08-01T00:00:00Z", miss: $0.1, output: $0.2) }
        let outcome = try PeriodRater(book).rate(usages)
        var total = Money.zero(book.currency)
        for index in usages.indices { total = try total + (try given(outcome[index].amounts)).net }
        #expect(total.decimalText == exact)
        #expect(try total.rounded(book.terms.rounding).decimalText == billed)
    }
}

extension ProviderBooksTests.Case {
    init(_ model: String, _ at: String, _ tokens: (Int64, Int64, Int64, Int64, Int64), _ total: String) {
        self.init(model, at, tokens, [], total)
    }
}
