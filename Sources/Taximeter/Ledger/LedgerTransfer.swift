/// An account of the ledger, of which every customer's account has one of each.
public enum LedgerAccount: String, Sendable, Hashable, CaseIterable {
    /// What the customer owes by invoices.
    case receivable
    /// What was earned.
    case revenue
    /// Fees that were billed before the period they are for has ended.
    case deferredRevenue = "deferred_revenue"
    /// What the customer may still use of credits; its balance is negative while there is some.
    case credits
    /// What was given away as credits.
    case promotions
    /// What was paid in.
    case cash
    /// What is owed to tax authorities.
    case tax
    /// What will never be paid.
    case writeOff = "write_off"
}

/// A movement of money: one amount from one side to the other, so any set of them sums to zero.
public struct LedgerTransfer: Sendable, Hashable {
    /// What a movement is for.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// What an invoice bills for its own and earlier periods.
        case revenue
        /// Fees that an invoice bills ahead of their period.
        case deferred
        /// Such fees when their period is billed.
        case recognised
        /// The tax of an invoice.
        case tax
        /// Credits that pay for an invoice.
        case creditUsed = "credit_used"
        /// Credits that are given.
        case grant
        /// Credits that are paid for.
        case topUp = "top_up"
        /// Credits that are paid back.
        case refund
        /// Credits that were not used in time.
        case expiry
        /// Money that came in for invoices.
        case payment
        /// What is owed and given up.
        case writeOff = "write_off"
    }

    /// Says what it is for, so that the same thing is never booked twice: `INV-000042/revenue`. Unique in an account.
    public let id: String
    /// What it is for.
    public let kind: Kind
    /// The side whose balance grows.
    public let debit: LedgerAccount
    /// The side whose balance shrinks.
    public let credit: LedgerAccount
    /// How much; more than zero.
    public let amount: Money
    /// When it happened.
    public let occurredAt: Instant
    /// The invoice that it belongs to.
    public let invoice: String?
    /// The credit grant that it belongs to.
    public let grant: Identifier?
    /// The transfer that it undoes.
    public let reverses: String?

    /// A transfer; nil for nothing. Of a negative amount the sides are swapped.
    ///
    /// - Throws: ``MoneyError/overflow`` for an amount that has no opposite.
    public init?(
        id: String, kind: Kind, debit: LedgerAccount, credit: LedgerAccount, amount: Money, occurredAt: Instant,
        invoice: String? = nil, grant: Identifier? = nil, reverses: String? = nil
    ) throws(MoneyError) {
        if amount.units == 0 { return nil }
        let isSwapped = amount.units < 0
        self.id = id
        self.kind = kind
        self.debit = isSwapped ? credit : debit
        self.credit = isSwapped ? debit : credit
        self.amount = isSwapped ? try -amount : amount
        self.occurredAt = occurredAt
        self.invoice = invoice
        self.grant = grant
        self.reverses = reverses
    }

    /// The transfer that undoes this one: `…/void`.
    public func reversed(at instant: Instant) -> LedgerTransfer { LedgerTransfer(undoing: self, at: instant) }

    private init(undoing original: LedgerTransfer, at instant: Instant) {
        id = original.id + "/void"
        kind = original.kind
        debit = original.credit
        credit = original.debit
        amount = original.amount
        occurredAt = instant
        invoice = original.invoice
        grant = original.grant
        reverses = original.id
    }
}
