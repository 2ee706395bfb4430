import TestKit
import Testing

@testable import Taximeter

/// What a cost file says, and everything that can be wrong in it, with its line and column.
@Suite struct CostFileTests {
    static let pool = "pools: [{name: p, gpu: H800, gpus_per_node: 8, rates: [%]}]"
    static let occupancy = "occupancy:"

    static func pool(_ rates: String) -> String {
        pool.replacing("%", with: rates)
    }

    private static func rate(_ from: String, _ more: String = "") -> String {
        "{from: 2025-01-\(from)T00:00:00Z, per_gpu_hour: 2, currency: USD\(more)}"
    }

    static func interval(_ from: String, _ until: String, _ more: String = "") -> String {
        "\n  - {pool: p, from: 2025-01-\(from)T00:00:00Z, until: 2025-01-\(until)T00:00:00Z, nodes: 1\(more)}"
    }

    private static let instant = "expected an instant with its offset, such as 2025-01-20T00:00:00Z"
    private static let amount = "expected an amount of 0 or more with at most 18 decimals"

    private static let refused: [(text: String, diagnostics: [String])] = [
        ("", ["1:1: found an empty document; expected a mapping"]),
        ("[]", ["1:1: found a list; expected a mapping with pools, occupancy, samples, policies"]),
        ("{}", ["1:1: found none of pools, occupancy, samples, policies; expected at least one of them"]),
        (
            "pool: []",
            [
                "1:1: found the key \"pool\"; expected one of pools, occupancy, samples, policies (did you mean \"pools\"?)",
                "1:1: found none of pools, occupancy, samples, policies; expected at least one of them",
            ]
        ),
        ("pools: {}", ["1:8: pools: found a mapping; expected a list of pools"]),
        ("occupancy: x", ["1:12: occupancy: found \"x\"; expected a list of intervals"]),
        // Pools.
        ("pools: [x]", ["1:9: pools[0]: found \"x\"; expected a mapping with name, gpu, gpus_per_node, rates"]),
        (
            "pools: [{}]",
            [
                "1:9: pools[0].name: found nothing; expected the pool's name",
                "1:9: pools[0].gpu: found nothing; expected the GPU type, such as H800",
                "1:9: pools[0].gpus_per_node: found nothing; expected how many GPUs a node has",
                "1:9: pools[0].rates: found nothing; expected what a GPU-hour costs",
            ]
        ),
        (
            "pools: [{name: p, gpu: x, gpus_per_node: 8}]",
            [
                "1:9: pools[0].rates: found nothing; expected what a GPU-hour costs"
            ]
        ),
        (
            "pools: [{name: p, gpu: x, gpus_per_node: 8, rates: x}]",
            [
                "1:52: pools[0].rates: found \"x\"; expected a list of rates"
            ]
        ),
        (
            "pools: [{name: \"\", gpu: x, gpus_per_node: 8, rates: []}]",
            [
                "1:16: pools[0].name: found nothing; expected a name of 1 to 255 bytes, without NUL"
            ]
        ),
        (
            "pools: [{name: p, gpu: x, gpus_per_node: 0, rates: []}]",
            [
                "1:42: pools[0].gpus_per_node: found \"0\"; expected a whole number of 1 to 1000000"
            ]
        ),
        (
            "pools: [{name: p, gpu: x, gpus_per_node: 1000001, rates: []}]",
            [
                "1:42: pools[0].gpus_per_node: found \"1000001\"; expected a whole number of 1 to 1000000"
            ]
        ),
        (
            "pools:\n  - {name: p, gpu: x, gpus_per_node: 8, rates: []}\n  - {name: p, gpu: y, gpus_per_node: 8, rates: []}",
            [
                "3:5: pools[1].name: found a second pool p; expected each pool once"
            ]
        ),
        // Rates.
        (
            pool("x"),
            [
                "1:56: pools[0].rates[0]: found \"x\"; expected a mapping with from, until, kind, per_gpu_hour, owned, currency"
            ]
        ),
        (
            pool("{}"),
            [
                "1:56: pools[0].rates[0].from: found nothing; expected the rate's first instant",
                "1:56: pools[0].rates[0].currency: found nothing; expected a currency code, such as USD",
                "1:56: pools[0].rates[0].per_gpu_hour: found nothing; expected the cost of a GPU for an hour",
            ]
        ),
        (
            pool("{from: 2025-01-01, currency: USD, per_gpu_hour: 2}"),
            [
                "1:63: pools[0].rates[0].from: found \"2025-01-01\"; \(instant)"
            ]
        ),
        (
            pool("{from: 2025-01-01T00:00:00Z, per_gpu_hour: 2}"),
            [
                "1:56: pools[0].rates[0].currency: found nothing; expected a currency code, such as USD"
            ]
        ),
        (
            pool("{from: 2025-01-01T00:00:00Z, currency: usd, per_gpu_hour: 2}"),
            [
                "1:95: pools[0].rates[0].currency: found \"usd\"; expected an ISO 4217 currency code"
            ]
        ),
        (
            pool("{from: 2025-01-01T00:00:00Z, currency: USD}"),
            [
                "1:56: pools[0].rates[0].per_gpu_hour: found nothing; expected the cost of a GPU for an hour"
            ]
        ),
        (
            pool("{from: 2025-01-01T00:00:00Z, currency: USD, per_gpu_hour: -1}"),
            [
                "1:114: pools[0].rates[0].per_gpu_hour: found \"-1\"; \(amount)"
            ]
        ),
        (
            pool("{from: 2025-01-01T00:00:00Z, currency: USD, per_gpu_hour: 2e0}"),
            [
                "1:114: pools[0].rates[0].per_gpu_hour: found \"2e0\"; \(amount)"
            ]
        ),
        (
            pool(rate("02", ", until: 2025-01-02T00:00:00Z")),
            [
                """
                1:56: pools[0].rates[0].until: found 2025-01-02T00:00:00Z; expected an instant after 2025-01-02T00:00:00Z
                """
            ]
        ),
        (
            pool(rate("01", ", until: 2025-01-03T00:00:00Z") + ",\n" + rate("02")),
            [
                """
                2:1: pools[0].rates[1]: found a rate from 2025-01-02T00:00:00Z; expected one from 2025-01-03T00:00:00Z on, \
                where the last ends
                """
            ]
        ),
        (
            pool(rate("01") + ",\n" + rate("01")),
            [
                """
                2:1: pools[0].rates[1].from: found a second rate from 2025-01-01T00:00:00Z; expected one rate at an instant
                """
            ]
        ),
        // Occupancy.
        (
            "occupancy: [x]",
            [
                "1:13: occupancy[0]: found \"x\"; expected a mapping with pool, model, node, phase, use, from, until, nodes"
            ]
        ),
        (
            "occupancy: [{}]",
            [
                "1:13: occupancy[0].pool: found nothing; expected a pool's name",
                "1:13: occupancy[0].from: found nothing; expected the interval's first instant",
                "1:13: occupancy[0].until: found nothing; expected the first instant after the interval",
                "1:13: occupancy[0].nodes: found nothing; expected how many nodes served",
            ]
        ),
        (
            occupancy + interval("01", "02", ", model: \"\""),
            [
                "2:89: occupancy[0].model: found nothing; expected a name of 1 to 255 bytes, without NUL"
            ]
        ),
        (
            occupancy + interval("02", "02"),
            [
                "2:5: occupancy[0].until: found 2025-01-02T00:00:00Z; expected an instant after 2025-01-02T00:00:00Z"
            ]
        ),
        (
            "occupancy: [{pool: p, from: 2025-01-01T00:00:00Z, until: 2025-01-02T00:00:00Z, nodes: -1}]",
            [
                "1:87: occupancy[0].nodes: found \"-1\"; expected a whole number of 0 to 1000000"
            ]
        ),
        (
            "occupancy: [{pool: p, from: 2025-01-01T00:00:00Z, until: 2025-01-02T00:00:00Z, nodes: 1.5}]",
            [
                "1:87: occupancy[0].nodes: found \"1.5\"; expected a whole number of 0 to 1000000"
            ]
        ),
    ]

