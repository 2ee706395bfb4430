import Foundation
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

@testable import TaximeterCLI

/// The forms of an invoice, compared with files that people have looked at: fixtures/invoices.
@Suite struct InvoiceFormatTests {
    private static let folder = Fixtures.folder.appending(path: "invoices")

    private static func example() throws -> StoredInvoice {
        let document = try String(contentsOf: folder.appending(path: "example.json"), encoding: .utf8)
        return try StoredInvoice(document: String(document.dropLast()))
    }

    @Test(arguments: InvoiceFormat.allCases)
    func aFormIsAlwaysTheSameBytes(_ format: InvoiceFormat) throws {
        let ending = format == .text ? "txt" : format.rawValue
        try Golden(file: Self.folder.appending(path: "example.\(ending)")).check(format.text(of: Self.example()))
    }

    @Test func namesOfOthersAreOnlyText() throws {
        let html = try InvoiceFormat.html.text(of: Self.example())
        #expect(html.contains("&lt;b&gt;model &amp; co&lt;/b&gt; &quot;quoted&quot; output"))
        #expect(!html.contains("<b>"))
    }

    /// Whatever the page shows of amounts adds up to what it says is due.
    @Test func thePageAddsUp() throws {
        let stored = try Self.example()
        let invoice = stored.invoice
        let html = try InvoiceFormat.html.text(of: stored)
        for line in invoice.lines {
            let amount = Figures.decimal(line.amount.decimalText, places: 2)
            #expect(html.contains(">\(amount)</td>"), "\(line.id)")
        }
        #expect(html.contains("<td class=\"number\">\(Figures.decimal(invoice.total.decimalText, places: 2))</td>"))
        #expect(html.contains("<td class=\"number\">\(Figures.decimal(invoice.due.decimalText, places: 2))</td>"))
    }

    @Test func aDraftSaysSo() throws {
        let final = try Self.example().invoice
        let draft = try #require(
            try Invoice(
                account: final.account, issuingEntity: final.issuingEntity, period: final.period,
                timeZone: final.timeZone, lines: final.lines))
        let html = try InvoiceFormat.html.text(of: StoredInvoice(document: draft.document))
        #expect(html.contains("Draft invoice"))
        #expect(html.contains("Not an invoice"))
        #expect(!html.contains("INV-000042 "))
        #expect(!html.contains("Due"))
    }

    @Test func aVoidedOneSaysSo() throws {
        let html = try InvoiceFormat.html.text(of: StoredInvoice(document: Self.example().document, voided: "<wrong>"))
        #expect(html.contains("Void: &lt;wrong&gt;."))
    }

    @Test(arguments: [("INV-000042", "INV-000042"), ("../a/b-1", "%2E.%2Fa%2Fb-1"), ("é", "%C3%A9"), (".x", "%2Ex")])
    func numbersNameFiles(_ number: String, _ name: String) {
        #expect(InvoicesExportCommand.fileName(number) == name)
    }

    /// The longest names there are fit a file system, and are still each their own.
    @Test func longNamesNameFiles() {
        let long = String(repeating: "账", count: 85)
        let names = ["-1", "-2"].map { InvoicesExportCommand.fileName(long + $0) }
        #expect(names.allSatisfy { $0.utf8.count == 200 } && names[0] != names[1])
    }
}
