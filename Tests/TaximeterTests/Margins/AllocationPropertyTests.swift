import TestKit
import Testing

@testable import Taximeter

/// Whatever the nodes, the usage and the policy, nothing of the cost is lost, doubled or borne by who should not.
@Suite struct AllocationPropertyTests {
    private struct Case {
        var policy: AllocationPolicy
        var lines: [CostAllocator.Line] = []
        var usage: [CostAllocator.Usage] = []

        init(_ generator: inout SeededGenerator) {
            func throughput(_ generator: inout SeededGenerator) -> Throughput? {
                Throughput(
                    cacheHit: Bool.random(using: &generator) ? Int128.random(in: 1...1 << 40, using: &generator) : nil,
                    cacheMiss: Int128.random(in: 1...1 << 40, using: &generator),
                    output: Int128.random(in: 1...1 << 36, using: &generator))
            }
            let sharings = AllocationPolicy.Sharing.allCases
            let method = AllocationPolicy.Method.allCases.randomElement(using: &generator) ?? .tokens
            policy = AllocationPolicy(
                name: AllocationPolicy.standardName, from: .earliest, method: method,
                throughput: method == .phaseWeights || Bool.random(using: &generator) ? throughput(&generator) : nil,
                modelThroughput: Bool.random(using: &generator)
                    ? [CostAllocatorTests.models[1]: throughput(&generator)].compactMapValues(\.self) : [:],
                idle: sharings.randomElement(using: &generator) ?? .apart,
                headroom: sharings.randomElement(using: &generator) ?? .apart)
            for _ in 0..<Int.random(in: 0...6, using: &generator) {
                let currency: Currency = Bool.random(using: &generator) ? .usd : .cny
                let units = Int128.random(in: 0...1 << Int.random(in: 0...90, using: &generator), using: &generator)
                lines.append(
                    CostAllocator.Line(
                        model: [nil, 0, 1, 2].randomElement(using: &generator) ?? nil,
                        phase: GPUPhase.allCases.randomElement(using: &generator) ?? .both,
                        use: GPUUse.allCases.randomElement(using: &generator) ?? .serving,
                        nodeMicroseconds: Int64.random(in: 1...300 * Instant.hour, using: &generator),
                        cost: Money(units: units, currency)))
            }
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                var tokens = TokenCounts()
                for tokenClass in TokenClass.allCases where Bool.random(using: &generator) {
                    tokens[tokenClass] = Int64.random(
                        in: 0...1 << Int64.random(in: 0...44, using: &generator), using: &generator)
                }
                usage.append(CostAllocator.Usage(model: Int.random(in: 0...2, using: &generator), tokens: tokens))
            }
        }

        func allocate() throws -> [CostAllocator.Outcome] {
            try CostAllocator(policy, models: CostAllocatorTests.models).allocate(lines, over: usage)
        }

