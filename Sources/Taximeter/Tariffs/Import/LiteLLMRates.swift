/// The token prices of one row of LiteLLM's map, as LiteLLM itself applies them.
///
/// Source: `_get_token_base_cost` and `get_batch_cost_rates` in LiteLLM's `litellm_core_utils/llm_cost_calc/utils.py`,
/// `batch_cost_calculator` in its `cost_calculator.py` (1.110.2): prices are for one token; beyond a threshold of the
/// prompt all tokens cost what is stated for it; a service tier takes the price with its suffix, else the standard one;
/// cached tokens without a price of their own cost what input costs.
struct LiteLLMRates {
    private let fields: [String: FileNode]
    private let provider: String
    /// The thresholds that fields name, as they are spelt, each with the ending of its field.
    private let named: [(text: String, suffix: String, field: String, node: FileNode)]

    private enum Key {
        static let input = "input_cost_per_token"
        static let output = "output_cost_per_token"
        static let read = "cache_read_input_token_cost"
        static let write = "cache_creation_input_token_cost"
        static let write1h = "cache_creation_input_token_cost_above_1hr"
    }

    /// The suffix of prices of batch jobs.
    static let batchSuffix = "_batches"

    init(fields: [String: FileNode], provider: String) {
        self.fields = fields
        self.provider = provider
        named = fields.compactMap { name, node in
            guard node.unlessNull != nil, let field = LiteLLMField(name), let text = field.threshold else { return nil }
            return (text, field.suffix, name, node)
        }
    }

    /// The price of the first of these fields that there is; nil where there is none.
    private func price(_ keys: String...) throws(ImportFault) -> UnitPrice? {
        for key in keys {
            if let node = fields[key]?.unlessNull { return try UnitPrice(node, field: key, perTokens: 0) }
        }
        return nil
    }

    // MARK: Thresholds

    /// The thresholds of the row, as they are spelt, in order.
    func thresholds(suffix: String) throws(ImportFault) -> [(text: String, threshold: ImportedThreshold)] {
        var found: [String: ImportedThreshold] = [:]
        for (match, ending, key, node) in named where ending.isEmpty || ending == suffix {
            let isThousands = match.hasSuffix("k")
            guard let number = Int64(isThousands ? match.dropLast() : match[...]),
                (0..<Int64.max / 1000).contains(number)
            else {
                throw ImportFault(field: key, node: node, reason: "has a threshold that cannot be read")
            }
            // Source: `_INCLUSIVE_THRESHOLD_PROVIDERS`: xAI's higher price begins at the threshold.
            found[match] = ImportedThreshold(
                tokens: isThousands ? number * 1000 : number, isInclusive: provider == "xai")
        }
        return found.sorted { $0.value.tokens < $1.value.tokens }.map { ($0.key, $0.value) }
    }

    private func crossed(_ suffix: String, _ input: Int64) throws(ImportFault) -> [String] {
        try thresholds(suffix: suffix).filter { input >= $0.threshold.firstInput }.map(\.text)
    }

    /// The price of a key for a prompt of so many tokens.
    private func stepped(_ key: String, _ suffix: String, _ input: Int64) throws(ImportFault) -> UnitPrice? {
        var price = try self.price(key + suffix, key)
        for threshold in try crossed(suffix, input) {
            let beyond = "\(key)_above_\(threshold)_tokens"
            if let other = try self.price(beyond + suffix, beyond) { price = other }
        }
        return price
    }

    // MARK: Rates

    /// The rates of a request of so many input tokens, outside batch jobs.
    ///
    /// - Parameter suffix: The service tier's, such as `_flex`; empty for the standard tier.
    func rates(suffix: String, input: Int64, offPeak: FileNode?) throws(ImportFault) -> PerClass<UnitPrice?> {
        let tier = try tier(of: input)
        let standard = try stepped(Key.input, suffix, input)
        let plain = try tier?.price(Key.input) ?? standard
        let off = LiteLLMRates(fields: offPeak?.memberDictionary ?? [:], provider: "")
        let miss = try off.price(Key.input) ?? plain
        var (read, write, write1h, output) = try own(suffix, input, tier: tier)
        if read == nil, tier == nil { read = try defaultRead(offPeak) }
        // Where a tier states none, the tier's own input price stands in; else the one in force.
        let fallback = tier == nil ? miss : plain
        if let price = try off.price(Key.read) { read = price }
        if let price = try off.price(Key.write) { write = price }
        if let price = try off.price(Key.output) { output = price }
        write1h = write1h ?? write ?? fallback
        return PerClass { tokenClass in
            switch tokenClass {
            case .cacheHit: read ?? fallback
            case .cacheMiss: miss
            case .cacheWrite: write ?? fallback
            case .cacheWrite1h: write1h
            case .output: output
            }
        }
    }

