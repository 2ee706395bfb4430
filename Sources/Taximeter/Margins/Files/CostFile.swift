/// What serving cost: pools of nodes with their rates, how many nodes served when, and how that is split; read from YAML
/// or JSON.
///
/// docs/cost-format.md has the format.
public struct CostFile: Sendable, Hashable {
    /// The file's name, for messages.
    public let file: String
    /// Pools, with all their rates.
    public let pools: [GPUPool]
    /// Intervals; those of one lane do not overlap.
    public let occupancy: [GPUOccupancy]
    /// The line in the file of each interval.
    public let lines: [Int]
    /// Policies, each name and first instant once.
    public let policies: [AllocationPolicy]
    /// Whether the pools' stored rates stay what they were outside the time that the file's rates cover.
    public let ratesArePartial: Bool

    init(
        file: String, pools: [GPUPool] = [], occupancy: [(node: FileNode, interval: GPUOccupancy)],
        policies: [AllocationPolicy] = [], ratesArePartial: Bool = false
    ) {
        self.file = file
        self.pools = pools
        self.occupancy = occupancy.map(\.interval)
        lines = occupancy.map(\.node.line)
        self.policies = policies
        self.ratesArePartial = ratesArePartial
    }

    /// Reads a file.
    ///
    /// - Throws: ``FileErrors`` with everything that is wrong in it, by file, line and column.
    public static func parse(_ text: String, file: String) throws(FileErrors) -> CostFile {
        let source = YAMLSource(text, file: file)
        let reader = FileReader(file: file, diagnostics: source.diagnostics)
        let costs = source.root.flatMap(reader.costs)
        guard let costs, reader.diagnostics.isEmpty else { throw FileErrors(reader.diagnostics) }
        return costs
    }
}

extension FileReader {
    /// `{pools: […], occupancy: […], samples: […], policies: […]}`.
    func costs(_ node: FileNode) -> CostFile? {
        let keys = ["pools", "occupancy", "samples", "policies"]
        guard let top = fields(node, keys: keys) else { return nil }
        if keys.allSatisfy({ top[$0] == nil }) {
            report(node, found: "none of \(keys.joined(separator: ", "))", expected: "at least one of them")
        }
        let pools = (top["pools"].flatMap { list($0, expected: "a list of pools") } ?? []).compactMap { node in
            pool(node).map { (node: node, pool: $0) }
        }
        var names: Set<Identifier> = []
        for (node, pool) in pools where !names.insert(pool.name).inserted {
            report(node, missing: "name", found: "a second pool \(pool.name)", expected: "each pool once")
        }
        let entries = top["occupancy"].flatMap { list($0, expected: "a list of intervals") } ?? []
        let series = top["samples"].flatMap { list($0, expected: "a list of series") } ?? []
        let occupancy =
            entries.compactMap { node in interval(node).map { (node: node, interval: $0) } } + series.flatMap(samples)
        reportOverlaps(occupancy)
        return CostFile(
            file: file, pools: pools.map(\.pool), occupancy: occupancy, policies: top["policies"].map(policies) ?? [])
    }

    private func policies(_ node: FileNode) -> [AllocationPolicy] {
        var versions: Set<[String]> = []
        return (list(node, expected: "a list of policies") ?? []).compactMap { node in
            let policy = policy(node)
            if let policy, !versions.insert([policy.name.text, "\(policy.from)"]).inserted {
                report(
                    node, found: "a second policy \(policy.name) from \(policy.from)",
                    expected: "each name and instant once")
            }
            return policy
        }
    }
}
