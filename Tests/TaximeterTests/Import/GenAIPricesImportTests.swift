import TestKit
import Testing

@testable import Taximeter

/// The rules of genai-prices' format, each on a model of its own. Source: genai-prices 0.2.3, `types.py` and
/// `decompose.py`.
@Suite struct GenAIPricesImportTests {
    private static func imported(_ model: String) throws -> PriceImport {
        try PriceImport.genAIPrices(
            "[{\"id\": \"p\", \"models\": [{\"id\": \"m\", \(model)}]}]", file: "data.json",
            options: ImportCase.options(["p"]))
    }

    @Test(arguments: [
        ImportCase(
            "a kind of input without a price costs what the kind costs that contains it",
            #""prices": {"input_mtok": 3, "output_mtok": 15, "cache_write_mtok": 3.75}"#,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 3, cache_miss: 3, cache_write: 3.75, cache_write_1h: 3.75, output: 15}
            """),
        ImportCase(
            "every class of its own, in every spelling of a number",
            """
            "prices": {"input_mtok": 3.0, "output_mtok": 1.5e1, "cache_read_mtok": 3E-1, "cache_write_mtok": 0.375e+1,
            "cache_write_1h_mtok": 6, "requests_kcount": null}
            """,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 0.3, cache_miss: 3, cache_write: 3.75, cache_write_1h: 6, output: 15}
            """),
        ImportCase(
            "without an output price output has no rate", #""prices": {"input_mtok": 0.1}"#,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 0.1, cache_miss: 0.1, cache_write: 0.1, cache_write_1h: 0.1}
            """),
        ImportCase(
            "tiers, for some classes only, in any order",
            """
            "prices": {"input_mtok": {"base": 1, "tiers": [{"start": 200000, "price": 3}, {"start": 128000, "price": 2}]},
            "cache_read_mtok": 0.1, "output_mtok": {"base": 4, "tiers": [{"start": 200000, "price": 6}]}}
            """,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 0.1, cache_miss: 1, cache_write: 1, cache_write_1h: 1, output: 4}
              bands:
                - {name: over_128000, input: {over: 128000}, rates: {cache_miss: 2, cache_write: 2, cache_write_1h: 2}}
                - {name: over_200000, input: {over: 200000}, rates: {cache_miss: 3, cache_write: 3, cache_write_1h: 3, output: 6}}
            """),
    ])
    func prices(_ test: ImportCase) throws { test.check(try Self.imported(test.model)) }

