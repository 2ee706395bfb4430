extension PriceImport {
    /// Makes a price book of LiteLLM's `model_prices_and_context_window.json` (https://github.com/BerriAI/litellm): a
    /// mapping from model names to rows.
    ///
    /// Models keep the names they have there, which tell providers apart by themselves. The map says nothing on the past:
    /// every price holds from ``Options/from``.
    ///
    /// - Throws: ``FileErrors`` when the file is not such a map, or has no provider that was asked for.
    public static func liteLLM(_ text: String, file: String, options: Options) throws(FileErrors) -> PriceImport {
        let source = YAMLSource(text, file: file)
        let reader = FileReader(file: file, diagnostics: source.diagnostics)
        let read = source.root.map { rows(in: $0, reader, options) } ?? []
        if !reader.diagnostics.isEmpty { throw FileErrors(reader.diagnostics) }
        let aliases = LiteLLMAliases(read)
        var models: [ImportedModel] = []
        for (name, node) in read where node["alias_of"] == nil {
            var model = LiteLLMModel(node, name: name, from: options.from).imported
            model.aliases = aliases.names[name] ?? []
            models.append(model)
        }
        return try ImportAssembly.book(
            of: models, notes: aliases.faults, title: "LiteLLM, \(file)", file: file, options: options)
    }

    /// The rows of the providers that were asked for. Everything that makes the file no map of LiteLLM is reported.
    private static func rows(
        in root: FileNode, _ reader: FileReader, _ options: Options
    ) -> [(name: String, node: FileNode)] {
        let expected = "a mapping from model names to prices, as in LiteLLM's model_prices_and_context_window.json"
        let entries = reader.entries(root, expected: expected) ?? []
        var rows: [(name: String, node: FileNode, provider: String?)] = []
        // The first row explains the fields.
        for (name, _, node) in entries where name != "sample_spec" {
            if case .mapping = node.content {
                rows.append((name, node, node["litellm_provider"]?.text))
            } else {
                reader.report(node, expected: "a mapping with the model's prices")
            }
        }
        if options.providers.isEmpty { return rows.map { ($0.name, $0.node) } }
        let known = Set(rows.compactMap(\.provider))
        for name in options.providers where !known.contains(name) && reader.diagnostics.isEmpty {
            reader.report(
                root, found: "no litellm_provider \"\(clipped(name))\"",
                expected: "one of \(known.sorted().joined(separator: ", "))",
                suggestion: suggestion(for: name, among: known.sorted()))
        }
        let chosen = rows.filter { row in row.provider.map(options.providers.contains) ?? false }
        let names = Set(chosen.map(\.name))
        return rows.filter { row in
            names.contains(row.name) || row.node["alias_of"]?.text.map(names.contains) ?? false
        }.map { ($0.name, $0.node) }
    }
}

/// Other names of the rows: those that a row lists, and rows that only point at another.
///
/// Source: `_expand_model_aliases` in LiteLLM's `get_model_cost_map.py` (1.110.2).
private struct LiteLLMAliases {
    /// The other names of each row.
    private(set) var names: [String: [(name: String, node: FileNode)]] = [:]
    /// Rows that point at nothing.
    private(set) var faults: [(name: String, fault: ImportFault)] = []

    init(_ rows: [(name: String, node: FileNode)]) {
        let targets = Set(rows.filter { $0.node["alias_of"] == nil }.map(\.name))
        for (name, node) in rows {
            if let pointer = node["alias_of"] {
                if let target = pointer.text, targets.contains(target) {
                    names[target, default: []].append((name, pointer))
                } else {
                    faults.append(
                        (name, ImportFault(field: "alias_of", node: pointer, reason: "is no row with prices")))
                }
            } else {
                for alias in node["aliases"]?.items ?? [] {
                    if let text = alias.text { names[name, default: []].append((text, alias)) }
                }
            }
        }
    }
}
