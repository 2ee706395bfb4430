import TestKit
import Testing

@testable import Taximeter

/// What of LiteLLM's map is not expressed, and what that means for the model.
@Suite struct LiteLLMRefusalTests {
    private static let prices = #""input_cost_per_token": 1.5e-07, "output_cost_per_token": 6e-07"#

    @Test(arguments: [
        ImportCase(
            "prices of other things", prices + #", "search_context_cost_per_query": {"search_context_size_low": 0.01}"#,
            LiteLLMImportTests.plain,
            findings: "search_context_cost_per_query: is no price of a token class (in part)"),
        ImportCase(
            "nothing for other things", prices + #", "input_cost_per_image": 0.0, "input_dbu_cost_per_token": 2e-06"#,
            LiteLLMImportTests.plain),
        ImportCase(
            "sound at the price of text, and at another",
            prices + #", "input_cost_per_audio_token": 1.50e-07, "output_cost_per_audio_token": 1e-06"#,
            LiteLLMImportTests.plain,
            findings: "output_cost_per_audio_token: is no price of a token class (in part)"),
        ImportCase(
            "reasoning at the price of output", prices + #", "output_cost_per_reasoning_token": 6e-07"#,
            LiteLLMImportTests.plain),
        ImportCase(
            "reasoning at another", prices + #", "output_cost_per_reasoning_token": 7e-07"#, "",
            findings:
                "output_cost_per_reasoning_token: is part of the price of a request of text, and no price of a token class (not imported)"
        ),
        ImportCase(
            "reasoning at another, in a tier",
            """
            "tiered_pricing": [{"range": [0, 1000], "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06,
            "output_cost_per_reasoning_token": 2e-06}]
            """, "",
            findings:
                "tiered_pricing.output_cost_per_reasoning_token: is part of the price of a request of text, and no price of a token class (not imported)"
        ),
        ImportCase(
            "a fee for each request", prices + #", "input_cost_per_request": 0.005"#, "",
            findings:
                "input_cost_per_request: is part of the price of a request of text, and no price of a token class (not imported)"
        ),
        ImportCase(
            "tokens that cost nothing where something else does",
            #""input_cost_per_token": 0, "output_cost_per_token": 0.0, "input_cost_per_query": 0.002"#, "",
            findings: "input_cost_per_query: costs something, while tokens cost nothing (not imported)"),
        ImportCase(
            "tokens that cost nothing", #""input_cost_per_token": 0, "output_cost_per_token": 0.0"#,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 0, cache_miss: 0, cache_write: 0, cache_write_1h: 0, output: 0}
            """),
        ImportCase(
            "only other things", #""input_cost_per_second": 0.0001, "off_peak_pricing": {"hours_utc": "00:00-01:00"}"#,
            "",
            findings: """
                input_cost_per_second: is no price of a token class (not imported)
                off_peak_pricing: is no price of a token class (not imported)
                """),
        ImportCase("nothing", #""mode": "chat""#, "", findings: "prices: there are none (not imported)"),
        ImportCase(
            "digits of a binary fraction", #""input_cost_per_token": 2.0000000000000002e-07"#, "",
            findings: "input_cost_per_token: has more digits than 18 decimals a token (not imported)"),
        ImportCase(
            "digits of a binary fraction in a tier", prices + #", "input_cost_per_token_flex": 1.0000000000000001e-07"#,
            LiteLLMImportTests.plain,
            findings: "input_cost_per_token_flex: has more digits than 18 decimals a token (in part)"),
        ImportCase(
            "a word", #""input_cost_per_token": "cheap""#, "",
            findings: "input_cost_per_token: is not a price (not imported)"),
        ImportCase(
            "tiers with a hole",
            """
            "tiered_pricing": [{"range": [0, 1000], "input_cost_per_token": 1e-06}, {"range": [2000, 3000],
            "input_cost_per_token": 1e-06}]
            """, "", findings: "tiered_pricing: has ranges that do not follow each other from 0 (not imported)"),
        ImportCase(
            "a threshold far below nothing",
            prices + #", "input_cost_per_token_above_-9223372036854775808k_tokens": 3e-07"#, "",
            findings:
                "input_cost_per_token_above_-9223372036854775808k_tokens: has a threshold that cannot be read (not imported)"
        ),
        ImportCase(
            "tiers of something else", prices + #", "tiered_pricing": [{"max_results_range": [0, 5]}]"#,
            LiteLLMImportTests.plain, findings: "tiered_pricing: is no price of a token class (in part)"),
        ImportCase(
            "cache writes of twelve hours", prices + #", "cache_creation_input_token_cost_above_12hr": 1e-06"#,
            LiteLLMImportTests.plain,
            findings: "cache_creation_input_token_cost_above_12hr: is no price of a token class (in part)"),
        ImportCase(
            "the older name of the cache price, with another price",
            prices + #", "input_cost_per_token_cache_hit": 1e-08"#,
            LiteLLMImportTests.plain,
            findings: "input_cost_per_token_cache_hit: is no price of a token class (in part)"),
        ImportCase(
            "a factor that is none, and the same region twice",
            prices
                + #", "fedramp_uplift_multiplier": "x", "regional_processing_uplift_multiplier_us": 1.1, "provider_specific_entry": {"us": 1.2}"#,
            LiteLLMImportTests.plain + "\n  multipliers: {us: 1.1}",
            findings: """
                fedramp_uplift_multiplier: is no factor of at most 18 decimals (in part)
                provider_specific_entry.us: is a second multiplier us (in part)
                """),
    ])
    func refusals(_ test: ImportCase) throws { test.check(try LiteLLMImportTests.imported(test.model)) }

    // MARK: Names

    private static let map = """
        {"a": {"litellm_provider": "one", "input_cost_per_token": 1e-06, "source": "https://a.example", "aliases": ["c", "b"]},
         "b": {"litellm_provider": "two", "input_cost_per_token": 2e-06},
         "latest": {"alias_of": "b"},
         "lost": {"alias_of": "z"},
         "chain": {"alias_of": "latest"}}
        """

    @Test func rowsThatPointAtOthersAreNames() throws {
        let result = try PriceImport.liteLLM(Self.map, file: "map.json", options: ImportCase.options())
        #expect(result.book.tariffs.map(\.model.text) == ["a", "b"])
        #expect(result.book.tariffs.map { $0.aliases.map(\.name.text) } == [["c"], ["latest"]])
        #expect(result.book.tariffs[0].versions[0].source == "https://a.example")
        #expect(
            result.findings.map(\.description).joined(separator: "\n") == """
                map.json:4:23: lost: alias_of: is no row with prices (note)
                map.json:5:24: chain: alias_of: is no row with prices (note)
                map.json:1:114: a: name: "b" means another model already (in part)
                """)
        #expect((result.modelCount, result.wholeCount, result.partCount) == (2, 1, 1))
    }

    @Test func oneProvider() throws {
        let result = try PriceImport.liteLLM(Self.map, file: "map.json", options: ImportCase.options(["two"]))
        #expect(result.book.tariffs.map(\.model.text) == ["b"])
        #expect(result.book.tariffs[0].aliases.map(\.name.text) == ["latest"])
        #expect(result.findings.isEmpty)
    }

    @Test(arguments: [
        (
            "[]",
            "map.json:1:1: found a list; expected a mapping from model names to prices, as in LiteLLM's model_prices_and_context_window.json"
        ),
        ("{\"m\": 1}", "map.json:1:7: m: found \"1\"; expected a mapping with the model's prices"),
        ("{\"m\": {}, \"m\": {}}", "map.json:1:2: m: found the key \"m\" twice; expected it once"),
        (
            "{\"m\": {\"litellm_provider\": \"openai\"}}",
            "map.json:1:1: found no litellm_provider \"opnai\"; expected one of openai (did you mean \"openai\"?)"
        ),
        ("", "map.json:1:1: found an empty document; expected a mapping"),
    ])
    func otherFiles(_ text: String, _ message: String) {
        let errors = #expect(throws: FileErrors.self) {
            try PriceImport.liteLLM(text, file: "map.json", options: ImportCase.options(["opnai"]))
        }
        #expect(errors?.description == message)
    }

    /// A book is made to be edited: what has a meaning to YAML is quoted, and every name comes back.
    @Test(arguments: [
        "gpt-4o", "amazon.nova-lite-v1:0", "a/b@c+d", "a: b", "a #b", "on", "NULL", "1.5", "- a", "a\"b\\c", "é", "x:",
        "{", "*a",
    ])
    func everyNameComesBack(_ name: String) throws {
        let key = CanonicalJSON.string(name).text
        let result = try PriceImport.liteLLM(
            "{\(key): {\"input_cost_per_token\": 1e-06}}", file: "map.json", options: ImportCase.options())
        #expect(result.book.tariffs.map(\.model.text) == [name])
    }
}