    @Test(arguments: [
        ImportCase(
            "a price from a day on is a version; earlier than the import's start it is the first",
            """
            "prices": [{"prices": {"input_mtok": 1}}, {"constraint": {"start_date": "2024-06-01", "type": "start_date"}, "prices": {"input_mtok": 2}},
            {"constraint": {"start_date": "2025-03-13"}, "prices": {"input_mtok": 3, "output_mtok": 4}}]
            """,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 2, cache_miss: 2, cache_write: 2, cache_write_1h: 2}
            - from: 2025-03-13T00:00:00Z
              rates: {cache_hit: 3, cache_miss: 3, cache_write: 3, cache_write_1h: 3, output: 4}
            """),
        ImportCase(
            "a day on which nothing changes is no version",
            """
            "prices": [{"prices": {"input_mtok": 1}}, {"constraint": {"start_date": "2025-03-13"}, "prices": {"input_mtok": 1}}]
            """,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 1, cache_miss: 1, cache_write: 1, cache_write_1h: 1}
            """),
        ImportCase(
            "times of day are schedules; over midnight, with an offset",
            """
            "prices": [{"prices": {"input_mtok": 2}}, {"constraint": {"start_time": "16:30:00Z", "end_time": "00:30:00Z"},
            "prices": {"input_mtok": 1}}, {"constraint": {"start_time": "09:00:00+08:00", "end_time": "12:00:00+08:00"},
            "prices": {"input_mtok": 4}}]
            """,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 2, cache_miss: 2, cache_write: 2, cache_write_1h: 2}
              schedules:
                - name: "16:30-00:30"
                  time_zone: UTC
                  from: "16:30"
                  until: "00:30"
                  rates: {cache_hit: 1, cache_miss: 1, cache_write: 1, cache_write_1h: 1}
                - name: "01:00-04:00"
                  time_zone: UTC
                  from: "01:00"
                  until: "04:00"
                  rates: {cache_hit: 4, cache_miss: 4, cache_write: 4, cache_write_1h: 4}
            """),
        ImportCase(
            "the last one that holds wins where windows lie over each other, and over dates before them",
            """
            "prices": [{"prices": {"input_mtok": 1}}, {"constraint": {"start_time": "02:00", "end_time": "06:00"},
            "prices": {"input_mtok": 2}}, {"constraint": {"start_time": "04:00", "end_time": "08:00"}, "prices":
            {"input_mtok": 3}}, {"constraint": {"start_date": "2025-02-01"}, "prices": {"input_mtok": 9}}]
            """,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 1, cache_miss: 1, cache_write: 1, cache_write_1h: 1}
              schedules:
                - name: "02:00-04:00"
                  time_zone: UTC
                  from: "02:00"
                  until: "04:00"
                  rates: {cache_hit: 2, cache_miss: 2, cache_write: 2, cache_write_1h: 2}
                - name: "04:00-08:00"
                  time_zone: UTC
                  from: "04:00"
                  until: "08:00"
                  rates: {cache_hit: 3, cache_miss: 3, cache_write: 3, cache_write_1h: 3}
            - from: 2025-02-01T00:00:00Z
              rates: {cache_hit: 9, cache_miss: 9, cache_write: 9, cache_write_1h: 9}
            """),
        ImportCase(
            "a schedule and a band together are spelt out",
            """
            "prices": [{"prices": {"input_mtok": {"base": 2, "tiers": [{"start": 1000, "price": 4}]}}},
            {"constraint": {"start_time": "00:00", "end_time": "08:00"}, "prices": {"input_mtok": 1}}]
            """,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 2, cache_miss: 2, cache_write: 2, cache_write_1h: 2}
              bands:
                - {name: over_1000, input: {over: 1000}, rates: {cache_hit: 4, cache_miss: 4, cache_write: 4, cache_write_1h: 4}}
              schedules:
                - name: "00:00-08:00"
                  time_zone: UTC
                  from: "00:00"
                  until: "08:00"
                  rates: {cache_hit: 1, cache_miss: 1, cache_write: 1, cache_write_1h: 1}
                  bands:
                    over_1000: {cache_hit: 1, cache_miss: 1, cache_write: 1, cache_write_1h: 1}
            """),
        ImportCase(
            "days without prices are a gap",
            """
            "prices": [{"prices": {"input_mtok": 1}}, {"constraint": {"start_date": "2025-02-01"}, "prices": {}},
            {"constraint": {"start_date": "2025-03-01"}, "prices": {"input_mtok": 2}}]
            """,
            """
            - from: 2025-01-01T00:00:00Z
              until: 2025-02-01T00:00:00Z
              rates: {cache_hit: 1, cache_miss: 1, cache_write: 1, cache_write_1h: 1}
            - from: 2025-03-01T00:00:00Z
              after_gap: true
              rates: {cache_hit: 2, cache_miss: 2, cache_write: 2, cache_write_1h: 2}
            """),
    ])
    func conditions(_ test: ImportCase) throws { test.check(try Self.imported(test.model)) }

    @Test(arguments: [
        ImportCase(
            "a variant is a multiplier from the day on from which it is known",
            """
            "prices": {"input_mtok": 1, "output_mtok": 4}, "price_variants": [{"when": {"processing": "batch"},
            "constraint": {"start_date": "2025-10-14"}, "prices": {"input_mtok": 0.5, "output_mtok": 2}}]
            """,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 1, cache_miss: 1, cache_write: 1, cache_write_1h: 1, output: 4}
            - from: 2025-10-14T00:00:00Z
              rates: {cache_hit: 1, cache_miss: 1, cache_write: 1, cache_write_1h: 1, output: 4}
              multipliers: {batch: 0.5}
            """),
        ImportCase(
            "a variant of some prices only; the first one that has a price wins; default changes nothing",
            """
            "prices": {"input_mtok": 1, "cache_read_mtok": 0, "output_mtok": 4}, "price_variants": [
            {"when": {"service_tier": "default"}, "prices": {"input_mtok": 1}},
            {"when": {"service_tier": "fast"}, "prices": {"output_mtok": 10}},
            {"when": {"service_tier": "fast"}, "prices": {"input_mtok": 1.5, "output_mtok": 99}}]
            """,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 0, cache_miss: 1, cache_write: 1, cache_write_1h: 1, output: 4}
              multipliers: {default: 1, fast: {cache_miss: 1.5, cache_write: 1.5, cache_write_1h: 1.5, output: 2.5}}
            """),
        ImportCase(
            "no single factor, in one class or beyond a threshold",
            """
            "prices": {"input_mtok": {"base": 1, "tiers": [{"start": 1000, "price": 2}]}, "output_mtok": 3},
            "price_variants": [{"when": {"service_tier": "flex"}, "prices": {"output_mtok": 1}},
            {"when": {"service_tier": "priority"}, "prices": {"input_mtok": 2}},
            {"when": {"processing": "batch", "route": "eu"}, "prices": {"input_mtok": 2}}]
            """,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 1, cache_miss: 1, cache_write: 1, cache_write_1h: 1, output: 3}
              bands:
                - {name: over_1000, input: {over: 1000}, rates: {cache_hit: 2, cache_miss: 2, cache_write: 2, cache_write_1h: 2}}
            """,
            findings: """
                price_variants: is not for one value of one context (in part)
                price_variants service_tier=flex: is no single exact factor on the output rates (in part)
                price_variants service_tier=priority: is no single exact factor on the cache_hit rates (in part)
                """),
        ImportCase(
            "two contexts of one value, and one called standard",
            """
            "prices": {"input_mtok": 1}, "price_variants": [{"when": {"service_tier": "fast"}, "prices": {"input_mtok": 2}},
            {"when": {"speed": "fast"}, "prices": {"input_mtok": 3}}, {"when": {"speed": "standard"}, "prices": {"input_mtok": 1}},
            {"when": {"service_tier": "standard"}, "prices": {"input_mtok": 5}}]
            """,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 1, cache_miss: 1, cache_write: 1, cache_write_1h: 1}
              multipliers: {fast: 2}
            """,
            findings: """
                price_variants speed=fast: is a second multiplier of that name (in part)
                price_variants service_tier=standard: has other prices for standard, whose factor is always 1 (in part)
                """),
    ])
    func variants(_ test: ImportCase) throws { test.check(try Self.imported(test.model)) }
}
