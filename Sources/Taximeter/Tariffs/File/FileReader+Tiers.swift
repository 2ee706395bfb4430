extension FileReader {
    /// The tier tables of a version.
    func tiers(_ node: FileNode, on base: BaseRates, _ version: TierSurroundings) -> [TierTable] {
        var tables: [TierTable] = []
        for item in list(node, expected: "a list of tier tables") ?? [] {
            guard let table = tierTable(item, on: base, version) else { continue }
            if tables.contains(where: { $0.name == table.name }) {
                report(item, found: "a second tier table \(table.name)", expected: "a name of its own for each table")
            }
            for tokenClass in TokenClass.allCases where table.classes[tokenClass] {
                if let other = tables.first(where: { $0.classes[tokenClass] }) {
                    report(
                        item, missing: "classes", found: "\(tokenClass.name), which tier table \(other.name) prices",
                        expected: "a class in one table only")
                }
            }
            tables.append(table)
        }
        return tables
    }

    private func tierTable(_ node: FileNode, on base: BaseRates, _ version: TierSurroundings) -> TierTable? {
        guard let fields = fields(node, keys: ["name", "counter", "classes", "mode", "steps"]) else { return nil }
        let name = identifier(required(fields, "name", expected: "a name for the tier table"))
        let counter = counter(
            required(fields, "counter", expected: "what is counted: class, tariff, book, or a name of your own"))
        let mode = word(
            required(fields, "mode", expected: "graduated or volume"), TierMode.allCases.map { ($0.rawValue, $0) })
        let rated = PerClass { base.rates[$0] != nil }
        let classes = fields["classes"].map { classSet($0, rated: rated) } ?? rated
        let stepsNode = required(fields, "steps", expected: "a list of steps")
        let steps = stepsNode.map { self.steps($0, on: base, classes, version) } ?? []
        guard let name, let counter, let mode else { return nil }
        let table = TierTable(name: name, counter: counter, classes: classes, mode: mode, steps: steps)
        checkFees(of: table, rated: rated, at: node)
        return table
    }

    private func counter(_ node: FileNode?) -> TierCounter? {
        guard let name = identifier(node) else { return nil }
        let known: [TierCounter] = [.tokenClass, .tariff, .book]
        return known.first { $0.name == name.text } ?? .named(name)
    }

    /// `[cache_hit, output]`.
    func classSet(_ node: FileNode, rated: PerClass<Bool> = .all(true)) -> PerClass<Bool> {
        var set = PerClass.all(false)
        let items = list(node, expected: "a list of token classes") ?? []
        if items.isEmpty, case .list = node.content { report(node, found: "no class", expected: "at least one class") }
        for item in items {
            guard let tokenClass = word(item, TokenClass.allCases.map { ($0.name, $0) }) else { continue }
            if !rated[tokenClass] {
                report(item, found: tokenClass.name, expected: "a class with a base rate in the version's rates")
            }
            set[tokenClass] = true
        }
        return set
    }

    private func steps(
        _ node: FileNode, on base: BaseRates, _ classes: PerClass<Bool>, _ version: TierSurroundings
    ) -> [TierStep] {
        let items = list(node, expected: "a list of steps") ?? []
        if items.isEmpty, case .list = node.content { report(node, found: "no step", expected: "at least one step") }
        var steps: [TierStep] = []
        for (index, item) in items.enumerated() {
            guard let step = step(item, on: base, classes, version) else { continue }
            if let upTo = step.upTo, let before = steps.last?.upTo, upTo <= before {
                report(item, missing: "up_to", found: "\(upTo)", expected: "more than the \(before) of the step before")
            }
            if step.upTo == nil, index < items.count - 1 {
                report(item, missing: "up_to", found: "nothing", expected: "the last token of the step")
            }
            if step.upTo != nil, index == items.count - 1 {
                report(
                    item, found: "a last step that ends", expected: "a last step without up_to, for all that is above")
            }
            steps.append(step)
        }
        return steps
    }

    private func step(
        _ node: FileNode, on base: BaseRates, _ classes: PerClass<Bool>, _ version: TierSurroundings
    ) -> TierStep? {
        let keys = ["up_to", "rates", "factors", "factor", "combinations", "flat", "package"]
        guard let fields = fields(node, keys: keys) else { return nil }
        let upTo = count(fields["up_to"], in: 1...Int64.max)
        let package = fields["package"].flatMap { self.package($0, version.currency) }
        let fee = fields["flat"].flatMap { amount($0, version.currency) } ?? 0
        let priced = ["rates", "factors", "factor"].compactMap { fields[$0] }
        var rules = PerClass<ClassRule?>.all(nil)
        if fields["package"] != nil {
            for other in priced + [fields["combinations"]].compactMap(\.self) {
                report(other, expected: "nothing beside package, which is the price of the step's tokens")
            }
            rules = PerClass { classes[$0] ? .factor(.zero) : nil }
        } else if !priced.isEmpty {
            rules = self.rules(fields, on: base)
            if fields["factor"] != nil { rules = PerClass { classes[$0] ? rules[$0] : nil } }
        }
        let combinations = fields["combinations"].map { self.combinations($0, on: base, version) } ?? []
        for tokenClass in TokenClass.allCases where !classes[tokenClass] {
            if rules[tokenClass] != nil || combinations.contains(where: { $0.rates[tokenClass] != nil }) {
                report(node, found: "a rule for \(tokenClass.name)", expected: "rules for the table's classes only")
            }
        }
        if fields["up_to"] != nil, upTo == nil { return nil }
        return TierStep(upTo: upTo, rules: rules, combinations: combinations, feeUnits: fee, package: package)
    }

    private func combinations(
        _ node: FileNode, on base: BaseRates, _ version: TierSurroundings
    ) -> [TierStep.Combination] {
        (list(node, expected: "a list of combinations") ?? []).compactMap { combination($0, on: base, version) }
    }

    private func combination(
        _ node: FileNode, on base: BaseRates, _ version: TierSurroundings
    ) -> TierStep.Combination? {
        guard let fields = fields(node, keys: ["band", "schedule", "rates"]) else { return nil }
        if fields["band"] == nil, fields["schedule"] == nil {
            report(node, found: "neither band nor schedule", expected: "the band, the schedule or both")
        }
        let band = word(fields["band"], version.bands.map { ($0.name.text, $0.name) })
        let schedule = word(fields["schedule"], version.schedules.map { ($0.name.text, $0.name) })
        guard let rates = required(fields, "rates", expected: "the rates that hold then") else { return nil }
        return TierStep.Combination(band: band, schedule: schedule, rates: self.rates(rates, among: base).rates)
    }

    /// `{tokens: 1000, price: 0.15}`.
    private func package(_ node: FileNode, _ currency: Currency) -> TierStep.Package? {
        guard let fields = fields(node, keys: ["tokens", "price"]) else { return nil }
        let tokens = count(
            required(fields, "tokens", expected: "how many tokens are in a package"), in: 1...Int64.max)
        let units = required(fields, "price", expected: "the price of a package").flatMap { amount($0, currency) }
        guard let tokens, let units else { return nil }
        return TierStep.Package(tokens: tokens, units: units)
    }

    /// An amount of a currency, 0 or more, in 10⁻¹⁸ units.
    func amount(_ node: FileNode, _ currency: Currency) -> Int128? {
        value(node, expected: "an amount of 0 or more in \(currency), with at most 18 decimals") { text in
            guard let units = try? Money(text, currency).units, units >= 0 else { return nil }
            return units
        }
    }

    /// A fee or a package belongs to the token that starts it, so each counted token must be one that the table prices.
    private func checkFees(of table: TierTable, rated: PerClass<Bool>, at node: FileNode) {
        guard table.hasFees else { return }
        let countsOthers =
            switch table.counter {
            case .book: true
            case .tariff: TokenClass.allCases.contains { rated[$0] && !table.classes[$0] }
            case .tokenClass, .named: false
            }
        if countsOthers {
            report(
                node, found: "flat fees or packages over the counter \(table.counter.name)",
                expected: "a counter of the table's own classes: class, a name of your own, or tariff with all classes")
        }
    }
}

/// What a tier table needs to know of its version.
struct TierSurroundings {
    let currency: Currency
    let bands: [Band]
    let schedules: [Schedule]
}
