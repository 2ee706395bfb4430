import Foundation
import TaximeterPostgres
import TestKit
import Testing

/// `taximeter payments` as a user runs it.
@Suite struct PaymentsCommandTests {
    private let database: TestDatabase

    /// One invoice of 120.50 USD.
    init() throws {
        database = try TestDatabase()
        let book = FileManager.default.temporaryDirectory.appending(path: "taximeter-book-\(UUID().uuidString).yaml")
        let prices = """
            price_book: list
            currency: USD
            tariffs:
              - model: m
                versions: [{from: 2025-01-01T00:00:00Z, rates: {cache_hit: 0, cache_miss: 0, output: 1000}}]
            """
        try Data(prices.utf8).write(to: book)
        defer { try? FileManager.default.removeItem(at: book) }
        _ = try run(["tariffs", "load", book.path])
        let event = """
            {"account":"acme","request_id":"1","model":"m","completed_at":"2026-01-10T00:00:00Z","output_tokens":120500}

            """
        _ = try run(["ingest", "-", "--format", "jsonl"], input: event)
        let billed = try run(["bill", "--month", "2026-01", "--finalize", "--at", "2026-02-05T00:00:00Z"])
        #expect(billed.exitCode == 0, "\(billed)")
    }

    private func run(_ arguments: [String], input: String = "") throws -> CommandLineTool.Result {
        try CommandLineTool.run(
            arguments, environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString], input: input)
    }

    /// The commands of docs/billing.md say what it shows; and again, that they were there before.
    @Test func thePage() throws {
        let page = try String(contentsOf: Fixtures.packageRoot.appending(path: "docs/billing.md"), encoding: .utf8)
        let blocks = page.matches(of: /```(sh|text)\n((?:(?!```).*\n)*)```/).map { (String($0.output.1), $0.output.2) }
        #expect(blocks.map(\.0) == ["sh", "text"])
        let script = "set -e\n" + blocks[0].1.replacing(/(?m)^taximeter/, with: "\"$TAXIMETER\"")
        let environment = ["TAXIMETER_DATABASE_URL": database.address.connectionString]
        let first = try CommandLineTool.run(script: script, environment: environment)
        #expect(first.exitCode == 0 && first.output == blocks[1].1, "\(first)")
        let second = try CommandLineTool.run(script: script, environment: environment)
        #expect(second.output.matches(of: /, as before\n/).count == 2 && second.output.hasSuffix("owed: 0.00 USD\n"))
        #expect(try run(["audit", "ledger"]).exitCode == 0)
    }

    /// What is refused, with which exit code, and why.
    @Test func errors() throws {
        #expect(try run(["payments", "list", "acme"]).output == "owed: 120.50 USD\n")
        _ = try run(["payments", "record", "acme", "5", "USD", "--id", "a"])
        for (arguments, exitCode, text) in [
            (["record", "acme", "6", "USD", "--id", "a"], 65, "payment/a of acme was 5.00 USD"),
            (["record", "acme", "5", "EUR", "--id", "b"], 65, "the money of acme is USD, not EUR"),
            (["record", "nobody", "5", "USD", "--id", "b"], 65, "there is no account nobody"),
            (["write-off", "acme", "5", "USD", "--id", "b", "--invoice", "INV-9"], 65, "there is no invoice INV-9"),
            (["record", "acme", "0", "USD", "--id", "b"], 64, "the amount must be more than zero"),
            (["record", "acme", "5", "USD"], 64, "Missing expected argument '--id <id>'"),
            (["list", "nobody"], 65, "there is no account nobody"),
        ] as [([String], Int32, String)] {
            let result = try run(["payments"] + arguments)
            #expect(result.exitCode == exitCode && result.errors.contains(text), "\(arguments): \(result)")
        }
        #expect(try run(["payments", "list", "acme"]).output.hasSuffix("owed: 115.50 USD\n"))
    }

    /// An explanation lists the requests of each bucket, and says what is gone.
    @Test func explanationsReachEvents() throws {
        let whole = try run(["explain", "INV-000001", "--events"]).output
        #expect(whole.contains("as rated now: 120500 × 0.001 = 120.5\n"))
        #expect(whole.contains("      1        2026-01-10T00:00:00Z  2026-01-10T00:00:00Z  120500\n"), "\(whole)")
        try database.psql("DROP TABLE taximeter.usage_event_2026_01_10")
        let without = try run(["explain", "INV-000001", "--events"]).output
        #expect(without.contains("1 of the 1 events of these buckets are no longer retained\n"), "\(without)")
        #expect(without.contains("m: 1 events; 1 are no longer retained\n"), "\(without)")
    }
}
