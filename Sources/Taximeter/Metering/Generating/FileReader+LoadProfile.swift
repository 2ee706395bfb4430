extension LoadProfile {
    /// Reads a profile from YAML or JSON; docs/generating-load.md has the format.
    ///
    /// - Throws: ``FileErrors`` with everything that is wrong in it, by file, line and column.
    public static func parse(_ text: String, file: String) throws(FileErrors) -> LoadProfile {
        let source = YAMLSource(text, file: file)
        let reader = FileReader(file: file, diagnostics: source.diagnostics)
        let profile = source.root.flatMap(reader.loadProfile)
        guard let profile, reader.diagnostics.isEmpty else { throw FileErrors(reader.diagnostics) }
        return profile
    }
}

extension FileReader {
    private static let decimals = 6
    private static let lengthKeys = [
        "input_tokens", "output_tokens", "cache_hit_percent", "cache_write_percent", "first_token_ms",
        "tokens_per_second",
    ]

    /// `{load_profile: …, rate: …, accounts: {…}, streams: […]}`.
    func loadProfile(_ node: FileNode) -> LoadProfile? {
        guard let top = fields(node, keys: ["load_profile", "rate", "accounts", "streams"]) else { return nil }
        _ = identifier(required(top, "load_profile", expected: "the profile's name"))
        let rate = millionths(
            required(top, "rate", expected: "events per second, on average over a day"),
            1...LoadProfile.maximumRate * 1_000_000)
        let accounts = required(top, "accounts", expected: "how many accounts there are").flatMap(loadAccounts)
        let items = required(top, "streams", expected: "a list of streams").flatMap {
            list($0, expected: "a list of streams")
        }
        let drafts = (items ?? []).compactMap(loadStream)
        if let items, items.isEmpty { report(node, missing: "streams", found: "none", expected: "at least one") }
        var names: Set<Identifier> = []
        for draft in drafts where !names.insert(draft.name).inserted {
            report(draft.node, missing: "name", found: "a second stream \(draft.name)", expected: "each name once")
        }
        guard let rate, let accounts, diagnostics.isEmpty else { return nil }
        return LoadProfile(
            rate: rate, window: Instant.hour, streams: drafts.map(\.stream), accounts: accounts)
    }

    private func loadAccounts(_ node: FileNode) -> LoadAccounts? {
        guard let members = fields(node, keys: ["count", "zipf", "prefix"]) else { return nil }
        let most = LoadAccounts.maximumCount
        let count = value(
            required(members, "count", expected: "how many accounts there are"),
            expected: "a whole number of 1 to \(most)",
            { text in Int(text).flatMap { (1...most).contains($0) ? $0 : nil } })
        let zipf = members["zipf"].map { millionths($0, 0...10_000_000) } ?? 1_000_000
        // Room for the number behind it.
        let prefix = value(members["prefix"], expected: "a text of at most 200 bytes, without NUL") { text in
            text.utf8.count <= 200 && !text.utf8.contains(0) ? text : nil
        }
        guard let count, let zipf else { return nil }
        return LoadAccounts(count: count, exponent: zipf / 1_000, prefix: prefix ?? "account-")
    }

    private func loadStream(_ node: FileNode) -> (node: FileNode, name: Identifier, stream: LoadStream)? {
        let keys = ["name", "share", "models", "channels", "service_tiers", "arrivals"] + Self.lengthKeys
        guard let members = fields(node, keys: keys) else { return nil }
        let name = identifier(required(members, "name", expected: "the stream's name"))
        let share = members["share"].map { millionths($0, 1...1_000_000_000_000) } ?? 1_000_000
        let models = required(members, "models", expected: "models with their weights").flatMap { weightedNames($0) }
        let channels = weightedNames(members["channels"], otherwise: "api")
        let serviceTiers = weightedNames(members["service_tiers"], otherwise: "standard")
        let lengths = requestLengths(members)
        let steady = (gaps: GapSampler(variation: 1_000_000), hours: Self.flat)
        let arrivals = members["arrivals"].map { self.arrivals($0) } ?? steady
        guard let name, let share, let models, let channels, let serviceTiers, let lengths, let arrivals else {
            return nil
        }
        let total = arrivals.hours.reduce(UInt128(0)) { $0 + UInt128($1) }
        let windows = arrivals.hours.map { hour in
            LoadStream.Window(
                weight: UInt64(UInt128(share) * 1_000_000 * UInt128(hour) / max(1, total)), gaps: arrivals.gaps,
                lengths: 0)
        }
        let stream = LoadStream(
            name: name, windows: windows, lengths: [lengths], models: models, channels: channels,
            serviceTiers: serviceTiers)
        return (node, name, stream)
    }

