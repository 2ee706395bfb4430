/// What a field of a row of LiteLLM's map is, by its name.
struct LiteLLMField {
    /// The kinds of tokens that a price book has classes for.
    private static let bases = [
        "input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost",
        "cache_creation_input_token_cost", "cache_creation_input_token_cost_above_1hr",
    ]
    /// The endings of prices of service tiers and of batch jobs, with the multiplier each becomes.
    ///
    /// Source: `_SERVICE_TIER_TO_COST_KEY_SUFFIX` in LiteLLM's `utils.py`.
    static let suffixes = [
        (LiteLLMRates.batchSuffix, "batch"), ("_flex", "flex"), ("_balanced", "balanced"), ("_priority", "priority"),
        ("_priority", "fast"), ("_ultrafast", "ultrafast"),
    ]
    /// The fields that are a factor on all token prices, with the multiplier each becomes.
    static let multipliers = [
        ("fedramp_uplift_multiplier", "fedramp"), ("regional_processing_uplift_multiplier_eu", "eu"),
        ("regional_processing_uplift_multiplier_us", "us"), ("regional_endpoint_uplift_multiplier", "regional"),
    ]
    /// The factors under `provider_specific_entry`: where the request was served, and Anthropic's fast mode.
    static let specificMultipliers = ["us", "eu", "fast"]

    /// `200k` in `…_above_200k_tokens`.
    let threshold: String?
    /// `_flex`, or empty.
    let suffix: String

    /// The price of a class of tokens; nil for any other field.
    init?(_ name: String) {
        let suffix = Self.suffixes.map(\.0).first { name.hasSuffix($0) } ?? ""
        var base = String(name.dropLast(suffix.utf8.count))
        var threshold: String?
        if base.hasSuffix("_tokens"), let above = base.ranges(of: "_above_").last {
            threshold = String(base[above.upperBound...].dropLast("_tokens".utf8.count))
            base = String(base[..<above.lowerBound])
        }
        guard Self.bases.contains(base) else { return nil }
        self.suffix = suffix
        self.threshold = threshold
    }

    /// Whether a field of this name says what something costs.
    static func isPrice(_ name: String) -> Bool {
        ["cost", "pricing", "multiplier", "free_requests"].contains { name.contains($0) }
    }

    /// Fields that repeat what others say: Databricks' prices in its own units, beside those in dollars.
    static func isRepetition(_ name: String) -> Bool { name.contains("_dbu_cost_") }

    /// Whether leaving the field out would make amounts wrong for plain text.
    static func isPartOfEveryRequest(_ name: String) -> Bool {
        name.contains("cost_per_request") || name.contains("reasoning") || name.contains("citation")
    }
}
