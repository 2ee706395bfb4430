import TestKit
import Testing

@testable import Taximeter

/// The rules of LiteLLM's map, each on a row of its own. Source: LiteLLM 1.110.2, `llm_cost_calc/utils.py`,
/// `llm_cost_calc/tiered_pricing.py` and `cost_calculator.py`.
@Suite struct LiteLLMImportTests {
    static func imported(_ row: String) throws -> PriceImport {
        try PriceImport.liteLLM(
            "{\"sample_spec\": {\"mode\": \"one of\"}, \"m\": {\(row)}}", file: "map.json",
            options: ImportCase.options())
    }

    /// Input, output and nothing else.
    static let plain = """
        - from: 2025-01-01T00:00:00Z
          rates: {cache_hit: 0.15, cache_miss: 0.15, cache_write: 0.15, cache_write_1h: 0.15, output: 0.6}
        """

    @Test(arguments: [
        ImportCase(
            "prices for one token, exactly; cached input costs what input costs",
            #""input_cost_per_token": 1.5e-07, "output_cost_per_token": 6E-7, "max_tokens": 9, "mode": "chat""#, plain),
        ImportCase(
            "as text, and with what is no price",
            #""input_cost_per_token": "1.5e-07", "output_cost_per_token": 0.0000006, "supports_vision": true"#,
            plain),
        ImportCase(
            "cache writes of an hour cost what those of five minutes cost",
            """
            "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05, "cache_read_input_token_cost": 3e-07,
            "cache_creation_input_token_cost": 3.75e-06, "input_cost_per_token_cache_hit": 3.0e-07
            """,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 0.3, cache_miss: 3, cache_write: 3.75, cache_write_1h: 3.75, output: 15}
            """),
        ImportCase(
            "thresholds, with and without k; an hour's writes have their own",
            """
            "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05, "cache_creation_input_token_cost": 4e-06,
            "cache_creation_input_token_cost_above_1hr": 6e-06, "input_cost_per_token_above_200k_tokens": 6e-06,
            "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 1.2e-05, "output_cost_per_token_above_512_tokens":
            2e-05
            """,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 3, cache_miss: 3, cache_write: 4, cache_write_1h: 6, output: 15}
              bands:
                - {name: over_512, input: {over: 512}, rates: {output: 20}}
                - {name: over_200000, input: {over: 200000}, rates: {cache_hit: 6, cache_miss: 6, cache_write_1h: 12, output: 20}}
            """),
        ImportCase(
            "xAI's threshold is reached by the very number",
            """
            "litellm_provider": "xai", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06,
            "output_cost_per_token_above_128k_tokens": 4e-06
            """,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 1, cache_miss: 1, cache_write: 1, cache_write_1h: 1, output: 2}
              bands:
                - {name: from_128000, input: {from: 128000}, rates: {output: 4}}
            """),
        ImportCase(
            "Fireworks takes half for cached input",
            #""litellm_provider": "fireworks_ai", "input_cost_per_token": 9e-07, "output_cost_per_token": 9e-07"#,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 0.45, cache_miss: 0.9, cache_write: 0.9, cache_write_1h: 0.9, output: 0.9}
            """),
        ImportCase(
            "tiers instead of prices",
            """
            "output_cost_per_token": 7e-06, "tiered_pricing": [{"range": [0, 2.56e5], "input_cost_per_token": 1e-06,
            "cache_read_input_token_cost": 1e-07}, {"range": [256000.0, 1000000.0], "input_cost_per_token": 2e-06,
            "output_cost_per_token": 9e-06, "output_cost_per_reasoning_token": 9e-06}]
            """,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 0.1, cache_miss: 1, cache_write: 1, cache_write_1h: 1, output: 7}
              bands:
                - {name: over_256000, input: {over: 256000}, rates: {cache_hit: 2, cache_miss: 2, cache_write: 2, cache_write_1h: 2, output: 9}}
            """),
        ImportCase(
            "no output price is no rate; images in the output have another",
            #""input_cost_per_token": 1e-06, "output_cost_per_token": 0, "output_cost_per_image_token": 3e-05"#,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 1, cache_miss: 1, cache_write: 1, cache_write_1h: 1}
            """,
            findings: "output_cost_per_image_token: is no price of a token class (in part)"),
    ])
    func prices(_ test: ImportCase) throws { test.check(try Self.imported(test.model)) }

    @Test(arguments: [
        ImportCase(
            "every day, in two windows; one of them meets midnight",
            """
            "input_cost_per_token": 2e-06, "output_cost_per_token": 4e-06, "off_peak_pricing": {"input_cost_per_token": 1e-06,
            "hours_utc": ["16:30-00:00", "00:00-00:30", "04:00-06:00"]}
            """,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 2, cache_miss: 2, cache_write: 2, cache_write_1h: 2, output: 4}
              schedules:
                - name: "04:00-06:00"
                  time_zone: UTC
                  from: "04:00"
                  until: "06:00"
                  rates: {cache_hit: 1, cache_miss: 1, cache_write: 1, cache_write_1h: 1}
                - name: "16:30-00:30"
                  time_zone: UTC
                  from: "16:30"
                  until: "00:30"
                  rates: {cache_hit: 1, cache_miss: 1, cache_write: 1, cache_write_1h: 1}
            """),
        ImportCase(
            "weekdays of another clock; the weekday is that of the instant",
            """
            "input_cost_per_token": 2e-06, "cache_read_input_token_cost": 1e-06, "off_peak_pricing": {
            "cache_read_input_token_cost": 5e-07, "weekday_timezone": "Asia/Shanghai", "windows": [{"hours_utc": "14:00-18:00",
            "weekdays": [1, "Tue", "wednesday", 5]}]}
            """,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 1, cache_miss: 2, cache_write: 2, cache_write_1h: 2}
              schedules:
                - name: "monday..wednesday,friday 00:00-02:00"
                  time_zone: Asia/Shanghai
                  from: "00:00"
                  until: "02:00"
                  weekdays: [monday..wednesday, friday]
                  rates: {cache_hit: 0.5}
                - name: "monday..wednesday,friday 22:00-24:00"
                  time_zone: Asia/Shanghai
                  from: "22:00"
                  until: "24:00"
                  weekdays: [monday..wednesday, friday]
                  rates: {cache_hit: 0.5}
            """),
        ImportCase(
            "off-peak rates hold beyond a threshold too",
            """
            "input_cost_per_token": 2e-06, "output_cost_per_token": 4e-06, "input_cost_per_token_above_200k_tokens": 3e-06,
            "output_cost_per_token_above_200k_tokens": 5e-06, "off_peak_pricing": {"input_cost_per_token": 1e-06,
            "hours_utc": "00:00-08:00"}
            """,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 2, cache_miss: 2, cache_write: 2, cache_write_1h: 2, output: 4}
              bands:
                - {name: over_200000, input: {over: 200000}, rates: {cache_hit: 3, cache_miss: 3, cache_write: 3, cache_write_1h: 3, output: 5}}
              schedules:
                - name: "00:00-08:00"
                  time_zone: UTC
                  from: "00:00"
                  until: "08:00"
                  rates: {cache_hit: 1, cache_miss: 1, cache_write: 1, cache_write_1h: 1}
                  bands:
                    over_200000: {cache_hit: 1, cache_miss: 1, cache_write: 1, cache_write_1h: 1}
            """),
        ImportCase(
            "weekdays of a clock that changes, and hours of UTC",
            """
            "input_cost_per_token": 2e-06, "off_peak_pricing": {"input_cost_per_token": 1e-06, "weekday_timezone":
            "Europe/Berlin", "windows": [{"hours_utc": "00:00-01:00", "weekdays": [1]}]}
            """, "",
            findings:
                "off_peak_pricing: has weekdays of Europe/Berlin, whose clock changes, and hours of UTC (not imported)"),
        ImportCase(
            "hours that cannot be read",
            #""input_cost_per_token": 2e-06, "off_peak_pricing": {"input_cost_per_token": 1e-06, "hours_utc": "night"}"#,
            "", findings: "off_peak_pricing: has hours that cannot be read (not imported)"),
        ImportCase(
            "a weekday that cannot be read",
            """
            "input_cost_per_token": 2e-06, "off_peak_pricing": {"windows": [{"hours_utc": "00:00-01:00", "weekdays": [8]}]}
            """, "", findings: "off_peak_pricing: has a weekday that cannot be read (not imported)"),
    ])
    func offPeak(_ test: ImportCase) throws { test.check(try Self.imported(test.model)) }

    @Test(arguments: [
        ImportCase(
            "service tiers; a price without the suffix stays",
            """
            "input_cost_per_token": 1e-06, "output_cost_per_token": 4e-06, "input_cost_per_token_flex": 5e-07,
            "output_cost_per_token_flex": 2e-06, "input_cost_per_token_priority": 1.8e-06
            """,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 1, cache_miss: 1, cache_write: 1, cache_write_1h: 1, output: 4}
              multipliers: {flex: 0.5, priority: {cache_hit: 1.8, cache_miss: 1.8, cache_write: 1.8, cache_write_1h: 1.8, output: 1}, fast: {cache_hit: 1.8, cache_miss: 1.8, cache_write: 1.8, cache_write_1h: 1.8, output: 1}}
            """),
        ImportCase(
            "beyond a threshold a tier without a price of its own pays the standard one: no single factor",
            """
            "input_cost_per_token": 1e-06, "input_cost_per_token_above_200k_tokens": 2e-06, "input_cost_per_token_flex": 5e-07,
            "input_cost_per_token_priority": 2e-06, "input_cost_per_token_above_200k_tokens_priority": 4e-06
            """,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 1, cache_miss: 1, cache_write: 1, cache_write_1h: 1}
              bands:
                - {name: over_200000, input: {over: 200000}, rates: {cache_hit: 2, cache_miss: 2, cache_write: 2, cache_write_1h: 2}}
              multipliers: {priority: 2, fast: 2}
            """,
            findings: "input_cost_per_token_flex: flex is no single exact factor on the cache_hit rates (in part)"),
        ImportCase(
            "batch jobs: cached input without a batch price costs the standard one, writes the batch input price",
            """
            "input_cost_per_token": 2e-06, "output_cost_per_token": 8e-06, "cache_read_input_token_cost": 2e-07,
            "cache_creation_input_token_cost": 2.5e-06, "input_cost_per_token_batches": 1e-06
            """,
            """
            - from: 2025-01-01T00:00:00Z
              rates: {cache_hit: 0.2, cache_miss: 2, cache_write: 2.5, cache_write_1h: 2.5, output: 8}
              multipliers: {batch: {cache_hit: 1, cache_miss: 0.5, cache_write: 0.4, cache_write_1h: 0.4, output: 0.5}}
            """),
        ImportCase(
            "factors that the row states",
            """
            "input_cost_per_token": 1.5e-07, "output_cost_per_token": 6e-07, "fedramp_uplift_multiplier": 1.1,
            "regional_processing_uplift_multiplier_eu": 1.10, "provider_specific_entry": {"us": 1.1, "fast": 2, "realtime": 1}
            """, plain + "\n  multipliers: {fedramp: 1.1, eu: 1.1, us: 1.1, fast: 2}"),
        ImportCase(
            "no decimal factor, and batch output without batch input",
            """
            "input_cost_per_token": 1.5e-07, "output_cost_per_token": 6e-07, "input_cost_per_token_priority": 1e-07,
            "output_cost_per_token_batches": 3e-07
            """, plain,
            findings: """
                input_cost_per_token_priority: priority is no single exact factor on the cache_hit rates (in part)
                input_cost_per_token_priority: fast is no single exact factor on the cache_hit rates (in part)
                output_cost_per_token_batches: is no price of a token class (in part)
                """),
    ])
    func multipliers(_ test: ImportCase) throws { test.check(try Self.imported(test.model)) }
}
