import Foundation
import TaximeterPostgres
import TestKit
import Testing

/// DeepSeek's published day (FACTS: open-infra-index, day 6) through `capacity` and `sensitivity`, as a user runs them.
@Suite struct CapacityCommandTests {
    private static let shared = Result { try database(costs: ["\(folder)/costs.yaml"]) }
    private static let folder = Fixtures.folder.appending(path: "published-day").path

    private static func database(costs: [String]) throws -> TestDatabase {
        let database = try TestDatabase()
        let steps =
            [["tariffs", "load", "\(folder)/price-book.yaml"]] + costs.map { ["costs", "load", $0] }
            + [["ingest", "\(folder)/usage.csv"], ["run"]]
        for step in steps {
            let result = try run(step, in: database)
            #expect(result.exitCode == 0, "\(step): \(result.errors)")
        }
        return database
    }

    private static func run(_ arguments: [String], in database: TestDatabase) throws -> CommandLineTool.Result {
        try CommandLineTool.run(
            arguments, environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString], input: "")
    }

    private func day(_ arguments: String...) throws -> CommandLineTool.Result {
        let range = ["--from", "2025-02-27T04:00:00Z", "--to", "2025-02-28T04:00:00Z"]
        return try Self.run([arguments[0]] + range + arguments.dropFirst(), in: Self.shared.get())
    }

    @Test func capacityOfTheDay() throws {
        let result = try day(
            "capacity", "--stream-speed", "21", "--context", "4989", "--prefill", "73700", "--decode", "14800",
            "--customers", "100", "10000", "--format", "json")
        let figures = try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: String], "\(result)")
        let expected = [
            "input_tokens": "608000000000", "output_tokens": "168000000000", "node_hours": "5442.00",
            "mean_nodes": "226.75", "peak_nodes": "278.00", "peak_to_mean_nodes": "1.226",
            "output_tokens_per_node_second": "8575.28", "concurrent_streams": "92592.6",
            "resident_context_tokens": "461944444", "streams_per_decode_node": "704.76",
            "prefill_nodes": "95.48", "decode_nodes": "131.38", "nodes": "226.86",
            "multiple_of_the_mean_for_100_customers": "4.0000",
        ]
        for (name, value) in expected { #expect(figures[name] == value, "\(name)") }
        #expect(figures["multiple_of_the_mean_for_10000_customers"]?.hasPrefix("1.23") == true)
        let table = try day("capacity")
        #expect(table.output.contains("608,000,000,000") && !table.output.contains("concurrent"))
        #expect(try day("capacity", "--stream-speed", "0").exitCode == 64)
        #expect(try day("capacity", "--activity", "2").exitCode == 64)
    }

    /// All accounts of the published day have its rhythm, by assumption: they pool no better than the whole day.
    @Test func headroomOfTheAccountsThatWereMetered() throws {
        let result = try day(
            "capacity", "--resample", "20", "--seed", "5", "--customers", "100", "1000", "--format", "json")
        let figures = try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: String], "\(result)")
        #expect(figures["resampled_seed"] == "5" && figures["resampled_accounts"] != nil)
        let peak = try #require(figures["peak_to_mean_output"])
        for name in ["hour", "peak_hour", "peak_hour_median"] {
            for customers in [100, 1_000] {
                let multiple = figures["resampled_\(name)_multiple_of_output_tokens_for_\(customers)_customers"]
                #expect(multiple?.hasPrefix(peak.prefix(4)) == true, "\(name) \(customers) \(multiple ?? "") \(peak)")
            }
        }
        let table = try day("capacity", "--resample", "3", "--seed", "5")
        #expect(table.output.contains("10,000  output tokens") && table.output.hasSuffix("accounts metered, seed 5\n"))
        #expect(table.output.contains("multiple of the mean for 10000 customers"))
        #expect(try day("capacity", "--resample", "0").exitCode == 64)
        #expect(try day("capacity", "--resample", "100000").exitCode == 64)
    }

    @Test func sensitivityOfTheDay() throws {
        let result = try day(
            "sensitivity", "--revenue", "theoretical", "--price", "0.9", "--gpu-price", "2", "3", "--monetised", "0.3",
            "--utilisation", "0.5", "--hit-rate", "1", "--hit-price", "0.14", "--miss-price", "0.55", "--miss-cost",
            "0.13777", "--flat-fee", "200", "--format", "json")
        let parsed = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]]
        let usd = try #require(parsed?.first, "\(result)")
        let rows = try #require(usd["rows"] as? [[String: String]])
        // Of 562,100: the rounded token counts at R1's list price.
        let expected = [
            ("as metered", "562100", "87072", "0.845095"), ("prices × 0.9", "505890", "87072", "0.827884"),
            ("GPU-hour at 2", "562100", "87072", "0.845095"), ("GPU-hour at 3", "562100", "130608", "0.767643"),
            ("0.3 of the revenue", "168630", "87072", "0.483651"),
            ("utilisation 0.5", "562100", "174144", "0.690190"),
            ("peak nodes all the time", "562100", "106752", "0.810084"),
            // 266 B misses become hits: 0.41 × 266,000 less revenue, 0.13777 × 266,000 less cost.
            ("hit rate 1", "453040", "50425.18", "0.888696"),
        ]
        #expect(rows.map { $0["scenario"] } == expected.map { $0.0 })
        for (row, (name, revenue, cost, gross)) in zip(rows, expected) {
            #expect(row["revenue"] == revenue && row["cost"] == cost && row["gross_margin"] == gross, "\(name): \(row)")
        }
        #expect(usd["headroom_cost"] as? String == "19680")
        #expect(usd["breakeven_factor"] as? String == "0.154905")
        #expect(usd["breakeven_per_million_output"] as? String == "0.518286")
        #expect(usd["flat_fee_tokens_at_cost"] as? String == "385887541")
        let table = try day("sensitivity", "--revenue", "theoretical")
        #expect(table.output.contains("breakeven: prices × 0.154905"))
        #expect(table.output.contains("headroom of the peak's nodes: 19,680.00 USD"))
        #expect(try day("sensitivity", "--utilisation", "0").exitCode == 64)
        #expect(try day("sensitivity", "--hit-rate", "0.5").exitCode == 64)
        #expect(try day("sensitivity", "--price", "-1").exitCode == 64)
    }

    /// Nodes that are paid for and do not serve cost more at a higher GPU price, and are no node-time that served.
    @Test func sensitivityWithHeadroom() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "taximeter-fleet-\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        try """
        occupancy:
          - {pool: h800, use: provisioned, from: 2025-02-27T04:00:00Z, until: 2025-02-28T04:00:00Z, nodes: 278}
        """.write(to: file, atomically: true, encoding: .utf8)
        let database = try Self.database(costs: ["\(Self.folder)/costs.yaml", file.path])
        let result = try Self.run(
            [
                "sensitivity", "--from", "2025-02-27T04:00:00Z", "--to", "2025-02-28T04:00:00Z", "--gpu-price", "2",
                "3",
                "--utilisation", "0.5", "--format", "json",
            ], in: database)
        let parsed = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]]
        let rows = try #require(parsed?.first?["rows"] as? [[String: String]], "\(result)")
        #expect(
            rows.map { "\($0["scenario"] ?? "") \($0["cost"] ?? "")" } == [
                "as metered 106752", "GPU-hour at 2 106752", "GPU-hour at 3 160128", "utilisation 0.5 174144",
                "peak nodes all the time 106752",
            ])
    }

    @Test func hoursWithoutUsage() throws {
        let range = ["--from", "2024-01-01", "--to", "2024-01-02"]
        let database = try Self.shared.get()
        let none = try Self.run(["sensitivity"] + range, in: database)
        #expect(none == .init(exitCode: 0, output: "No usage with a price and a known cost in these hours.\n"))
        #expect(try Self.run(["capacity"] + range, in: database).exitCode == 0)
    }
}
