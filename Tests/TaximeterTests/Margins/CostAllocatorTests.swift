import TestKit
import Testing

@testable import Taximeter

/// How the cost of an hour is split: to the last unit, and as the policy says.
@Suite struct CostAllocatorTests {
    typealias Line = CostAllocator.Line
    typealias Usage = CostAllocator.Usage

    static let models = ["a", "b", "c"].map { Identifier(unchecked: $0) }
    private static let million: Int128 = 1_000_000

    static func policy(
        _ method: AllocationPolicy.Method, _ throughput: Throughput? = nil, idle: AllocationPolicy.Sharing = .apart,
        headroom: AllocationPolicy.Sharing = .apart
    ) -> AllocationPolicy {
        AllocationPolicy(
            name: AllocationPolicy.standardName, from: .earliest, method: method, throughput: throughput, idle: idle,
            headroom: headroom)
    }

    /// Node-hours at $16.
    static func line(
        _ nodeHours: Int64, model: Int? = nil, _ phase: GPUPhase = .both, _ use: GPUUse = .serving
    ) -> Line {
        Line(
            model: model, phase: phase, use: use, nodeMicroseconds: nodeHours * Instant.hour,
            cost: Money(units: Int128(nodeHours) * 16 * unit, .usd))
    }

    static let unit: Int128 = 1_000_000_000_000_000_000

    private static func dollars(_ units: Int128) throws -> String {
        try Money(units: units, .usd).rounded(.halfAwayFromZero).decimalText
    }

    // MARK: The published day

    private static let day = TokenCounts(cacheHit: 342_000_000_000, cacheMiss: 266_000_000_000, output: 168_000_000_000)

