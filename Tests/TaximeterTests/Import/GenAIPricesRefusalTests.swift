import TestKit
import Testing

@testable import Taximeter

/// What of genai-prices' format is not expressed, and what that means for the model.
@Suite struct GenAIPricesRefusalTests {
    private static let plain = """
        - from: 2025-01-01T00:00:00Z
          rates: {cache_hit: 1, cache_miss: 1, cache_write: 1, cache_write_1h: 1, output: 2}
        """

    @Test(arguments: [
        ImportCase(
            "prices of other things", #""prices": {"input_mtok": 1, "output_mtok": 2, "web_searches_kcount": 10}"#,
            plain,
            findings: "web_searches_kcount: is no price of a token class (in part)"),
        ImportCase(
            "tokens of sound cost more", #""prices": {"input_mtok": 1, "output_mtok": 2, "input_audio_mtok": 3}"#,
            plain,
            findings: "input_audio_mtok: is no price of a token class (in part)"),
        ImportCase(
            "tokens of sound cost what tokens cost: nothing is lost",
            #""prices": {"input_mtok": 1, "output_mtok": 2, "input_audio_mtok": 1.0, "output_audio_mtok": 2}"#, plain),
        ImportCase(
            "a fee for each request", #""prices": {"input_mtok": 1, "output_mtok": 2, "requests_kcount": 5}"#, "",
            findings:
                "requests_kcount: is part of the price of a request of text, and no price of a token class (not imported)"
        ),
        ImportCase(
            "no fee for each request", #""prices": {"input_mtok": 1, "output_mtok": 2, "requests_kcount": 0}"#, plain),
        ImportCase(
            "reasoning costs more", #""prices": {"input_mtok": 1, "output_mtok": 2, "output_reasoning_mtok": 3}"#, "",
            findings:
                "output_reasoning_mtok: is part of the price of a request of text, and no price of a token class (not imported)"
        ),
        ImportCase(
            "only other things", #""prices": {"audio_hours": 1}"#, "",
            findings: "audio_hours: is no price of a token class (not imported)"),
        ImportCase("nothing", #""prices": {}"#, "", findings: "prices: there are none (not imported)"),
        ImportCase("not even prices", #""name": "x""#, "", findings: "prices: there are none (not imported)"),
        ImportCase(
            "cached input without input", #""prices": {"cache_read_mtok": 1}"#, "",
            findings: "cache_read_mtok: has no input_mtok beside it (not imported)"),
        ImportCase(
            "too many digits for cached input: it has no rate",
            #""prices": {"input_mtok": 1, "output_mtok": 2, "cache_write_mtok": 0.08333333333333334}"#,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 1, cache_miss: 1, output: 2}
            """,
            findings: "cache_write_mtok: has more digits than 18 decimals a token (in part)"),
        ImportCase(
            "too many digits for input", #""prices": {"input_mtok": 0.20000000000000002}"#, "",
            findings: "input_mtok: has more digits than 18 decimals a token (not imported)"),
        ImportCase(
            "a price below zero", #""prices": {"input_mtok": -1}"#, "",
            findings: "input_mtok: is negative (not imported)"),
        ImportCase(
            "a price beyond all bounds", #""prices": {"input_mtok": 1e40}"#, "",
            findings: "input_mtok: is too large (not imported)"),
        ImportCase(
            "a word for a price", #""prices": {"input_mtok": "free"}"#, "",
            findings: "input_mtok: is not a price (not imported)"),
        ImportCase(
            "an unknown condition",
            #""prices": [{"constraint": {"end_date": "2026-01-01"}, "prices": {"input_mtok": 1}}]"#, "",
            findings: "prices: is a condition that is not known here (not imported)"),
        ImportCase(
            "a tier without a start", #""prices": {"input_mtok": {"base": 1, "tiers": [{"price": 2}]}}"#, "",
            findings: "input_mtok: is no tier with start and price (not imported)"),
        ImportCase(
            "tiers without a base", #""prices": {"input_mtok": {"tiers": []}}"#, "",
            findings: "input_mtok: has no base price (not imported)"),
        ImportCase(
            "more multipliers than a tariff may have",
            """
            "prices": {"input_mtok": 1}, "price_variants": [\((1...9).map {
                "{\"when\": {\"t\": \"t\($0)\"}, \"prices\": {\"input_mtok\": 2}}"
            }.joined(separator: ", "))]
            """, "", findings: "prices: found 9 multipliers; expected at most 8 (not imported)"),
        ImportCase(
            "a class that has a price at some times only",
            """
            "prices": [{"prices": {"input_mtok": 1}}, {"constraint": {"start_time": "01:00", "end_time": "02:00"},
            "prices": {"input_mtok": 1, "output_mtok": 1}}]
            """, "", findings: "prices: have a rate of output under some conditions only (not imported)"),
    ])
    func refusals(_ test: ImportCase) throws {
        test.check(
            try PriceImport.genAIPrices(
                "{\"providers\": [{\"id\": \"p\", \"models\": [{\"id\": \"m\", \(test.model)}]}]}", file: "data.json",
                options: ImportCase.options()))
    }

    // MARK: Names

    private static let map = """
        [{"id": "p", "pricing_urls": ["https://p.example"], "fallback_model_providers": ["q"], "models": [
          {"id": "m", "match": {"or": [{"equals": "m"}, {"equals": "M"}, {"equals": "m-1"}, {"starts_with": "m-"}]},
           "prices": {"input_mtok": 1}},
          {"id": "n", "match": {"and": [{"contains": "n"}]}, "prices": {"input_mtok": 2}},
          {"id": "o", "match": {"or": [{"equals": "m-1"}, {"equals": "n"}]}, "prices": {"input_mtok": 3}}]},
         {"id": "q", "models": [{"id": "m", "match": {"equals": "m"}, "prices": {"input_mtok": 4}},
          {"id": "m", "match": {"equals": "m"}, "prices": {"input_mtok": 5}}]}]
        """

    @Test func namesOfSeveralProvidersSayWhose() throws {
        let result = try PriceImport.genAIPrices(Self.map, file: "data.json", options: ImportCase.options())
        #expect(result.book.tariffs.map(\.model.text) == ["p/m", "p/n", "p/o", "q/m"])
        #expect(result.book.tariffs[0].aliases.map(\.name.text) == ["p/M", "p/m-1"])
        #expect(result.book.tariffs[0].versions[0].source == "https://p.example")
        #expect((result.modelCount, result.wholeCount, result.partCount, result.missingCount) == (5, 1, 3, 1))
        #expect(
            result.findings.map(\.description).joined(separator: "\n") == """
                data.json:1:81: p: fallback_model_providers: models of q that it serves too are not repeated here (note)
                data.json:2:101: p/m: match: starts_with "m-" stands for many names (in part)
                data.json:4:32: p/n: match: and stands for many names (in part)
                data.json:5:43: p/o: name: "p/m-1" means another model already (in part)
                data.json:5:62: p/o: name: "p/n" means another model already (in part)
                data.json:7:3: q/m: name: is the name of another model too (not imported)
                """)
    }

    @Test func namesOfOneProviderAreItsOwn() throws {
        let result = try PriceImport.genAIPrices(Self.map, file: "data.json", options: ImportCase.options(["q"]))
        #expect(result.book.tariffs.map(\.model.text) == ["m"])
        #expect(result.modelCount == 2)
    }

    @Test(arguments: [
        ("{}", "data.json:1:1: found a mapping; expected a list of providers, as in genai-prices' data.json"),
        ("[{\"models\": []}]", "data.json:1:2: [0].id: found nothing; expected the provider's id"),
        ("[{\"id\": \"p\"}]", "data.json:1:2: [0].models: found nothing; expected a list of models"),
        ("[{\"id\": \"p\", \"models\": {}}]", "data.json:1:24: [0].models: found a mapping; expected a list of models"),
        (
            "[{\"id\": \"p\", \"models\": [{}]}]",
            "data.json:1:25: [0].models[0].id: found nothing; expected the model's id"
        ),
        ("[", "data.json:2:1: found a syntax error (did not find expected node content); expected YAML or JSON"),
        (
            "{\"units\": {\"input_tokens\": {\"per\": 1000}}, \"providers\": []}",
            "data.json:1:36: units.input_tokens.per: found \"1000\"; expected 1000000: prices of tokens are per million"
        ),
        (
            "[{\"id\": \"openai\", \"models\": []}]",
            "data.json:1:1: found no provider \"openia\"; expected one of openai (did you mean \"openai\"?)"
        ),
    ])
    func otherFiles(_ text: String, _ message: String) {
        let errors = #expect(throws: FileErrors.self) {
            try PriceImport.genAIPrices(text, file: "data.json", options: ImportCase.options(["openia"]))
        }
        #expect(errors?.description == message)
    }
}
