/// Which counters of which engines are read, and which metered models their models are.
///
/// Counters' names change from version to version, so they are given in a file (docs/reconcile.md has the format) over
/// what is known of vLLM and SGLang.
public struct EngineMapping: Sendable, Hashable {
    /// Samples of one metric, or some of them.
    struct Selector: Sendable, Hashable {
        let metric: String
        /// The values that a label may have; other labels may have any.
        var labels: [String: Set<String>] = [:]

        func selects(_ labels: [String: String]) -> Bool {
            self.labels.allSatisfy { $0.value.contains(labels[$0.key] ?? "") }
        }
    }

    /// The counters of one kind of engine.
    struct Engine: Sendable, Hashable {
        var modelLabel = "model_name"
        var counters: [EngineCounter: Selector]
    }

    /// By a name that only the file uses.
    var engines: [String: Engine]
    /// The metered models that an engine's model is, where they have other names.
    var models: [String: [Identifier]] = [:]
    /// How far metered tokens may be from what the engines counted, by hour and altogether.
    public internal(set) var tolerance = ExpectedFigure.Tolerance.none
    /// How many microseconds samples are apart; nil to take it from them.
    var every: Int64?

    /// The counters of vLLM (1) and SGLang (0.5).
    ///
    /// Sources: vllm/v1/metrics/loggers.py, python/sglang/srt/metrics/collector.py. What counts a queued request again
    /// whenever it is looked at (`vllm:prefix_cache_hits_total`) is none of them.
    public static let standard = EngineMapping(engines: [
        "vllm": Engine(counters: [
            .prompt: Selector(metric: "vllm:prompt_tokens_total"),
            .cached: Selector(metric: "vllm:prompt_tokens_cached_total"),
            .generated: Selector(metric: "vllm:generation_tokens_total"),
        ]),
        "sglang": Engine(counters: [
            .prompt: Selector(metric: "sglang:prompt_tokens_total"),
            .cached: Selector(metric: "sglang:cached_tokens_total"),
            .generated: Selector(metric: "sglang:generation_tokens_total"),
        ]),
    ])

    /// Reads a file.
    ///
    /// - Throws: ``FileErrors`` with everything that is wrong in it, by file, line and column.
    public static func parse(_ text: String, file: String) throws(FileErrors) -> EngineMapping {
        let source = YAMLSource(text, file: file)
        let reader = FileReader(file: file, diagnostics: source.diagnostics)
        let mapping = source.root.flatMap(reader.engineMapping)
        guard let mapping, reader.diagnostics.isEmpty else { throw FileErrors(reader.diagnostics) }
        return mapping
    }

    /// All names of metrics.
    var metrics: Set<String> { Set(engines.values.flatMap { $0.counters.values.map(\.metric) }) }

    /// What a sample of this metric counts, each with the label that has its model; nothing for one that is not read.
    func meanings(of metric: String, _ labels: [String: String]) -> [(counter: EngineCounter, modelLabel: String)] {
        engines.values.flatMap { engine in
            engine.counters.filter { $0.value.metric == metric && $0.value.selects(labels) }
                .map { ($0.key, engine.modelLabel) }
        }
    }

    /// The metered models that an engine's model is.
    func metered(_ model: Identifier) -> [Identifier] { models[model.text] ?? [model] }
}

extension FileReader {
    /// `{engines: {…}, models: {…}, tolerance: …, every: …}`.
    func engineMapping(_ node: FileNode) -> EngineMapping? {
        guard let top = fields(node, keys: ["engines", "models", "tolerance", "every"]) else { return nil }
        var mapping = EngineMapping.standard
        for entry in top["engines"].flatMap({ entries($0, expected: "a mapping of engines") }) ?? [] {
            if let engine = engine(entry.value, over: mapping.engines[entry.name]) {
                mapping.engines[entry.name] = engine
            }
        }
        for entry in top["models"].flatMap({ entries($0, expected: "a mapping from engines' models to metered ones") })
            ?? []
        {
            let nodes = if case .list(let items) = entry.value.content { items } else { [entry.value] }
            let names = Set(nodes.compactMap(identifier)).sorted()
            if nodes.isEmpty { report(entry.value, expected: "a metered model, or a list of them") }
            for other in mapping.models.values where other != names && !Set(other).isDisjoint(with: names) {
                report(entry.value, expected: "no model of another list, unless the lists are the same")
            }
            mapping.models[entry.name] = names
        }
        let tolerance = value(top["tolerance"], expected: "a decimal such as 1575, or a percentage such as 0.1%") {
            ExpectedFigure.Tolerance($0)
        }
        mapping.tolerance = tolerance ?? .none
        mapping.every = value(top["every"], expected: "whole seconds, 1 to 86400") { text in
            Int64(text).flatMap { (1...86_400).contains($0) ? $0 * Instant.second : nil }
        }
        return mapping
    }

    private func engine(_ node: FileNode, over known: EngineMapping.Engine?) -> EngineMapping.Engine? {
        let counters = EngineCounter.allCases.map(\.rawValue)
        guard let members = fields(node, keys: counters + ["model_label"]) else { return nil }
        var engine = known ?? EngineMapping.Engine(counters: [:])
        if let label = members["model_label"] {
            engine.modelLabel = value(label, expected: "a label's name") { $0.isEmpty ? nil : $0 } ?? ""
        }
        for counter in EngineCounter.allCases {
            guard let member = members[counter.rawValue] else { continue }
            if let selector = selector(member) { engine.counters[counter] = selector }
        }
        if engine.counters.isEmpty, counters.allSatisfy({ members[$0] == nil }) {
            report(node, found: "no counter", expected: "one of \(counters.joined(separator: ", "))")
        }
        return engine
    }

    /// `vllm:prompt_tokens_total`, or `{metric: …, where: {mode: [prefill_compute, prefill_cache]}}`.
    private func selector(_ node: FileNode) -> EngineMapping.Selector? {
        let expected = "a counter's name, such as vllm:prompt_tokens_total"
        func name(_ node: FileNode?) -> String? {
            value(node, expected: expected) { CounterLine.isName($0) ? $0 : nil }
        }
        if case .text = node.content { return name(node).map { EngineMapping.Selector(metric: $0) } }
        guard let members = fields(node, keys: ["metric", "where"]),
            let metric = name(required(members, "metric", expected: expected))
        else { return nil }
        var selector = EngineMapping.Selector(metric: metric)
        for entry in members["where"].flatMap({ entries($0, expected: "a mapping from labels to values") }) ?? [] {
            let nodes = if case .list(let items) = entry.value.content { items } else { [entry.value] }
            selector.labels[entry.name] = Set(nodes.compactMap { value($0, expected: "a label's value") { $0 } })
        }
        return selector
    }
}
