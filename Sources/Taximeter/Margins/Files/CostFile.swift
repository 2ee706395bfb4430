/// What serving cost: pools of nodes with their rates, how many nodes served when, and how that is split; read from YAML
/// or JSON.
///
/// docs/cost-format.md has the format.
public struct CostFile: Sendable, Hashable {
    /// Pools, with all their rates.
    public let pools: [GPUPool]
    /// Intervals; those of one pool and model do not overlap.
    public let occupancy: [GPUOccupancy]
    /// Policies, each name and first instant once.
    public let policies: [AllocationPolicy]

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
    /// `{pools: […], occupancy: […], policies: […]}`.
    func costs(_ node: FileNode) -> CostFile? {
        let keys = ["pools", "occupancy", "policies"]
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
        let occupancy = entries.compactMap { node in interval(node).map { (node: node, interval: $0) } }
        reportOverlaps(occupancy)
        return CostFile(
            pools: pools.map(\.pool), occupancy: occupancy.map(\.interval),
            policies: top["policies"].map(policies) ?? [])
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

    /// Notes intervals that overlap, in one pass over each pool and model in order of time: a file may hold a year of
    /// scaling steps.
    private func reportOverlaps(_ entries: [(node: FileNode, interval: GPUOccupancy)]) {
        let places = entries.indices.filter { entries[$0].interval.from < entries[$0].interval.until }
        let groups = Dictionary(grouping: places) { [entries[$0].interval.pool, entries[$0].interval.model] }
        for group in groups.values {
            var longest: Int?
            for place in group.sorted(by: { (entries[$0].interval.from, $0) < (entries[$1].interval.from, $1) }) {
                if let longest, entries[longest].interval.overlaps(entries[place].interval) {
                    // The later one in the file is at fault.
                    let (first, second) = (entries[min(longest, place)].interval, entries[max(longest, place)])
                    report(
                        second.node, found: "an interval from \(second.interval.from)",
                        expected:
                            "none that overlaps the one from \(first.from) to \(first.until) of the same pool and model"
                    )
                }
                if longest.map({ entries[$0].interval.until < entries[place].interval.until }) ?? true {
                    longest = place
                }
            }
        }
    }

    private func pool(_ node: FileNode) -> GPUPool? {
        guard let members = fields(node, keys: ["name", "gpu", "gpus_per_node", "rates"]) else { return nil }
        // All are read before any is missed, so that everything wrong is told at once.
        let name = identifier(required(members, "name", expected: "the pool's name"))
        let gpu = identifier(required(members, "gpu", expected: "the GPU type, such as H800"))
        let gpus = count(required(members, "gpus_per_node", expected: "how many GPUs a node has"), least: 1)
        let entries = required(members, "rates", expected: "what a GPU-hour costs").flatMap {
            list($0, expected: "a list of rates")
        }
        let rates = closed(entries ?? [])
        guard let name, let gpu, let gpus else { return nil }
        return GPUPool(name: name, gpu: gpu.text, gpusPerNode: gpus, rates: rates)
    }

    /// Rates in order of time, each with an end but the last.
    private func closed(_ list: [FileNode]) -> [GPURate] {
        let rates = list.compactMap { node in rate(node).map { (node, $0) } }.sorted { $0.1.from < $1.1.from }
        // A rate without an end holds until the next one begins.
        return rates.enumerated().map { index, rate in
            let next = index + 1 < rates.count ? rates[index + 1].1.from : nil
            if rate.1.from == next {
                report(
                    rates[index + 1].0, missing: "from", found: "a second rate from \(rate.1.from)",
                    expected: "one rate at an instant")
            } else if let until = rate.1.until, let next, until > next {
                report(
                    rates[index + 1].0, found: "a rate from \(next)",
                    expected: "one from \(until) on, where the last ends")
            }
            return GPURate(from: rate.1.from, until: rate.1.until ?? next, perGPUHour: rate.1.perGPUHour)
        }
    }

    private func rate(_ node: FileNode) -> GPURate? {
        guard let members = fields(node, keys: ["from", "until", "per_gpu_hour", "currency"]) else { return nil }
        let from = instant(required(members, "from", expected: "the rate's first instant"))
        let until = instant(members["until"])
        let currency = value(
            required(members, "currency", expected: "a currency code, such as USD"),
            expected: "an ISO 4217 currency code", { Currency(code: $0) })
        let cost = value(
            required(members, "per_gpu_hour", expected: "the cost of a GPU for an hour"),
            expected: "an amount of 0 or more with at most 18 decimals",
            // The digits are the same in every currency.
            { text in (try? Money(text, currency ?? .usd)).flatMap { $0.units >= 0 ? $0 : nil } })
        guard let from, currency != nil, let cost else { return nil }
        if let until, until <= from {
            report(node, missing: "until", found: "\(until)", expected: "an instant after \(from)")
        }
        return GPURate(from: from, until: until, perGPUHour: cost)
    }

    private func interval(_ node: FileNode) -> GPUOccupancy? {
        guard let members = fields(node, keys: ["pool", "model", "from", "until", "nodes"]) else { return nil }
        let pool = identifier(required(members, "pool", expected: "a pool's name"))
        let model = identifier(members["model"])
        let from = instant(required(members, "from", expected: "the interval's first instant"))
        let until = instant(required(members, "until", expected: "the first instant after the interval"))
        let nodes = count(required(members, "nodes", expected: "how many nodes served"), least: 0)
        guard let pool, let from, let until, let nodes else { return nil }
        if until <= from { report(node, missing: "until", found: "\(until)", expected: "an instant after \(from)") }
        return GPUOccupancy(pool: pool, model: model, from: from, until: until, nodes: nodes)
    }

    private func count(_ node: FileNode?, least: Int32) -> Int32? {
        value(node, expected: "a whole number of \(least) to 1000000") { text in
            Int32(text).flatMap { (least...1_000_000).contains($0) ? $0 : nil }
        }
    }
}

extension GPUOccupancy {
    /// Whether both speak of the same nodes at some instant.
    public func overlaps(_ other: GPUOccupancy) -> Bool {
        pool == other.pool && model == other.model && from < other.until && other.from < until
    }
}
