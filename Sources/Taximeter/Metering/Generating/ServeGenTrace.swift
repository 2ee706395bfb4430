/// A client's rate over a day; see ``ServeGenClient``.
struct ServeGenTrace {
    struct Row {
        /// Seconds since midnight.
        let start: Int64
        /// Requests per second, in 10⁻⁹.
        let rate: UInt64
        /// In millionths.
        let variation: UInt64
    }

    private let file: String
    private(set) var rows: [Row] = []
    private(set) var diagnostics: [Diagnostic] = []

    var starts: [Int64] { rows.map(\.start) }
    /// The length of a window in seconds; nil where there are not two.
    var window: Int64? { rows.count > 1 ? rows[1].start - rows[0].start : nil }

    init(_ trace: ServeGenClient.File) {
        file = trace.name
        for (index, line) in trace.text.split(whereSeparator: \.isNewline).enumerated() {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard cells.count == 6 else {
                diagnostics.append(
                    diagnostic(index + 1, "\(cells.count) columns", "6: start, rate, variation and three more"))
                continue
            }
            let start = Int64(cells[0])
            let rate = Self.units(cells[1], decimals: 9, atMost: LoadProfile.maximumRate * 1_000_000_000)
            let variation = Self.units(cells[2], decimals: 6, atMost: GapSampler.variations.upperBound)
            if start == nil { report(index + 1, 1, cells, "a whole number of seconds") }
            if rate == nil { report(index + 1, 2, cells, "requests per second") }
            if variation == nil { report(index + 1, 3, cells, "a coefficient of variation of at most 100") }
            guard let start, let rate, let variation else { continue }
            rows.append(Row(start: start, rate: rate, variation: variation))
        }
        if !diagnostics.isEmpty { return }
        // Windows tile whole days, so that each begins at the same time of every day.
        let length = window ?? 0
        let isEven = rows.indices.allSatisfy { rows[$0].start == Int64($0) * length }
        if length < 1 || length > 86_400 || !isEven || length * Int64(rows.count) != 86_400 {
            diagnostics.append(
                diagnostic(1, "\(rows.count) windows from second \(rows.first?.start ?? 0)", "even windows of one day"))
        }
    }

    func diagnostic(_ line: Int, _ found: String, _ expected: String, key: String = "") -> Diagnostic {
        Diagnostic(file: file, line: line, column: 1, key: key, found: found, expected: expected, suggestion: nil)
    }

    private mutating func report(_ line: Int, _ column: Int, _ cells: [String], _ expected: String) {
        diagnostics.append(
            diagnostic(line, "\"\(clipped(cells[column - 1]))\"", expected, key: "column \(column)"))
    }

    /// A number in units of its last decimal; what lies beyond is cut off. Nil below zero and above the limit.
    static func units(_ text: some StringProtocol, decimals: Int, atMost limit: UInt64) -> UInt64? {
        guard let number = SourceNumber(String(text)), !number.isNegative else { return nil }
        let whole = number.text(timesTenTo: decimals).prefix { $0 != "." }
        return UInt64(whole).flatMap { $0 <= limit ? $0 : nil }
    }
}

extension FileReader {
    /// `{"0": {"input_tokens": "{45: 0.009, …}", "output_tokens": …, …}, "21600": …}`, in order of time.
    func serveGenLengths(_ node: FileNode, _ trace: ServeGenTrace) -> [(start: Int64, lengths: RequestLengths)] {
        guard let entries = entries(node, expected: "a mapping from seconds to lengths") else { return [] }
        var parts: [(node: FileNode, start: Int64, lengths: RequestLengths?)] = []
        for entry in entries {
            let start = value(entry.key, expected: "a second of the day") { Int64($0) }
            guard let start, let members = fields(entry.value, keys: ["input_tokens", "output_tokens", "reason_ratio"])
            else { continue }
            let input = probabilities(required(members, "input_tokens", expected: "lengths with probabilities"))
            let output = probabilities(required(members, "output_tokens", expected: "lengths with probabilities"))
            guard let input, let output else { continue }
            let bins = [input, output].map { LengthDistribution($0) }
            let lengths = bins[0].flatMap { input in bins[1].map { RequestLengths(input: input, output: $0) } }
            parts.append((entry.value, start, lengths))
        }
        parts.sort { $0.start < $1.start }
        if diagnostics.isEmpty, parts.first?.start != 0 {
            report(node, found: "no lengths from second 0 on", expected: "them")
        }
        for (index, part) in parts.enumerated() where part.lengths == nil {
            let end = index + 1 < parts.count ? parts[index + 1].start : .max
            // No lengths are no fault where there are no requests.
            if trace.rows.contains(where: { part.start <= $0.start && $0.start < end && $0.rate > 0 }) {
                report(part.node, found: "no lengths", expected: "some: there are requests in this part of the day")
            }
        }
        let none = RequestLengths(input: .init(constant: 0), output: .init(constant: 0))
        return parts.map { ($0.start, $0.lengths ?? none) }
    }

    /// A Python dictionary, as text: `{45: 0.0096, 46: 1.2e-05}`.
    private func probabilities(_ node: FileNode?) -> [LengthDistribution.Bin]? {
        value(node, expected: "a dictionary such as {45: 0.25, 60: 0.75}, lengths of at most 1000000000") { text in
            guard text.hasPrefix("{"), text.hasSuffix("}") else { return nil }
            let entries = text.dropFirst().dropLast().split(separator: ",")
            let bins = entries.compactMap { entry -> LengthDistribution.Bin? in
                let parts = entry.split(separator: ":")
                guard parts.count == 2, let length = Int64(parts[0].drop { $0 == " " }),
                    (0...1_000_000_000).contains(length),
                    let weight = ServeGenTrace.units(
                        parts[1].drop { $0 == " " }, decimals: 15, atMost: 2_000_000_000_000_000)
                else { return nil }
                return .init(range: length...length, weight: weight)
            }
            return bins.count == entries.count ? bins : nil
        }
    }
}
