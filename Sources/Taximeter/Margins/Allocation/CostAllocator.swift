/// Splits the cost of an hour over the usage of that hour, so that the parts add up to it to the last 10⁻¹⁸.
///
/// docs/allocation.md has the rules. All splits are by ``LargestRemainder``; where remainders are alike, the usage that
/// comes first has the unit. So whoever wants the same answer everywhere puts usage in order of account, model and
/// channel, compared bytewise, and models in order of their names.
public struct CostAllocator: Sendable {
    /// What nodes cost in the hour.
    public struct Line: Sendable, Hashable {
        /// The place of the model that they are assigned to; nil where they are shared by all.
        public var model: Int?
        /// What part of requests they serve.
        public var phase: GPUPhase
        /// Serving or headroom; a lent node is no cost of serving.
        public var use: GPUUse
        /// Nodes × microseconds.
        public var nodeMicroseconds: Int64
        /// What that cost.
        public var cost: Money

        /// A line.
        public init(model: Int?, phase: GPUPhase, use: GPUUse, nodeMicroseconds: Int64, cost: Money) {
            self.model = model
            self.phase = phase
            self.use = use
            self.nodeMicroseconds = nodeMicroseconds
            self.cost = cost
        }
    }

    /// What somebody used in the hour.
    public struct Usage: Sendable, Hashable {
        /// The model's place.
        public var model: Int
        /// How much of it.
        public var tokens: TokenCounts

        /// Usage.
        public init(model: Int, tokens: TokenCounts) {
            self.model = model
            self.tokens = tokens
        }
    }

    /// The cost of an hour in one currency, by who bears it.
    public struct Outcome: Sendable, Hashable {
        /// The currency.
        public let currency: Currency
        /// What each usage bears, in their order.
        public internal(set) var ofUsage: [AllocatedCost]
        /// What nobody bears, by the place of the model that the nodes are assigned to; nil for shared nodes.
        public internal(set) var apart: [Int?: AllocatedCost] = [:]
    }

    private let policy: AllocationPolicy
    private let throughput: [Throughput?]

    /// A policy for some models, which lines and usage name by their place in the list.
    public init(_ policy: AllocationPolicy, models: [Identifier]) {
        self.policy = policy
        throughput = models.map(policy.throughput)
    }

    /// Splits an hour's cost.
    ///
    /// - Parameters:
    ///   - lines: All nodes of the hour; those that were lent, or that only say what was provisioned, are passed over.
    ///   - usage: All usage of the hour; its order decides ties.
    /// - Returns: An outcome a currency of the lines, in order of its code.
    /// - Throws: ``MoneyError/overflow`` when a sum of costs, tokens or node-time does not fit in 128 bits.
    public func allocate(_ lines: [Line], over usage: [Usage]) throws(MoneyError) -> [Outcome] {
        let lines = lines.filter { $0.use == .serving || $0.use == .headroom }
        var shares = UsageShares(usage, models: throughput.count, throughput: throughput, method: policy.method)
        let idleTime = try IdleTime(lines, usage, throughput)
        var outcomes: [Currency: Outcome] = [:]
        for (nodes, lines) in Dictionary(grouping: lines, by: Nodes.init).sorted(by: { $0.key < $1.key }) {
            var cost: Int128 = 0
            for line in lines { cost = try AllocatedCost.sum(cost, line.cost.units) }
            var outcome =
                outcomes.removeValue(forKey: nodes.currency)
                ?? Outcome(
                    currency: nodes.currency, ofUsage: Array(repeating: AllocatedCost(), count: usage.count))
            if nodes.use == .headroom {
                try share(cost, of: nodes, policy.headroom, \.headroom, by: &shares, in: &outcome)
            } else {
                let parts = try idleTime.split(cost, of: nodes.group)
                let isServed = policy.method != .assignment || nodes.group.model != nil
                let rest =
                    isServed
                    ? try serve(parts.used, nodes.group, by: &shares, in: &outcome) : parts.used
                try share(
                    AllocatedCost.sum(parts.idle, rest), of: nodes, policy.idle, \.idle, by: &shares, in: &outcome)
            }
            outcomes[nodes.currency] = outcome
        }
        return outcomes.values.sorted { $0.currency.code < $1.currency.code }
    }

    /// Splits a cost over the usage that the nodes served, class by class.
    ///
    /// - Returns: The cost again, where there was no such usage.
    private func serve(
        _ cost: Int128, _ group: NodeGroup, by shares: inout UsageShares, in outcome: inout Outcome
    ) throws(MoneyError) -> Int128 {
        let parts = try shares.ofClasses(group)
        if cost == 0 || parts.weights.isEmpty { return cost }
        let split = try LargestRemainder.shares(of: cost, over: parts.weights)
        for (place, share) in zip(parts.places, split) {
            let sum = try AllocatedCost.sum(outcome.ofUsage[place.usage][place.tokenClass], share)
            outcome.ofUsage[place.usage][place.tokenClass] = sum
        }
        return 0
    }

    /// Splits a cost that no tokens caused, or leaves it apart.
    private func share(
        _ cost: Int128, of nodes: Nodes, _ sharing: AllocationPolicy.Sharing,
        _ line: WritableKeyPath<AllocatedCost, Int128>, by shares: inout UsageShares, in outcome: inout Outcome
    ) throws(MoneyError) {
        if cost == 0 { return }
        let bearers = sharing == .apart ? [] : try shares.ofModels(nodes.group, areAlike: sharing == .even)
        if bearers.isEmpty {
            let sum = try AllocatedCost.sum(
                outcome.apart[nodes.group.model, default: AllocatedCost()][keyPath: line], cost)
            outcome.apart[nodes.group.model, default: AllocatedCost()][keyPath: line] = sum
            return
        }
        let split = try LargestRemainder.shares(of: cost, over: bearers.map { _ in 1 })
        for (bearer, part) in zip(bearers, split) {
            for (place, share) in zip(bearer.places, try LargestRemainder.shares(of: part, over: bearer.weights)) {
                outcome.ofUsage[place][keyPath: line] = try AllocatedCost.sum(
                    outcome.ofUsage[place][keyPath: line], share)
            }
        }
    }
}

/// Nodes that serve the same part of the same usage.
struct NodeGroup: Hashable {
    let model: Int?
    let phase: GPUPhase
}

/// Nodes whose costs are split alike and in one sum.
private struct Nodes: Hashable, Comparable {
    let group: NodeGroup
    let use: GPUUse
    let currency: Currency

    init(_ line: CostAllocator.Line) {
        group = NodeGroup(model: line.model, phase: line.phase)
        use = line.use
        currency = line.cost.currency
    }

    static func < (left: Self, right: Self) -> Bool {
        (left.group.model ?? -1, left.group.phase, left.use, left.currency.code)
            < (right.group.model ?? -1, right.group.phase, right.use, right.currency.code)
    }
}
