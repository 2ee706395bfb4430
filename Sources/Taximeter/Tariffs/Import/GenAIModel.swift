/// A model of genai-prices on its way into a price book.
///
/// Source: `ModelInfo.get_prices` in genai-prices' `types.py` (0.2.3): of the prices whose condition holds the last one
/// counts, and the first one where none holds. A variant overrides single prices for requests of a context such as
/// `service_tier: flex`; it becomes a multiplier of that value's name.
struct GenAIModel {
    private struct Conditional {
        let constraint: GenAIConstraint
        let prices: GenAIPriceSet
    }

    /// What a variant is for: `service_tier: flex`.
    private struct Context: Hashable {
        let key: String
        let value: String
    }

    private struct Variant {
        let context: Context
        let conditional: Conditional
        let node: FileNode
    }

    /// Which prices hold at an instant: the set, and the variants, by their places in the file.
    private struct Choice: Hashable {
        let standard: Int
        let variants: [Int]
    }

    private let node: FileNode
    private var conditionals: [Conditional] = []
    private var variants: [Variant] = []
    private(set) var imported: ImportedModel

    /// Reads a model and works out its versions.
    init(_ node: FileNode, name: String, from: Instant) {
        self.node = node
        imported = ImportedModel(name: name, node: node)
        do {
            try readPrices()
            try readVariants()
        } catch {
            imported.refuse(error.field, error.node, error.reason)
            return
        }
        noteOthers()
        if imported.refusal == nil { addVersions(from: from) }
    }

    // MARK: Reading

    private mutating func readPrices() throws(ImportFault) {
        let prices = node["prices"] ?? node
        switch prices.content {
        case .mapping where node["prices"] != nil:
            conditionals = [Conditional(constraint: .always, prices: try GenAIPriceSet(prices))]
        case .list(let items):
            for item in items {
                guard let prices = item["prices"] else {
                    throw ImportFault(field: "prices", node: item, reason: "has no prices in it")
                }
                conditionals.append(
                    Conditional(
                        constraint: try GenAIConstraint(item["constraint"], field: "prices"),
                        prices: try GenAIPriceSet(prices)))
            }
        default: break
        }
        if conditionals.allSatisfy(\.prices.isEmpty) {
            throw ImportFault(field: "prices", node: prices, reason: "there are none")
        }
        for conditional in conditionals { if let fault = conditional.prices.fault { throw fault } }
    }

    private mutating func readVariants() throws(ImportFault) {
        for item in node["price_variants"]?.items ?? [] {
            let when = item["when"]?.members ?? []
            guard when.count == 1, let context = when.first, let value = context.value.text, let prices = item["prices"]
            else {
                imported.lose("price_variants", item, "is not for one value of one context")
                continue
            }
            variants.append(
                Variant(
                    context: Context(key: context.name, value: value),
                    conditional: Conditional(
                        constraint: try GenAIConstraint(item["constraint"], field: "price_variants"),
                        prices: try GenAIPriceSet(prices)),
                    node: item))
        }
    }

    /// Notes prices of other things than tokens of text, each key once.
    private mutating func noteOthers() {
        var noted: Set<String> = []
        let isLost = { (set: GenAIPriceSet, key: String, node: FileNode) in
            node.number?.text() != "0" && !set.isPricedLikeItsClass(key)
        }
        for set in conditionals.map(\.prices) + variants.map(\.conditional.prices) {
            for fault in set.inexact where noted.insert(fault.field).inserted { imported.losses.append(fault) }
            for (key, node) in set.others where isLost(set, key, node) && noted.insert(key).inserted {
                if set.isPartOfEveryRequest(key) {
                    imported.refuse(
                        key, node, "is part of the price of a request of text, and no price of a token class")
                } else {
                    imported.lose(key, node, "is no price of a token class")
                }
            }
        }
    }

    // MARK: Versions

