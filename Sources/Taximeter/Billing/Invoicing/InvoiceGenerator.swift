/// Makes invoices: what an account's periods come to, minus what was billed of them.
///
/// It knows no clock and no store, so running it again over the same history gives nothing new; late usage, a corrected
/// price, a plan that ended and a voided invoice all take the same way. A line's amount is the rounding of all that the
/// line has come to, less what was billed, so rounding never drifts.
public struct InvoiceGenerator: Sendable {
    /// The account.
    public let account: Identifier
    /// The zone whose clock cuts its periods.
    public let timeZone: TimeZoneRules
    /// Who issues its invoices.
    public let issuingEntity: Identifier
    /// How each price book rounds a line whose plan has no terms of its own.
    public let bookRoundings: [Identifier: RoundingRule]

    /// A generator for an account.
    public init(
        account: Identifier, timeZone: TimeZoneRules, issuingEntity: Identifier,
        bookRoundings: [Identifier: RoundingRule]
    ) {
        self.account = account
        self.timeZone = timeZone
        self.issuingEntity = issuingEntity
        self.bookRoundings = bookRoundings
    }

    /// The invoice that closes a period; nil when there is nothing to bill.
    ///
    /// - Parameters:
    ///   - closing: The period.
    ///   - next: The period after it, whose fees in advance are due now; nil when there is none.
    ///   - earlier: Periods before it that may have changed since they were billed.
    ///   - billed: What was billed of all these periods, in any order; what is not among them now was billed too much.
    /// - Throws: ``MoneyError``: amounts that do not fit, or are of different currencies.
    public func invoice(
        closing: BillablePeriod, next: BillablePeriod?, earlier: [BillablePeriod], billed: [BilledLine]
    ) throws(MoneyError) -> Invoice? {
        let billed = Dictionary(grouping: billed, by: \.period.start)
        var lines = try newLines(of: closing, billed: billed[closing.period.start] ?? [])
        if let next {
            let ahead = (billed[next.period.start] ?? []).filter(\.isAhead)
            lines += try newLines(of: next, onlyAhead: true, billed: ahead)
        }
        for period in earlier.sorted(by: { $0.period < $1.period }) {
            let billed = billed[period.period.start] ?? []
            let closedBy = period.closedBy ?? Self.firstInvoice(of: billed)
            lines += try newLines(of: period, billed: billed, closedBy: closedBy)
        }
        return try Invoice(
            account: account, issuingEntity: issuingEntity, period: closing.period, timeZone: timeZone, lines: lines)
    }

    /// The number of the first invoice that billed a period, not counting what was billed ahead of it.
    private static func firstInvoice(of billed: [BilledLine]) -> String? {
        billed.filter { !$0.isAhead }.map(\.number).min {
            ($0.utf8.count, $0) < ($1.utf8.count, $1)
        }
    }

    /// - Parameter closedBy: The invoice that a line adjusts which was not billed before; nil for a period of its own.
    private func newLines(
        of period: BillablePeriod, onlyAhead: Bool = false, billed: [BilledLine], closedBy: String? = nil
    ) throws(MoneyError) -> [InvoiceLine] {
        let statement = try PeriodStatement(
            period, in: timeZone, bookRoundings: bookRoundings, onlyAhead: onlyAhead)
        // Ids contain names, which are bytes: as strings, two spellings of one letter would be the same.
        var left = Dictionary(billed.map { (Identifier(unchecked: $0.id), $0) }) { first, _ in first }
        var lines: [InvoiceLine] = []
        for due in statement.lines {
            let before = left.removeValue(forKey: Identifier(unchecked: due.id))
            if let line = try due.invoiceLine(of: period.period, less: before, closedBy: closedBy) {
                lines.append(line)
            }
        }
        for gone in left.values {
            if let line = try gone.reversal() { lines.append(line) }
        }
        return lines.sorted {
            $0.kind == $1.kind ? $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) : $0.kind.rank < $1.kind.rank
        }
    }
}

extension InvoiceLine.Kind {
    /// Its place among the lines of a period.
    fileprivate var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
