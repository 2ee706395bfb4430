extension FileReader {
    /// The whole file.
    func priceBook(_ node: FileNode) -> PriceBook? {
        let keys = [
            "price_book", "currency", "rating_instant", "reference", "terms", "channels", "calendars", "tariffs",
        ]
        guard let fields = fields(node, keys: keys) else { return nil }
        let name = identifier(required(fields, "price_book", expected: "the book's name"))
        let currency = value(
            required(fields, "currency", expected: "a currency code such as USD"),
            expected: "a currency code of ISO 4217, such as USD"
        ) { Currency(code: $0) }
        let ratingInstant = word(fields["rating_instant"], RatingInstant.allCases.map { ($0.rawValue, $0) })
        let reference = identifier(fields["reference"])
        let terms = fields["terms"].map(terms) ?? .none
        let shared = BookRules(
            currency: currency ?? .usd, terms: terms, calendars: fields["calendars"].map(calendars) ?? [:],
            freeChannels: fields["channels"].map(freeChannels) ?? [])
        let items = required(fields, "tariffs", expected: "a list of tariffs").flatMap {
            list($0, expected: "a list of tariffs")
        }
        let tariffs = (items ?? []).compactMap { tariff($0, shared) }
        checkNames(tariffs)
        checkSharedCounters(tariffs.map { ($0.tariff, $0.node) })
        if let node = fields["terms"] { checkModels(of: terms, node, among: tariffs.map(\.tariff.model)) }
        if let reference, let node = fields["reference"], !tariffs.contains(where: { $0.tariff.model == reference }) {
            report(
                node, found: "the model \(clipped(reference.text))", expected: "a model of this book",
                suggestion: suggestion(for: reference.text, among: tariffs.map(\.tariff.model.text)))
        }
        guard let name, let currency, items != nil else { return nil }
        let header = PriceBook.Header(
            name: name, currency: currency, ratingInstant: ratingInstant ?? .completedAt, reference: reference,
            terms: terms)
        return PriceBook(header: header, tariffs: tariffs.map(\.tariff))
    }

    private func calendars(_ node: FileNode) -> [String: DayCalendar] {
        let entries = entries(node, expected: "a mapping from names to calendars") ?? []
        return Dictionary(entries.map { ($0.name, calendar($0.value)) }) { first, _ in first }
    }

    private func tariff(_ node: FileNode, _ shared: BookRules) -> ReadTariff? {
        guard let fields = fields(node, keys: ["model", "aliases", "source", "versions"]) else { return nil }
        let model = identifier(required(fields, "model", expected: "the model's name"))
        let aliases = fields["aliases"].flatMap { list($0, expected: "a list of names") } ?? []
        let source = value(fields["source"], expected: "a text") { $0 }
        let versionsNode = required(fields, "versions", expected: "a list of versions")
        let items = versionsNode.flatMap { list($0, expected: "a list of versions") } ?? []
        if let versionsNode, case .list = versionsNode.content, items.isEmpty {
            report(versionsNode, found: "no version", expected: "at least one")
        }
        let versions = versions(items.compactMap { version($0, shared, source: source) })
        let read = aliases.compactMap { node in alias(node).map { (alias: $0, node: node) } }
        return model.map { model in
            let tariff = Tariff(model: model, aliases: read.map(\.alias), versions: versions)
            return ReadTariff(tariff: tariff, node: node, aliases: read)
        }
    }

    /// `deepseek-r1`, or `{name: deepseek-r1, from: …, until: …}`.
    private func alias(_ node: FileNode) -> ModelAlias? {
        guard case .mapping = node.content else {
            return identifier(node).flatMap { name in
                EffectivePeriod(from: .earliest).map { ModelAlias(name: name, effective: $0) }
            }
        }
        guard let fields = fields(node, keys: ["name", "from", "until"]) else { return nil }
        let name = identifier(required(fields, "name", expected: "the other name"))
        let from = fields["from"].map { instant($0) } ?? .earliest
        let until = instant(fields["until"])
        guard let name, let from else { return nil }
        guard let effective = EffectivePeriod(from: from, until: until) else {
            report(node, found: "an end at \(until ?? from)", expected: "an end after the start at \(from)")
            return nil
        }
        return ModelAlias(name: name, effective: effective)
    }

    /// A name must mean one model at a time. A model's own name is taken from the start of its first version to the
    /// end of its last; before and after, it may stand for another model.
    private func checkNames(_ tariffs: [ReadTariff]) {
        var taken: [Identifier: [EffectivePeriod]] = [:]
        var models: Set<Identifier> = []
        for (tariff, node) in tariffs.map({ ($0.tariff, $0.node) }) {
            if !models.insert(tariff.model).inserted {
                report(node, found: "a second tariff for \(tariff.model)", expected: "one tariff a model")
            }
            taken[tariff.model, default: []] += [tariff.effective].compactMap(\.self)
        }
        for (alias, node) in tariffs.flatMap(\.aliases) {
            if taken[alias.name, default: []].contains(where: alias.effective.overlaps) {
                report(
                    node, found: "the alias \(alias.name) \(alias.effective), when the name is taken",
                    expected: "one meaning of a name at a time")
            }
            taken[alias.name, default: []].append(alias.effective)
        }
    }
}

/// A tariff with the places in the file that later checks speak of.
private struct ReadTariff {
    let tariff: Tariff
    let node: FileNode
    let aliases: [(alias: ModelAlias, node: FileNode)]
}

extension Tariff {
    /// From the start of the first version to the end of the last.
    fileprivate var effective: EffectivePeriod? {
        versions.first.flatMap { EffectivePeriod(from: $0.effective.from, until: versions.last?.effective.until) }
    }
}
