import Foundation
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// From events to invoices, their audit and their voids, on the command line.
@Suite struct BillCommandTests {
    @Test func aMonth() throws {
        let database = try TestDatabase()
        func taximeter(_ arguments: String..., input: String = "") throws -> CommandLineTool.Result {
            try CommandLineTool.run(
                arguments, environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString], input: input)
        }
        let folder = FileManager.default.temporaryDirectory.appending(path: "taximeter-bill-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (book, heads) = (folder.appending(path: "book.yaml").path, folder.appending(path: "heads").path)
        let prices = """
            price_book: list
            currency: USD
            tariffs:
              - model: m
                versions: [{from: 2025-01-01T00:00:00Z, rates: {cache_hit: 0, cache_miss: 0, output: 1000}}]
            """
        try Data(prices.utf8).write(to: URL(filePath: book))
        _ = try taximeter("tariffs", "load", book)
        let events = """
            {"account":"acme","request_id":"1","model":"m","completed_at":"2026-01-10T00:00:00Z","output_tokens":333}
            {"account":"acme","request_id":"2","model":"q","completed_at":"2026-02-10T00:00:00Z","output_tokens":3}

            """
        _ = try taximeter("ingest", "-", "--format", "jsonl", input: events)

        func bill(_ arguments: String...) throws -> CommandLineTool.Result {
            try CommandLineTool.run(
                ["bill", "--at", "2026-03-05T00:00:00Z"] + arguments,
                environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString])
        }
        let table = """
            currency  invoices  credit notes  total   due
            ────────  ────────  ────────────  ─────  ────
            USD              1             0   0.33  0.33

            """
        #expect(try bill("--month", "2026-01").output == "2026-01, drafts\n" + table)
        let drafts = folder.appending(path: "drafts")
        let export = try taximeter(
            "invoices", "export", "--month", "2026-01", "--drafts", "--format", "text", drafts.path)
        #expect(export == .init(exitCode: 0, output: "1 drafts in \(drafts.path)\n"))
        let draft = drafts.appending(path: "draft-acme-20260101T000000Z.txt")
        #expect(try String(contentsOf: draft, encoding: .utf8).hasPrefix("Invoice (draft)\n"))
        #expect(try bill("--month", "2026-01", "--dry-run").output == "2026-01, would be billed\n" + table)
        #expect(try bill("--month", "2026-01", "--finalize") == .init(exitCode: 0, output: "2026-01, final\n" + table))
        #expect(
            try bill("--month", "2026-01", "--finalize")
                == .init(exitCode: 0, output: "2026-01, final\nnothing to bill\n"))
        let parked = try bill("--month", "2026-02", "--finalize")
        #expect(parked.exitCode == 4)
        #expect(parked.output.contains("acme, 2026-02-01T00:00:00Z to 2026-03-01T00:00:00Z: unpriced_usage: 1 events"))

        #expect(try taximeter("invoices", "list").output.contains("INV-000001  acme"))
        #expect(try taximeter("invoices", "show", "INV-000001").output.contains("m output, api       333       0.001"))
        #expect(
            try taximeter("invoices", "show", "INV-000001", "--format", "json").output
                == database.psql("SELECT document FROM taximeter.invoices"))
        let out = folder.appending(path: "invoices")
        for format in ["html", "csv", "json"] {
            let export = try taximeter("invoices", "export", "--month", "2026-01", "--format", format, out.path)
            #expect(export == .init(exitCode: 0, output: "1 invoices in \(out.path)\n"))
            let written = try String(contentsOf: out.appending(path: "INV-000001.\(format)"), encoding: .utf8)
            #expect(try taximeter("invoices", "show", "INV-000001", "--format", format).output == written)
        }
        #expect(try taximeter("invoices", "export", "--month", "2026-01", "/dev/null/x").exitCode == 74)
        let usage = try taximeter("usage", "--account", "acme", "--month", "2026-01", "--format", "csv").output
        #expect(usage.split(separator: "\n").last == "acme,2026-01-10,m,api,standard,USD,1,1,0,0,0,0,333,0.333,0.333,0")
        #expect(try taximeter("usage", "--account", "nobody", "--month", "2026-01").output == "no usage\n")
        let explained = try taximeter("explain", "INV-000001", "--line", "1").output
        #expect(explained.contains("exact: 333 × 0.001 = 0.333\n  rounded: 0.33 USD\n"))
        #expect(explained.contains("  as rated now: 333 × 0.001 = 0.333\n"))
        #expect(explained.contains("no longer retained") == false)
        #expect(try taximeter("explain", "INV-000001", "--line", "2").exitCode == 65)

        #expect(try taximeter("audit", "invoices", "--export-heads", heads).exitCode == 0)
        #expect(try taximeter("audit", "ledger").output.hasSuffix("0 differences\n"))
        #expect(try taximeter("invoices", "void", "INV-000001", "--reason", " ").exitCode == 65)
        #expect(try taximeter("invoices", "void", "INV-000001", "--reason", "r").output == "INV-000001 is void\n")
        #expect(try taximeter("audit", "invoices", "--heads", heads).exitCode == 0)
        try database.psql(
            "SET session_replication_role = replica; UPDATE taximeter.invoice SET document = document || ' '")
        let audit = try taximeter("audit", "invoices", "--heads", heads)
        #expect(audit.exitCode == 65)
        #expect(audit.output.hasPrefix("chain: account acme INV-000001: "))
        #expect(try bill("--month", "2026-1").exitCode == 64)
        #expect(try taximeter("invoices", "show", "INV-9").exitCode == 65)
    }

    /// One account alone, which exceeds a bound, and is let through.
    @Test func oneAccountAlone() throws {
        let database = try TestDatabase()
        let environment = ["TAXIMETER_DATABASE_URL": database.address.connectionString]
        let prices = """
            price_book: list
            currency: USD
            tariffs:
              - model: m
                versions: [{from: 2025-01-01T00:00:00Z, rates: {cache_hit: 0, cache_miss: 0, output: 1000000}}]
            """
        _ = try database.store.load(PriceBook.parse(prices, file: "list.yaml"))
        let events = ["acme", "globex"].map {
            """
            {"account":"\($0)","request_id":"1","model":"m","completed_at":"2026-01-10T00:00:00Z","output_tokens":30}

            """
        }
        _ = try CommandLineTool.run(
            ["ingest", "-", "--format", "jsonl"], environment: environment, input: events.joined())
        func bill(_ arguments: String...) throws -> CommandLineTool.Result {
            try CommandLineTool.run(
                ["bill", "--month", "2026-01", "--finalize", "--at", "2026-03-05T00:00:00Z"] + arguments,
                environment: environment)
        }
        let parked = try bill("--account", "acme", "--bound", "20")
        #expect(parked.exitCode == 4 && parked.output.contains("nothing to bill\n1 periods are parked:\n  acme, "))
        #expect(parked.output.contains("exceeds_bound"))
        #expect(try bill("--account", "acme", "--bound", "20", "--accept", "acme").exitCode == 0)
        #expect(
            try database.psql("SELECT account, state, trim_scale(total) FROM taximeter.invoices") == "acme|final|30\n")
        #expect(try bill("--account", "nobody").exitCode == 65)
    }
}
