import TestKit
import Testing

@testable import Taximeter

/// Invoices as FOCUS rows: with arithmetic of our own, because the public validator looks at no sum.
@Suite struct FOCUSTests {
    /// Whatever is on an invoice is in its rows, once, and to the last decimal.
    @Test func anyInvoiceAddsUp() async throws {
        try await withSeed { generator in
            var corrections = 0
            for _ in 0..<60 {
                var account = try RandomAccount(seed: generator.next())
                for _ in 0..<account.dice.whole(4...25) { try account.step() }
                try account.finish()
                for entry in account.history.entries {
                    let rows = try entry.invoice.focusRows(listPrice: Self.listPrice)
                    try check(rows, of: entry.invoice)
                    corrections += rows.count(where: \.isCorrection)
                }
            }
            #expect(corrections > 0)
        }
    }

    /// Differs from line to line, so that rows must take the one of their line.
    private static func listPrice(_ key: UsageLine.Key) -> Money? {
        Money(units: Int128(key.id.utf8.count) * 7_000, .usd)
    }

    private func check(_ rows: [FOCUSCharge], of invoice: Invoice) throws {
        #expect(rows.reduce(0) { $0 + $1.cost.units } == invoice.total.units)
        for row in rows {
            #expect(row.isCorrection == (row.line?.adjusts != nil))
            guard let pricing = row.pricing else {
                #expect(row.category == .tax || row.category == .adjustment)
                continue
            }
            #expect(row.category == .usage || row.category == .purchase)
            let quantity = Int128(pricing.quantity)
            if let price = pricing.contractedUnitPrice { #expect(quantity * price.units == row.cost.units) }
            if let price = pricing.listUnitPrice { #expect(quantity * price.units == row.listCost.units) }
            if !row.isCorrection { #expect(pricing.contractedUnitPrice != nil && pricing.listUnitPrice != nil) }
            if row.category == .usage, let usage = row.line?.usage {
                #expect(pricing.listUnitPrice == Self.listPrice(usage))
            }
        }
        // Every line has its row of tokens, fees or tax; only fees of tiers are a second one, and rounding is of no line.
        let main = rows.filter { row in
            guard let line = row.line else { return false }
            return row.category != .purchase || line.kind != .usage
        }
        #expect(main.compactMap(\.line) == invoice.lines)
        #expect(rows.count(where: { $0.line == nil }) <= 1)
        for row in main where row.category == .usage { #expect(row.pricing?.quantity == row.line?.quantity) }
    }

    /// Fees of a tier, and what takes them back: the price stays above zero, and the quantity says which.
    @Test(arguments: ["100", "-100"])
    func feesOfATier(_ fees: String) throws {
        let period = try Bills.month("2026-01")
        let key = try Bills.usage(0, at: "1", in: period).key
        let (fee, unit) = (try Money(fees, .usd), try Money("0.001", .usd))
        let product = try unit * 15
        let exact = try product + fee
        let line = InvoiceLine(
            kind: .usage, id: key.id, period: period, adjusts: "INV-0", usage: key, description: "m output, api",
            quantity: 15, unitPrice: unit, fees: fee, exact: exact, amount: try exact.rounded(.halfAwayFromZero))
        let draft = try Invoice(
            account: Bills.account, issuingEntity: Identifier("default"), period: period, timeZone: .utc, lines: [line])
        #expect(throws: FOCUSError.draft) { try draft?.focusRows { _ in nil } }
        let invoice = try #require(draft).issued(.init(number: "INV-1", issue: 1, finalizedAt: period.end))
        #expect(throws: FOCUSError.noListPrice(invoice: "INV-1", line: key.id)) { try invoice.focusRows { _ in nil } }
        let rows = try invoice.focusRows(listPrice: Self.listPrice)
        #expect(rows.map(\.category) == [.usage, .purchase, .adjustment])
        #expect(rows.map(\.cost.decimalText) == ["0.015", fees, fee.units < 0 ? "-0.005" : "0.005"])
        #expect(rows[1].pricing?.quantity == (fee.units < 0 ? -1 : 1))
        #expect(rows[1].pricing?.contractedUnitPrice?.decimalText == "100")
        #expect(rows[1].pricing?.sku == "model-a/output/fee")
        try check(rows, of: invoice)
    }
}
