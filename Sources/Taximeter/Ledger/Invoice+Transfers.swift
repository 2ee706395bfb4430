extension Invoice {
    /// The movements of money when the invoice becomes final.
    ///
    /// Fees for a period that is not billed yet are owed at once and earned when it is; everything else is earned now.
    ///
    /// - Parameters:
    ///   - closedThrough: The latest end of the account's billed periods, this one's included.
    ///   - deferred: What earlier invoices billed ahead for periods up to there, and is not yet earned.
    /// - Throws: ``MoneyError``.
    /// - Returns: None for a draft.
    public func transfers(
        closedThrough: Instant, recognising deferred: Money
    ) throws(MoneyError) -> [LedgerTransfer] {
        guard let issued else { return [] }
        var (revenue, ahead, taxes) = (Money.zero(currency), Money.zero(currency), Money.zero(currency))
        for line in lines {
            if line.kind == .tax {
                taxes = try taxes + line.amount
            } else if line.period.start >= closedThrough {
                ahead = try ahead + line.amount
            } else {
                revenue = try revenue + line.amount
            }
        }
        func transfer(
            _ kind: LedgerTransfer.Kind, _ debit: LedgerAccount, _ credit: LedgerAccount, _ amount: Money,
            grant: Identifier? = nil
        ) throws(MoneyError) -> LedgerTransfer? {
            let name =
                grant.map { "\(issued.number)/\(kind.rawValue)/\($0.idPart)" } ?? "\(issued.number)/\(kind.rawValue)"
            return try LedgerTransfer(
                id: name, kind: kind, debit: debit, credit: credit, amount: amount, occurredAt: issued.finalizedAt,
                invoice: issued.number, grant: grant)
        }
        var transfers = [
            try transfer(.revenue, .receivable, .revenue, revenue),
            try transfer(.deferred, .receivable, .deferredRevenue, ahead),
            try transfer(.recognised, .deferredRevenue, .revenue, deferred),
            try transfer(.tax, .receivable, .tax, taxes),
        ]
        for use in credits {
            transfers.append(try transfer(.creditUsed, .credits, .receivable, use.amount, grant: use.grant))
        }
        return transfers.compactMap { $0 }
    }
}

extension LedgerTransfer {
    /// What becomes of fees billed ahead when their period is billed and there is nothing to add, so no invoice.
    ///
    /// - Parameters:
    ///   - deferred: What is earned by now.
    ///   - period: The period that is billed.
    ///   - link: How many invoices and voids the account has had: the period can come to this again after a void.
    /// - Throws: ``MoneyError``.
    public static func recognition(
        of deferred: Money, closing period: BillingPeriod, link: Int64, at instant: Instant
    ) throws(MoneyError) -> LedgerTransfer? {
        try LedgerTransfer(
            id: "recognised/\(period.start)/\(link)", kind: .recognised, debit: .deferredRevenue, credit: .revenue,
            amount: deferred, occurredAt: instant)
    }

    /// What voiding an invoice changes of fees billed ahead besides its own transfers: what it billed was earned with another
    /// invoice, say.
    ///
    /// - Throws: ``MoneyError``.
    package static func recognition(
        of deferred: Money, voiding number: String, at instant: Instant
    ) throws(MoneyError) -> LedgerTransfer? {
        try LedgerTransfer(
            id: "recognised/\(number)/void", kind: .recognised, debit: .deferredRevenue, credit: .revenue,
            amount: deferred, occurredAt: instant)
    }
}
