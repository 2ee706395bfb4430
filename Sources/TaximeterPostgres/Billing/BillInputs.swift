import PostgresWire
import Taximeter

/// What the generator needs for some periods, read in a few statements for all of them.
struct BillInputs {
    private let usage: [PeriodKey: [UsageLine]]
    private let billed: [Int64: [BilledLine]]
    private let closedBy: [PeriodKey: String]
    private let bookRoundings: [Identifier: RoundingRule]
    /// The totals of the last invoices of each account.
    let trailing: [Int64: [Money]]

    init(_ closings: [BillBatch.Closing], _ job: BillJob, _ connection: Connection) throws {
        let closings = closings.filter { !$0.isWaiting && $0.parked == nil }
        let rows = closings.flatMap(\.rows)
        let ahead = closings.map { closing in
            AccountPeriod(accountKey: closing.account.key, start: closing.next.start, end: closing.next.end)
        }
        var usage: [PeriodKey: [UsageLine]] = [:]
        try connection.forEach(ReadUsageLines(rows)) { row in
            usage[row.period.key, default: []].append(
                row.line)
        }
        var billed: [Int64: [BilledLine]] = [:]
        try connection.forEach(ReadBilledLines(rows + ahead)) { row in
            billed[row.accountKey, default: []].append(row.line)
        }
        let earlier = closings.flatMap(\.earlierRows)
        let invoices = earlier.isEmpty ? [] : try connection.query(ReadClosingInvoices(earlier))
        closedBy = Dictionary(invoices.map { ($0.key, $0.number) }) { first, _ in first }
        var trailing: [Int64: [Money]] = [:]
        for row in try connection.query(ReadTrailingTotals(accountKeys: closings.map(\.account.key))) {
            trailing[row.accountKey, default: []].append(row.total)
        }
        self.usage = usage
        self.billed = billed
        self.trailing = trailing
        bookRoundings = Dictionary(
            job.prices.books.map { ($0.book.name, $0.book.terms.rounding) }, uniquingKeysWith: { first, _ in first })
    }

    /// The invoice that closes a period, were it made now.
    ///
    /// - Parameter drafted: What drafts of the same run have said already.
    func invoice(_ closing: BillBatch.Closing, drafted: [BilledLine]) throws(MoneyError) -> Invoice? {
        let agreement = closing.account.agreement
        let generator = InvoiceGenerator(
            account: agreement.account, timeZone: agreement.timeZone, issuingEntity: agreement.issuingEntity,
            bookRoundings: bookRoundings)
        return try generator.invoice(
            closing: billable(closing.period, closing), next: billable(closing.next, closing),
            earlier: closing.earlier.map { billable($0, closing) },
            billed: try BilledLine.sums((billed[closing.account.key] ?? []) + drafted))
    }

    private func billable(_ period: BillingPeriod, _ closing: BillBatch.Closing) -> BillablePeriod {
        let calendar = closing.account.calendar
        let key = PeriodKey(accountKey: closing.account.key, start: period.start)
        return BillablePeriod(
            period: period, whole: calendar.wholePeriod(of: period), segments: calendar.segments(in: period),
            usage: usage[key] ?? [], closedBy: closedBy[key])
    }
}
