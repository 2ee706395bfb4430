/// What usage weighs when the cost of nodes is split over it.
struct UsageShares {
    /// A token class of a usage.
    struct Place {
        let usage: Int
        let tokenClass: TokenClass
    }

    /// The usage of one model, or of all, and what each weighs.
    struct Bearer {
        /// Usage with a weight.
        var places: [Int] = []
        var weights: [Int128] = []
    }

    private let usage: [CostAllocator.Usage]
    private let modelCount: Int
    private let throughput: [Throughput?]
    private let method: AllocationPolicy.Method
    private var known: [NodeGroup: (places: [Place], weights: [Int128])] = [:]

    init(
        _ usage: [CostAllocator.Usage], models: Int, throughput: [Throughput?], method: AllocationPolicy.Method
    ) {
        self.usage = usage
        modelCount = models
        self.throughput = throughput
        self.method = method
    }

    /// The classes of usage that nodes served, and what each weighs: those that weigh nothing are left out.
    mutating func ofClasses(_ group: NodeGroup) throws(MoneyError) -> (places: [Place], weights: [Int128]) {
        if let known = known[group] { return known }
        var places: [Place] = []
        var weights: [Int128] = []
        for (index, one) in usage.enumerated() where group.model == nil || group.model == one.model {
            for tokenClass in group.phase.tokenClasses {
                let weight = weight(of: one, tokenClass)
                if weight <= 0 { continue }
                places.append(Place(usage: index, tokenClass: tokenClass))
                weights.append(weight)
            }
        }
        known[group] = (places, weights)
        return (places, weights)
    }

    /// The same by usage, all classes together; a bearer a model where models are to count alike, else one for all. None
    /// where nothing weighs anything.
    mutating func ofModels(_ group: NodeGroup, areAlike: Bool) throws(MoneyError) -> [Bearer] {
        let parts = try ofClasses(group)
        var bearers = Array(repeating: Bearer(), count: areAlike ? modelCount : 1)
        for (place, weight) in zip(parts.places, parts.weights) {
            let bearer = areAlike ? usage[place.usage].model : 0
            if bearers[bearer].places.last == place.usage, let last = bearers[bearer].weights.last {
                bearers[bearer].weights[bearers[bearer].weights.count - 1] = try AllocatedCost.sum(last, weight)
            } else {
                bearers[bearer].places.append(place.usage)
                bearers[bearer].weights.append(weight)
            }
        }
        return bearers.filter { !$0.places.isEmpty }
    }

    private func weight(of usage: CostAllocator.Usage, _ tokenClass: TokenClass) -> Int128 {
        guard method == .phaseWeights else { return Int128(usage.tokens[tokenClass]) }
        return throughput[usage.model]?.picoseconds(usage.tokens[tokenClass], of: tokenClass) ?? 0
    }
}
