import Foundation
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

@testable import TaximeterCLI

/// `taximeter export focus` as a user runs it, over invoices with everything that an invoice can have.
@Suite struct ExportFOCUSCommandTests {
    private let database: TestDatabase
    private let folder: URL

    init() throws {
        database = try TestDatabase()
        folder = FileManager.default.temporaryDirectory.appending(path: "taximeter-focus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func taximeter(_ arguments: String..., input: String = "") throws -> String {
        let result = try CommandLineTool.run(
            arguments, environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString], input: input)
        #expect(result.exitCode == 0, "\(arguments): \(result)")
        return result.output
    }

    private func load(_ what: String, _ text: String) throws {
        let file = folder.appending(path: "\(what).yaml").path
        try Data(text.utf8).write(to: URL(filePath: file))
        _ = try taximeter(what, "load", file)
    }

    /// Bands, multipliers, an off-peak window, tiers with fees, a discount, a fee in advance, a minimum, a tax; late usage that
    /// corrects January on February's invoice, and an invoice that is voided.
    private func bill() throws {
        try load("tariffs", FOCUSScenario.prices)
        try load("plans", FOCUSScenario.plan)
        try load("accounts", FOCUSScenario.accounts)
        _ = try taximeter("ingest", "-", "--format", "jsonl", input: FOCUSScenario.january)
        _ = try taximeter("bill", "--month", "2026-01", "--finalize", "--at", "2026-02-05T00:00:00Z")
        _ = try taximeter("ingest", "-", "--format", "jsonl", input: FOCUSScenario.february)
        _ = try taximeter("bill", "--month", "2026-02", "--finalize", "--at", "2026-03-05T00:00:00Z")
        _ = try taximeter("invoices", "void", "INV-000003", "--reason", "a test")
    }

    @Test func theRowsComeToTheInvoices() throws {
        try bill()
        var categories: Set<String> = []
        for month in ["2026-01", "2026-02"] {
            let rows = try FOCUSTable(taximeter("export", "focus", "--month", month, "--provider", "Example AI"))
            categories.formUnion(rows.column("ChargeCategory"))
            for row in rows.rows { try checkProducts(row) }
            // The totals as the store has them, voided ones left out.
            let totals = try database.psql(
                """
                SELECT number, total FROM taximeter.invoices
                WHERE state = 'final' AND date_trunc('month', period_end - interval '1 day') = '\(month)-01' ORDER BY number
                """)
            var sums: [String: Money] = [:]
            for row in rows.rows {
                let number = row["InvoiceId"] ?? ""
                sums[number] = try (sums[number] ?? .zero(.usd)) + Money(row["BilledCost"] ?? "", .usd)
            }
            let found = try sums.sorted { $0.key < $1.key }.map {
                try "\($0.key)|\($0.value.rounded(.halfAwayFromZero).decimalText)"
            }
            let expected = try totals.split(separator: "\n").map { line in
                let parts = line.split(separator: "|")
                return try "\(parts[0])|\(Money(parts[1], .usd).decimalText)"
            }
            #expect(found == expected)
            #expect(!sums.keys.contains("INV-000003"))
        }
        #expect(categories == ["Usage", "Purchase", "Tax", "Adjustment"])
        try checkCorrections()
        try checkListCosts()
    }

    /// Unit price × quantity = cost, to the digit.
    private func checkProducts(_ row: [String: String]) throws {
        func units(_ column: String, _ decimals: Int) throws -> Int128? {
            guard let text = row[column], !text.isEmpty else { return nil }
            let (units, rest) = try Money(text, .usd).units
                .quotientAndRemainder(dividingBy: (decimals..<18).reduce(1) { power, _ in power * 10 })
            #expect(rest == 0, "\(column): \(text)")
            return units
        }
        #expect(row["BilledCost"] == row["EffectiveCost"] && row["BilledCost"] == row["ContractedCost"])
        let isCorrection = row["ChargeClass"] == "Correction"
        for (price, cost) in [("ListUnitPrice", "ListCost"), ("ContractedUnitPrice", "ContractedCost")] {
            // A fee for a part of a period has all 18 decimals; it is one.
            if row["ChargeCategory"] == "Purchase", row["PricingQuantity"] == "1.0" {
                #expect(row[price] == row[cost], "\(row)")
                continue
            }
            guard let price = try units(price, 12), let quantity = try units("PricingQuantity", 6) else {
                #expect(isCorrection || row["ChargeCategory"] == "Tax" || row["ChargeCategory"] == "Adjustment")
                continue
            }
            #expect(try price * quantity == units(cost, 18), "\(row)")
        }
        if row["ChargeCategory"] == "Usage" {
            #expect(try units("ConsumedQuantity", 0) == units("PricingQuantity", 6), "\(row)")
        }
    }

