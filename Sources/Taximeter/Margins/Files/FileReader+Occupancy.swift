extension FileReader {
    private static let phases = GPUPhase.allCases.map { ($0.rawValue, $0) }
    private static let uses = GPUUse.allCases.map { ($0.rawValue, $0) }

    /// Which nodes, and what they did.
    struct Nodes {
        let pool: Identifier?
        let node: Identifier?
        let model: Identifier?
        let phase: GPUPhase
        let use: GPUUse

        func interval(from: Instant, until: Instant, nodes: Int32) -> GPUOccupancy? {
            pool.map {
                GPUOccupancy(
                    pool: $0, node: node, model: model, phase: phase, use: use, from: from, until: until, nodes: nodes)
            }
        }
    }

    /// Keys of ``Nodes``.
    static let nodeKeys = ["pool", "model", "node", "phase", "use"]

    /// Which nodes an interval or a series speaks of.
    func nodes(_ members: Fields) -> Nodes {
        let nodes = Nodes(
            pool: identifier(required(members, "pool", expected: "a pool's name")), node: identifier(members["node"]),
            model: identifier(members["model"]),
            phase: members["phase"].flatMap { word($0, Self.phases) } ?? .both,
            use: members["use"].flatMap { word($0, Self.uses) } ?? .serving)
        if nodes.use == .provisioned {
            for key in ["model", "node", "phase"] {
                guard let member = members[key] else { continue }
                report(member, expected: "no \(key): what is provisioned is counted by pool")
            }
        }
        return nodes
    }

    /// An interval.
    func interval(_ node: FileNode) -> GPUOccupancy? {
        guard let members = fields(node, keys: Self.nodeKeys + ["from", "until", "nodes"]) else { return nil }
        let nodes = nodes(members)
        let from = instant(required(members, "from", expected: "the interval's first instant"))
        let until = instant(required(members, "until", expected: "the first instant after the interval"))
        let count = intervalCount(members)
        guard let from, let until, let count else { return nil }
        if until <= from { report(node, missing: "until", found: "\(until)", expected: "an instant after \(from)") }
        return nodes.interval(from: from, until: until, nodes: count)
    }

    private func intervalCount(_ members: Fields) -> Int32? {
        guard members["node"] != nil else {
            return nodeCount(required(members, "nodes", expected: "how many nodes served"), least: 0)
        }
        return members["nodes"].map { nodeCount($0, least: 0, most: 1) } ?? 1
    }

    /// How many nodes, or GPUs of one.
    func nodeCount(_ node: FileNode?, least: Int32, most: Int32 = 1_000_000) -> Int32? {
        value(node, expected: "a whole number of \(least) to \(most)") { text in
            Int32(text).flatMap { (least...most).contains($0) ? $0 : nil }
        }
    }

    /// Nodes over time: each count holds until the next.
    func samples(_ node: FileNode) -> [(node: FileNode, interval: GPUOccupancy)] {
        guard let members = fields(node, keys: Self.nodeKeys + ["every", "until", "counts"]) else { return [] }
        let nodes = nodes(members)
        let every = members["every"].flatMap { node in
            value(node, expected: "whole seconds, 1 to 86400") { text in
                Int64(text).flatMap { (1...86_400).contains($0) ? $0 * Instant.second : nil }
            }
        }
        let until = instant(members["until"])
        if members["every"] == nil, members["until"] == nil {
            report(node, missing: "until", found: "nothing", expected: "when the last count ends: until, or every")
        }
        let entries = required(members, "counts", expected: "how many nodes there were when").flatMap {
            list($0, expected: "a list of counts")
        }
        let most: Int32 = nodes.node == nil ? 1_000_000 : 1
        let samples = (entries ?? []).compactMap { entry -> NodeSamples.Sample? in
            guard let members = fields(entry, keys: ["at", "nodes"]) else { return nil }
            let at = instant(required(members, "at", expected: "the count's instant"))
            let count = nodeCount(required(members, "nodes", expected: "how many nodes"), least: 0, most: most)
            guard let at, let count else { return nil }
            return NodeSamples.Sample(node: entry, at: at, nodes: count)
        }
        return NodeSamples(nodes: nodes, samples: samples, every: every, until: until).intervals(self)
    }

    /// Notes intervals that overlap, in one pass over each lane in order of time: a file may hold a year of scaling steps.
    func reportOverlaps(_ entries: [(node: FileNode, interval: GPUOccupancy)]) {
        let places = entries.indices.filter { entries[$0].interval.from < entries[$0].interval.until }
        for (lane, group) in Dictionary(grouping: places, by: { entries[$0].interval.lane }) {
            let same = lane.node == nil ? "the same pool and model" : "the same node"
            var longest: Int?
            for place in group.sorted(by: { (entries[$0].interval.from, $0) < (entries[$1].interval.from, $1) }) {
                if let longest, entries[longest].interval.overlaps(entries[place].interval) {
                    // The later one in the file is at fault.
                    let (first, second) = (entries[min(longest, place)].interval, entries[max(longest, place)])
                    report(
                        second.node, found: "an interval from \(second.interval.from)",
                        expected: "none that overlaps the one from \(first.from) to \(first.until) of \(same)")
                }
                if longest.map({ entries[$0].interval.until < entries[place].interval.until }) ?? true {
                    longest = place
                }
            }
        }
    }
}
