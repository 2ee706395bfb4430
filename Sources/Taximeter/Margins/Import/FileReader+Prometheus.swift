/// A series in Prometheus's answer to a range query.
struct RangeSeries {
    let node: FileNode
    /// Its labels.
    let metric: FileNode
    /// Pairs of a time and a value.
    let values: [FileNode]
}

extension FileReader {
    /// The series of the answer to a range query (`/api/v1/query_range`, a matrix).
    ///
    /// Source of the format: https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries.
    func matrix(_ text: String) -> [RangeSeries] {
        let source = YAMLSource(text, file: file)
        note(source.diagnostics)
        guard let root = source.root else { return [] }
        let data = root["data"]
        guard root["status"]?.text == "success", data?["resultType"]?.text == "matrix", let result = data?["result"]
        else {
            report(root, found: "no matrix", expected: "the answer to a range query, with status success")
            return []
        }
        return result.items.compactMap { node in
            guard let metric = node["metric"], let values = node["values"] else {
                report(node, expected: "a series with metric and values")
                return nil
            }
            return RangeSeries(node: node, metric: metric, values: values.items)
        }
    }

    /// `[1435781430.781, "3"]`: when, and the value as it stands there.
    func sample(_ node: FileNode) -> (at: Instant, value: FileNode)? {
        let pair = node.items
        guard pair.count == 2, let time = pair[0].text,
            let microseconds = (try? DecimalText.units(time, decimals: 6)).flatMap(Int64.init(exactly:)),
            let instant = Instant(microseconds: microseconds)
        else {
            report(node, expected: "a time in Unix seconds, and a value")
            return nil
        }
        return (instant, pair[1])
    }
}
