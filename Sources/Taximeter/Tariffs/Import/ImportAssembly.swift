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

    /// The book of these models; the notes are on what is no model.
    ///
    /// - Throws: ``FileErrors`` when the whole is no price book; the models by themselves have been tried before.
    static func book(
        of models: [ImportedModel], notes: [(name: String, fault: ImportFault)], title: String, file: String,
        options: PriceImport.Options
    ) throws(FileErrors) -> PriceImport {
        var assembly = ImportAssembly(file: file, options: options, title: title)
        for (name, fault) in notes { assembly.note(fault, about: name, .note) }
        let names = Set(models.compactMap { try? Identifier($0.name) })
        var isTaken: Set<Identifier> = []
        for model in models { assembly.add(model, models: names, &isTaken) }
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
            for alias in model.aliases where alias.name != model.name {
                model.lose("name", alias.node, "\"\(clipped(alias.name))\" is a name of it too")
            }
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
