import TestKit
import Testing

@testable import Taximeter

/// The exact cost of every hour, whatever the edges of intervals and rates.
@Suite struct GPUCostTests {
    private static let pool = Identifier(unchecked: "h800")
    /// 2025-02-27T12:00:00Z.
    private static let noon: Int64 = 1_740_657_600_000_000

    private static func at(_ microseconds: Int64) -> Instant { Instant(unchecked: noon + microseconds) }

    private static func interval(
        _ from: Int64, _ until: Int64, nodes: Int32 = 1, model: String? = nil
    ) -> GPUOccupancy {
        GPUOccupancy(
            pool: pool, model: model.map { Identifier(unchecked: $0) }, from: at(from), until: at(until), nodes: nodes)
    }

    private static func rate(_ from: Int64, _ until: Int64?, _ cost: String, _ currency: Currency = .usd) throws
        -> GPURate
    {
        GPURate(from: at(from), until: until.map(at), perGPUHour: try Money(cost, currency))
    }

    private static func hours(
        _ occupancy: [GPUOccupancy], _ rates: [GPURate], gpus: Int32 = 8
    ) throws(GPUCost.Invalid) -> [GPUCost] {
        try GPUCost.hourly(occupancy, of: GPUPool(name: pool, gpu: "H800", gpusPerNode: gpus, rates: rates))
    }

    /// One row in a line: hours since noon, model, seconds of node-time, peak, cost.
    private static func summary(_ costs: [GPUCost]) -> [String] {
        costs.map { cost in
            """
            \((cost.hour.microseconds - noon) / Instant.hour) \(cost.model?.text ?? "-") \
            \(cost.nodeMicroseconds / Instant.second)s \(cost.peakNodes) \(cost.cost)
            """
        }
    }

    @Test func cutsAtTheHoursOfUTC() throws {
        let hour = Instant.hour
        let costs = try Self.hours([Self.interval(-hour / 2, hour + hour / 4, nodes: 3)], [Self.rate(-hour, nil, "2")])
        #expect(Self.summary(costs) == ["-1 - 5400s 3 24.00 USD", "0 - 10800s 3 48.00 USD", "1 - 2700s 3 12.00 USD"])
        #expect(costs.map(\.hour) == [Self.at(-hour), Self.at(0), Self.at(hour)])
    }

    @Test func sumsIntervalsOfAnHourAndKeepsThePeak() throws {
        let minute = Instant.minute
        let costs = try Self.hours(
            [
                Self.interval(0, 15 * minute, nodes: 2), Self.interval(15 * minute, 30 * minute, nodes: 5),
                Self.interval(45 * minute, 60 * minute, nodes: 1),
            ], [Self.rate(0, nil, "2")])
        #expect(Self.summary(costs) == ["0 - 7200s 5 32.00 USD"])
    }

    @Test func changesTheRateInsideAnHour() throws {
        let hour = Instant.hour
        let rates = [
            try Self.rate(0, hour / 2, "2"), try Self.rate(hour / 2, hour, "3"), try Self.rate(hour, nil, "4", .cny),
        ]
        let costs = try Self.hours([Self.interval(0, 2 * hour)], rates)
        #expect(Self.summary(costs) == ["0 - 3600s 1 20.00 USD", "1 - 3600s 1 32.00 CNY"])
    }

