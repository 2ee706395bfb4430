extension CostImport {
    /// Reads counts of nodes from the answer of Prometheus to a range query (`/api/v1/query_range`, a matrix): each series
    /// is one, and ``labels`` say which of its labels are keys of the cost format.
    ///
    /// A value holds for ``every``, which is the query's step; where one is missing, that is an error. Source of the
    /// format: https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries.
    ///
    /// - Throws: ``FileErrors`` with everything that is wrong in it.
    public func prometheus(_ text: String, file: String) throws(FileErrors) -> CostFile {
        let source = YAMLSource(text, file: file)
        let reader = FileReader(file: file, diagnostics: source.diagnostics)
        var entries: [(node: FileNode, interval: GPUOccupancy)] = []
        if let root = source.root {
            let data = root["data"]
            if root["status"]?.text == "success", data?["resultType"]?.text == "matrix", let result = data?["result"] {
                for one in result.items { series(one, reader).map { entries += reader.samples($0) } }
            } else {
                reader.report(root, found: "no matrix", expected: "the answer to a range query, with status success")
            }
        }
        return CostFile(file: file, occupancy: try finish(entries, reader))
    }

    /// A series as the cost format has it.
    private func series(_ node: FileNode, _ reader: FileReader) -> FileNode? {
        func made(_ content: FileNode.Content, _ key: String = "") -> FileNode {
            FileNode(content: content, line: node.line, column: node.column, path: "\(node.path)\(key)")
        }
        guard let metric = node["metric"], let values = node["values"] else {
            reader.report(node, expected: "a series with metric and values")
            return nil
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
        members.append((made(.text("counts")), made(.list(values.items.compactMap { count($0, reader) }), ".values")))
        if let every { members.append((made(.text("every")), made(.text("\(every)")))) }
        return made(.mapping(members))
    }

    /// `[1435781430.781, "3"]`.
    private func count(_ node: FileNode, _ reader: FileReader) -> FileNode? {
        let pair = node.items
        guard pair.count == 2, let time = pair[0].text,
            let microseconds = (try? DecimalText.units(time, decimals: 6)).flatMap(Int64.init(exactly:)),
            let instant = Instant(microseconds: microseconds)
        else {
            reader.report(node, expected: "a time in Unix seconds, and a value")
            return nil
        }
        func key(_ name: String) -> FileNode {
            FileNode(content: .text(name), line: node.line, column: node.column, path: node.path)
        }
        let at = FileNode(content: .text("\(instant)"), line: pair[0].line, column: pair[0].column, path: pair[0].path)
        return FileNode(
            content: .mapping([(key("at"), at), (key("nodes"), pair[1])]), line: node.line, column: node.column,
            path: node.path)
    }
}
