extension CostImport {
    /// Reads counts of nodes from the answer of Prometheus to a range query (`/api/v1/query_range`, a matrix): each series
    /// is one, and ``labels`` say which of its labels are keys of the cost format.
    ///
    /// A value holds for ``every``, which is the query's step; where one is missing, that is an error. Source of the
    /// format: https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries.
    ///
    /// - Throws: ``FileErrors`` with everything that is wrong in it.
    public func prometheus(_ text: String, file: String) throws(FileErrors) -> CostFile {
        let reader = FileReader(file: file, diagnostics: [])
        var entries: [(node: FileNode, interval: GPUOccupancy)] = []
        for one in reader.matrix(text) { series(one, reader).map { entries += reader.samples($0) } }
        return CostFile(file: file, occupancy: try finish(entries, reader))
    }

    /// A series as the cost format has it.
    private func series(_ one: RangeSeries, _ reader: FileReader) -> FileNode? {
        let (node, metric) = (one.node, one.metric)
        func made(_ content: FileNode.Content, _ key: String = "") -> FileNode {
            FileNode(content: content, line: node.line, column: node.column, path: "\(node.path)\(key)")
        }
        var members: [(key: FileNode, value: FileNode)] = []
        for key in FileReader.nodeKeys {
            if let label = labels[key], metric[label] == nil, constants[key] == nil {
                reader.report(metric, found: "no label \(label)", expected: "one that holds the \(key)")
            }
            guard let value = labels[key].flatMap({ metric[$0] }) ?? constants[key].map({ made(.text($0), ".\(key)") })
            else { continue }
            members.append((made(.text(key)), value))
        }
        members.append((made(.text("counts")), made(.list(one.values.compactMap { count($0, reader) }), ".values")))
        if let every { members.append((made(.text("every")), made(.text("\(every)")))) }
        return made(.mapping(members))
    }

    /// A value as the cost format has a count.
    private func count(_ node: FileNode, _ reader: FileReader) -> FileNode? {
        guard let (instant, value) = reader.sample(node) else { return nil }
        func made(_ text: String) -> FileNode {
            FileNode(content: .text(text), line: node.line, column: node.column, path: node.path)
        }
        return FileNode(
            content: .mapping([(made("at"), made("\(instant)")), (made("nodes"), value)]), line: node.line,
            column: node.column, path: node.path)
    }
}
