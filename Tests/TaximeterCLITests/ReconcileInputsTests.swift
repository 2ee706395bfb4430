import Foundation
import TaximeterPostgres
import TestKit
import Testing

/// What others say of a month, on the command line: the worked examples of docs/reconcile.md, and what goes wrong.
@Suite struct ReconcileInputsTests {
    /// The page's block that follows a fence.
    private static func block(_ fence: String) throws -> String {
        let page = try String(contentsOf: Fixtures.packageRoot.appending(path: "docs/reconcile.md"), encoding: .utf8)
        let start = try #require(page.range(of: "```\(fence)\n")).upperBound
        let end = try #require(page.range(of: "\n```", range: start..<page.endIndex)).lowerBound
        return page[start..<end] + "\n"
    }

    /// A folder with the files of the page, and a database of which the month is billed.
    private struct Month {
        let folder: URL
        let database: TestDatabase

        init(_ events: String) throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "reconcile-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            database = try TestDatabase()
            for (name, fence) in [("engines.yaml", "yaml engines"), ("answer.json", "json"), ("bill.csv", "csv")] {
                try write(name, block(fence))
            }
            let books = Fixtures.folder.appending(path: "price-books/deepseek-usd.yaml").path
            _ = try taximeter("tariffs", "load", books)
            _ = try taximeter("ingest", "-", "--format", "jsonl", input: events)
            _ = try taximeter("bill", "--month", "2025-03", "--finalize", "--at", "2025-04-02T00:00:00Z")
        }

        func write(_ name: String, _ text: String) throws {
            let file = folder.appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: file, atomically: true, encoding: .utf8)
        }

        func path(_ name: String) -> String { folder.appending(path: name).path }

        func taximeter(_ arguments: String..., input: String = "") throws -> CommandLineTool.Result {
            try CommandLineTool.run(
                arguments, environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString], input: input)
        }
    }

    @Test func thePagesExample() throws {
        let month = try Month(Self.block("jsonl"))
        let result = try month.taximeter(
            "reconcile", "--month", "2025-03", "--counters", month.path("answer.json"), "--engines",
            month.path("engines.yaml"))
        #expect(result.exitCode == 65)
        let told = result.output.split(separator: "\n\n")
        #expect(told.first.map { $0 + "\n" } ?? "" == (try Self.block("text")), "\(result)")
        #expect(
            result.output.contains(
                """
                engine counters, 2025-03-01T00:00:00Z to 2025-03-01T03:00:00Z
                models             tokens     counted  metered
                ─────────────────  ─────────  ───────  ───────
                deepseek-reasoner  prompt       1,120    1,500
                deepseek-reasoner  generated      440      500

                2025-03 does not tie out: 3 differences
                """), "\(result.output)")
    }

    /// The same counts in a folder of scrapes, without the restart: whole, and only a note on what is outside of them.
    @Test func aFolderOfScrapes() throws {
        let late =
            #"{"account":"acme","request_id":"3","model":"deepseek-reasoner","completed_at":"2025-03-09T00:00:00Z","output_tokens":7}"#
        let month = try Month(Self.block("jsonl") + late + "\n")
        for (hour, prompt, generated) in [(0, 10_000, 7_000), (1, 11_000, 7_300), (2, 11_500, 7_500)] {
            try month.write(
                "scrapes/engine-7/20250301T0\(hour)0000Z.prom",
                """
                # TYPE vllm:prompt_tokens counter
                vllm:prompt_tokens_total{model_name="deepseek-ai/DeepSeek-R1"} \(prompt).0
                vllm:generation_tokens_total{model_name="deepseek-ai/DeepSeek-R1"} \(generated).0

                """)
        }
        try month.write("scrapes/.DS_Store", "no scrape")
        let result = try month.taximeter(
            "reconcile", "--month", "2025-03", "--counters", month.path("scrapes"), "--engines",
            month.path("engines.yaml"))
        #expect(result.exitCode == 0, "\(result)")
        #expect(
            result.output.hasPrefix(
                "note: hours without counters: 2025-03-01T00:00:00Z to 2025-04-01T00:00:00Z: expected samples before and "
                    + "after every hour; found hours from 2025-03-01T00:00:00Z to 2025-03-01T02:00:00Z; outside of them "
                    + "0 input and 7 output tokens were metered; likely cause: the counters were exported for a part of "
                    + "the month\n\n"))
        #expect(result.output.hasSuffix("2025-03 ties out: no differences\n"))
    }

    /// Every wrong file is told before anything is compared.
    @Test func whatIsWrong() throws {
        let month = try Month(Self.block("jsonl"))
        try month.write("typo.yaml", "models: {a: b}\ntolerence: 1%\n")
        try month.write("empty/.keep", "")
        let path = month.path
        let cases: [([String], Int32, String)] = [
            (["--counters", path("answer.json"), "--engines", path("typo.yaml")], 65, "did you mean \"tolerance\"?"),
            (["--counters", path("bill.csv")], 65, "expected a sample in Prometheus's text format"),
            (["--counters", path("typo.yaml")], 65, "found 2 metrics, such as models:; expected one of sglang:"),
            (["--counters", path("nothing")], 74, "cannot be read as a text file"),
            (["--counters", path("empty")], 74, "is a folder without files"),
            (["--bill", path("typo.yaml")], 65, "expected one of invoice, month"),
            (["--bill", path("bill.csv")], 65, "has lines from 2025-02-01T00:00:00Z on"),
            (["--engines", path("engines.yaml")], 64, "--engines is for --counters"),
            (["--set", "pool=h800"], 64, "--label and --set are for --bill"),
            (["--bill", path("bill.csv"), "--set", "pol=h800"], 64, "pol is no key"),
        ]
        for (arguments, code, message) in cases {
            let result = try CommandLineTool.run(
                ["reconcile", "--month", "2025-03"] + arguments,
                environment: ["TAXIMETER_DATABASE_URL": month.database.address.connectionString])
            #expect(result.exitCode == code && result.errors.contains(message), "\(arguments): \(result)")
            #expect(result.output == "")
        }
        // Counters of another month.
        let other = try month.taximeter("reconcile", "--month", "2025-04", "--counters", path("answer.json"))
        #expect(
            other.exitCode == 65 && other.errors.contains("samples from 2025-03-01T00:00:00Z to 2025-03-01T03:00:00Z"))
    }
}
