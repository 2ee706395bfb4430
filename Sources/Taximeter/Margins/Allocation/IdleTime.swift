/// How much of the serving nodes' time the usage of an hour needed, by the measured throughput.
///
/// What a model needs is taken from the nodes assigned to it first, those of the phase before those of both, and what is
/// left from the shared nodes in the same order. Nodes are never idle for usage of which no throughput is known.
struct IdleTime {
    /// Node-time in picoseconds: all of it, and the part that was not needed.
    private var times: [NodeGroup: (all: Int128, left: Int128)] = [:]

    init(
        _ lines: [CostAllocator.Line], _ usage: [CostAllocator.Usage], _ throughput: [Throughput?]
    ) throws(MoneyError) {
        for line in lines where line.use == .serving {
            let time = Int128(line.nodeMicroseconds) * Throughput.picosecondsPerMicrosecond
            let group = NodeGroup(model: line.model, phase: line.phase)
            let all = try AllocatedCost.sum(times[group]?.all ?? 0, time)
            times[group] = (all, all)
        }
        // A model of unknown throughput may have needed all the time there was.
        let isSharedKnown = usage.allSatisfy { throughput[$0.model] != nil }
        for group in times.keys {
            let isKnown = group.model.map { throughput[$0] != nil } ?? isSharedKnown
            if !isKnown { times[group]?.left = 0 }
        }
        for phase in [GPUPhase.prefill, .decode] {
            var needs = Array(repeating: Int128(0), count: throughput.count)
            for one in usage {
                for tokenClass in phase.tokenClasses {
                    let need = throughput[one.model]?.picoseconds(one.tokens[tokenClass], of: tokenClass) ?? 0
                    needs[one.model] = try AllocatedCost.sum(needs[one.model], need)
                }
            }
            for (model, need) in needs.enumerated() {
                var need = need
                for nodes in [model, nil] {
                    take(&need, from: NodeGroup(model: nodes, phase: phase))
                    take(&need, from: NodeGroup(model: nodes, phase: .both))
                }
            }
        }
    }

    private mutating func take(_ need: inout Int128, from group: NodeGroup) {
        guard let time = times[group] else { return }
        let taken = min(need, time.left)
        times[group] = (time.all, time.left - taken)
        need -= taken
    }

    /// The parts of a group's cost for time that was needed and for time that was not.
    func split(_ cost: Int128, of group: NodeGroup) throws(MoneyError) -> (used: Int128, idle: Int128) {
        guard let time = times[group], time.left > 0 else { return (cost, 0) }
        let parts = try LargestRemainder.shares(of: cost, over: [time.all - time.left, time.left])
        return (parts[0], parts[1])
    }
}
