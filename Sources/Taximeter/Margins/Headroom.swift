/// Nodes that are paid for and do nothing.
enum Headroom {
    /// What is left of the provisioned nodes of a pool, wherever it is known how many there were: provisioned less serving,
    /// lent, and headroom that is told by itself.
    static func left(
        of occupancy: [GPUOccupancy], in pool: GPUPool
    ) throws(GPUCost.Invalid) -> [GPUOccupancy] {
        func counts(_ belongs: (GPUOccupancy) -> Bool) -> [NodeCount] {
            occupancy.filter { $0.from < $0.until && belongs($0) }.map {
                NodeCount(range: $0.from..<$0.until, nodes: Int64($0.nodes))
            }
        }
        let provisioned = NodeCount.steps(counts { $0.use == .provisioned })
        if provisioned.isEmpty { return [] }
        let used = NodeCount.steps(counts { $0.use != .provisioned })
        var left: [GPUOccupancy] = []
        var first = 0
        for step in provisioned {
            while first < used.count, used[first].range.upperBound <= step.range.lowerBound { first += 1 }
            var start = step.range.lowerBound
            var index = first
            while start < step.range.upperBound {
                // Used from here on, or nothing until the next use, or to the end.
                let next = index < used.count ? used[index] : nil
                let isUsed = next.map { $0.range.lowerBound <= start } ?? false
                let end = min(
                    step.range.upperBound, (isUsed ? next?.range.upperBound : next?.range.lowerBound) ?? .latest)
                let nodes = isUsed ? next?.nodes ?? 0 : 0
                if nodes > step.nodes {
                    throw .moreThanProvisioned(pool: pool.name, at: start, nodes: nodes, provisioned: step.nodes)
                }
                guard let rest = Int32(exactly: step.nodes - nodes) else { throw .overflow(pool: pool.name, at: start) }
                left.append(
                    GPUOccupancy(pool: pool.name, model: nil, use: .headroom, from: start, until: end, nodes: rest))
                if isUsed, let next, next.range.upperBound <= end { index += 1 }
                start = end
            }
        }
        return left
    }
}
