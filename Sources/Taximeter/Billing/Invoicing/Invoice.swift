/// A rounded statement for one account and billing period. Once it is final it never changes.
///
/// Everything that it says is in its ``document``, so what prices and plans become later never shows in it.
public struct Invoice: Sendable, Hashable {
    /// What a negative total is called.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The account owes the total.
        case invoice
        /// The account is owed it.
        case creditNote = "credit_note"
    }

    /// What makes an invoice final.
    public struct Issued: Sendable, Hashable {
        /// Its number; those of an issuing entity have no gaps.
        public let number: String
        /// 1 for the first invoice that closes the period; one more after each that was voided.
        public let issue: Int32
        /// When it became final.
        public let finalizedAt: Instant

        /// What makes it final.
        public init(number: String, issue: Int32, finalizedAt: Instant) {
            self.number = number
            self.issue = issue
            self.finalizedAt = finalizedAt
        }
    }

    /// What a credit grant pays of it.
    public struct CreditUse: Sendable, Hashable {
        /// The grant.
        public let grant: Identifier
        /// How much; more than zero.
        public let amount: Money

        /// A use.
        public init(grant: Identifier, amount: Money) {
            self.grant = grant
            self.amount = amount
        }
    }

    /// Number and time; nil for a draft.
    public let issued: Issued?
    /// The account.
    public let account: Identifier
    /// Who issues it.
    public let issuingEntity: Identifier
    /// The period that it closes.
    public let period: BillingPeriod
    /// The zone in which the period is shown.
    public let timeZone: TimeZoneRules
    /// The currency of every amount.
    public let currency: Currency
    /// The lines: the period's own first, then fees of the next, then adjustments of earlier periods in their order.
    public let lines: [InvoiceLine]
    /// What credit grants pay of it, or would pay of a draft, in the order in which they are used.
    public let credits: [CreditUse]
    /// The sum of the rounded lines.
    public let total: Money
    /// What is left to pay: the total less the credits.
    public let due: Money

    /// An invoice; nil without a line.
    ///
    /// - Throws: ``MoneyError`` when the lines do not add up, or are of different currencies.
    public init?(
        issued: Issued? = nil, account: Identifier, issuingEntity: Identifier, period: BillingPeriod,
        timeZone: TimeZoneRules, lines: [InvoiceLine], credits: [CreditUse] = []
    ) throws(MoneyError) {
        guard let first = lines.first else { return nil }
        self.issued = issued
        self.account = account
        self.issuingEntity = issuingEntity
        self.period = period
        self.timeZone = timeZone
        self.lines = lines
        self.credits = credits
        currency = first.amount.currency
        var total = Money.zero(currency)
        for line in lines { total = try total + line.amount }
        self.total = total
        for use in credits { total = try total - use.amount }
        due = total
    }

    /// What it is.
    public var kind: Kind { total.units < 0 ? .creditNote : .invoice }

    /// The same with its number.
    ///
    /// - Throws: ``MoneyError``.
    public func issued(_ issued: Issued) throws(MoneyError) -> Invoice { try with(issued, credits) }

    /// The same with the credits that pay for it.
    ///
    /// - Throws: ``MoneyError``.
    public func paid(by credits: [CreditUse]) throws(MoneyError) -> Invoice { try with(issued, credits) }

    private func with(_ issued: Issued?, _ credits: [CreditUse]) throws(MoneyError) -> Invoice {
        let invoice = try Invoice(
            issued: issued, account: account, issuingEntity: issuingEntity, period: period, timeZone: timeZone,
            lines: lines, credits: credits)
        // It has lines, or there would be no invoice.
        return invoice ?? self
    }
}

/// A line of an invoice: `quantity × unit price + fees = exact`, wherever it has a unit price.
public struct InvoiceLine: Sendable, Hashable {
    /// What a line is for.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Tokens at one price.
        case usage
        /// The fee of a plan for a period.
        case recurringFee = "recurring_fee"
        /// The fee of a committed volume.
        case committedVolume = "committed_volume"
        /// What is beyond the plan's maximum; negative.
        case maximum
        /// What is missing to the plan's minimum.
        case minimum
        /// A tax on the lines before.
        case tax
    }

    /// What it is for.
    public let kind: Kind
    /// Its id: unique among the lines of its period, and the same whenever that period is billed again.
    public let id: String
    /// The period whose usage or fee it is: an earlier one than the invoice's for an adjustment, a later one for a fee
    /// in advance.
    public let period: BillingPeriod
    /// The number of the invoice that it adjusts: the last that said something of the line or, for a line that is new in a
    /// billed period, the one that closed the period. Nil for a period that was not billed before.
    public let adjusts: String?
    /// What was used, for lines of usage.
    public let usage: UsageLine.Key?
    /// What it says to people.
    public let description: String
    /// Charged tokens, or 1 for a fee. Of an adjustment, the difference.
    public let quantity: Int64
    /// What one of them costs; nil where the amount is no product.
    public let unitPrice: Money?
    /// Flat fees and packages of tiers within the exact amount.
    public let fees: Money
    /// The exact amount; of an adjustment, the difference to what was billed before.
    public let exact: Money
    /// The rounded amount: the rounding of all that the line has come to, less what was billed before, so that rounding
    /// never drifts.
    public let amount: Money

    /// A line.
    public init(
        kind: Kind, id: String, period: BillingPeriod, adjusts: String? = nil, usage: UsageLine.Key? = nil,
        description: String, quantity: Int64, unitPrice: Money?, fees: Money, exact: Money, amount: Money
    ) {
        self.kind = kind
        self.id = id
        self.period = period
        self.adjusts = adjusts
        self.usage = usage
        self.description = description
        self.quantity = quantity
        self.unitPrice = unitPrice
        self.fees = fees
        self.exact = exact
        self.amount = amount
    }
}