    /// FACTS section 5: the day's $87,072 by phase, and what a million tokens of input cost, in millionths of a dollar.
    /// 73,700 tokens of input a node-second with hits; without them, that is 73,700 × 266 ÷ 608 = 32,243.75 misses.
    @Test(arguments: [
        (
            Throughput(cacheHit: 73_700 * million, cacheMiss: 73_700 * million, output: 14_800 * million), 608_000,
            60_274
        ),
        (Throughput(cacheMiss: 32_243_750_000, output: 14_800 * million), 266_000, 137_770),
    ])
    func thePublishedDayByPhase(
        _ throughput: Throughput?, _ millionsOfInput: Int128, _ millionthsAMillion: Int128
    ) throws {
        let allocator = CostAllocator(Self.policy(.phaseWeights, throughput), models: Self.models)
        let outcome = try #require(
            allocator.allocate([Self.line(5_442)], over: [Usage(model: 0, tokens: Self.day)]).first)
        let cost = outcome.ofUsage[0]
        let input = cost[.cacheHit] + cost[.cacheMiss]
        #expect(try Self.dollars(input) == "36646.8")
        #expect(try Self.dollars(cost[.output]) == "50425.2")
        #expect(Self.millionths(input, a: millionsOfInput) == millionthsAMillion)
        #expect(Self.millionths(cost[.output], a: 168_000) == 300_150)
        // The time that the throughput asks for is a little more than there was: nothing was idle.
        #expect(cost.idle == 0 && outcome.apart.isEmpty)
    }

    /// What each of so many cost, in millionths of a dollar, rounded.
    private static func millionths(_ cost: Int128, a count: Int128) -> Int128 {
        (cost / count + 500_000_000_000) / 1_000_000_000_000
    }

    /// $0.112206 per million tokens of whichever class.
    @Test func thePublishedDayByTokens() throws {
        let allocator = CostAllocator(.standard, models: Self.models)
        let cost = try #require(
            allocator.allocate([Self.line(5_442)], over: [Usage(model: 0, tokens: Self.day)]).first?.ofUsage[0])
        #expect(Self.millionths(cost[.cacheHit], a: 342_000) == 112_206)
        #expect(Self.millionths(cost[.cacheMiss], a: 266_000) == 112_206)
        #expect(Self.millionths(cost[.output], a: 168_000) == 112_206)
        #expect(cost.units.reduce(0, +) == 87_072 * Self.unit)
    }

    // MARK: Rules, by small examples

    /// 3,600 node-seconds each hour: a token of output takes a second, of input a tenth.
    private static let simple = Throughput(cacheMiss: 10 * million, output: million)

    private static func tokens(miss: Int64 = 0, output: Int64 = 0) -> TokenCounts {
        TokenCounts(cacheMiss: miss, output: output)
    }

    /// What each of some lines comes to: whole dollars by usage (serving, idle, headroom), then what is apart, by model.
    private static let examples:
        [(policy: AllocationPolicy, lines: [Line], usage: [Usage], ofUsage: [[Int128]], apart: [Int?: [Int128]])] = [
            // Of 3,600 seconds, 900 are needed.
            (
                policy(.tokens, simple), [line(1)], [Usage(model: 0, tokens: tokens(output: 900))], [[4, 0, 0]],
                [nil: [0, 12, 0]]
            ),
            (
                policy(.tokens, simple, idle: .proportional), [line(1)],
                [Usage(model: 0, tokens: tokens(output: 900))], [[4, 12, 0]], [:]
            ),
            // Without a throughput nothing is idle.
            (policy(.tokens), [line(1)], [Usage(model: 0, tokens: tokens(output: 900))], [[16, 0, 0]], [:]),
            // By tokens, by the time that they take: 1,000 of input take 100 s, 100 of output too.
            (
                policy(.tokens), [line(11)],
                [Usage(model: 0, tokens: tokens(miss: 1000)), Usage(model: 0, tokens: tokens(output: 100))],
                [[160, 0, 0], [16, 0, 0]], [:]
            ),
            (
                policy(.phaseWeights, simple, idle: .proportional), [line(1)],
                [Usage(model: 0, tokens: tokens(miss: 9000)), Usage(model: 0, tokens: tokens(output: 900))],
                [[4, 4, 0], [4, 4, 0]], [:]
            ),
            // Prefill nodes by input, decode nodes by output.
            (
                policy(.tokens), [line(1, .prefill), line(2, .decode)],
                [Usage(model: 0, tokens: tokens(miss: 7)), Usage(model: 1, tokens: tokens(output: 3))],
                [[16, 0, 0], [32, 0, 0]], [:]
            ),
            // Assigned nodes cost their model, shared ones everybody, or nobody.
            (
                policy(.tokens), [line(1, model: 0), line(2)],
                [Usage(model: 0, tokens: tokens(output: 5)), Usage(model: 1, tokens: tokens(output: 5))],
                [[32, 0, 0], [16, 0, 0]], [:]
            ),
            (
                policy(.assignment), [line(1, model: 0), line(2)],
                [Usage(model: 0, tokens: tokens(output: 5)), Usage(model: 1, tokens: tokens(output: 5))],
                [[16, 0, 0], [0, 0, 0]], [nil: [0, 32, 0]]
            ),
            (policy(.tokens), [line(1, model: 2)], [], [], [2: [0, 16, 0]]),
            // An hour without usage is idle, wherever idle time goes.
            (policy(.tokens, idle: .proportional), [line(1)], [], [], [nil: [0, 16, 0]]),
            // What an assigned node has no time for is taken from the shared ones.
            (
                policy(.tokens, simple, idle: .apart), [line(1, model: 0), line(1)],
                [Usage(model: 0, tokens: tokens(output: 4_500))], [[20, 0, 0]], [nil: [0, 12, 0]]
            ),
            // Headroom apart, by usage, by models alike.
            (
                policy(.tokens), [line(1, .both, .headroom)], [Usage(model: 0, tokens: tokens(output: 1))],
                [[0, 0, 0]], [nil: [0, 0, 16]]
            ),
            (
                policy(.tokens, headroom: .proportional), [line(1, .both, .headroom)],
                [Usage(model: 0, tokens: tokens(output: 3)), Usage(model: 1, tokens: tokens(output: 1))],
                [[0, 0, 12], [0, 0, 4]], [:]
            ),
            (
                policy(.tokens, headroom: .even), [line(1, .both, .headroom)],
                [
                    Usage(model: 0, tokens: tokens(output: 3)), Usage(model: 1, tokens: tokens(output: 1)),
                    Usage(model: 0, tokens: tokens(output: 1)),
                ], [[0, 0, 6], [0, 0, 8], [0, 0, 2]], [:]
            ),
            // Lent nodes are no cost of serving.
            (policy(.tokens), [line(1, .both, .lent)], [Usage(model: 0, tokens: tokens(output: 3))], [], [:]),
        ]

    @Test(arguments: examples.indices)
    func follows(_ index: Int) throws {
        let example = Self.examples[index]
        let outcome = try CostAllocator(example.policy, models: Self.models)
            .allocate(example.lines, over: example.usage).first
        func dollars(_ cost: AllocatedCost) -> [Int128] {
            let serving = TokenClass.allCases.reduce(0) { $0 + cost[$1] }
            return [serving, cost.idle, cost.headroom].map { $0 / Self.unit }
        }
        #expect((outcome?.ofUsage ?? []).map(dollars) == example.ofUsage)
        #expect((outcome?.apart ?? [:]).mapValues(dollars) == example.apart)
    }

    /// Usage of a model without a throughput may have needed all the shared time, and none of another model's nodes.
    @Test func unknownThroughputIsNotIdle() throws {
        let policy = AllocationPolicy(
            name: AllocationPolicy.standardName, from: .earliest, method: .tokens,
            modelThroughput: [Self.models[0]: try #require(Self.simple)])
        let outcome = try #require(
            CostAllocator(policy, models: Self.models).allocate(
                [Self.line(1, model: 0), Self.line(1)],
                over: [
                    Usage(model: 0, tokens: Self.tokens(output: 900)),
                    Usage(model: 1, tokens: Self.tokens(output: 900)),
                ]
            ).first)
        #expect(outcome.apart.mapValues { $0.idle / Self.unit } == [0: 12])
        #expect(outcome.ofUsage.map { $0[.output] / Self.unit } == [12, 8])
    }

    /// Units that cannot be shared alike go to the usage that comes first.
    @Test func tiesGoToTheFirst() throws {
        let lines = [
            Line(model: nil, phase: .both, use: .serving, nodeMicroseconds: 1, cost: Money(units: 5, .usd))
        ]
        let usage = (0..<3).map { Usage(model: $0, tokens: Self.tokens(output: 1)) }
        let outcome = try CostAllocator(.standard, models: Self.models).allocate(lines, over: usage)
        #expect(outcome.first?.ofUsage.map { $0[.output] } == [2, 2, 1])
    }
}
