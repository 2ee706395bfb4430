import TestKit
import Testing

@testable import Taximeter

/// Figures that others give: what a file says, what can be wrong in it, and how near is near enough.
@Suite struct ExpectedFiguresTests {
    @Test func thePageIsTheFormat() throws {
        let page = try DocumentedPage("reconcile.md")
        let figures = try ExpectedFigures.parse(page.block("yaml"), file: "expected.yaml").figures
        #expect(figures.map(\.kind) == [.outputTokens, .theoreticalAmount, .gpuHours, .gpuCost])
        #expect(figures.map(\.valueText) == ["168000000000", "562027", "43536", "87072"])
        #expect(figures[0].tolerance == .share(500_000))
        #expect(figures[1].tolerance == .amount(1_575 * 1_000_000_000_000_000_000))
        #expect(figures[1].from?.description == "2025-02-27T04:00:00Z")
        let keys = page.tableRows.prefix { $0[0] != "key of the mapping" }
            .flatMap { $0[0].split(separator: ", ").map(String.init) }
        #expect(
            Set(keys) == [
                "key", "figure", "value", "from", "until", "model", "pool", "gpu", "currency", "tolerance", "source",
            ])
        let kinds = try #require(page.tableRows.first { $0[0] == "figure" })[1]
        for kind in ExpectedFigure.Kind.allCases { #expect(kinds.contains(kind.rawValue)) }
    }

    /// The other inputs' tables, and the mapping that spells out what is built in.
    @Test func thePageIsTheFormatOfTheOthers() throws {
        let page = try DocumentedPage("reconcile.md")
        func names(from first: String, to last: String) -> Set<String> {
            let rows = page.tableRows.drop { $0[0] != first }.dropFirst().prefix { $0[0] != last }
            return Set(rows.flatMap { $0[0].split(separator: ", ").map(String.init) })
        }
        #expect(
            names(from: "key of the mapping", to: "column") == ["engines", "models", "tolerance", "every"])
        #expect(names(from: "column", to: "") == Set(FileReader.billKeys))
        let mapping = try EngineMapping.parse(page.block("yaml engines"), file: "engines.yaml")
        #expect(mapping.engines == EngineMapping.standard.engines)
        #expect(try mapping.metered(Identifier("deepseek-ai/DeepSeek-R1")).map(\.text) == ["deepseek-reasoner"])
    }

    @Test(arguments: [
        ("{}", ["1:1: expected: found nothing; expected a list of figures"]),
        (
            "expected: [{figure: tokens, value: -1}]",
            [
                "1:21: expected[0].figure: found \"tokens\"; expected events or requests",
                "1:36: expected[0].value: found \"-1\"; expected a decimal of 0 or more with at most 18 decimals",
            ]
        ),
        (
            "expected: [{figure: net_amount, value: 1}]",
            ["1:12: expected[0].currency: found nothing; expected the currency of the amount"]
        ),
        (
            "expected: [{figure: events, value: 1, currency: USD, pool: p}]",
            [
                "1:12: expected[0].currency: found a currency; expected none, for this is no amount",
                "1:12: expected[0].pool: found a pool; expected a model, or neither, for this is a figure of usage",
            ]
        ),
        (
            "expected: [{figure: gpu_hours, value: 1, model: m, tolerance: 1 %}]",
            [
                "1:12: expected[0].model: found a model; expected a pool, or neither, for this is a figure of GPUs",
                "1:63: expected[0].tolerance: found \"1 %\"; expected a decimal such as 1575, or a percentage such as 0.1%",
            ]
        ),
        (
            "expected: [{figure: events, value: 1, from: 2025-02-01T00:30:00Z}]",
            ["1:45: expected[0].from: found \"2025-02-01T00:30:00Z\"; expected a whole UTC hour, such as"]
        ),
    ])
    func tellsWhatIsWrong(_ text: String, _ expected: [String]) {
        do throws(FileErrors) {
            _ = try ExpectedFigures.parse(text, file: "e")
            Issue.record("read: \(text)")
        } catch {
            let found = error.diagnostics.map(\.description)
            #expect(found.count == expected.count, "\(found)")
            for (line, start) in zip(found, expected) { #expect(line.hasPrefix("e:\(start)"), "\(line)") }
        }
    }

    /// Both sides of a tolerance, to the last unit.
    @Test(arguments: [
        ("100", "0", "100", true), ("100", "0", "100.000000000000000001", false),
        ("562027", "1575", "562100", true), ("562027", "72.9", "562100", false), ("562027", "73", "562100", true),
        ("200", "0.5%", "201", true), ("200", "0.5%", "201.000000000000000001", false), ("200", "0.5%", "199", true),
        ("200", "0.5%", "198.999999999999999999", false), ("0", "100%", "0.000000000000000001", false),
        ("168000000000000", "0.000001%", "168000001680000", true),
        ("168000000000000", "0.000001%", "168000001680001", false),
    ])
    func isNearEnough(_ value: String, _ tolerance: String, _ found: String, _ isAccepted: Bool) throws {
        let text = "expected: [{figure: events, value: \"\(value)\", tolerance: \"\(tolerance)\"}]"
        let figure = try #require(ExpectedFigures.parse(text, file: "e").figures.first)
        #expect(try figure.accepts(DecimalText.units(found, decimals: Money.decimals)) == isAccepted)
    }
}
