import Foundation
import Taximeter
import TestKit
import Testing

@testable import TaximeterCLI

/// The forms of an invoice, compared with files that people have looked at: fixtures/invoices.
@Suite struct InvoiceFormatTests {
    private static let folder = Fixtures.folder.appending(path: "invoices")

    private static func example() throws -> Invoice {
        try Invoice(document: String(contentsOf: folder.appending(path: "example.json"), encoding: .utf8))
    }

    @Test(arguments: InvoiceFormat.allCases)
    func aFormIsAlwaysTheSameBytes(_ format: InvoiceFormat) throws {
        try Golden(file: Self.folder.appending(path: "example.\(format.rawValue)"))
            .check(format.text(of: Self.example()))
    }

    @Test func namesOfOthersAreOnlyText() throws {
        let html = try InvoiceFormat.html.text(of: Self.example())
        #expect(html.contains("&lt;b&gt;model &amp; co&lt;/b&gt; &quot;quoted&quot; output"))
        #expect(!html.contains("<b>"))
    }

    /// Whatever the page shows of amounts adds up to what it says is due.
    @Test func thePageAddsUp() throws {
        let invoice = try Self.example()
        let html = try InvoiceFormat.html.text(of: invoice)
        for line in invoice.lines {
            let amount = Figures.decimal(line.amount.decimalText, places: 2)
            #expect(html.contains(">\(amount)</td>"), "\(line.id)")
        }
        #expect(html.contains("<td class=\"number\">\(Figures.decimal(invoice.total.decimalText, places: 2))</td>"))
        #expect(html.contains("<td class=\"number\">\(Figures.decimal(invoice.due.decimalText, places: 2))</td>"))
    }

    @Test func aDraftSaysSo() throws {
        let final = try Self.example()
        let draft = try #require(
            try Invoice(
                account: final.account, issuingEntity: final.issuingEntity, period: final.period,
                timeZone: final.timeZone, lines: final.lines))
        let html = try InvoiceFormat.html.text(of: draft)
        #expect(html.contains("Draft invoice"))
        #expect(html.contains("Not an invoice"))
        #expect(!html.contains("INV-000042 "))
        #expect(!html.contains("Due"))
    }
}
