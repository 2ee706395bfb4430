/// How many nodes there were at some instants, each count until the next.
struct NodeSamples {
    /// One of them.
    struct Sample {
        let node: FileNode
        let at: Instant
        let nodes: Int32
    }

    let nodes: FileReader.Nodes
    let samples: [Sample]
    /// How far one is from the next at most, in microseconds; nil where that is not told.
    let every: Int64?
    /// Where the last count ends; nil for so long after it as counts are apart.
    let until: Instant?

    /// The intervals of equal counts. Reports counts out of order, and those that are missing.
    func intervals(_ reader: FileReader) -> [(node: FileNode, interval: GPUOccupancy)] {
        guard let last = samples.last else { return [] }
        let end = until ?? every.flatMap { last.at.advanced(byMicroseconds: $0) } ?? .latest
        var intervals: [(node: FileNode, interval: GPUOccupancy)] = []
        var start = 0
        for (index, sample) in samples.enumerated() {
            let next = index + 1 < samples.count ? samples[index + 1].at : end
            let place = index + 1 < samples.count ? samples[index + 1].node : sample.node
            if next <= sample.at {
                reader.report(place, found: "\(next)", expected: "an instant after \(sample.at)")
                return []
            }
            if let every, next.microseconds - sample.at.microseconds > every {
                reader.report(
                    place, found: "no count between \(sample.at) and \(next)",
                    expected: "one every \(every / Instant.second) seconds")
            }
            if index + 1 < samples.count, samples[index + 1].nodes == sample.nodes { continue }
            if let interval = nodes.interval(from: samples[start].at, until: next, nodes: sample.nodes) {
                intervals.append((samples[start].node, interval))
            }
            start = index + 1
        }
        return intervals
    }
}