    @Test(arguments: refused)
    func refuses(_ text: String, _ diagnostics: [String]) { expectDiagnostics(text, diagnostics) }

    /// The intervals of one pool and model, as days of January, and the place in the file of every one that overlaps
    /// another, with the days of that one.
    private static let overlaps: [(intervals: [(Int, Int)], found: [(line: Int, from: Int, until: Int)])] = [
        ([(1, 2), (2, 3), (3, 4)], []),
        ([(3, 4), (1, 2), (2, 3)], []),
        ([(1, 3), (2, 4)], [(3, 1, 3)]),
        ([(2, 4), (1, 3)], [(3, 2, 4)]),
        ([(1, 9), (2, 3), (4, 5), (6, 7)], [(3, 1, 9), (4, 1, 9), (5, 1, 9)]),
        ([(1, 2), (1, 2)], [(3, 1, 2)]),
        ([(1, 3), (5, 7), (2, 6)], [(4, 1, 3), (4, 5, 7)]),
    ]

    @Test(arguments: overlaps.indices)
    func findsOverlaps(_ index: Int) throws {
        let (intervals, found) = Self.overlaps[index]
        let text = Self.occupancy + intervals.map { Self.interval("0\($0.0)", "0\($0.1)") }.joined()
        guard !found.isEmpty else {
            #expect(try CostFile.parse(text, file: "c.yaml").occupancy.count == intervals.count)
            return
        }
        do {
            _ = try CostFile.parse(text, file: "c.yaml")
            Issue.record("accepted")
        } catch {
            let told = error.diagnostics.map { "\($0.line) \($0.expected)" }
            let expected = found.map {
                """
                \($0.line) none that overlaps the one from 2025-01-0\($0.from)T00:00:00Z to \
                2025-01-0\($0.until)T00:00:00Z of the same pool and model
                """
            }
            #expect(told.sorted() == expected.sorted())
        }
    }