    /// The prices that are stated for anything but plain input.
    private func own(_ suffix: String, _ input: Int64, tier: LiteLLMRates?) throws(ImportFault)
        -> (read: UnitPrice?, write: UnitPrice?, write1h: UnitPrice?, output: UnitPrice?)
    {
        if let tier {
            let output = try price(Key.output)
            return (
                try tier.price(Key.read), try tier.price(Key.write), try tier.price(Key.write1h),
                try tier.price(Key.output) ?? output
            )
        }
        var write1h = try price(Key.write1h + suffix, Key.write1h)
        for threshold in try crossed(suffix, input) {
            let beyond = "\(Key.write1h)_above_\(threshold)_tokens"
            if let other = try price(beyond + suffix) { write1h = other }
        }
        return (
            try stepped(Key.read, suffix, input), try stepped(Key.write, suffix, input), write1h,
            try stepped(Key.output, suffix, input)
        )
    }

    /// The rates of a request of so many input tokens in a batch job; a kind of token without a batch price costs what
    /// LiteLLM takes for it.
    func batchRates(input: Int64) throws(ImportFault) -> PerClass<UnitPrice?> {
        let plain = try batch(Key.input, input)
        let (write, write1h) = (try batch(Key.write, input), try batch(Key.write1h, input))
        let standardRead = try stepped(Key.read, "", input)
        let read = try batch(Key.read, input) ?? standardRead
        var output = try batch(Key.output, input)
        if output == nil { output = try halved(Key.output) }
        return PerClass { tokenClass in
            switch tokenClass {
            case .cacheHit: read ?? plain
            case .cacheMiss: plain
            case .cacheWrite: write ?? plain
            case .cacheWrite1h: write1h ?? write ?? plain
            case .output: output
            }
        }
    }

    private func batch(_ key: String, _ input: Int64) throws(ImportFault) -> UnitPrice? {
        let suffix = Self.batchSuffix
        let beyond = try crossed(suffix, input).map { "\(key)_above_\($0)_tokens\(suffix)" }
        return try price(beyond.last { fields[$0]?.unlessNull != nil } ?? key + suffix)
    }

    private func halved(_ key: String) throws(ImportFault) -> UnitPrice? {
        guard let price = try price(key), let node = fields[key] else { return nil }
        if price.unitsPerToken % 2 != 0 {
            throw ImportFault(field: key, node: node, reason: "has more digits than 18 decimals a token when halved")
        }
        return UnitPrice(unitsPerToken: price.unitsPerToken / 2)
    }

    /// Source: `with_default_cache_read_rate` in LiteLLM's `llms/fireworks_ai/cache_pricing.py`: Fireworks takes half of
    /// the input price for cached input.
    private func defaultRead(_ offPeak: FileNode?) throws(ImportFault) -> UnitPrice? {
        guard provider == "fireworks_ai" else { return nil }
        if let offPeak {
            var fields = fields
            fields[Key.input] = offPeak[Key.input] ?? fields[Key.input]
            return try LiteLLMRates(fields: fields, provider: "").halved(Key.input)
        }
        return try halved(Key.input)
    }

    // MARK: Tiers

    /// Where the tiers of `tiered_pricing` begin: more tokens of input than the start of their range.
    func tierStarts() throws(ImportFault) -> [Int64]? {
        guard let tiers = try tiers() else { return nil }
        return tiers.map(\.start)
    }

    /// The tier of a request, as a row by itself; nil when the row has none that price tokens.
    ///
    /// Source: `select_tier_for_input` in LiteLLM's `tiered_pricing.py`: `start < input <= end`, and the last tier beyond
    /// all ranges.
    private func tier(of input: Int64) throws(ImportFault) -> LiteLLMRates? {
        try tiers()?.last { input > $0.start }.map { LiteLLMRates(fields: $0.fields, provider: "") }
    }

    private func tiers() throws(ImportFault) -> [(start: Int64, fields: [String: FileNode])]? {
        let key = "tiered_pricing"
        guard let node = fields[key]?.unlessNull, node.items.contains(where: { $0[Key.input] != nil }) else {
            return nil
        }
        var tiers: [(start: Int64, fields: [String: FileNode])] = []
        var end: Int64 = 0
        for item in node.items {
            let range = (item["range"]?.items ?? []).compactMap { $0.number?.whole }
            guard item[Key.input] != nil, range.count == 2, range[0] == end, range[1] > range[0] else {
                throw ImportFault(field: key, node: item, reason: "has ranges that do not follow each other from 0")
            }
            end = range[1]
            tiers.append((range[0], item.memberDictionary))
        }
        return tiers
    }
}
