import Foundation
import TestKit
import Testing

/// `taximeter tariffs import`: what it prints and writes. The rules of the formats are tested with the library.
@Suite final class TariffsImportCommandTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "import-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func file(_ name: String, _ text: String) throws -> String {
        let url = folder.appending(path: name)
        try Data(text.utf8).write(to: url)
        return url.path
    }

    private static let liteLLM = """
        {"a": {"litellm_provider": "one", "input_cost_per_token": 1.5e-07, "output_cost_per_token": 6e-07},
         "b": {"litellm_provider": "two", "input_cost_per_token": 1e-06, "input_cost_per_image": 0.01},
         "c": {"litellm_provider": "two", "output_cost_per_image": 0.04}}
        """
    private static let genAIPrices = """
        [{"id": "p", "models": [{"id": "m", "match": {"equals": "m"}, "prices": {"input_mtok": 1, "output_mtok": 2}}]},
         {"id": "q", "models": [{"id": "m", "match": {"equals": "m"}, "prices": {"input_mtok": 3, "output_mtok": 4}}]}]
        """

    @Test func theBookGoesToAFileAndTheReportToAnother() throws {
        let map = try file("map.json", Self.liteLLM)
        let book = folder.appending(path: "book.yaml").path
        let report = folder.appending(path: "report.txt").path
        let result = try CommandLineTool.run([
            "tariffs", "import", "litellm", map, "--output", book, "--report", report, "--from", "2026-01-01",
        ])
        #expect(
            result
                == .init(
                    exitCode: 0, output: "",
                    errors: """
                        1 of 3 models imported whole (33.3 %); 1 in part; 1 not at all
                        prices without a start of their own hold from 2026-01-01T00:00:00Z
                        not expressed, in how many models (the most frequent):
                          1 input_cost_per_image
                          1 output_cost_per_image

                        """))
        #expect(
            try String(contentsOfFile: book, encoding: .utf8) == """
                # Imported from LiteLLM, \(map): US dollars per million tokens.
                price_book: litellm
                currency: USD
                tariffs:
                  - model: a
                    versions:
                      - from: 2026-01-01T00:00:00Z
                        rates: {cache_hit: 0.15, cache_miss: 0.15, cache_write: 0.15, cache_write_1h: 0.15, output: 0.6}
                  - model: b
                    versions:
                      - from: 2026-01-01T00:00:00Z
                        rates: {cache_hit: 1, cache_miss: 1, cache_write: 1, cache_write_1h: 1}

                """)
        #expect(
            try String(contentsOfFile: report, encoding: .utf8) == """
                \(map):2:90: b: input_cost_per_image: is no price of a token class (in part)
                \(map):3:60: c: output_cost_per_image: is no price of a token class (not imported)

                """)
    }

    @Test func theBookGoesToStandardOutputAndTheReportToStandardError() throws {
        let map = try file("data.json", Self.genAIPrices)
        let result = try CommandLineTool.run(["tariffs", "import", "genai-prices", map])
        #expect(result.exitCode == 0)
        #expect(result.output.contains("price_book: genai-prices\n"))
        #expect(result.output.contains("  - model: p/m\n    versions:\n      - from: 1970-01-01T00:00:00Z\n"))
        #expect(
            result.errors == """
                2 of 2 models imported whole (100.0 %); 0 in part; 0 not at all
                prices without a start of their own hold from 1970-01-01T00:00:00Z

                """)
    }

    @Test func oneProviderUnderItsOwnNames() throws {
        let map = try file("data.json", Self.genAIPrices)
        let result = try CommandLineTool.run(["tariffs", "import", "genai-prices", map, "--provider", "q"])
        #expect(result.output.contains("price_book: genai-prices-q\n") && result.output.contains("  - model: m\n"))
        let named = try CommandLineTool.run([
            "tariffs", "import", "genai-prices", map, "--provider", "q", "--provider", "p", "--name", "list",
        ])
        #expect(named.output.contains("price_book: list\n") && named.output.contains("  - model: q/m\n"))
    }

    /// The map does not say since when its prices hold: never before the day of the import.
    @Test func withoutAStartPricesHoldFromTodayOn() throws {
        let result = try CommandLineTool.run(["tariffs", "import", "litellm", try file("map.json", Self.liteLLM)])
        let from = try #require(result.output.firstMatch(of: /from: (.*)T00:00:00Z/)?.1)
        let day = try #require(ISO8601DateFormatter().date(from: from + "T00:00:00Z"))
        #expect((0..<2 * 86_400).contains(Date.now.timeIntervalSince(day)))
    }

    @Test func faults() throws {
        let map = try file("map.json", Self.liteLLM)
        let nothing = try file("nothing.json", #"{"m": {"output_cost_per_image": 0.04}}"#)
        let list = try file("list.json", "[1")
        let cases: [(arguments: [String], code: Int32, message: String)] = [
            (["litellm", "/nonexistent"], 74, "taximeter: /nonexistent: cannot be read as a text file"),
            (["litellm", list], 65, "taximeter: \(list):2:1: found a syntax error"),
            (["genai-prices", map], 65, "taximeter: \(map):1:1: found a mapping; expected a list of providers"),
            (["litellm", map, "--provider", "tow"], 65, "taximeter: \(map):1:1: found no litellm_provider \"tow\""),
            (
                ["litellm", map, "--output", "/nonexistent/book.yaml"], 74,
                "taximeter: /nonexistent/book.yaml: cannot be"
            ),
            (["litellm", map, "--from", "today"], 64, "Error: The value 'today' is invalid for '--from <instant>'"),
            (["litellm"], 64, "Error: Missing expected argument '<file>'"),
            (["litellm", map, "--name", String(repeating: "n", count: 256)], 64, "Error: --name has 256 bytes"),
            (["litellm", nothing], 65, "0 of 1 models imported whole"),
        ]
        for (arguments, code, message) in cases {
            let result = try CommandLineTool.run(["tariffs", "import"] + arguments)
            #expect(result.exitCode == code, "\(arguments)")
            #expect(result.errors.contains(message), "\(result.errors)")
        }
    }

    @Test(arguments: [["import"], ["import", "litellm"], ["import", "genai-prices"]])
    func help(_ arguments: [String]) throws {
        let result = try CommandLineTool.run(["tariffs"] + arguments + ["--help"])
        #expect(result.exitCode == 0 && result.output.contains("USAGE: taximeter tariffs import"))
    }
}