    /// Against every pair: a file is refused exactly when two intervals overlap, and at the later of such a pair.
    @Test func findsOverlapsWhereverTheyAre() async throws {
        try await withSeed { generator in
            for _ in 0..<60 {
                var days: [(from: Int, until: Int)] = []
                for _ in 0..<Int.random(in: 1...6, using: &generator) {
                    let from = Int.random(in: 10...27, using: &generator)
                    days.append((from, from + Int.random(in: 1...3, using: &generator)))
                }
                let text = Self.occupancy + days.map { Self.interval("\($0.from)", "\($0.until)") }.joined()
                let lines = days.indices.filter { later in
                    days[..<later].contains { $0.from < days[later].until && days[later].from < $0.until }
                }.map { $0 + 2 }
                do throws(FileErrors) {
                    _ = try CostFile.parse(text, file: "c.yaml")
                    #expect(lines == [], "\(text)")
                } catch {
                    #expect(!lines.isEmpty && Set(error.diagnostics.map(\.line)).isSubset(of: lines), "\(text)")
                }
            }
        }
    }

    @Test func letsPoolsAndModelsOverlap() throws {
        let other = Self.interval("01", "05").replacing("pool: p", with: "pool: q")
        let text =
            Self.occupancy + Self.interval("01", "05") + Self.interval("01", "05", ", model: a")
            + Self.interval("01", "05", ", model: b") + other
        let costs = try CostFile.parse(text, file: "c.yaml")
        #expect(costs.occupancy.map { "\($0.pool) \($0.model?.text ?? "-")" } == ["p -", "p a", "p b", "q -"])
    }

    /// A year of scaling steps, every five minutes for ten models: to compare all pairs would take minutes.
    @Test func checksManyIntervalsInOnePass() throws {
        let reader = FileReader(file: "c.yaml", diagnostics: [])
        let start = Instant(unchecked: 1_735_689_600_000_000)
        func text(_ instant: Int64) -> FileNode { Self.node(Instant(unchecked: instant).description) }
        var items: [FileNode] = []
        for step in 0..<10_000 {
            let from = start.microseconds + Int64(step) * 5 * Instant.minute
            for model in ["a", "b"] {
                items.append(
                    Self.node(
                        .mapping([
                            (Self.node("pool"), Self.node("p")), (Self.node("model"), Self.node(model)),
                            (Self.node("from"), text(from)), (Self.node("until"), text(from + 5 * Instant.minute)),
                            (Self.node("nodes"), Self.node("3")),
                        ])))
            }
        }
        let costs = reader.costs(Self.node(.mapping([(Self.node("occupancy"), Self.node(.list(items)))])))
        #expect(reader.diagnostics.isEmpty)
        #expect(costs?.occupancy.count == 20_000)
    }

    private static func node(_ text: String) -> FileNode { node(.text(text)) }

    private static func node(_ content: FileNode.Content) -> FileNode {
        FileNode(content: content, line: 1, column: 1, path: "")
    }

    /// A rate without an end holds until the next one begins, in whatever order they stand.
    @Test func closesRates() throws {
        let text = Self.pool(
            [Self.rate("05"), Self.rate("01"), Self.rate("02", ", until: 2025-01-04T00:00:00Z")].joined(separator: ", ")
        )
        let rates = try CostFile.parse(text, file: "c.yaml").pools.flatMap(\.rates)
        #expect(
            rates.map { "\($0.from) \($0.until.map(\.description) ?? "-")" } == [
                "2025-01-01T00:00:00Z 2025-01-02T00:00:00Z", "2025-01-02T00:00:00Z 2025-01-04T00:00:00Z",
                "2025-01-05T00:00:00Z -",
            ])
    }

    func expectDiagnostics(_ text: String, _ diagnostics: [String]) {
        do {
            let costs = try CostFile.parse(text, file: "c.yaml")
            Issue.record("accepted: \(costs)")
        } catch {
            #expect(error.diagnostics.map(\.description) == diagnostics.map { "c.yaml:\($0)" })
        }
    }
}
