import Foundation
import Taximeter
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
        #expect(try day("sensitivity", "--revenue", "theoretical", "--hit-rate", "0.5").exitCode == 64)
        #expect(try day("sensitivity", "--off-peak", "0.5").exitCode == 64)
        #expect(try day("sensitivity", "--off-peak", "0.5", "--off-peak-hours", "16:30-1").exitCode == 64)
        #expect(try day("sensitivity", "--price", "-1").exitCode == 64)
    }

    private static func rows(_ result: CommandLineTool.Result) throws -> [[String: String]] {
        let parsed = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]]
        return try #require(parsed?.first?["rows"] as? [[String: String]], "\(result)")
    }

    /// The day at other lists: V3.1's and V3.2-Exp's of DeepSeek's history, exact, and everything at R1 with its night.
    @Test func otherPriceLists() throws {
        let history = Fixtures.folder.appending(path: "price-books/deepseek-usd.yaml").path
        let later = try Self.rows(
            day(
                "sensitivity", "--price-book", history, "--prices-of", "2025-09-06", "2025-10-01", "--format", "json"))
        // Revenue ÷ cost is 5.2272 and 1.7757.
        let expected = [
            ("price book deepseek-usd of 2025-09-06T00:00:00Z", "455140", "4.227168"),
            ("price book deepseek-usd of 2025-10-01T00:00:00Z", "154616", "0.775726"),
        ]
        for (row, (name, revenue, margin)) in zip(later.dropFirst(), expected) {
            #expect(row["scenario"] == name && row["cost"] == "87072")
            #expect(row["revenue"] == revenue && row["cost_profit_margin"] == margin, "\(row)")
        }
        let file = FileManager.default.temporaryDirectory.appending(path: "taximeter-list-\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        func list(_ currency: String, _ models: String) throws -> CommandLineTool.Result {
            try """
            price_book: night
            currency: \(currency)
            tariffs:
              - model: r1
                aliases: \(models)
                versions:
                  - from: 2025-01-20T00:00:00Z
                    rates: {cache_hit: "0.14", cache_miss: "0.55", output: "2.19"}
                    schedules:
                      - {name: night, time_zone: UTC, from: "16:30", until: "00:30", factor: "0.25"}
            """.write(to: file, atomically: true, encoding: .utf8)
            return try day("sensitivity", "--price-book", file.path, "--format", "json")
        }
        let night = try Self.rows(list("USD", "[deepseek-reasoner, deepseek-chat]"))
        // About $490.0 k: what was read off the chart is exact to a per cent.
        #expect(night[1]["scenario"] == "price book night" && night[1]["revenue"]?.hasPrefix("490") == true, "\(night)")
        let part = try Self.rows(list("USD", "[deepseek-reasoner]"))
        #expect(part[1]["scenario"]?.hasSuffix(" events unpriced") == true)
        let yuan = try list("CNY", "[deepseek-reasoner]")
        #expect(yuan.exitCode == 64 && yuan.errors.contains("price book night is in CNY"), "\(yuan)")
    }

    /// A discount for some hours takes its part of what these hours earn.
    @Test func offPeakDiscount() throws {
        let result = try day(
            "sensitivity", "--revenue", "theoretical", "--off-peak", "0", "0.25", "1", "--off-peak-hours", "16-1",
            "--format", "json")
        let rows = try Self.rows(result)
        #expect(
            rows.map { $0["scenario"] }.prefix(4) == [
                "as metered", "off-peak 16-1 × 0", "off-peak 16-1 × 0.25", "off-peak 16-1 × 1",
            ])
        let night = try Self.shared.get().psql(
            """
            SELECT trim_scale(562100 - f * sum(theoretical_revenue)) FROM taximeter.margin_hourly
            CROSS JOIN (VALUES (1, 1.0), (2, 0.75)) AS v (place, f)
            WHERE extract(hour FROM hour AT TIME ZONE 'UTC') IN (16, 17, 18, 19, 20, 21, 22, 23, 0)
            GROUP BY place, f ORDER BY place
            """
        ).split(separator: "\n").map(String.init)
        #expect(rows[1...2].map { $0["revenue"] } == night && night.count == 2)
        #expect(rows[3]["revenue"] == "562100")
    }

    /// Without prices and speeds: those that are stored, by what was earned and by the policy in force.
    @Test func takenFromWhatIsStored() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "taximeter-policy-\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        try """
        policies:
          - from: "2025-01-01T00:00:00Z"
            method: phase_weights
            throughput: {cache_hit: "73700", cache_miss: "73700", output: "14800"}
        """.write(to: file, atomically: true, encoding: .utf8)
        let database = try Self.database(costs: ["\(Self.folder)/costs.yaml", file.path])
        let range = ["--from", "2025-02-27T04:00:00Z", "--to", "2025-02-28T04:00:00Z", "--format", "json"]
        let capacity = try Self.run(["capacity"] + range, in: database)
        let figures = try #require(
            try JSONSerialization.jsonObject(with: Data(capacity.output.utf8)) as? [String: String], "\(capacity)")
        #expect(figures["prefill_nodes"] == "95.48" && figures["decode_nodes"] == "131.38")
        #expect(figures["nodes"] == "226.86")
        // All misses become hits: they earn what hits do, and save the difference of their costs, which is none here.
        let rows = try Self.rows(Self.run(["sensitivity", "--hit-rate", "1"] + range, in: database))
        let expected = try database.psql(
            """
            SELECT round(sum(revenue) - sum(cache_miss_revenue)
                + sum(cache_hit_revenue) * sum(cache_miss_tokens) / sum(cache_hit_tokens), 6)
            FROM taximeter.margin_hourly_by_model_and_channel
            """
        ).dropLast()
        let row = try #require(rows.last)
        #expect(row["scenario"] == "hit rate 1")
        let revenue = try Money(row["revenue"] ?? "", .usd).rounded(.halfAwayFromZero, decimals: 6)
        #expect(try revenue == Money(expected, .usd))
        #expect(row["cost"]?.hasPrefix("8707") == true, "\(row)")
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
