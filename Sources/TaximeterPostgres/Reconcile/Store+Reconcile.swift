import PostgresWire
public import Taximeter

extension Store {
    /// Ties out a month from events to the ledger, as the reader and at one instant: every difference that the audits
    /// find, whatever its month, for a book that is wrong anywhere is no proof of any month; and what they do not compare
    /// because it is not done yet, in the month alone.
    ///
    /// - Parameters:
    ///   - month: UTC for usage; on each account's clock for billing periods and invoices, as in ``bill(_:_:at:progress:)``.
    ///   - inputs: What others say of the month or a part of it, compared within its own tolerances.
    ///   - each: Called with every difference, stage after stage, and with notes on what may explain one.
    /// - Throws: ``StoreError`` for what others say of no hour of the month.
    public func reconcile(
        _ month: BillingMonth, against inputs: ReconcileInputs = ReconcileInputs(), _ each: (Discrepancy) throws -> Void
    ) throws -> Reconciliation {
        let span = month.firstDay.startUTC..<month.firstDayAfter.startUTC
        let (first, next) = ("\(month.firstDay)", "\(month.firstDayAfter)")
        return try reading { connection in
            var differences = 0
            func tell(_ discrepancy: Discrepancy) throws {
                if !discrepancy.isNote { differences += 1 }
                try each(discrepancy)
            }
            func tell(_ finding: AuditFinding) throws { try tell(Discrepancy(finding)) }
            try connection.forEach(ReadWaitingHours(span: span), tell)
            try connection.forEach(ReadFindings.ofEvents, tell)
            try connection.forEach(ReadFindings.ofCharges, tell)
            try connection.forEach(ReadWaitingMargins(span: span), tell)
            try connection.forEach(ReadFindings.ofMargins, tell)
            try connection.forEach(ReadOpenPeriods(month: first, next: next), tell)
            try connection.forEach(ReadFindings.ofInvoices, tell)
            try connection.forEach(ReadFindings.ofLedger, tell)
            try connection.forEach(ReadFindings.ofCredits, tell)
            for figure in inputs.expected {
                let part = try Self.part(of: span, figure)
                guard let found = try connection.query(ReadFigure(figure: figure, span: part)).first else { continue }
                if let finding = figure.finding(found, in: part) { try tell(finding) }
            }
            try SupplierBills(inputs.bills, span: span, connection: connection).discrepancies().forEach(tell)
            let engines = try inputs.counters.map { try EngineDiscrepancies($0, span: span, connection) }
            try engines?.discrepancies().forEach(tell)
            return Reconciliation(
                month: month, usage: try connection.query(ReadStageUsage(span: span)),
                periods: try connection.query(ReadPeriodTotals(month: first, next: next)),
                invoices: try connection.query(ReadInvoicedTotals(month: first, next: next)),
                engines: engines?.comparison, differences: differences)
        }
    }

    /// The hours that a figure is of; they must be in the month, or it would be a figure of another one.
    private static func part(of month: Range<Instant>, _ figure: ExpectedFigure) throws -> Range<Instant> {
        let (from, until) = (figure.from ?? month.lowerBound, figure.until ?? month.upperBound)
        guard from < until, from >= month.lowerBound, until <= month.upperBound else {
            throw StoreError(
                .range,
                "\(figure.kind.rawValue) is expected from \(from) to \(until); give hours from \(month.lowerBound) to "
                    + "\(month.upperBound)")
        }
        return from..<until
    }
}
