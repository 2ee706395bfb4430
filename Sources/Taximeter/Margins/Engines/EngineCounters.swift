/// Samples of engines' counters, gathered from any number of files.
public struct EngineCounters: Sendable {
    /// The samples of one counter, of one engine.
    struct Series: Sendable {
        let instance: String
        let model: Identifier
        let counter: EngineCounter
        fileprivate(set) var values: [Instant: Int128] = [:]

        /// In order of time.
        var samples: [(at: Instant, value: Int128)] {
            values.sorted { $0.key < $1.key }.map { (at: $0.key, value: $0.value) }
        }
    }

    /// The counters that are read.
    public let mapping: EngineMapping
    private let metrics: Set<String>
    private var places: [[String]: Int] = [:]
    private(set) var series: [Series] = []

    /// Labels that tell one engine from another, where samples have them.
    private static let instanceLabels = ["instance", "pod", "engine", "engine_index", "dp_rank", "tp_rank"]

    /// From the first sample to the last; nil where there is none.
    public var times: ClosedRange<Instant>? {
        let times = series.flatMap(\.values.keys)
        guard let first = times.min(), let last = times.max() else { return nil }
        return first...last
    }

    /// None yet.
    public init(_ mapping: EngineMapping = .standard) {
        self.mapping = mapping
        metrics = mapping.metrics
    }

    /// Adds the samples of a file: the answer of Prometheus to a range query where the text is JSON, else a scrape in
    /// Prometheus's text format.
    ///
    /// - Parameter name: Whose scrape it is, and of when; best made of the path from a folder of scrapes on.
    /// - Throws: ``FileErrors`` with everything that is wrong in the file; nothing of it is kept then.
    public mutating func add(_ text: String, file: String, name: ScrapeName) throws(FileErrors) {
        let reader = FileReader(file: file, diagnostics: [])
        var read = self
        let isJSON = text.first { !$0.isWhitespace && $0 != "\u{FEFF}" } == "{"
        let seen = isJSON ? read.addAnswer(text, file, reader) : read.addScrape(text, name, reader)
        if reader.diagnostics.isEmpty, !read.metrics.contains(where: seen.contains) {
            let start = FileNode(content: .text(""), line: 1, column: 1, path: "")
            let wanted = mapping.metrics.sorted()
            let near = seen.sorted().lazy.compactMap { suggestion(for: $0, among: wanted) }.first
            reader.report(
                start, found: seen.isEmpty ? "no samples" : "\(seen.count) metrics, such as \(seen.sorted()[0])",
                expected: "one of \(wanted.joined(separator: ", "))", suggestion: near)
        }
        if !reader.diagnostics.isEmpty { throw FileErrors(reader.diagnostics) }
        self = read
    }

    /// The answer to a range query over the counters themselves.
    ///
    /// - Returns: The metrics that it has.
    private mutating func addAnswer(_ text: String, _ file: String, _ reader: FileReader) -> Set<String> {
        var seen: Set<String> = []
        for one in reader.matrix(text) {
            guard let metric = one.metric["__name__"]?.text else {
                reader.report(
                    one.metric, missing: "__name__", found: "nothing",
                    expected: "the counter's name: query the counters themselves, not a sum or a rate of them")
                continue
            }
            seen.insert(metric)
            let labels = Dictionary(one.metric.members.map { ($0.name, $0.value.text ?? "") }) { first, _ in first }
            for sample in one.values {
                guard let (at, value) = reader.sample(sample) else { continue }
                add(value, at: at, metric, labels, instance: "", reader)
            }
        }
        return seen
    }

    /// A scrape.
    ///
    /// - Returns: The metrics that it has.
    private mutating func addScrape(_ text: String, _ name: ScrapeName, _ reader: FileReader) -> Set<String> {
        var seen: Set<String> = []
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        let isOpenMetrics = lines.contains("# EOF")
        for (index, line) in lines.enumerated() where !line.hasPrefix("#") && !line.allSatisfy(\.isWhitespace) {
            let place = FileNode(content: .text(clipped(String(line))), line: index + 1, column: 1, path: "")
            guard let metric = CounterLine.name(of: line) else {
                reader.report(place, expected: "a sample in Prometheus's text format")
                // What is no scrape at all is told once.
                if seen.isEmpty { break }
                continue
            }
            seen.insert(String(metric))
            guard metrics.contains(String(metric)) else { continue }
            guard let sample = CounterLine(line, after: metric) else {
                reader.report(place, expected: "a sample in Prometheus's text format")
                continue
            }
            let own = sample.time.flatMap { text in
                (try? DecimalText.units(text, decimals: isOpenMetrics ? 6 : 3)).flatMap(Int64.init(exactly:))
                    .flatMap(Instant.init(microseconds:))
            }
            if sample.time != nil, own == nil {
                reader.report(
                    place, expected: "a time in \(isOpenMetrics ? "seconds" : "milliseconds") after the value")
                continue
            }
            guard let at = own ?? name.at else {
                reader.report(
                    place, found: "no time",
                    expected: "a time after the value, or at the end of the file's name: "
                        + "engine-7-20250227T040015Z.prom")
                break
            }
            let node = FileNode(content: .text(String(sample.value)), line: place.line, column: 1, path: "")
            add(node, at: at, String(metric), sample.labels, instance: name.instance, reader)
        }
        return seen
    }

    private mutating func add(
        _ node: FileNode, at: Instant, _ metric: String, _ labels: [String: String], instance: String,
        _ reader: FileReader
    ) {
        let meanings = mapping.meanings(of: metric, labels)
        if meanings.isEmpty { return }
        let value = reader.value(node, expected: "a whole number of tokens, 0 or more") { text in
            (SourceNumber(text)?.text()).flatMap { Int128($0) }.flatMap { $0 >= 0 && $0 < 1 << 100 ? $0 : nil }
        }
        guard let value else { return }
        for (counter, modelLabel) in meanings {
            guard let name = labels[modelLabel], let model = try? Identifier(name) else {
                reader.report(
                    node, found: labels[modelLabel] == nil ? "no label \(modelLabel)" : "an empty one",
                    expected: "a label \(modelLabel) with the model, or another model_label in the mapping")
                return
            }
            let place = place(of: counter, model, metric, labels, instance)
            let known = series[place].values.updateValue(value, forKey: at)
            if let known, known != value {
                return reader.report(
                    node, expected: "\(known), which another sample of the same series and instant (\(at)) has")
            }
        }
    }

    /// The series' place, at the end for a new one.
    private mutating func place(
        of counter: EngineCounter, _ model: Identifier, _ metric: String, _ labels: [String: String], _ instance: String
    ) -> Int {
        let key =
            [instance, counter.rawValue, metric]
            + labels.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
        if let place = places[key] { return place }
        places[key] = series.count
        let own = Self.instanceLabels.compactMap { label in
            labels[label].map { label == "instance" ? $0 : "\(label) \($0)" }
        }
        let words = ((instance.isEmpty ? [] : [instance]) + own).joined(separator: " ")
        series.append(Series(instance: words, model: model, counter: counter))
        return series.count - 1
    }
}
