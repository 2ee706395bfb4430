/// The files of one client in ServeGen's data (https://github.com/alibaba/ServeGen): `chunk-N-trace.csv` with its rate in
/// windows of a day, and `chunk-N-dataset.json` with the lengths of its requests in parts of it.
public struct ServeGenClient: Sendable {
    /// A file.
    public struct File: Sendable {
        /// Its name, for messages.
        public let name: String
        /// Its content.
        public let text: String

        /// A file.
        public init(name: String, text: String) {
            self.name = name
            self.text = text
        }
    }

    /// The client's name, which becomes its account's.
    public let name: Identifier
    /// Its trace: lines of start of the window in seconds, requests per second, coefficient of variation of the gaps,
    /// and what else describes them; a window without requests has rate 0.
    public let trace: File
    /// Its lengths: by the second at which they begin to hold, `input_tokens` and `output_tokens`, each a text with a
    /// Python dictionary from lengths to probabilities.
    public let dataset: File

    /// A client.
    public init(name: Identifier, trace: File, dataset: File) {
        self.name = name
        self.trace = trace
        self.dataset = dataset
    }
}

extension LoadProfile {
    /// A profile of ServeGen's clients, each a stream and an account of its own.
    ///
    /// Gaps have the mean and the variation of the data; whether they were fitted by a Gamma or a Weibull distribution
    /// is not followed. The data tell no cache hits and no durations: all input is missed, and answers come at 21 tokens
    /// per second.
    ///
    /// - Throws: ``FileErrors`` with everything that is wrong, by file, line and column.
    public static func serveGen(_ clients: [ServeGenClient], model: Identifier) throws(FileErrors) -> LoadProfile {
        var diagnostics: [Diagnostic] = []
        var traces: [ServeGenTrace] = []
        var streams: [LoadStream] = []
        for client in clients {
            let trace = ServeGenTrace(client.trace)
            let source = YAMLSource(client.dataset.text, file: client.dataset.name)
            let reader = FileReader(file: client.dataset.name, diagnostics: source.diagnostics)
            let parts = source.root.flatMap { reader.serveGenLengths($0, trace) } ?? []
            diagnostics += trace.diagnostics + reader.diagnostics
            if let first = traces.first, trace.diagnostics.isEmpty, trace.starts != first.starts {
                diagnostics.append(trace.diagnostic(1, "other windows", "those of the first client"))
            }
            traces.append(trace)
            streams.append(
                LoadStream(
                    name: client.name,
                    windows: trace.rows.map { row in
                        LoadStream.Window(
                            weight: row.rate, gaps: GapSampler(variation: row.variation),
                            lengths: max(0, (parts.lastIndex { $0.start <= row.start } ?? 0)))
                    },
                    lengths: parts.map(\.lengths), models: WeightedNames(model),
                    channels: WeightedNames(Identifier(unchecked: "api")),
                    serviceTiers: WeightedNames(Identifier(unchecked: "standard"))))
        }
        let rate = traces.reduce(UInt128(0)) { $1.rows.reduce($0) { $0 + UInt128($1.rate) } }
        guard diagnostics.isEmpty, let window = traces.first?.window, let count = traces.first?.rows.count, rate > 0
        else {
            let file = clients.first?.trace.name ?? "ServeGen's data"
            let empty = Diagnostic(
                file: file, line: 1, column: 1, key: "", found: "no requests",
                expected: "at least one client with some",
                suggestion: nil)
            throw FileErrors(diagnostics.isEmpty ? [empty] : diagnostics)
        }
        // Rates are read in 10⁻⁹.
        return LoadProfile(
            rate: UInt64(clamping: rate / UInt128(count) / 1_000), window: window * Instant.second, streams: streams,
            accounts: nil)
    }
}
