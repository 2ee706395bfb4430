/// A row of LiteLLM's map on its way into a price book.
struct LiteLLMModel {
    private let fields: [String: FileNode]
    private let members: [(name: String, value: FileNode)]
    private let rates: LiteLLMRates
    private(set) var imported: ImportedModel

    /// Reads a row and works out its prices, which hold from that instant.
    init(_ node: FileNode, name: String, from: Instant) {
        members = node.members
        fields = node.memberDictionary
        rates = LiteLLMRates(fields: fields, provider: fields["litellm_provider"]?.text ?? "")
        imported = ImportedModel(name: name, node: node)
        imported.source = fields["source"]?.unlessNull?.text
        do {
            let version = try version(from: from)
            noteOthers(version)
            if version.hasRates { imported.versions = [version] }
        } catch {
            imported.refuse(error.field, error.node, error.reason)
        }
    }

    // MARK: Rates

    private mutating func version(from: Instant) throws(ImportFault) -> ImportedVersion {
        let block = fields["off_peak_pricing"]?.unlessNull
        let offPeak = try block.map { (node) throws(ImportFault) in try LiteLLMOffPeak(node, from: from) }
        let slots = WeekSlots(cutAt: offPeak?.times ?? []) { offPeak?.holds(on: $0, at: $1) ?? false }
        let states = [slots.base] + slots.others.map(\.content)
        let suffixes = usedSuffixes
        let thresholds = try thresholds(suffixes)
        let inputs = [1] + thresholds.map(\.firstInput)
        func table(_ row: (Int64, FileNode?) throws(ImportFault) -> PerClass<UnitPrice?>) throws(ImportFault)
            -> [SizedRates]
        {
            var tables: [SizedRates] = []
            for isOffPeak in states {
                var sizes: SizedRates = []
                for input in inputs { sizes.append(try row(input, isOffPeak ? block : nil)) }
                tables.append(sizes)
            }
            return tables
        }
        let rates = self.rates
        var standard = try table { (input, block) throws(ImportFault) in
            try rates.rates(suffix: "", input: input, offPeak: block)
        }
        if isImageOutput { standard = standard.map { $0.map(\.withoutOutput) } }
        var version = ImportedVersion(
            from: from, timeZone: offPeak?.zone.identifier ?? "UTC", thresholds: thresholds, base: standard[0],
            schedules: zip(slots.others, standard.dropFirst()).map { ($0.windows, $1) })
        guard version.hasRates else { return version }
        for (suffix, name, node, field) in suffixes {
            do {
                let variant = try table { (input, block) throws(ImportFault) in
                    suffix == LiteLLMRates.batchSuffix
                        ? try rates.batchRates(input: input)
                        : try rates.rates(suffix: suffix, input: input, offPeak: block)
                }
                add(name, variant, to: &version, field: field, node: node)
            } catch {
                imported.losses.append(error)
            }
        }
        addFactors(to: &version)
        return version
    }

    /// The endings in use, each with the multiplier it becomes and its first field. Batch prices need one for input.
    private var usedSuffixes: [(suffix: String, name: String, node: FileNode, field: String)] {
        LiteLLMField.suffixes.compactMap { suffix, name in
            let first = members.first { $0.value.unlessNull != nil && LiteLLMField($0.name)?.suffix == suffix }
            if suffix == LiteLLMRates.batchSuffix, fields["input_cost_per_token_batches"]?.unlessNull == nil {
                return nil
            }
            return first.map { (suffix, name, $0.value, $0.name) }
        }
    }

    private func thresholds(
        _ suffixes: [(suffix: String, name: String, node: FileNode, field: String)]
    ) throws(ImportFault) -> [ImportedThreshold] {
        if let starts = try rates.tierStarts() {
            return starts.dropFirst().map { ImportedThreshold(tokens: $0, isInclusive: false) }
        }
        var found: Set<ImportedThreshold> = []
        for suffix in [""] + suffixes.map(\.suffix) {
            found.formUnion(try rates.thresholds(suffix: suffix).map(\.threshold))
        }
        return found.sorted { $0.tokens < $1.tokens }
    }

    /// Source: `_get_token_base_cost`: where output costs nothing and image tokens do, LiteLLM takes their price for all
    /// output. Which tokens of the output are text is not known here.
    private var isImageOutput: Bool {
        let isZero = { (node: FileNode?) in node?.number?.text() ?? "0" == "0" }
        return isZero(fields["output_cost_per_token"]) && !isZero(fields["output_cost_per_image_token"])
    }

