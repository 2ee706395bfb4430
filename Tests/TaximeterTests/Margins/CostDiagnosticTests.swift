@testable import Taximeter
import Testing

/// What can be wrong with nodes, samples, owned nodes and policies.
extension CostFileTests {
    private static let refusedNodes: [(text: String, diagnostics: [String])] = [
        // Nodes, phases, uses.
        (
            occupancy + interval("01", "02", ", phase: prefil"),
            [
                "2:89: occupancy[0].phase: found \"prefil\"; expected prefill or decode or both (did you mean \"prefill\"?)"
            ]
        ),
        (
            occupancy + interval("01", "02", ", use: idle"),
            ["2:87: occupancy[0].use: found \"idle\"; expected serving or headroom or lent or provisioned"]
        ),
        (
            occupancy + interval("01", "02", ", use: provisioned, model: m"),
            ["2:107: occupancy[0].model: found \"m\"; expected no model: what is provisioned is counted by pool"]
        ),
        (
            occupancy + interval("01", "02", ", node: n").replacing("nodes: 1", with: "nodes: 2"),
            ["2:79: occupancy[0].nodes: found \"2\"; expected a whole number of 0 to 1"]
        ),
        (
            occupancy + interval("01", "03", ", node: n") + interval("02", "04", ", node: n, phase: decode"),
            [
                """
                3:5: occupancy[1]: found an interval from 2025-01-02T00:00:00Z; expected none that overlaps the one from \
                2025-01-01T00:00:00Z to 2025-01-03T00:00:00Z of the same node
                """
            ]
        ),
        // Samples.
        (
            "samples: [{pool: p, counts: []}]",
            ["1:11: samples[0].until: found nothing; expected when the last count ends: until, or every"]
        ),
        (
            "samples: [{pool: p, every: 3600, counts: [{at: 2025-01-01T00:00:00Z, nodes: 1},\n"
                + "{at: 2025-01-01T02:00:00Z, nodes: 1}]}]",
            [
                """
                2:1: samples[0].counts[1]: found no count between 2025-01-01T00:00:00Z and 2025-01-01T02:00:00Z; expected one \
                every 3600 seconds
                """
            ]
        ),
        (
            "samples: [{pool: p, every: 3600, counts: [{at: 2025-01-01T00:00:00Z, nodes: 1},\n"
                + "{at: 2025-01-01T00:00:00Z, nodes: 1}]}]",
            [
                "2:1: samples[0].counts[1]: found 2025-01-01T00:00:00Z; expected an instant after 2025-01-01T00:00:00Z"
            ]
        ),
        // Owned nodes.
        (
            pool("{from: 2025-01-01T00:00:00Z, currency: USD, owned: {capex: 1, years: 4, residual: 1.1}}"),
            [
                "1:138: pools[0].rates[0].owned.residual: found \"1.1\"; expected a decimal of 0 to 1 with at most 6 decimals"
            ]
        ),
        (
            pool(
                "{from: 2025-01-01T00:00:00Z, kind: spot, currency: USD, per_gpu_hour: 2, owned: {capex: 1, years: 4}}"),
            [
                "1:91: pools[0].rates[0].kind: found \"spot\"; expected owned, as the rate is computed so",
                """
                1:126: pools[0].rates[0].per_gpu_hour: found a cost beside what it is computed from; expected one of \
                per_gpu_hour, owned
                """,
            ]
        ),
        // Policies.
        (
            "policies: [{from: 2025-01-01T00:30:00Z, method: phase_weights}]",
            [
                "1:12: policies[0].throughput: found nothing; expected tokens a node-second by class",
                "1:19: policies[0].from: found \"2025-01-01T00:30:00Z\"; expected a whole UTC hour, such as 2025-01-20T00:00:00Z",
            ]
        ),
        (
            "policies: [{from: 2025-01-01T00:00:00Z, method: tokens, idle: none, throughput: {cache_miss: 0, output: 1}}]",
            [
                "1:63: policies[0].idle: found \"none\"; expected apart or proportional or even",
                """
                1:94: policies[0].throughput.cache_miss: found \"0\"; expected tokens a node-second: more than 0, at most \
                1000000000, at most 6 decimals
                """,
            ]
        ),
        (
            "policies:\n  - {from: 2025-01-01T00:00:00Z, method: tokens}\n  - {name: default, from: 2025-01-01T00:00:00Z, method: tokens}",
            [
                """
                3:5: policies[1]: found a second policy default from 2025-01-01T00:00:00Z; expected each name and instant once
                """
            ]
        ),
    ]

    @Test(arguments: refusedNodes)
    func refusesNodes(_ text: String, _ diagnostics: [String]) { expectDiagnostics(text, diagnostics) }
}
