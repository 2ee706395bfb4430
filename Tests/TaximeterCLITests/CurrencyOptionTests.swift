import Foundation
import TaximeterPostgres
import TestKit
import Testing

/// `--currency` of `margins` and `report`, where revenue is in yuan and cost in dollars.
@Suite struct CurrencyOptionTests {
    private static let database = Result {
        let database = try TestDatabase()
        let folder = FileManager.default.temporaryDirectory.appending(path: "taximeter-currency-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func file(_ name: String, _ text: String) throws -> String {
            let file = folder.appending(path: name)
            try Data(text.utf8).write(to: file)
            return file.path
        }
        let prices = try file(
            "prices.yaml",
            """
            price_book: list
            currency: CNY
            tariffs: [{model: m, versions: [{from: 2025-01-01T00:00:00Z, rates: {output: "16"}}]}]
            """)
        let costs = try file(
            "costs.yaml",
            """
            pools:
              - {name: p, gpu: H800, gpus_per_node: 8, rates: [{from: 2025-01-01T00:00:00Z, per_gpu_hour: "2", currency: USD}]}
            occupancy: [{pool: p, from: 2025-03-10T10:00:00Z, until: 2025-03-10T12:00:00Z, nodes: 1}]
            """)
        let usage = try file(
            "usage.jsonl",
            """
            {"account":"a","request_id":"1","model":"m","completed_at":"2025-03-10T10:30:00Z","output_tokens":30000000}

            """)
        let rates = try file("rates.csv", "base,quote,day,rate,source\nUSD,CNY,2025-03-07,7.2385,<PBOC>\n")
        for arguments in [
            ["tariffs", "load", prices], ["costs", "load", costs], ["ingest", usage], ["fx", "load", rates], ["run"],
        ] {
            let result = try taximeter(arguments, database)
            try #require(result.exitCode == 0, "\(arguments): \(result)")
        }
        return database
    }

    private static func taximeter(_ arguments: [String], _ database: TestDatabase) throws -> CommandLineTool.Result {
        try CommandLineTool.run(
            arguments, environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString])
    }

    private static let hours = ["--from", "2025-03-10", "--to", "2025-03-11"]

    private func margins(_ options: String...) throws -> CommandLineTool.Result {
        try Self.taximeter(["margins"] + Self.hours + options, Self.database.get())
    }

    /// 480 yuan ÷ 7.2385 is 66.312…; two hours of 8 GPUs at 2 dollars are 32.
    @Test func marginsSayTheirRates() throws {
        let table = try margins("--by", "day", "--currency", "USD").output
        #expect(table.contains("66.31"))
        #expect(table.contains("51.74 %"))
        #expect(table.hasSuffix("converted at\n  1 USD = 7.2385 CNY on 2025-03-07 (<PBOC>)\n"))
        let csv = try margins("--by", "day", "--currency", "USD", "--format", "csv").output.split(separator: "\n")
        #expect(csv.count == 2)
        #expect(csv.first?.hasSuffix(",converted_at") == true)
        #expect(csv.last?.contains(",66.312081232299509567,") == true)
        #expect(csv.last?.hasSuffix(",1 USD = 7.2385 CNY on 2025-03-07 (<PBOC>)") == true)
        let json = try margins("--by", "model", "--currency", "USD", "--format", "json").output
        #expect(json.contains(#""converted_at" : "1 USD = 7.2385 CNY on 2025-03-07 (<PBOC>)""#))
    }

    @Test func aReportListsThem() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "taximeter-\(UUID().uuidString).html")
        defer { try? FileManager.default.removeItem(at: file) }
        func page(_ options: String...) throws -> String {
            let result = try Self.taximeter(
                ["report"] + Self.hours + options + ["--html", file.path], Self.database.get())
            try #require(result == .init(exitCode: 0, output: ""))
            return try String(contentsOf: file, encoding: .utf8)
        }
        let converted = try page("--currency", "USD")
        for text in ["together, in USD", "66.31", "51.74\u{a0}%", "1 USD = 7.2385 CNY on 2025-03-07 (&lt;PBOC&gt;)"] {
            #expect(converted.contains(text), "\(text)")
        }
        // Nothing else of the page changes.
        let plain = try page()
        #expect(!plain.contains("together"))
        let start = try #require(converted.firstRange(of: "<section>\n<h2>All currencies together"))
        let end = try #require(converted[start.lowerBound...].firstRange(of: "</section>\n"))
        #expect(converted[..<start.lowerBound] + converted[end.upperBound...] == plain)
    }

    /// Not 0 and not 1: an error that names pair and day.
    @Test func aMissingRateStopsIt() throws {
        for arguments in [["margins"] + Self.hours, ["report"] + Self.hours + ["--html", "/nowhere/x.html"]] {
            let result = try Self.taximeter(arguments + ["--currency", "EUR"], Self.database.get())
            #expect(result.exitCode == 65)
            #expect(result.output.isEmpty)
            #expect(result.errors.contains("there is no rate from CNY to EUR of 2025-03-10"), "\(result)")
        }
        #expect(try margins("--currency", "XYZ").exitCode == 64)
        let policy = try margins("--currency", "USD", "--policy", "default")
        #expect(policy.exitCode == 64 && policy.errors.contains("--currency does not go with --policy"))
    }
}