    private mutating func add(
        _ name: String, _ variant: [SizedRates], to version: inout ImportedVersion, field: String, node: FileNode
    ) {
        if version.multipliers.contains(where: { $0.name == name }) {
            imported.lose(field, node, "is a second multiplier \(name)")
        } else if let tokenClass = version.addMultiplier(name, rates: variant) {
            imported.lose(field, node, "\(name) is no single exact factor on the \(tokenClass.name) rates")
        }
    }

    /// Multipliers that the row states as factors.
    private mutating func addFactors(to version: inout ImportedVersion) {
        let specific = fields["provider_specific_entry"]?.members ?? []
        let stated =
            LiteLLMField.multipliers.compactMap { field, name in fields[field].map { (field, name, $0) } }
            + specific.filter { LiteLLMField.specificMultipliers.contains($0.name) }.map {
                ("provider_specific_entry.\($0.name)", $0.name, $0.value)
            }
        for (field, name, node) in stated where node.unlessNull != nil {
            guard let number = node.number, let factor = try? Factor(number.text()) else {
                imported.lose(field, node, "is no factor of at most 18 decimals")
                continue
            }
            if version.multipliers.contains(where: { $0.name == name }) {
                imported.lose(field, node, "is a second multiplier \(name)")
            } else {
                let base = version.base[0]
                version.multipliers.append((name, PerClass { base[$0] == nil ? nil : factor }))
            }
        }
    }

    // MARK: What is left

    /// Notes every price that is no price of a token class.
    private mutating func noteOthers(_ version: ImportedVersion) {
        let isFree =
            version.hasRates
            && version.standard.joined().allSatisfy { rates in
                TokenClass.allCases.allSatisfy { rates[$0]?.unitsPerToken ?? 0 == 0 }
            }
        for tier in fields["tiered_pricing"]?.items ?? [] {
            let name = "output_cost_per_reasoning_token"
            if let node = tier[name], node.number != tier["output_cost_per_token"]?.number {
                imported.refuse("tiered_pricing.\(name)", node, Self.partOfEveryRequest)
            }
        }
        for (name, node) in members where isLost(name, node, version) {
            if isFree {
                imported.refuse(name, node, "costs something, while tokens cost nothing")
            } else if version.hasRates, LiteLLMField.isPartOfEveryRequest(name) {
                imported.refuse(name, node, Self.partOfEveryRequest)
            } else {
                imported.lose(name, node, "is no price of a token class")
            }
        }
    }

    private func isLost(_ name: String, _ node: FileNode, _ version: ImportedVersion) -> Bool {
        guard LiteLLMField.isPrice(name), !LiteLLMField.isRepetition(name), !Self.isNothing(node) else { return false }
        if let field = LiteLLMField(name) {
            return field.suffix == LiteLLMRates.batchSuffix
                && fields["input_cost_per_token_batches"]?.unlessNull == nil
        }
        if LiteLLMField.multipliers.contains(where: { $0.0 == name }) { return !version.hasRates }
        switch name {
        case "tiered_pricing":
            return (try? rates.tierStarts()) == nil
        case "off_peak_pricing": return !version.hasRates
        case "input_cost_per_token_cache_hit":  // the older name
            return node.number == nil || node.number != fields["cache_read_input_token_cost"]?.number
        case "output_cost_per_reasoning_token": return !isPriced(node, like: .output, version)
        case _ where name.hasPrefix("input_cost_per_") && name.hasSuffix("_token"):
            return !isPriced(node, like: .cacheMiss, version)
        case _ where name.hasPrefix("output_cost_per_") && name.hasSuffix("_token"):
            return !isPriced(node, like: .output, version)
        default: return true
        }
    }

    /// Whether a kind of token costs, in all conditions, what its class costs, so that nothing is lost without it.
    private func isPriced(_ node: FileNode, like tokenClass: TokenClass, _ version: ImportedVersion) -> Bool {
        let price = try? UnitPrice(node, field: "", perTokens: 0)
        return price != nil && version.standard.joined().allSatisfy { $0[tokenClass] == price }
    }

    private static func isNothing(_ node: FileNode) -> Bool {
        node.unlessNull == nil || node.number?.text() == "0"
    }

    private static let partOfEveryRequest = "is part of the price of a request of text, and no price of a token class"
}

extension PerClass<UnitPrice?> {
    fileprivate var withoutOutput: Self { PerClass { $0 == .output ? nil : self[$0] } }
}
