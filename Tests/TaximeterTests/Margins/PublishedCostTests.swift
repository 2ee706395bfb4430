import Foundation
import TestKit
import Testing

@testable import Taximeter

/// What serving the published day cost: to the dollar, and by the hour.
@Suite struct PublishedCostTests {
    private static func costs() throws -> [GPUCost] {
        let path = Fixtures.folder.appending(path: "published-day/costs.yaml")
        let file = try CostFile.parse(String(contentsOf: path, encoding: .utf8), file: "costs.yaml")
        #expect(file.pools.map(\.gpu) == ["H800"])
        return try GPUCost.hourly(file.occupancy, of: #require(file.pools.first))
    }

    @Test func theDayCostExactlyWhatWasPublished() throws {
        let costs = try Self.costs()
        let total = try costs.reduce(Money.zero(.usd)) { try $0 + $1.cost }
        #expect(total.description == "87072.00 USD")
        let nodeTime = costs.map(\.nodeMicroseconds).reduce(0, +)
        #expect(nodeTime == 5_442 * Instant.hour)
        // 8 GPUs a node.
        #expect(8 * nodeTime / Instant.hour == 43_536)
        #expect(costs.map(\.peakNodes).max() == 278)
        // 226.75 nodes on average.
        #expect(100 * nodeTime / (24 * Instant.hour) == 22_675)
    }

    @Test func everyHourCostsExactlyItsShare() throws {
        let published = try PublishedDay.hours()
        let costs = try Self.costs()
        #expect(costs.map(\.hour) == published.map(\.start))
        #expect(costs.map(\.cost.decimalText) == published.map { String($0.cost) })
        #expect(costs.allSatisfy { $0.model == nil && $0.cost.currency == .usd })
        // $16 a node-hour; halves of an hour with other nodes than the rest are cut exactly.
        let nodeHours = [278, 218, 195.5, 150.5, 83, 68, 68, 83, 158, 248, 278] as [Double]
        let repeats = [12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3]
        let expected = zip(nodeHours, repeats).flatMap { [Double](repeating: $0, count: $1) }
        #expect(costs.map { Double($0.nodeMicroseconds) / Double(Instant.hour) } == expected)
    }

    /// The night window of DeepSeek's prices: 00:30 to 08:30 in China.
    @Test func theNightCostItsNodeHours() throws {
        let path = Fixtures.folder.appending(path: "published-day/costs.yaml")
        let file = try CostFile.parse(String(contentsOf: path, encoding: .utf8), file: "costs.yaml")
        let from = try #require(Instant(rfc3339: "2025-02-28T00:30:00+08:00"))
        let until = try #require(Instant(rfc3339: "2025-02-28T08:30:00+08:00"))
        let night = file.occupancy.filter { $0.from < until && from < $0.until }.map {
            GPUOccupancy(
                pool: $0.pool, model: nil, from: max(from, $0.from), until: min(until, $0.until), nodes: $0.nodes)
        }
        let costs = try GPUCost.hourly(night, of: #require(file.pools.first))
        #expect(costs.map(\.nodeMicroseconds).reduce(0, +) == 1_024 * Instant.hour)
        #expect(try costs.reduce(Money.zero(.usd)) { try $0 + $1.cost }.description == "16384.00 USD")
    }
}
