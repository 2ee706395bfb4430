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

    /// Every key of its tables is one that the reader takes, in each of the three mappings, and there is no other.
    @Test func itsKeysAreTheFormat() {
        let keys = page.tableRows.flatMap { $0[0].split(separator: ", ").map(String.init) }.filter {
            !$0.hasPrefix("key")
        }
        #expect(
            keys == [
                "name", "gpu", "gpus_per_node", "rates", "from", "until", "per_gpu_hour", "currency", "pool", "model",
                "from", "until", "nodes",
            ])
        let texts = ["pools: [{x: 1}]", "pools: [{rates: [{x: 1}]}]", "occupancy: [{x: 1}]"]
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
                "one of name, gpu, gpus_per_node, rates", "one of from, until, per_gpu_hour, currency",
                "one of pool, model, from, until, nodes",
            ])
    }
}
