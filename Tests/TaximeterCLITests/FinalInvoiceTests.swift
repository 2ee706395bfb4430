import Foundation
import TaximeterPostgres
import TestKit
import Testing

/// What is final is shown as it was, whatever prices and plans become: G20.
@Suite struct FinalInvoiceTests {
    private let database: TestDatabase
    private let folder: URL

    init() throws {
        database = try TestDatabase()
        folder = FileManager.default.temporaryDirectory.appending(path: "taximeter-final-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func taximeter(_ arguments: String..., input: String = "") throws -> String {
        let result = try CommandLineTool.run(
            arguments, environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString], input: input)
        #expect(result.exitCode == 0, "\(arguments): \(result.output) \(result.errors)")
        return result.output
    }

    private func load(_ command: String, _ text: String) throws {
        let file = folder.appending(path: "\(command).yaml")
        try Data(text.utf8).write(to: file)
        _ = try taximeter(command, "load", file.path)
    }

    /// A price for each month.
    private func loadPrices(_ outputs: [Int]) throws {
        let versions = outputs.enumerated().map { index, price in
            """
                  - from: 2025-0\(index + 1)-01T00:00:00Z
                    rates: {cache_hit: 0.07, cache_miss: 0.56, output: \(price)}

            """
        }
        try load(
            "tariffs",
            "price_book: list\ncurrency: USD\ntariffs:\n  - model: m\n    versions:\n" + versions.joined())
    }

    @Test func itIsShownAsItWas() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let event = """
            {"account":"acme","request_id":"1","model":"m","completed_at":"2025-01-10T00:00:00Z","output_tokens":3333333}

            """
        try loadPrices([2])
        try load(
            "plans",
            """
            plan: pro
            currency: USD
            versions: [{from: 2025-01-01T00:00:00Z, price_book: list, recurring_fee: {amount: 20, due: in_arrears}}]
            """)
        try load(
            "accounts", "accounts: [{account: acme, subscriptions: [{plan: pro, from: 2025-01-01T00:00:00Z}]}]")
        _ = try taximeter("ingest", "-", "--format", "jsonl", input: event)
        _ = try taximeter("bill", "--month", "2025-01", "--finalize")
        let formats = ["text", "html", "json", "csv"]
        func shown() throws -> [String] {
            try formats.map { try taximeter("invoices", "show", "INV-000001", "--format", $0) }
        }
        let before = try shown()
        #expect(before[0].contains("26.67") && before[0].contains("20.00"))
        for prices in [[2, 5], [2, 5, 7], [2, 5, 7, 11]] {
            try loadPrices(prices)
            _ = try taximeter("run")
            #expect(try shown() == before)
        }
        try load(
            "plans",
            """
            plan: pro
            currency: USD
            versions: [{from: 2025-02-01T00:00:00Z, price_book: list, recurring_fee: {amount: 99, due: in_arrears}}]
            """)
        _ = try taximeter("bill", "--month", "2025-02", "--finalize")
        #expect(try shown() == before)
        #expect(try taximeter("audit", "invoices").hasSuffix("0 differences\n"))
        // The control: a document that was changed would show.
        try database.psql(
            """
            SET session_replication_role = replica;
            UPDATE taximeter.invoice SET document = replace(document, 'pro, fee', 'pro, free')
            """)
        #expect(try zip(shown(), before).allSatisfy { $0 != $1 })
    }
}