    private static let flat = [UInt64](repeating: 1, count: 24)

    /// `{variation: 1.5, hours: [24 weights]}`.
    private func arrivals(_ node: FileNode) -> (gaps: GapSampler, hours: [UInt64])? {
        guard let members = fields(node, keys: ["variation", "hours"]) else { return nil }
        let variation = members["variation"].map { millionths($0, GapSampler.variations) } ?? 1_000_000
        guard let list = members["hours"] else { return variation.map { (GapSampler(variation: $0), Self.flat) } }
        guard let items = self.list(list, expected: "a list of 24 weights, from 00:00 UTC on") else { return nil }
        let hours = items.compactMap { millionths($0, 0...1_000_000_000_000) }
        if items.count != 24 {
            report(list, found: "\(items.count) weights", expected: "24, from 00:00 UTC on")
        } else if hours.count == 24, hours.allSatisfy({ $0 == 0 }) {
            report(list, found: "zeros alone", expected: "at least one hour with requests")
        }
        return variation.map { (GapSampler(variation: $0), hours) }
    }

    private func requestLengths(_ members: Fields) -> RequestLengths? {
        let tokens: ClosedRange<Int64> = 0...1_000_000_000
        let lengths = Self.lengthKeys.map { key -> LengthDistribution?? in
            guard let node = members[key] else { return .some(nil) }
            switch key {
            case "cache_hit_percent", "cache_write_percent":
                return distribution(node, of: 0...100, unit: "percent", decimals: 4)
            case "first_token_ms": return distribution(node, of: 0...3_600_000, unit: "milliseconds")
            case "tokens_per_second": return distribution(node, of: 1...1_000_000, unit: "tokens per second")
            default: return distribution(node, of: tokens, unit: "tokens")
            }
        }
        let missing = Self.lengthKeys.prefix(2).filter { members[$0] == nil }
        for key in missing {
            report(members.node, missing: key, found: "nothing", expected: "how many tokens, and how often")
        }
        guard missing.isEmpty, let input = lengths[0] ?? nil, let output = lengths[1] ?? nil else { return nil }
        var found = RequestLengths(input: input, output: output)
        if let hit = lengths[2] ?? nil { found.cacheHit = hit }
        if let write = lengths[3] ?? nil { found.cacheWrite = write }
        if let firstToken = lengths[4] ?? nil { found.firstToken = firstToken }
        if let speed = lengths[5] ?? nil { found.tokensPerSecond = speed }
        return found
    }

    // MARK: Values

    /// A decimal with at most six digits behind the point.
    func millionths(_ node: FileNode?, _ range: ClosedRange<UInt64>) -> UInt64? {
        let bounds = [range.lowerBound, range.upperBound].map {
            DecimalText.text(Int128($0), decimals: Self.decimals)
        }
        return value(node, expected: "a number of \(bounds[0]) to \(bounds[1]) with at most 6 decimals") { text in
            guard let units = try? DecimalText.units(text, decimals: Self.decimals) else { return nil }
            return UInt64(exactly: units).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    private func weightedNames(_ node: FileNode?, otherwise name: String) -> WeightedNames? {
        if let node { return weightedNames(node) }
        return WeightedNames(Identifier(unchecked: name))
    }

    /// `{deepseek-chat: 60, deepseek-reasoner: 40}`, or one name.
    private func weightedNames(_ node: FileNode) -> WeightedNames? {
        if case .text = node.content { return identifier(node).map { WeightedNames($0) } }
        guard let entries = entries(node, expected: "a name, or a mapping from names to weights") else { return nil }
        let names = entries.compactMap { identifier($0.key) }
        let weights = entries.compactMap { millionths($0.value, 0...1_000_000_000_000) }
        guard names.count == entries.count, weights.count == entries.count else { return nil }
        guard let weighted = WeightedNames(names, weights: weights) else {
            report(node, found: "weights that sum to zero, or too much", expected: "at least one above zero")
            return nil
        }
        return weighted
    }
}