    @Test func keepsModelsAndCurrenciesApart() throws {
        let hour = Instant.hour
        let rates = [try Self.rate(0, hour / 2, "2"), try Self.rate(hour / 2, nil, "14", .cny)]
        let costs = try Self.hours(
            [
                Self.interval(0, hour, model: "r1"), Self.interval(0, hour, nodes: 2),
                Self.interval(0, hour, model: "v3"),
            ],
            rates)
        #expect(
            Self.summary(costs) == [
                "0 - 3600s 2 112.00 CNY", "0 - 3600s 2 16.00 USD", "0 r1 1800s 1 56.00 CNY", "0 r1 1800s 1 8.00 USD",
                "0 v3 1800s 1 56.00 CNY", "0 v3 1800s 1 8.00 USD",
            ])
    }

    @Test func nothingCostsNothing() throws {
        let hour = Instant.hour
        let rates = [try Self.rate(0, nil, "2")]
        #expect(try Self.hours([], rates) == [])
        // No nodes need no rate; ends the wrong way round, and empty rates, are empty.
        #expect(try Self.hours([Self.interval(-hour, 0, nodes: 0)], rates) == [])
        #expect(try Self.hours([Self.interval(hour, hour), Self.interval(hour, 0)], rates) == [])
        let empty = [try Self.rate(0, 0, "9"), try Self.rate(hour, 0, "9"), try Self.rate(0, nil, "2")]
        #expect(Self.summary(try Self.hours([Self.interval(0, hour)], empty)) == ["0 - 3600s 1 16.00 USD"])
        // A rate of zero is a rate.
        #expect(
            Self.summary(try Self.hours([Self.interval(0, hour)], [Self.rate(0, nil, "0")])) == ["0 - 3600s 1 0.00 USD"]
        )
    }

    /// Where nodes ran outside every rate, and the first instant of that.
    private static let gaps: [(rates: [(Int64, Int64?)], from: Int64, until: Int64, gap: Int64)] = [
        ([], 0, 1, 0), ([(10, nil)], 9, 11, 9), ([(10, nil)], 0, 5, 0), ([(0, 10)], 5, 11, 10),
        ([(0, 10)], 20, 30, 20), ([(0, 10), (11, nil)], 0, 20, 10), ([(0, 10), (10, 20)], 0, 21, 20),
    ]

    @Test(arguments: gaps)
    func refusesNodesWithoutARate(_ rates: [(Int64, Int64?)], _ from: Int64, _ until: Int64, _ gap: Int64) throws {
        let rates = try rates.map { try Self.rate($0.0, $0.1, "2") }
        #expect(throws: GPUCost.Invalid.noRate(pool: Self.pool, at: Self.at(gap))) {
            try Self.hours([Self.interval(from, until)], rates)
        }
        // The same with the gap closed.
        #expect(throws: Never.self) { try Self.hours([Self.interval(from, until)], [Self.rate(-100, nil, "2")]) }
    }

    @Test func refusesWhatDoesNotFit() throws {
        let most = Money(units: .max, .usd)
        let all = GPUOccupancy(pool: Self.pool, model: nil, from: .earliest, until: .latest, nodes: .max)
        let hour = Self.interval(0, Instant.hour, nodes: 1)
        let rates = [GPURate(from: .earliest, until: nil, perGPUHour: most)]
        #expect(throws: GPUCost.Invalid.overflow(pool: Self.pool, at: Self.at(0))) {
            try Self.hours([hour], rates, gpus: .max)
        }
        #expect(throws: GPUCost.Invalid.overflow(pool: Self.pool, at: .earliest)) {
            try Self.hours([all], rates, gpus: .max)
        }
        // Node-time of one key: 2³¹ nodes overflow 64 bits of microseconds only after more than an hour's worth.
        let crowd = [GPUOccupancy](repeating: Self.interval(0, Instant.hour, nodes: .max), count: 2)
        #expect(throws: GPUCost.Invalid.overflow(pool: Self.pool, at: Self.at(0))) {
            try Self.hours(crowd, [Self.rate(0, nil, "0.000000000000000001")])
        }
        #expect(throws: Never.self) {
            try Self.hours([crowd[0]], [Self.rate(0, nil, "0.000000000000000001")])
        }
        let invalid = GPUCost.Invalid.noRate(pool: Self.pool, at: Self.at(0))
        #expect(invalid.description == "pool h800 has no rate at 2025-02-27T12:00:00Z, but nodes ran then")
        let overflow = GPUCost.Invalid.overflow(pool: Self.pool, at: Self.at(0))
        #expect(overflow.description == "the cost of pool h800 from 2025-02-27T12:00:00Z on does not fit")
    }

    /// A third of the smallest unit is rounded half away from zero, on either side of it.
    @Test(
        arguments: [(units: 1, cost: 1), (units: -1, cost: -1), (units: 0, cost: 0)] as [(units: Int128, cost: Int128)])
    func roundsHalfAwayFromZero(_ units: Int128, _ cost: Int128) throws {
        let rates = [GPURate(from: Self.at(0), until: nil, perGPUHour: Money(units: units, .usd))]
        let costs = try Self.hours([Self.interval(0, Instant.hour / 2)], rates, gpus: 1)
        #expect(costs.map(\.cost.units) == [cost])
        #expect(try Self.hours([Self.interval(0, Instant.hour / 2 - 1)], rates, gpus: 1).map(\.cost.units) == [0])
    }

    /// The hours of an interval under one rate sum to its cost, rounded once.
    @Test func hoursSumToTheWhole() async throws {
        try await withSeed { generator in
            for _ in 0..<500 {
                let from = Int64.random(in: -2 * Instant.day...0, using: &generator)
                let length = Int64.random(in: 1...Instant.day, using: &generator)
                let nodes = Int32.random(in: 1...1_000, using: &generator)
                let gpus = Int32.random(in: 1...16, using: &generator)
                let units = Int128.random(in: 0...10_000_000_000_000_000_000, using: &generator)
                let rates = [GPURate(from: .earliest, until: nil, perGPUHour: Money(units: units, .usd))]
                let costs = try Self.hours([Self.interval(from, from + length, nodes: nodes)], rates, gpus: gpus)

                let product = units * Int128(nodes) * Int128(gpus) * Int128(length)
                let whole = (2 * product + Int128(Instant.hour)) / (2 * Int128(Instant.hour))
                #expect(costs.map(\.cost.units).reduce(0, +) == whole)
                #expect(costs.map(\.nodeMicroseconds).reduce(0, +) == length * Int64(nodes))
                #expect(costs.allSatisfy { $0.nodeMicroseconds <= Instant.hour * Int64(nodes) && $0.cost.units >= 0 })
                #expect(
                    zip(costs, costs.dropFirst()).allSatisfy {
                        $0.hour.advanced(byMicroseconds: Instant.hour) == $1.hour
                    })
            }
        }
    }

    /// Intervals and rates that change anywhere, against a sum over every stretch between two edges.
    @Test func agreesWithASumOverStretches() async throws {
        try await withSeed { generator in
            for _ in 0..<100 {
                // Whole seconds and whole units a second, so that nothing is rounded and all sums are exact.
                func edges(_ count: Int) -> [Int64] {
                    (0..<count).map { _ in Int64.random(in: 0...20_000, using: &generator) * Instant.second }.sorted()
                }
                var rates: [GPURate] = []
                let rateEdges = [0] + edges(3) + [20_001 * Instant.second]
                for (from, until) in zip(rateEdges, rateEdges.dropFirst()) {
                    let units = Int128(Int64.random(in: 0...1_000_000, using: &generator)) * 3_600
                    rates.append(
                        GPURate(from: Self.at(from), until: Self.at(until), perGPUHour: Money(units: units, .usd)))
                }
                let steps = edges(8)
                var occupancy: [GPUOccupancy] = []
                for (from, until) in zip(steps, steps.dropFirst()) {
                    occupancy.append(Self.interval(from, until, nodes: Int32.random(in: 0...9, using: &generator)))
                }
                var expected: [Instant: Int128] = [:]
                for second in stride(from: 0, to: 20_000 * Instant.second, by: Int(Instant.second)) {
                    let instant = Self.at(second)
                    guard let nodes = occupancy.first(where: { $0.from <= instant && instant < $0.until })?.nodes,
                        nodes > 0,
                        let rate = rates.first(where: { $0.from <= instant && instant < ($0.until ?? .latest) })
                    else { continue }
                    expected[instant.startOfHour, default: 0] += rate.perGPUHour.units / 3_600 * Int128(nodes) * 8
                }
                let costs = try Self.hours(occupancy.shuffled(using: &generator), rates)
                #expect(Dictionary(uniqueKeysWithValues: costs.map { ($0.hour, $0.cost.units) }) == expected)
            }
        }
    }
}