        func cost(_ currency: Currency, _ belongs: (CostAllocator.Line) -> Bool) -> Int128 {
            lines.filter { $0.cost.currency == currency && belongs($0) }.reduce(0) { $0 + $1.cost.units }
        }
    }

    @Test func nothingIsLost() async throws {
        try await withSeed { generator in
            for _ in 0..<3_000 {
                let given = Case(&generator)
                for outcome in try given.allocate() {
                    let all = outcome.ofUsage + outcome.apart.values
                    let serving = all.reduce(0) { sum, one in
                        TokenClass.allCases.reduce(sum + one.idle) { $0 + one[$1] }
                    }
                    #expect(serving == given.cost(outcome.currency) { $0.use == .serving })
                    #expect(
                        all.reduce(0) { $0 + $1.headroom } == given.cost(outcome.currency) { $0.use == .headroom })
                    #expect(all.allSatisfy { $0.units.allSatisfy { $0 >= 0 } })
                    #expect(outcome.ofUsage.count == given.usage.count)
                    if given.policy.idle == .apart { #expect(outcome.ofUsage.allSatisfy { $0.idle == 0 }) }
                    if given.policy.headroom == .apart { #expect(outcome.ofUsage.allSatisfy { $0.headroom == 0 }) }
                    // Nobody bears serving, and no class that was not used has a cost.
                    #expect(outcome.apart.values.allSatisfy { one in TokenClass.allCases.allSatisfy { one[$0] == 0 } })
                    for (one, cost) in zip(given.usage, outcome.ofUsage) {
                        for tokenClass in TokenClass.allCases where one.tokens[tokenClass] == 0 {
                            #expect(cost[tokenClass] == 0)
                        }
                    }
                }
            }
        }
    }

    /// Without shared nodes every model bears its own nodes, whole.
    @Test func assignedNodesCostTheirModel() async throws {
        try await withSeed { generator in
            for _ in 0..<1_000 {
                var given = Case(&generator)
                given.lines.removeAll { $0.model == nil }
                for outcome in try given.allocate() {
                    for model in 0..<3 {
                        let borne = zip(given.usage, outcome.ofUsage).filter { $0.0.model == model }.map(\.1)
                        let sum = (borne + [outcome.apart[model] ?? AllocatedCost()]).reduce(0) {
                            $0 + $1.units.reduce(0, +)
                        }
                        #expect(
                            sum
                                == given.cost(outcome.currency) {
                                    $0.model == model && ($0.use == .serving || $0.use == .headroom)
                                })
                    }
                    #expect(outcome.apart[nil] == nil)
                }
            }
        }
    }

    /// For shared nodes of both phases: every part is within one unit of its exact share, and idle time is all time less
    /// tokens ÷ throughput, computed by cross-multiplication.
    @Test func sharesAreWithinAUnitOfExact() async throws {
        try await withSeed { generator in
            for _ in 0..<1_000 {
                let miss = Int128.random(in: 1...100_000_000_000, using: &generator)
                let output = Int128.random(in: 1...100_000_000_000, using: &generator)
                guard let throughput = Throughput(cacheMiss: miss, output: output) else { continue }
                var given = Case(&generator)
                given.usage = given.usage.map {
                    // Small enough for cross-multiplication in 128 bits.
                    CostAllocator.Usage(
                        model: $0.model,
                        tokens: TokenCounts(cacheMiss: $0.tokens.cacheMiss >> 24, output: $0.tokens.output >> 24))
                }
                given.policy = CostAllocatorTests.policy(.phaseWeights, throughput)
                let cost = Int128.random(in: 1...1_000_000_000, using: &generator)
                let time = Int64.random(in: 1...10_000_000, using: &generator)
                given.lines = [
                    CostAllocator.Line(
                        model: nil, phase: .both, use: .serving, nodeMicroseconds: time, cost: Money(units: cost, .usd))
                ]
                let outcome = try #require(given.allocate().first)
                // Node-time in picoseconds × miss × output, so that it is whole, in 256 bits where it must.
                let needed = given.usage.reduce(Int128(0)) {
                    $0 + throughput.picoseconds($1.tokens.cacheMiss, of: .cacheMiss)
                        + throughput.picoseconds($1.tokens.output, of: .output)
                }
                let all = Int128(time) * 1_000_000
                let idle = outcome.apart[nil]?.idle ?? 0
                let left = needed == 0 ? all : max(0, all - needed)
                #expect((idle * all - cost * left).magnitude <= all.magnitude)
                guard needed > 0 else { continue }
                for (one, borne) in zip(given.usage, outcome.ofUsage) {
                    let weight = throughput.picoseconds(one.tokens.output, of: .output)
                    let exact = Money(units: cost - idle, .usd)
                    let share = try exact.share(weight, of: needed, rounding: .halfAwayFromZero).units
                    #expect((borne[.output] - share).magnitude <= 1)
                }
            }
        }
    }

    /// Another order of the same usage moves no more than the units that cannot be shared: one a part and line.
    @Test func theOrderDecidesOnlyTies() async throws {
        try await withSeed { generator in
            for _ in 0..<500 {
                let given = Case(&generator)
                var turned = given
                turned.usage.reverse()
                for (outcome, other) in zip(try given.allocate(), try turned.allocate()) {
                    for (one, same) in zip(outcome.ofUsage, other.ofUsage.reversed()) {
                        for (left, right) in zip(one.units, same.units) {
                            #expect((left - right).magnitude <= given.lines.count * 2)
                        }
                    }
                    #expect(outcome.apart == other.apart)
                }
            }
        }
    }
}
