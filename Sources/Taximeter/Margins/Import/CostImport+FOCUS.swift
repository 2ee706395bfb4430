extension CostImport {
    /// Keys that describe the pools of a FOCUS file, which does not.
    public static let poolKeys = ["gpu", "gpus_per_node"]

    /// Reads what a supplier billed from a FOCUS cost file (CSV; https://focus.finops.org, 1.0 to 1.2): each row of usage is
    /// the time of one node, and its effective cost gives the rate.
    ///
    /// Pool, model, phase and use come from ``labels`` (columns) and ``constants``; the node is `ResourceId`. Rows that are
    /// not usage (purchases, taxes, credits) are passed over: the effective cost of usage holds what was bought before.
    /// Outside the time of the file, the rates of its pools stay what they were.
    ///
    /// - Throws: ``FileErrors`` with everything that is wrong in it.
    public func focus(_ text: String, file: String) throws(FileErrors) -> CostFile {
        let reader = FileReader(file: file, diagnostics: [])
        let start = FileNode(content: .text(""), line: 1, column: 1, path: "")
        let gpu = constants["gpu"]
        if gpu == nil { reader.report(start, missing: "gpu", found: "nothing", expected: "the GPU type, such as H800") }
        let (rows, gpus) = focusRows(text, reader)
        let pools = Dictionary(grouping: rows, by: \.interval.pool).sorted { $0.key < $1.key }.map { name, rows in
            GPUPool(name: name, gpu: gpu ?? "", gpusPerNode: gpus, rates: rates(rows, reader))
        }
        let occupancy = try finish(rows.map { ($0.node, $0.interval) }, reader)
        return CostFile(file: file, pools: pools, occupancy: occupancy, ratesArePartial: true)
    }

    /// The rows of usage, and how many GPUs a node has.
    func focusRows(_ text: String, _ reader: FileReader) -> (rows: [FOCUSRow], gpusPerNode: Int32) {
        let gpus = constants["gpus_per_node"].flatMap { Int32($0) }.flatMap { (1...1_000_000).contains($0) ? $0 : nil }
        if gpus == nil {
            reader.report(
                FileNode(content: .text(""), line: 1, column: 1, path: ""), missing: "gpus_per_node", found: "nothing",
                expected: "how many GPUs a node has, 1 to 1000000")
        }
        let records = reader.csvRecords(text).filter { $0["ChargeCategory"]?.text == "Usage" }
        return (records.compactMap { FOCUSRow($0, nodes(of: $0, reader), gpus ?? 1, reader) }, gpus ?? 1)
    }

    private func nodes(of record: FileNode, _ reader: FileReader) -> FileReader.Nodes? {
        let columns = record.memberDictionary
        var members: [(key: FileNode, value: FileNode)] = []
        for key in FileReader.nodeKeys {
            let column = labels[key] ?? (key == "node" ? "ResourceId" : nil)
            let constant = constants[key].map { FileNode(content: .text($0), line: record.line, column: 1, path: key) }
            guard let value = column.flatMap({ columns[$0] }) ?? constant else { continue }
            members.append((FileNode(content: .text(key), line: value.line, column: value.column, path: ""), value))
        }
        let node = FileNode(content: .mapping(members), line: record.line, column: 1, path: "")
        return reader.fields(node, keys: FileReader.nodeKeys).map(reader.nodes)
    }

    /// The rates of a pool, in order; the same rate for as long as it holds.
    private func rates(_ rows: [FOCUSRow], _ reader: FileReader) -> [GPURate] {
        var rates: [(rate: GPURate, row: FOCUSRow)] = []
        for row in rows.sorted(by: { $0.period.lowerBound < $1.period.lowerBound }) {
            guard let last = rates.last, last.rate.until ?? .latest >= row.period.lowerBound else {
                rates.append((row.rate(from: row.period.lowerBound), row))
                continue
            }
            let end = last.rate.until ?? .latest
            if last.rate.perGPUHour == row.perGPUHour {
                let until = max(end, row.period.upperBound)
                rates[rates.count - 1].rate = GPURate(
                    from: last.rate.from, until: until, perGPUHour: row.perGPUHour, kind: row.kind)
            } else if end > row.period.lowerBound {
                reader.report(
                    row.node, found: "\(row.perGPUHour) a GPU-hour",
                    expected: "\(last.rate.perGPUHour), as in line \(last.row.node.line) for the same pool and time; "
                        + "what costs otherwise is another pool")
            } else {
                rates.append((row.rate(from: row.period.lowerBound), row))
            }
        }
        return rates.map(\.rate)
    }
}
