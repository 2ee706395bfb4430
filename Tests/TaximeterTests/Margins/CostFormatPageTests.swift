import TestKit
import Testing

@testable import Taximeter

/// docs/cost-format.md says what the reader does.
@Suite struct CostFormatPageTests {
    private let page: DocumentedPage

    init() throws { page = try DocumentedPage("cost-format.md") }

    @Test func itsExampleCostsWhatItTells() throws {
        let file = try CostFile.parse(page.block("yaml"), file: "costs.yaml")
        let pool = try #require(file.pools.first)
        // The open rate ends where the next begins.
        #expect(pool.rates.first?.until == pool.rates.last?.from)
        let first = try GPUCost.hourly(Array(file.occupancy.prefix(1)), of: pool)
        #expect(try first.reduce(Money.zero(.usd)) { try $0 + $1.cost }.description == "53376.00 USD")
        #expect(first.map(\.cost.description) == [String](repeating: "4448.00 USD", count: 12))
        let all = try GPUCost.hourly(file.occupancy, of: pool)
        #expect(Set(all.map(\.model)) == [nil, Identifier(unchecked: "deepseek-chat")])
    }

    @Test func itsSamplesAreIntervals() throws {
        let file = try CostFile.parse(page.block("yaml samples"), file: "costs.yaml")
        #expect(
            file.occupancy.map { "\($0.from) \($0.until) \($0.nodes)" } == [
                "2025-03-01T00:00:00Z 2025-03-01T00:10:00Z 12", "2025-03-01T00:10:00Z 2025-03-01T00:15:00Z 15",
            ])
    }

    /// Every key of its tables is one that the reader takes, in each of its mappings, and there is no other.
    @Test func itsKeysAreTheFormat() {
        let keys = page.tableRows.flatMap { $0[0].split(separator: ", ").map(String.init) }.filter {
            !$0.hasPrefix("key")
        }
        let interval = ["pool", "model", "node", "phase", "use"]
        #expect(
            keys == ["name", "gpu", "gpus_per_node", "rates"]
                + ["from", "until", "kind", "per_gpu_hour", "owned", "currency"]
                + [
                    "capex", "residual", "years", "hours_per_year", "kilowatts", "pue", "per_kilowatt_hour",
                    "opex_per_year",
                ] + interval + ["from", "until", "nodes"] + interval + ["every", "until", "counts", "at", "nodes"])
        let texts = [
            "pools: [{x: 1}]", "pools: [{rates: [{x: 1}]}]", "pools: [{rates: [{owned: {x: 1}}]}]",
            "occupancy: [{x: 1}]",
            "samples: [{x: 1}]", "samples: [{counts: [{x: 1}]}]",
        ]
        let expected = texts.flatMap { text -> [String] in
            do throws(FileErrors) {
                _ = try CostFile.parse(text, file: "c.yaml")
                return []
            } catch {
                return error.diagnostics.filter { $0.found == "the key \"x\"" }.map(\.expected)
            }
        }
        #expect(
            expected == [
                "one of name, gpu, gpus_per_node, rates", "one of from, until, kind, per_gpu_hour, owned, currency",
                "one of capex, residual, years, hours_per_year, kilowatts, pue, per_kilowatt_hour, opex_per_year",
                "one of pool, model, node, phase, use, from, until, nodes",
                "one of pool, model, node, phase, use, every, until, counts", "one of at, nodes",
            ])
    }

    /// docs/allocation.md has the policy's keys, and an example that is one.
    @Test func thePolicyPage() throws {
        let page = try DocumentedPage("allocation.md")
        let policy = try #require(CostFile.parse(page.block("yaml"), file: "costs.yaml").policies.first)
        #expect(policy.name == AllocationPolicy.standardName && policy.method == .phaseWeights)
        #expect(policy.throughput?[.cacheMiss] == 32_243_750_000 && policy.throughput?[.cacheHit] == nil)
        #expect(policy.throughput(of: Identifier(unchecked: "small-model"))?[.output] == 61_000_500_000)
        let again = try AllocationPolicy(name: policy.name, from: policy.from, definition: policy.definition)
        #expect(again == policy)
        let keys = page.tableRows.filter { $0.count == 2 }.flatMap { $0[0].split(separator: ", ").map(String.init) }
        #expect(Array(keys.suffix(7)) == ["name", "from", "method", "throughput", "models", "idle", "headroom"])
    }
}
