import PostgresWire
public import Taximeter

extension Store {
    /// Ties out a month from events to the ledger, as the reader and at one instant: every difference that the audits
    /// find, whatever its month, for a book that is wrong anywhere is no proof of any month; and what they do not compare
    /// because it is not done yet, in the month alone.
    ///
    /// - Parameters:
    ///   - month: UTC for usage; on each account's clock for billing periods and invoices, as in ``bill(_:_:at:progress:)``.
    ///   - each: Called with every difference, stage after stage.
    public func reconcile(_ month: BillingMonth, _ each: (Discrepancy) throws -> Void) throws -> Reconciliation {
        let span = month.firstDay.startUTC..<month.firstDayAfter.startUTC
        let (first, next) = ("\(month.firstDay)", "\(month.firstDayAfter)")
        return try reading { connection in
            var differences = 0
            func tell(_ finding: AuditFinding) throws {
                differences += 1
                try each(Discrepancy(finding))
            }
            try connection.forEach(ReadWaitingHours(span: span), tell)
            try connection.forEach(ReadFindings.ofEvents, tell)
            try connection.forEach(ReadFindings.ofCharges, tell)
            try connection.forEach(ReadOpenPeriods(month: first, next: next), tell)
            try connection.forEach(ReadFindings.ofInvoices, tell)
            try connection.forEach(ReadFindings.ofLedger, tell)
            try connection.forEach(ReadFindings.ofCredits, tell)
            return Reconciliation(
                month: month, usage: try connection.query(ReadStageUsage(span: span)),
                periods: try connection.query(ReadPeriodTotals(month: first, next: next)),
                invoices: try connection.query(ReadInvoicedTotals(month: first, next: next)), differences: differences)
        }
    }
}
