extension PriceImport {
    /// Makes a price book of genai-prices' `data.json` (https://github.com/pydantic/genai-prices): a list of providers,
    /// or the same under `providers`.
    ///
    /// Models are called `provider/model`, because several providers serve models of one name; with exactly one provider
    /// asked for, as that provider calls them.
    ///
    /// - Throws: ``FileErrors`` when the file is not such a map, or has no provider that was asked for.
    public static func genAIPrices(_ text: String, file: String, options: Options) throws(FileErrors) -> PriceImport {
        let source = YAMLSource(text, file: file)
        let reader = FileReader(file: file, diagnostics: source.diagnostics)
        let read = source.root.map { providers(in: $0, reader, options) } ?? []
        if !reader.diagnostics.isEmpty { throw FileErrors(reader.diagnostics) }
        var models: [ImportedModel] = []
        var notes: [(name: String, fault: ImportFault)] = []
        for (id, provider) in read {
            let prefix = options.providers.count == 1 ? "" : id + "/"
            if let others = provider["fallback_model_providers"], !others.items.isEmpty {
                let names = others.items.compactMap { $0.text }.joined(separator: ", ")
                let reason = "models of \(names) that it serves too are not repeated here"
                notes.append((id, ImportFault(field: "fallback_model_providers", node: others, reason: reason)))
            }
            let url = provider["pricing_urls"]?.items.first?.text
            for node in provider["models"]?.items ?? [] {
                guard let name = node["id"]?.text else { continue }  // reported
                var model = GenAIModel(node, name: prefix + name, from: options.from).imported
                model.source = url
                GenAINames.add(to: &model, match: node["match"], prefix: prefix)
                models.append(model)
            }
        }
        return try ImportAssembly.book(
            of: models, notes: notes, title: "genai-prices, \(file)", file: file, options: options)
    }

    /// The providers that were asked for. Everything that makes the file no map of genai-prices is reported.
    private static func providers(
        in root: FileNode, _ reader: FileReader, _ options: Options
    ) -> [(id: String, node: FileNode)] {
        checkUnits(root["units"], reader)
        let list = root["providers"] ?? root
        let expected = "a list of providers, as in genai-prices' data.json"
        let read = (reader.list(list, expected: expected) ?? []).compactMap { node -> (id: String, node: FileNode)? in
            guard let id = node["id"]?.text else {
                reader.report(node, missing: "id", found: "nothing", expected: "the provider's id")
                return nil
            }
            let models = node["models"].map { reader.list($0, expected: "a list of models") ?? [] }
            if models == nil { reader.report(node, missing: "models", found: "nothing", expected: "a list of models") }
            for model in models ?? [] where model["id"]?.text == nil {
                reader.report(model, missing: "id", found: "nothing", expected: "the model's id")
            }
            return (id, node)
        }
        let ids = read.map(\.id)
        for name in options.providers where !ids.contains(name) && reader.diagnostics.isEmpty {
            reader.report(
                list, found: "no provider \"\(clipped(name))\"", expected: "one of \(ids.joined(separator: ", "))",
                suggestion: suggestion(for: name, among: ids))
        }
        return options.providers.isEmpty ? read : read.filter { options.providers.contains($0.id) }
    }

    /// Prices are per million tokens, whatever the file's own table of units says: it must say so too.
    private static func checkUnits(_ units: FileNode?, _ reader: FileReader) {
        for (name, unit) in units?.members ?? [] where name.hasSuffix("_tokens") {
            if let per = unit["per"], per.number?.whole != 1_000_000 {
                reader.report(per, expected: "1000000: prices of tokens are per million")
            }
        }
    }
}
