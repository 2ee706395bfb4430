import Foundation
import TaximeterPostgres
import TestKit
import Testing

/// `taximeter fx` as a user runs it.
@Suite struct FXCommandTests {
    private let database: TestDatabase

    init() throws { database = try TestDatabase() }

    private func fx(_ arguments: String...) throws -> CommandLineTool.Result {
        try CommandLineTool.run(
            ["fx"] + arguments, environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString])
    }

    private func load(_ rows: String) throws -> CommandLineTool.Result {
        let file = FileManager.default.temporaryDirectory.appending(path: "taximeter-fx-\(UUID().uuidString).csv")
        try Data("base,quote,day,rate,source\n\(rows)".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let result = try fx("load", file.path)
        return .init(
            exitCode: result.exitCode, output: result.output.replacing(file.path, with: "FILE"),
            errors: result.errors.replacing(file.path, with: "FILE"))
    }

    /// The same again changes nothing, another value or source is refused whole, and every figure says rate and day.
    @Test func ratesStayAsTheyWereLoaded() throws {
        #expect(try fx("show").output == "no exchange rates\n")
        let rows = "EUR,USD,2025-02-28,1.0411,ECB\nUSD,CNY,2025-02-28,7.1738,PBOC\n"
        #expect(try load(rows).output == "FILE: rates: 2 added, 0 unchanged\n")
        let before = try database.psql("SELECT ctid, xmin, fx_rate FROM taximeter.fx_rate ORDER BY base")
        #expect(try load(rows + "EUR,USD,2025-02-27,1.0477,ECB\n").output == "FILE: rates: 1 added, 2 unchanged\n")
        #expect(
            try database.psql(
                "SELECT ctid, xmin, fx_rate FROM taximeter.fx_rate WHERE day = '2025-02-28' ORDER BY base")
                == before)
        for row in ["EUR,USD,2025-02-28,1.0412,ECB", "EUR,USD,2025-02-28,1.0411,other"] {
            let refused = try load("EUR,USD,2025-02-26,1.05,ECB\n\(row)\n")
            #expect(
                refused.exitCode == 65 && refused.errors.hasPrefix("taximeter: FILE:3: found 1 EUR = "), "\(refused)")
        }
        let csv = """
            base,quote,day,rate,source
            EUR,USD,2025-02-27,1.0477,ECB
            EUR,USD,2025-02-28,1.0411,ECB
            USD,CNY,2025-02-28,7.1738,PBOC

            """
        #expect(try fx("show", "--format", "csv").output == csv)
        #expect(try fx("show", "--day", "2025-02-27").output.hasSuffix("EUR   USD    2025-02-27  1.0477  ECB\n"))
        // 87,072 × 7.1738, by hand.
        #expect(
            try fx("convert", "87072", "USD", "--to", "CNY", "--on", "2025-03-01").output
                == "624637.1136 CNY at 1 USD = 7.1738 CNY on 2025-02-28 (PBOC)\n")
    }

    /// What is refused, with which exit code, and why.
    @Test func errors() throws {
        for (arguments, exitCode, text) in [
            (["load", "/nowhere.csv"], 74, "/nowhere.csv: cannot be read"),
            (["show", "--day", "2025-02-30"], 64, "--day"),
            (["convert", "1", "USD", "--to", "XYZ", "--on", "2025-02-28"], 64, "XYZ is no currency"),
            (
                ["convert", "1", "USD", "--to", "EUR", "--on", "2025-02-28"], 65,
                "no rate from USD to EUR of 2025-02-28"
            ),
        ] as [([String], Int32, String)] {
            let result = try CommandLineTool.run(
                ["fx"] + arguments, environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString])
            #expect(result.exitCode == exitCode && result.errors.contains(text), "\(arguments): \(result)")
        }
        let bad = try load("EUR,USD,2025-02-28,-1,ECB\n")
        #expect(
            bad.exitCode == 65 && bad.errors.contains("FILE:2:20: rate: found \"-1\"; expected a decimal above 0"),
            "\(bad)")
    }

    /// Whoever loads rates can neither change nor remove one.
    @Test func appendOnly() throws {
        for role in ["taximeter_writer", "taximeter_biller", "taximeter_reader"] {
            let can = "has_table_privilege('\(role)', 'taximeter.fx_rate', 'UPDATE, DELETE, TRUNCATE')"
            #expect(try database.psql("SELECT \(can)") == "f\n", "\(role)")
        }
    }
}