    /// Only what adjusts an invoice is a correction, and it names it.
    private func checkCorrections() throws {
        #expect(
            try FOCUSTable(taximeter("export", "focus", "--month", "2026-01")).column("ChargeClass")
                .allSatisfy(\.isEmpty))
        let rows = try FOCUSTable(taximeter("export", "focus", "--month", "2026-02")).rows
        let marked = rows.filter { $0["ChargeClass"] == "Correction" }.map { row in
            "\(row["InvoiceId"] ?? "") \(row["x_CorrectedInvoiceId"] ?? "") \(row["ChargePeriodStart"] ?? "")"
        }
        let expected = try database.psql(
            """
            SELECT number, adjusts, to_char(period_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
            FROM taximeter.invoice_lines
            WHERE adjusts IS NOT NULL AND NOT is_void ORDER BY account, line
            """)
        #expect(!marked.isEmpty)
        #expect(marked == expected.split(separator: "\n").map { String($0).replacing("|", with: " ") })
    }

    /// The list price that is told from a line's key is the one at which the rater listed its tokens.
    private func checkListCosts() throws {
        let rows = try FOCUSTable(taximeter("export", "focus", "--month", "2026-01")).rows
        var lists: [String: String] = [:]
        for row in rows where row["ChargeCategory"] == "Usage" {
            lists["\(row["BillingAccountId"] ?? "") \(row["x_InvoiceLineId"] ?? "")"] = row["ListUnitPrice"]
        }
        #expect(lists.count > 8)
        let expected = try database.psql(
            """
            SELECT a.external_id || ' ' || l.line_id, trim_scale(l.list_amount * 1000000 / l.tokens)
            FROM taximeter.usage_line AS l INNER JOIN taximeter.account AS a USING (account_key) WHERE l.tokens > 0
            """)
        let known = Dictionary(
            uniqueKeysWithValues: expected.split(separator: "\n").map { line in
                let parts = line.split(separator: "|")
                return (String(parts[0]), String(parts[1]))
            })
        for (line, price) in lists {
            #expect(try Money(known[line] ?? "", .usd) == Money(price, .usd), "\(line)")
        }
    }

    @Test func aFileIsWholeOrNotThere() throws {
        try bill()
        let file = folder.appending(path: "focus.csv").path
        let said = try taximeter("export", "focus", "--month", "2026-02", "--account", "acme", "--out", file)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(try text == taximeter("export", "focus", "--month", "2026-02", "--account", "acme"))
        let count = try FOCUSTable(text).rows.count
        #expect(said == "1 invoices, \(count) rows in \(file)\n")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).contains { $0.hasSuffix(".partial") }
                == false)
        let nowhere = try CommandLineTool.run(
            ["export", "focus", "--month", "2026-02", "--out", "/nowhere/focus.csv"],
            environment: ["TAXIMETER_DATABASE_URL": database.address.connectionString])
        #expect(nowhere.exitCode == 74)
        #expect(try taximeter("export", "focus", "--month", "2031-01") == CSVText.text([FOCUSText.columns]))
    }

    @Test(.enabled(if: FOCUSValidator.isThere, "focus-validator is not there; .ci/run installs it where it can"))
    func thePublicValidatorPasses() throws {
        try bill()
        for month in ["2026-01", "2026-02"] {
            let text = try taximeter("export", "focus", "--month", month, "--provider", "Example AI")
            #expect(try FOCUSValidator.failures(text, in: folder) == FOCUSValidator.disputed, "\(month)")
        }
        // It does find what is wrong.
        let text = try taximeter("export", "focus", "--month", "2026-01", "--provider", "Example AI")
        for (old, new, rule) in FOCUSValidator.mutations {
            #expect(text.contains(old), "\(old)")
            let failures = try FOCUSValidator.failures(text.replacing(old, with: new), in: folder)
            #expect(failures.contains(rule), "\(old) as \(new): \(failures)")
        }
    }
}
