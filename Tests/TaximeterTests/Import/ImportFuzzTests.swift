import TestKit
import Testing

@testable import Taximeter

/// Maps that somebody has damaged: the import ends with errors or with a book that reads back, and never takes the
/// program down.
@Suite struct ImportFuzzTests {
    private static let genAIPrices = """
        [{"id": "p", "pricing_urls": ["u"], "fallback_model_providers": ["q"], "models": [
        {"id": "m", "match": {"or": [{"equals": "x"}, {"and": [{"contains": "y"}]}]}, "prices": [{"prices": {"input_mtok":
        {"base": 1.5e-1, "tiers": [{"start": 200000, "price": 3}]}, "cache_write_1h_mtok": 2, "output_mtok": 4}},
        {"constraint": {"start_date": "2025-03-13"}, "prices": {"input_mtok": 1}}, {"constraint": {"start_time":
        "16:30:00Z", "end_time": "00:30:00+08:00"}, "prices": {"input_mtok": 0.5, "requests_kcount": 0}}],
        "price_variants": [{"when": {"processing": "batch"}, "constraint": {"start_date": "2025-10-14"}, "prices":
        {"input_mtok": 0.5}}]}]}]
        """
    private static let liteLLM = """
        {"m": {"litellm_provider": "xai", "input_cost_per_token": 1.5e-07, "output_cost_per_token": 6e-07,
        "cache_creation_input_token_cost_above_1hr": 6e-06, "input_cost_per_token_above_200k_tokens": 6e-06,
        "input_cost_per_token_batches": 7e-08, "output_cost_per_token_above_200k_tokens_batches": 7e-08,
        "input_cost_per_token_flex": 1e-08, "fedramp_uplift_multiplier": 1.1, "provider_specific_entry": {"us": 1.1},
        "off_peak_pricing": {"input_cost_per_token": 1e-07, "weekday_timezone": "Asia/Shanghai", "windows": [{"hours_utc":
        ["00:00-01:00", "10:00-00:00"], "weekdays": [1, "sun"]}]}}, "t": {"tiered_pricing": [{"range": [0, 256000.0],
        "input_cost_per_token": 1e-06}, {"range": [256000.0, 1000000.0], "input_cost_per_token": 2e-06}]},
        "l": {"alias_of": "m"}}
        """
    private static let pieces = [
        "0", "-1", "1e99", "1e-99", "99999999999999999999", "9223372036854775807", "null", "true", "\"\"",
        "\"standard\"",
        "[]", "{}", "[[", "}", ",", ":", "\"", "\\", "\n", "\u{0}", "é", "24:00", "23:59:60Z", "9999-12-31",
        "0001-01-01",
        "_above_", "k_tokens", "_flex", "e", ".",
    ]

    @Test(arguments: [true, false])
    func damagedMaps(_ isGenAIPrices: Bool) async throws {
        let map = Array((isGenAIPrices ? Self.genAIPrices : Self.liteLLM).unicodeScalars)
        let options = try ImportCase.options()
        try await withSeed { generator in
            var (books, errors) = (0, 0)
            for _ in 0..<3000 {
                var scalars = map
                for _ in 0..<Int.random(in: 1...3, using: &generator) {
                    let start = Int.random(in: 0..<scalars.count, using: &generator)
                    let end = min(scalars.count, start + Int.random(in: 0...12, using: &generator))
                    let piece = Self.pieces.randomElement(using: &generator) ?? ""
                    scalars.replaceSubrange(start..<end, with: Array(piece.unicodeScalars))
                }
                var view = String.UnicodeScalarView()
                view.append(contentsOf: scalars)
                do {
                    let result =
                        isGenAIPrices
                        ? try PriceImport.genAIPrices(String(view), file: "f", options: options)
                        : try PriceImport.liteLLM(String(view), file: "f", options: options)
                    books += 1
                    #expect(try PriceBook.parse(result.text, file: "again") == result.book, "\(String(view))")
                    #expect(result.book.tariffs.count == result.wholeCount + result.partCount)
                } catch is FileErrors {
                    errors += 1
                }
            }
            #expect(books > 100 && errors > 100, "\(books) books, \(errors) errors")
        }
    }

    /// Every spelling of a number that JSON has means the same number.
    @Test(arguments: [
        ("1.5e-07", "0.00000015"), ("0.0000001500", "0.00000015"), ("15E-8", "0.00000015"), ("1e+3", "1000"),
        ("-0", "0"),
        ("0e5", "0"), ("-12.50", "-12.5"), ("100", "100"), ("007", "7"), ("0.1", "0.1"), ("10e-1", "1"),
    ])
    func numbers(_ text: String, _ plain: String) {
        #expect(SourceNumber(text)?.text() == plain)
        #expect(SourceNumber(text)?.text(timesTenTo: 6) == SourceNumber(plain + "e6")?.text())
    }

    @Test(arguments: [
        "", "-", ".5", "5.", "1e", "e5", "1e1.5", "0x10", "NaN", "Infinity", "1 000", "1_000", "１", "1e101", "1e-101",
        "--1", "+1",
    ])
    func noNumbers(_ text: String) { #expect(SourceNumber(text) == nil) }
}
