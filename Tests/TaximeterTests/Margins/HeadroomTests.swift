import Foundation
import TestKit
import Testing

@testable import Taximeter

/// What is left of the nodes that are paid for.
@Suite struct HeadroomTests {
    private static let pool = GPUPool(
        name: Identifier(unchecked: "p"), gpu: "H800", gpusPerNode: 8,
        rates: [GPURate(from: .earliest, until: nil, perGPUHour: Money(units: 2 * CostAllocatorTests.unit, .usd))])

    private static func interval(
        _ use: GPUUse, _ from: Int64, _ until: Int64, _ nodes: Int32, phase: GPUPhase = .both
    ) -> GPUOccupancy {
        GPUOccupancy(
            pool: pool.name, model: nil, phase: phase, use: use, from: Instant(unchecked: from * Instant.minute),
            until: Instant(unchecked: until * Instant.minute), nodes: nodes)
    }

    private static func left(_ occupancy: [GPUOccupancy]) throws -> [String] {
        try Headroom.left(of: occupancy, in: pool).map {
            "\($0.from.microseconds / Instant.minute)-\($0.until.microseconds / Instant.minute) \($0.nodes)"
        }
    }

    @Test func isWhatIsNeitherServingNorLent() throws {
        #expect(try Self.left([Self.interval(.serving, 0, 10, 3)]) == [])
        #expect(try Self.left([Self.interval(.provisioned, 0, 10, 3)]) == ["0-10 3"])
        #expect(
            try Self.left([
                Self.interval(.provisioned, 0, 60, 10), Self.interval(.serving, 10, 30, 3, phase: .prefill),
                Self.interval(.serving, 20, 40, 2, phase: .decode), Self.interval(.lent, 35, 60, 8),
                Self.interval(.headroom, 0, 5, 1),
            ]) == ["0-5 9", "5-10 10", "10-20 7", "20-30 5", "30-35 8", "35-40 0", "40-60 2"])
        // Only where it is known what was provisioned.
        #expect(
            try Self.left([
                Self.interval(.serving, 0, 100, 3), Self.interval(.provisioned, 10, 20, 4),
                Self.interval(.provisioned, 20, 30, 5), Self.interval(.provisioned, 50, 60, 3),
            ]) == ["10-20 1", "20-30 2", "50-60 0"])
        #expect(
            throws: GPUCost.Invalid.moreThanProvisioned(
                pool: Self.pool.name, at: Instant(unchecked: 5 * Instant.minute), nodes: 4, provisioned: 3)
        ) {
            try Self.left([Self.interval(.provisioned, 0, 10, 3), Self.interval(.serving, 5, 20, 4)])
        }
    }

    /// FACTS section 5: all 278 nodes paid for all day cost $106,752, of which $19,680 did not serve.
    @Test func ofThePublishedDay() throws {
        let file = try CostFile.parse(PublishedDay.text("costs.yaml"), file: "costs.yaml")
        let pool = try #require(file.pools.first)
        let start = try #require(Instant(microseconds: PublishedDay.start))
        let all = GPUOccupancy(
            pool: pool.name, model: nil, use: .provisioned, from: start,
            until: Instant(unchecked: PublishedDay.start + Instant.day), nodes: 278)
        let costs = try GPUCost.hourly(file.occupancy + [all], of: pool)
        func cost(_ use: GPUUse) throws -> String {
            try costs.filter { $0.use == use }.reduce(Money.zero(.usd)) { try $0 + $1.cost }.description
        }
        #expect(try cost(.serving) == "87072.00 USD")
        #expect(try cost(.headroom) == "19680.00 USD")
        #expect(costs.filter { $0.use == .headroom }.map(\.peakNodes).max() == 210)
    }

    /// Every minute, by counting: what was provisioned is what served, was lent, stood ready or was left.
    @Test func countsEveryMinute() async throws {
        try await withSeed { generator in
            for _ in 0..<200 {
                var occupancy: [GPUOccupancy] = []
                for use in [GPUUse.serving, .lent, .headroom] {
                    for phase in [GPUPhase.prefill, .decode] {
                        let from = Int64.random(in: 0...300, using: &generator)
                        let until = from + .random(in: 1...200, using: &generator)
                        occupancy.append(
                            Self.interval(use, from, until, .random(in: 0...5, using: &generator), phase: phase))
                    }
                }
                occupancy.append(Self.interval(.provisioned, 50, 200, 40))
                occupancy.append(Self.interval(.provisioned, 200, 400, 31))
                let left = try Headroom.left(of: occupancy, in: Self.pool)
                func nodes(_ minute: Int64, _ all: [GPUOccupancy], _ belongs: (GPUUse) -> Bool) -> Int32 {
                    let instant = Instant(unchecked: minute * Instant.minute)
                    return all.filter { $0.from <= instant && instant < $0.until && belongs($0.use) }
                        .reduce(0) { $0 + $1.nodes }
                }
                for minute in Int64(0)..<520 {
                    let provisioned = nodes(minute, occupancy) { $0 == .provisioned }
                    let used = nodes(minute, occupancy) { $0 != .provisioned }
                    #expect(nodes(minute, left) { _ in true } == (provisioned == 0 ? 0 : provisioned - used))
                }
            }
        }
    }

    /// Nodes that are told one by one peak together.
    @Test func namedNodesPeakTogether() throws {
        let nodes = (0..<3).map { index in
            GPUOccupancy(
                pool: Self.pool.name, node: Identifier(unchecked: "n\(index)"), model: nil,
                from: Instant(unchecked: Int64(index) * 10 * Instant.minute),
                until: Instant(unchecked: 30 * Instant.minute + Int64(index % 2) * 45 * Instant.minute), nodes: 1)
        }
        let costs = try GPUCost.hourly(nodes, of: Self.pool)
        #expect(costs.map(\.peakNodes) == [3, 1])
        #expect(costs.map { $0.nodeMicroseconds / Instant.minute } == [30 + 50 + 10, 15])
    }
}
