import Testing

@testable import Taximeter

/// An account whose periods change, are billed, and whose invoices are voided: the store's part, in memory.
struct AccountHistory {
    struct Entry {
        let invoice: Invoice
        var isVoid = false
    }

    var generator = Bills.generator
    /// In the order of time; each goes on where the one before ends.
    var periods: [BillablePeriod] = []
    private(set) var entries: [Entry] = []
    private(set) var transfers: [LedgerTransfer] = []

    /// What invoices that hold said of every line.
    var billed: [BilledLine] {
        get throws {
            try BilledLine.sums(
                entries.filter { !$0.isVoid }.flatMap { entry in
                    entry.invoice.lines.map { BilledLine($0, number: entry.invoice.issued?.number ?? "") }
                })
        }
    }

    /// What the invoice that closes a period would say now.
    func draft(_ index: Int) throws -> Invoice? {
        try generator.invoice(
            closing: periods[index], next: index + 1 < periods.count ? periods[index + 1] : nil,
            earlier: Array(periods[..<index]), billed: billed)
    }

    /// Bills a period.
    mutating func close(_ index: Int) throws -> Invoice? {
        let draft = try draft(index)
        let period = periods[index].period
        let closed = entries.filter { !$0.isVoid }.map(\.invoice.period.end) + [period.end]
        let closedThrough = try #require(closed.max())
        var deferred = try -balance(.deferredRevenue, draft?.currency ?? .usd)
        for entry in entries where !entry.isVoid {
            for line in entry.invoice.lines where line.kind != .tax && line.period.start >= closedThrough {
                deferred = try deferred - line.amount
            }
        }
        guard let draft else {
            let link = Int64(entries.count + entries.count(where: \.isVoid))
            transfers += [
                try LedgerTransfer.recognition(of: deferred, closing: period, link: link, at: period.end)
            ].compactMap { $0 }
            return nil
        }
        let invoice = try draft.issued(
            Invoice.Issued(number: "INV-\(entries.count + 1)", issue: 1, finalizedAt: draft.period.end))
        entries.append(Entry(invoice: invoice))
        transfers += try invoice.transfers(closedThrough: closedThrough, recognising: deferred)
        return invoice
    }

    /// Voids an invoice.
    mutating func void(_ index: Int) throws {
        let number = try #require(entries[index].invoice.issued).number
        entries[index].isVoid = true
        transfers += transfers.filter { $0.invoice == number && $0.reverses == nil }
            .map { $0.reversed(at: periods[0].period.end) }
    }

    /// Debits less credits.
    func balance(_ account: LedgerAccount, _ currency: Currency = .usd) throws -> Money {
        var sum = Money.zero(currency)
        for transfer in transfers {
            if transfer.debit == account { sum = try sum + transfer.amount }
            if transfer.credit == account { sum = try sum - transfer.amount }
        }
        return sum
    }
}
