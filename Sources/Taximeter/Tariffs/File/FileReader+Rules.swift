/// The classes of a version that have base rates, and how they were written: what a band or a schedule may build on.
struct BaseRates {
    let rates: PerClass<UnitPrice?>
    /// Classes written as a multiple of the cache-miss rate.
    let multiples: Set<TokenClass>
}

extension FileReader {
    /// `{cache_hit: 0.14, cache_miss: 0.55, cache_write: {times_cache_miss: 1.25}, output: 2.19}`, per million tokens.
    ///
    /// A multiple is of the cache-miss rate that stands beside it, and is resolved here: prices are rates.
    func rates(_ node: FileNode, among base: BaseRates? = nil) -> BaseRates {
        var rates = PerClass<UnitPrice?>.all(nil)
        var multiples: [(TokenClass, FileNode, Factor)] = []
        for (tokenClass, value) in classes(node, rated: base.map { base in PerClass { base.rates[$0] != nil } }) {
            if case .mapping = value.content {
                let fields = fields(value, keys: ["times_cache_miss"])
                let expected = "how many times the cache_miss rate this rate is, such as 1.25"
                let factor = fields.flatMap { required($0, "times_cache_miss", expected: expected) }.map(factor)
                multiples.append((tokenClass, value, factor ?? .one))
            } else {
                rates[tokenClass] = price(value)
            }
        }
        for (tokenClass, value, factor) in multiples {
            rates[tokenClass] = UnitPrice(unitsPerToken: 0)
            guard let miss = rates[.cacheMiss], tokenClass != .cacheMiss else {
                report(value, found: "a multiple of cache_miss", expected: "a cache_miss rate beside it to multiply")
                continue
            }
            if let price = try? factor.applied(to: miss) {
                rates[tokenClass] = price
            } else {
                report(
                    value, found: "\(factor) times \(miss)",
                    expected: "a price that is a whole number of 10^-18 a token and fits in 128 bits")
            }
        }
        return BaseRates(rates: rates, multiples: Set(multiples.map(\.0)))
    }

    /// What a band or a schedule does: `rates`, `factors` by class, or one `factor` for all.
    func rules(_ fields: Fields, on base: BaseRates) -> PerClass<ClassRule?> {
        let rated = PerClass { base.rates[$0] != nil }
        var rules = PerClass<ClassRule?>.all(nil)
        if fields["rates"] == nil, fields["factors"] == nil, fields["factor"] == nil {
            report(fields.node, missing: "rates", found: "nothing", expected: "rates, factors or factor")
        }
        if let node = fields["factor"] {
            let factor = factor(node)
            rules = PerClass { rated[$0] ? .factor(factor) : nil }
            for other in [fields["rates"], fields["factors"]].compactMap(\.self) {
                report(other, expected: "nothing beside factor, which already is for all classes")
            }
            return rules
        }
        if let node = fields["rates"] {
            let rates = rates(node, among: base).rates
            rules = PerClass { rates[$0].map(ClassRule.rate) }
        }
        if let node = fields["factors"] {
            for (tokenClass, value) in classes(node, rated: rated) {
                if rules[tokenClass] != nil { report(value, expected: "no factor for a class with a rate of its own") }
                rules[tokenClass] = .factor(factor(value))
            }
        }
        let left =
            rules[.cacheMiss] == nil
            ? [] : TokenClass.allCases.filter { rules[$0] == nil && base.multiples.contains($0) }
        for tokenClass in left {
            report(
                fields.node, missing: tokenClass.name, found: "a rule for cache_miss alone",
                expected: "one for \(tokenClass.name) too, whose base rate is a multiple of cache_miss")
        }
        return rules
    }

    /// `{batch: 0.5, priority: {cache_miss: 2, output: 2}}`.
    func multipliers(_ node: FileNode, on base: BaseRates) -> [Multiplier] {
        let rated = PerClass { base.rates[$0] != nil }
        let entries = entries(node, expected: "a mapping from names to factors") ?? []
        let multipliers = entries.compactMap { entry -> Multiplier? in
            guard let name = identifier(entry.key) else { return nil }
            if name == .standardTier {
                report(entry.key, found: "the name standard", expected: "another: the standard tier is always 1")
            }
            var factors = PerClass<Factor?>.all(nil)
            if case .mapping = entry.value.content {
                for (tokenClass, value) in classes(entry.value, rated: rated) { factors[tokenClass] = factor(value) }
            } else {
                let factor = factor(entry.value)
                factors = PerClass { rated[$0] ? factor : nil }
            }
            return Multiplier(name: name, factors: factors)
        }
        return multipliers.sorted { $0.name < $1.name }
    }

    /// The members of a mapping whose keys are token classes; with base rates, only classes that have one.
    func classes(_ node: FileNode, rated: PerClass<Bool>?) -> [(TokenClass, FileNode)] {
        let names = TokenClass.allCases.map(\.name)
        return (entries(node, expected: "a mapping from token classes") ?? []).compactMap { entry in
            guard let tokenClass = TokenClass(name: entry.name) else {
                report(
                    entry.key, found: "the token class \"\(clipped(entry.name))\"",
                    expected: "one of \(names.joined(separator: ", "))",
                    suggestion: suggestion(for: entry.name, among: names))
                return nil
            }
            if let rated, !rated[tokenClass] {
                report(
                    entry.value, found: "a rule for \(entry.name)",
                    expected: "a base rate for it in the version's rates")
                return nil
            }
            return (tokenClass, entry.value)
        }
    }
}

extension Identifier {
    /// The service tier whose factor is always 1.
    static let standardTier = Identifier(unchecked: "standard")
}
