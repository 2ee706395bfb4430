extension FileReader {
    /// The terms of a book.
    func terms(_ node: FileNode) -> Terms {
        guard let fields = fields(node, keys: ["discount", "allowances", "quantities", "rounding"]) else {
            return .none
        }
        var allowances: [Allowance] = []
        for item in fields["allowances"].flatMap({ list($0, expected: "a list of allowances") }) ?? [] {
            guard let allowance = allowance(item) else { continue }
            if allowances.contains(where: { $0.name == allowance.name }) {
                report(item, found: "a second allowance \(allowance.name)", expected: "a name of its own for each")
            }
            allowances.append(allowance)
        }
        return Terms(
            discount: fields["discount"].map(discount) ?? .all(nil), allowances: allowances,
            quantities: fields["quantities"].map(quantities) ?? .everyToken,
            rounding: word(fields["rounding"], RoundingRule.allCases.map { ($0.rawValue, $0) }) ?? .halfAwayFromZero)
    }

    /// `{factor: 0.9}` or `{factors: {output: 0.9}}`.
    private func discount(_ node: FileNode) -> PerClass<Factor?> {
        guard let fields = fields(node, keys: ["factor", "factors"]) else { return .all(nil) }
        guard (fields["factor"] == nil) != (fields["factors"] == nil) else {
            report(
                node, found: fields["factor"] == nil ? "neither" : "both",
                expected: "either factor, for all classes, or factors by class")
            return .all(nil)
        }
        if let factor = fields["factor"] { return .all(reducing(factor)) }
        var factors = PerClass<Factor?>.all(nil)
        for (tokenClass, value) in fields["factors"].map({ classes($0, rated: nil) }) ?? [] {
            factors[tokenClass] = reducing(value)
        }
        return factors
    }

    /// A factor of 0 to 1.
    func reducing(_ node: FileNode, expected: String = "a factor from 0 to 1: it is a discount") -> Factor {
        let factor = factor(node)
        if factor.exceedsOne { report(node, expected: expected) }
        return factor
    }

    private func allowance(_ node: FileNode) -> Allowance? {
        guard let fields = fields(node, keys: ["name", "tokens", "per", "order", "models", "classes"]) else {
            return nil
        }
        let span = word(
            required(fields, "per", expected: "period or lifetime"), Allowance.Span.allCases.map { ($0.rawValue, $0) })
        return allowance(fields, span: span, what: "allowance")
    }

    /// The tokens that are free, which of them, and in what order.
    func allowance(_ fields: Fields, span: Allowance.Span?, what: String) -> Allowance? {
        let name = identifier(required(fields, "name", expected: "a name for the \(what)"))
        let tokens = count(
            required(fields, "tokens", expected: "how many tokens are free"), in: 1...Int64.max)
        let order = word(fields["order"], Allowance.Order.allCases.map { ($0.rawValue, $0) })
        let models = fields["models"].flatMap { list($0, expected: "a list of models") } ?? []
        if let node = fields["models"], case .list(let items) = node.content, items.isEmpty {
            report(node, found: "no model", expected: "at least one model")
        }
        let classes = fields["classes"].map { classSet($0) } ?? .all(true)
        guard let name, let tokens, let span else { return nil }
        return Allowance(
            name: name, tokens: tokens, span: span, order: order ?? .inOrder,
            models: models.compactMap { identifier($0) }.sorted(), classes: classes)
    }

    private func quantities(_ node: FileNode) -> QuantityRule {
        guard let fields = fields(node, keys: ["minimum", "step"]) else { return .everyToken }
        let limit = UsageEvent.maximumTokenCount
        return QuantityRule(
            minimum: count(fields["minimum"], in: 0...limit) ?? 0, step: count(fields["step"], in: 1...limit) ?? 1)
    }

    /// The models of allowances must be models of the book.
    func checkModels(of terms: Terms, _ node: FileNode, among models: [Identifier]) {
        for allowance in terms.allowances {
            for model in allowance.models where !models.contains(model) {
                report(
                    node, missing: "allowances", found: "the model \(clipped(model.text)) in \(allowance.name)",
                    expected: "a model of this book",
                    suggestion: suggestion(for: model.text, among: models.map(\.text)))
            }
        }
    }
}
