import TestKit
import Testing

@testable import Taximeter

/// Costs from CSV, Prometheus and FOCUS: what becomes of them, and every way in which they can be wrong.
@Suite struct CostImportTests {
    private static func shown(_ file: CostFile) -> [String] {
        file.occupancy.map { one in
            let from = one.from.description.dropFirst(8)
            let until = one.until.description.dropFirst(8)
            let names = [one.pool, one.node, one.model].map { $0?.text ?? "-" }.joined(separator: " ")
            return "\(names) \(one.phase) \(one.use) \(from) \(until) \(one.nodes)"
        }
    }

    private static func faults(_ read: () throws(FileErrors) -> CostFile) -> [String] {
        do {
            Issue.record("accepted: \(shown(try read()))")
            return []
        } catch {
            return error.diagnostics.map(\.description)
        }
    }

    // MARK: The page

    @Test func thePageSaysWhatHappens() throws {
        let page = try DocumentedPage("importing-costs.md")
        #expect(
            Self.shown(try CostImport().csv(page.block("csv"), file: "o.csv")) == [
                "h800 - - both serving 01T00:00:00Z 01T02:30:00Z 12",
                "h800 - r1 both serving 01T00:00:00Z 01T01:00:00Z 4",
            ])
        let prometheus = CostImport(labels: ["model": "model_name"], constants: ["pool": "h800"], every: 60)
        #expect(
            Self.shown(try prometheus.prometheus(page.block("json"), file: "p.json")) == [
                "h800 - r1 both serving 01T00:00:00Z 01T00:02:00Z 12",
                "h800 - r1 both serving 01T00:02:00Z 01T00:03:00Z 15",
                "h800 - v3 both serving 01T00:00:00Z 01T00:03:00Z 3",
            ])
    }

    // MARK: CSV

    @Test func csvCountsAreSeries() throws {
        let text = """
            at,cluster,role,host,up,comment\r
            2025-03-01T00:00:00Z,a,prefill,n1,1,"with, comma"\r
            2025-03-01T00:00:00Z,a,decode,n2,1,\r
            2025-03-01T00:01:00Z,a,prefill,n1,0,\r
            2025-03-01T00:01:00Z,a,decode,n2,1,"two\r
            lines"\r
            """
        let csv = CostImport(labels: ["phase": "role", "node": "host", "nodes": "up", "pool": "cluster"], every: 60)
        #expect(
            Self.shown(try csv.csv(text, file: "c.csv")) == [
                "a n1 - prefill serving 01T00:00:00Z 01T00:01:00Z 1",
                "a n1 - prefill serving 01T00:01:00Z 01T00:02:00Z 0",
                "a n2 - decode serving 01T00:00:00Z 01T00:02:00Z 1",
            ])
        #expect(try csv.csv(text, file: "c.csv").lines == [2, 4, 3])
    }

    @Test(arguments: [
        ("", ["c.csv:1:1: found nothing; expected a header with the columns' names"]),
        ("pool,pool\n", ["c.csv:1:6: found \"pool\"; expected a name for each column, each once"]),
        ("pool,from\na\n", ["c.csv:2:1: found 1 fields; expected 2, as in the header"]),
        ("pool,from\n\"a,b\n", ["c.csv:2:1: found malformed; expected the quote of a field to be closed"]),
        (
            "pool,from,until,nodes,colour\nh,2025-03-01T00:00:00Z,2025-03-01T01:00:00Z,x,red\n",
            [
                "c.csv:2:45: nodes: found \"x\"; expected a whole number of 0 to 1000000",
                "c.csv:2:47: found the key \"colour\"; expected one of pool, model, node, phase, use, from, until, nodes",
            ]
        ),
        (
            """
            pool,from,until,nodes
            h,2025-03-01T00:00:00Z,2025-03-01T02:00:00Z,1
            h,2025-03-01T01:00:00Z,2025-03-01T03:00:00Z,1
            """,
            [
                """
                c.csv:3:1: found an interval from 2025-03-01T01:00:00Z; expected none that overlaps the one from \
                2025-03-01T00:00:00Z to 2025-03-01T02:00:00Z of the same pool and model
                """
            ]
        ),
        (
            "pool,at,nodes\nh,2025-03-01T00:00:00Z,1\nh,2025-03-01T00:02:00Z,1\n",
            [
                "c.csv:3:1: found no count between 2025-03-01T00:00:00Z and 2025-03-01T00:02:00Z; expected one every 60 seconds"
            ]
        ),
    ])
    func csvRefuses(_ text: String, _ faults: [String]) {
        #expect(Self.faults { () throws(FileErrors) in try CostImport(every: 60).csv(text, file: "c.csv") } == faults)
    }

    // MARK: Prometheus

    private static func answer(_ series: String) -> String {
        #"{"status":"success","data":{"resultType":"matrix","result":["# + "\n\(series)\n]}}"
    }

    @Test(arguments: [
        ("{}", ["p.json:1:1: found no matrix; expected the answer to a range query, with status success"]),
        (
            #"{"status":"error","errorType":"timeout"}"#,
            ["p.json:1:1: found no matrix; expected the answer to a range query, with status success"]
        ),
        (answer("{}"), ["p.json:2:1: data.result[0]: found a mapping; expected a series with metric and values"]),
        (
            answer(#"{"metric":{"x":"a"},"values":[[1740787200,"1"]]}"#),
            ["p.json:2:11: data.result[0].metric: found no label m; expected one that holds the model"]
        ),
        (
            answer(#"{"metric":{"m":"a"},"values":[[1740787200,"1.5"],["x","1"],[1740787320]]}"#),
            [
                "p.json:2:43: data.result[0].values[0][1]: found \"1.5\"; expected a whole number of 0 to 1000000",
                "p.json:2:50: data.result[0].values[1]: found a list; expected a time in Unix seconds, and a value",
                "p.json:2:60: data.result[0].values[2]: found a list; expected a time in Unix seconds, and a value",
            ]
        ),
        (
            answer(#"{"metric":{"m":"a"},"values":[[1740787200.5,"1"],[1740787320.5,"1"]]}"#),
            [
                """
                p.json:2:50: data.result[0].values[1]: found no count between 2025-03-01T00:00:00.500000Z and \
                2025-03-01T00:02:00.500000Z; expected one every 60 seconds
                """
            ]
        ),
    ])
    func prometheusRefuses(_ text: String, _ faults: [String]) {
        let given = CostImport(labels: ["model": "m"], constants: ["pool": "h"], every: 60)
        #expect(Self.faults { () throws(FileErrors) in try given.prometheus(text, file: "p.json") } == faults)
    }

    // MARK: FOCUS

    private static let header =
        "ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ResourceId,ConsumedQuantity,ConsumedUnit,EffectiveCost,"
        + "BillingCurrency,ContractedUnitPrice,CommitmentDiscountId\n"
    private static let supplier = CostImport(constants: ["pool": "h", "gpu": "H800", "gpus_per_node": "8"])

    private static func usage(
        _ from: String, _ until: String, _ node: String, _ hours: String, _ cost: String, _ price: String = "",
        _ commitment: String = ""
    ) -> String {
        "Usage,2025-03-01T\(from):00Z,2025-03-01T\(until):00Z,\(node),\(hours),Hours,\(cost),USD,\(price),\(commitment)\n"
    }

    @Test func focusRowsAreNodesAndRates() throws {
        let file = try Self.supplier.focus(
            Self.header + Self.usage("00:00", "01:00", "i-1", "1", "16")
                + Self.usage("01:00", "02:00", "i-1", "0.5", "8")
                + Self.usage("00:00", "02:00", "i-2", "2", "32") + "Tax,,,,,,3,USD,,\n"
                // 12.345678 × 0.333333333 = 4.115226, billed as 4.12.
                + Self.usage("02:00", "03:00", "i-1", "0.333333333", "4.12", "12.345678", "c-1"), file: "f.csv")
        #expect(
            Self.shown(file) == [
                "h i-1 - both serving 01T00:00:00Z 01T01:00:00Z 1", "h i-1 - both serving 01T01:00:00Z 01T01:30:00Z 1",
                "h i-2 - both serving 01T00:00:00Z 01T02:00:00Z 1",
                "h i-1 - both serving 01T02:00:00Z 01T02:19:59.999998Z 1",
            ])
        let rates = try #require(file.pools.first).rates
        #expect(
            rates.map { "\($0.from) \($0.until.map(\.description) ?? "-") \($0.perGPUHour) \($0.kind)" } == [
                "2025-03-01T00:00:00Z 2025-03-01T02:00:00Z 2.00 USD leased",
                "2025-03-01T02:00:00Z 2025-03-01T03:00:00Z 1.54320975 USD reserved",
            ])
        let costs = try GPUCost.hourly(file.occupancy, of: #require(file.pools.first))
        #expect(costs.prefix(2).map(\.cost.description) == ["32.00 USD", "24.00 USD"])
    }

    @Test func focusRefuses() {
        let text =
            Self.header + Self.usage("00:00", "01:00", "i-1", "1", "16")
            + Self.usage("00:00", "01:00", "i-2", "1", "17")
            + Self.usage("02:00", "05:00", "i-1", "2", "16") + Self.usage("06:00", "07:00", "", "1", "16")
            + Self.usage("06:00", "07:00", "i-1", "1", "-16").replacing("Hours", with: "GB")
        #expect(
            Self.faults { () throws(FileErrors) in try Self.supplier.focus(text, file: "f.csv") } == [
                """
                f.csv:3:1: found 2.125 USD a GPU-hour; expected 2.00 USD, as in line 2 for the same pool and time; what costs \
                otherwise is another pool
                """,
                """
                f.csv:4:1: ConsumedQuantity: found 2 hours; expected the whole time from 2025-03-01T02:00:00Z to \
                2025-03-01T05:00:00Z, or a part of one hour
                """,
                "f.csv:5:1: ResourceId: found nothing; expected a value",
                "f.csv:6:55: ConsumedUnit: found \"GB\"; expected Hours",
                "f.csv:6:58: EffectiveCost: found \"-16\"; expected an amount of 0 or more",
            ])
        #expect(
            Self.faults { () throws(FileErrors) in try CostImport().focus(Self.header, file: "f.csv") } == [
                "f.csv:1:1: gpu: found nothing; expected the GPU type, such as H800",
                "f.csv:1:1: gpus_per_node: found nothing; expected how many GPUs a node has, 1 to 1000000",
            ])
    }

    /// Whatever is in a file, reading ends, with a cost file or with its faults.
    @Test func anyBytesAreRead() async throws {
        try await withSeed { generator in
            let pieces = [
                "{", "}", "[", "]", ",", "\"", "\n", "\"values\":", "\"metric\":", "\"data\":", "1740787200", "\"1\"",
                "pool",
                "at", "2025-03-01T00:00:00Z", "Usage", ":", "é", "\u{0}", "-", "99999999999999999999",
            ]
            for _ in 0..<1_500 {
                let count = Int.random(in: 0...25, using: &generator)
                let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
                for read in [Self.supplier.csv, Self.supplier.prometheus, Self.supplier.focus] {
                    do throws(FileErrors) { _ = try read(text, "x") } catch { #expect(!error.diagnostics.isEmpty) }
                }
            }
        }
    }
}