    private mutating func addVersions(from: Instant) {
        let constraints = conditionals.map(\.constraint) + variants.map(\.conditional.constraint)
        let starts = Set(constraints.compactMap(\.start)).filter { $0 > from }.sorted()
        var reported: Set<Context> = []
        for start in [from] + starts {
            let choices = WeekSlots(cutAt: constraints.flatMap(\.times)) { _, time in choice(on: start.day, at: time) }
            let sets = [choices.base] + choices.others.map(\.content)
            let used = sets.map { conditionals[$0.standard].prices } + variants.map(\.conditional.prices)
            let thresholds = used.reduce(into: Set<Int64>()) { $0.formUnion($1.starts) }.sorted().map {
                ImportedThreshold(tokens: $0, isInclusive: false)
            }
            let rates = { (set: GenAIPriceSet) -> SizedRates in
                [set.rates(input: 0)] + thresholds.map { set.rates(input: $0.firstInput) }
            }
            var version = ImportedVersion(
                from: start, thresholds: thresholds, base: rates(conditionals[choices.base.standard].prices),
                schedules: choices.others.map { ($0.windows, rates(conditionals[$0.content.standard].prices)) })
            for context in contexts where sets.contains(where: { !self.variants(for: context, of: $0).isEmpty }) {
                let variant = sets.map { rates(resolved($0, context)) }
                add(context, to: &version, variant, &reported)
            }
            if !version.hasSameRates(as: imported.versions.last) { imported.versions.append(version) }
        }
    }

    private func choice(on day: Int64, at time: Int64) -> Choice {
        let standard = conditionals.lastIndex { $0.constraint.holds(on: day, at: time) } ?? 0
        let active = variants.indices.filter { variants[$0].conditional.constraint.holds(on: day, at: time) }
        return Choice(standard: standard, variants: active)
    }

    /// The contexts for which tokens have prices of their own, in the order of the file. What else a variant prices is
    /// noted as a price of something else.
    private var contexts: [Context] {
        variants.filter(\.conditional.prices.pricesTokens).reduce(into: []) { contexts, variant in
            if !contexts.contains(variant.context) { contexts.append(variant.context) }
        }
    }

    /// The variants in force. Without any, nothing is known about the context then: its usage stays unpriced, and does
    /// not get the standard price.
    private func variants(for context: Context, of choice: Choice) -> [Variant] {
        choice.variants.map { variants[$0] }.filter { $0.context == context }
    }

    /// The prices of a context: of each key, the first variant's that has it.
    private func resolved(_ choice: Choice, _ context: Context) -> GenAIPriceSet {
        variants(for: context, of: choice).reversed().reduce(conditionals[choice.standard].prices) {
            $0.overridden(by: $1.conditional.prices)
        }
    }

    private mutating func add(
        _ context: Context, to version: inout ImportedVersion, _ rates: [SizedRates], _ reported: inout Set<Context>
    ) {
        guard version.hasRates else { return }
        var tried = version
        let fault: String?
        if version.multipliers.contains(where: { $0.name == context.value }) {
            fault = "is a second multiplier of that name"
        } else if let tokenClass = tried.addMultiplier(context.value, rates: rates) {
            fault = "is no single exact factor on the \(tokenClass.name) rates"
        } else if context.value == Identifier.standardTier.text {
            fault = rates == version.standard ? nil : "has other prices for standard, whose factor is always 1"
        } else {
            fault = nil
            version = tried
        }
        // Once, though it may be so in several versions.
        if let fault, reported.insert(context).inserted {
            let node = variants.first { $0.context == context }?.node ?? self.node
            imported.lose("price_variants \(context.key)=\(context.value)", node, fault)
        }
    }
}

extension ImportedVersion {
    /// Whether nothing but the start differs.
    func hasSameRates(as other: ImportedVersion?) -> Bool {
        guard let other else { return false }
        return thresholds == other.thresholds && base == other.base
            && schedules.elementsEqual(other.schedules) { $0.windows == $1.windows && $0.rates == $1.rates }
            && multipliers.elementsEqual(other.multipliers) { $0.name == $1.name && $0.factors == $1.factors }
    }
}
