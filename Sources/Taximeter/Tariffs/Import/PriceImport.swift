/// A price book made from a public price map, and what of the map it does not say.
public struct PriceImport: Sendable {
    /// What the map does not say itself.
    public struct Options: Sendable {
        /// The book's name.
        public var name: String
        /// From when the prices hold for which the map names no start.
        public var from: Instant
        /// The providers to be imported; all when empty.
        public var providers: [String]

        /// Options.
        public init(name: String, from: Instant, providers: [String] = []) {
            self.name = name
            self.from = from
            self.providers = providers
        }
    }

    /// The book in the price book's format, as ``PriceBook/parse(_:file:)`` reads it.
    public let text: String
    /// The book, read back from ``text``.
    public let book: PriceBook
    /// What it does not say, in the order of the map.
    public let findings: [ImportFinding]
    /// How many models the map has, as far as they were asked for.
    public let modelCount: Int
    /// How many of them are in the book with all that the map says about their prices and names.
    public let wholeCount: Int
    /// How many of them are in the book without something; ``findings`` says without what.
    public let partCount: Int

    /// How many of them are not in the book.
    public var missingCount: Int { modelCount - wholeCount - partCount }
}

/// Puts a price book together from the models that an importer has read.
struct ImportAssembly {
    let file: String
    let options: PriceImport.Options
    /// What the map is called in the book's first lines.
    let title: String

    private var findings: [ImportFinding] = []
    private var counts = (models: 0, whole: 0, part: 0)
    private var tariffs: [YAMLText] = []

    init(file: String, options: PriceImport.Options, title: String) {
        self.file = file
        self.options = options
        self.title = title
    }

    /// The book of these models, and of what the map says about providers.
    ///
    /// - Throws: ``FileErrors`` when the whole is no price book; the models by themselves have been tried before.
    static func book(
        of models: [ImportedModel], providers: [(name: String, fault: ImportFault)], title: String, file: String,
        options: PriceImport.Options
    ) throws(FileErrors) -> PriceImport {
        var assembly = ImportAssembly(file: file, options: options, title: title)
        for (name, fault) in providers { assembly.note(fault, about: name, .provider) }
        var names: [Identifier: String] = [:]
        for model in models {
            if let name = try? Identifier(model.name), names[name] == nil { names[name] = model.name }
        }
        var isTaken: Set<Identifier> = []
        for model in models { assembly.add(model, models: Set(names.keys), &isTaken) }
        return try assembly.finished()
    }

    private mutating func note(_ fault: ImportFault, about name: String, _ consequence: ImportFinding.Consequence) {
        findings.append(
            ImportFinding(
                file: file, line: fault.node.line, column: fault.node.column, model: name, field: fault.field,
                reason: fault.reason, consequence: consequence))
    }

    private mutating func add(
        _ model: ImportedModel, models: Set<Identifier>, _ isTaken: inout Set<Identifier>
    ) {
        counts.models += 1
        var model = model
        var aliases: [String] = []
        if let name = try? Identifier(model.name) {
            if !isTaken.insert(name).inserted { model.refuse("name", model.node, "is the name of another model too") }
        } else {
            model.refuse("name", model.node, "is no name of 1 to \(Identifier.maximumByteCount) bytes without NUL")
        }
        for alias in model.aliases where model.refusal == nil && alias.name != model.name {
            if let name = try? Identifier(alias.name), !models.contains(name), isTaken.insert(name).inserted {
                aliases.append(alias.name)
            } else if !aliases.contains(alias.name) {
                model.lose("name", alias.node, "\"\(clipped(alias.name))\" means another model already")
            }
        }
        let tariff = checkedTariff(of: &model, aliases)
        if let tariff, model.refusal == nil {
            tariffs.append(tariff)
            if model.losses.isEmpty { counts.whole += 1 } else { counts.part += 1 }
            for loss in model.losses { note(loss, about: model.name, .inPart) }
        } else {
            let refusal = model.refusal.map { [$0] } ?? []
            for loss in refusal + model.losses { note(loss, about: model.name, .notImported) }
        }
    }

    /// The tariff, read back by itself, so that one that is no tariff stops no other.
    private func checkedTariff(of model: inout ImportedModel, _ aliases: [String]) -> YAMLText? {
        for tokenClass in model.versions.compactMap(\.unevenClass) {
            model.refuse("prices", model.node, "have a rate of \(tokenClass.name) under some conditions only")
        }
        guard model.refusal == nil else { return nil }
        guard let tariff = model.tariff(aliases: aliases) else {
            if model.losses.isEmpty { model.refuse("prices", model.node, "there are none") }
            return nil
        }
        do {
            _ = try PriceBook.parse(text(of: [tariff]), file: model.name)
            return tariff
        } catch {
            let faults = error.diagnostics.map { "found \($0.found); expected \($0.expected)" }
            model.refuse("prices", model.node, Array(Set(faults)).sorted().joined(separator: "; "))
            return nil
        }
    }

    private func text(of tariffs: [YAMLText]) -> String {
        YAMLText.block([
            ("price_book", .string(options.name)), ("currency", .string("USD")),
            ("tariffs", tariffs.isEmpty ? .inlineList([]) : .list(tariffs)),
        ]).text
    }

    private func finished() throws(FileErrors) -> PriceImport {
        let (whole, part) = (counts.whole, counts.part)
        let head = "# Imported from \(singleLine(title)): US dollars per million tokens.\n"
        let text = head + self.text(of: tariffs)
        return PriceImport(
            text: text, book: try PriceBook.parse(text, file: "the imported price book"), findings: findings,
            modelCount: counts.models, wholeCount: whole, partCount: part)
    }
}

extension FileNode {
    /// The members of a mapping in their order; none for anything else.
    var members: [(name: String, value: FileNode)] {
        guard case .mapping(let pairs) = content else { return [] }
        return pairs.compactMap { pair in
            if case .text(let name) = pair.key.content { (name, pair.value) } else { nil }
        }
    }

    /// The members by their names.
    var memberDictionary: [String: FileNode] {
        Dictionary(members.map { ($0.name, $0.value) }) { first, _ in first }
    }

    /// The value of a member; nil where there is none, or it is null.
    subscript(name: String) -> FileNode? { members.first { $0.name == name }.map(\.value).flatMap(\.unlessNull) }

    /// The items of a list; none for anything else.
    var items: [FileNode] { if case .list(let items) = content { items } else { [] } }

    /// The text of a scalar.
    var text: String? { if case .text(let text) = content { text } else { nil } }

    /// The number that stands there.
    var number: SourceNumber? { text.flatMap(SourceNumber.init) }

    /// Nothing for JSON's null.
    var unlessNull: FileNode? { text == "null" ? nil : self }
}
