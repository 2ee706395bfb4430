/// How another file's names become those of a cost file. docs/importing-costs.md has the formats.
public struct CostImport: Sendable, Hashable {
    /// Which label or column holds a key of the cost format, such as `model`.
    public var labels: [String: String]
    /// Keys that are the same everywhere, such as `pool`.
    public var constants: [String: String]
    /// How many seconds counts are apart at most.
    public var every: Int64?

    /// Names as they stand in the cost format.
    public init(labels: [String: String] = [:], constants: [String: String] = [:], every: Int64? = nil) {
        self.labels = labels
        self.constants = constants
        self.every = every
    }

    /// The keys that may be given by a label or a constant.
    public static let keys = FileReader.nodeKeys + poolKeys

    /// Reads occupancy from CSV: a record an interval, or, with a column `at`, a count.
    ///
    /// The columns are named as the keys of the cost format. Once some are named by ``labels``, others are passed over.
    ///
    /// - Throws: ``FileErrors`` with everything that is wrong in it.
    public func csv(_ text: String, file: String) throws(FileErrors) -> CostFile {
        let reader = FileReader(file: file, diagnostics: [])
        var series = SeriesBuilder()
        var entries: [(node: FileNode, interval: GPUOccupancy)] = []
        for record in reader.csvRecords(text) {
            let columns = record.memberDictionary
            let own = labels.isEmpty ? record.members.map(\.name) : FileReader.nodeKeys + Self.intervalKeys
            var members: [(key: FileNode, value: FileNode)] = []
            for key in Set(own).union(FileReader.nodeKeys).sorted() {
                let constant = constants[key].map {
                    FileNode(content: .text($0), line: record.line, column: 1, path: key)
                }
                guard let value = columns[labels[key] ?? key] ?? constant else { continue }
                members.append((FileNode(content: .text(key), line: value.line, column: value.column, path: ""), value))
            }
            let node = FileNode(content: .mapping(members), line: record.line, column: 1, path: "")
            if columns["at"] == nil {
                if let interval = reader.interval(node) { entries.append((node, interval)) }
            } else {
                series.add(node)
            }
        }
        for one in series.series(every: every) { entries += reader.samples(one) }
        return CostFile(file: file, occupancy: try finish(entries, reader))
    }

    private static let intervalKeys = ["from", "until", "at", "nodes"]

    /// The same intervals, when nothing is wrong with the file.
    func finish(
        _ entries: [(node: FileNode, interval: GPUOccupancy)], _ reader: FileReader
    ) throws(FileErrors) -> [(node: FileNode, interval: GPUOccupancy)] {
        reader.reportOverlaps(entries)
        if !reader.diagnostics.isEmpty { throw FileErrors(reader.diagnostics) }
        return entries
    }
}

/// Gathers counts into the series of their nodes.
struct SeriesBuilder {
    private var places: [[String]: Int] = [:]
    private var gathered: [(nodes: [(key: FileNode, value: FileNode)], counts: [FileNode], first: FileNode)] = []

    /// A count: `at`, `nodes`, and whose it is.
    mutating func add(_ record: FileNode) {
        guard case .mapping(let members) = record.content else { return }
        let isOfCount = { (name: String) in name == "at" || name == "nodes" }
        let nodes = members.filter { !isOfCount($0.key.text ?? "") }
        let count = FileNode(
            content: .mapping(members.filter { isOfCount($0.key.text ?? "") }), line: record.line,
            column: record.column,
            path: record.path)
        let name = nodes.flatMap { [$0.key.text ?? "", $0.value.text ?? ""] }
        if let place = places[name] {
            gathered[place].counts.append(count)
        } else {
            places[name] = gathered.count
            gathered.append((nodes, [count], record))
        }
    }

    /// Each as the cost format has it.
    func series(every: Int64?) -> [FileNode] {
        gathered.map { one in
            func node(_ content: FileNode.Content) -> FileNode {
                FileNode(content: content, line: one.first.line, column: one.first.column, path: one.first.path)
            }
            var members = one.nodes + [(node(.text("counts")), node(.list(one.counts)))]
            if let every { members.append((node(.text("every")), node(.text("\(every)")))) }
            return node(.mapping(members))
        }
    }
}
