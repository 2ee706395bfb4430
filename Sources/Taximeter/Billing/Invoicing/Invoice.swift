/// A rounded statement for one account and billing period. Once it is final it never changes.
public struct Invoice: Sendable, Hashable {
    /// What a negative total is called.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The account owes the total.
        case invoice
        /// The account is owed it.
        case creditNote = "credit_note"
    }

    /// What it is.
    public let kind: Kind
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
    /// The lines: the period's own first, then adjustments of earlier periods, in the order of their periods and ids.
    public let lines: [InvoiceLine]

    /// The sum of the rounded lines.
    public let total: Money
}

/// A line of an invoice.
public struct InvoiceLine: Sendable, Hashable {
    /// What a line is for.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Tokens at one price.
        case usage
        /// The fee of a plan for a period.
        case recurringFee = "recurring_fee"
        /// The fee of a committed volume.
        case committedVolume = "committed_volume"
        /// What is missing to the plan's minimum.
        case minimum
        /// What is beyond the plan's maximum; negative.
        case maximum
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
    /// The number of the invoice that it adjusts; nil for what is billed for the first time.
    public let adjusts: String?
    /// What was used, for lines of usage.
    public let usage: UsageLine.Key?
    /// What it says to people.
    public let description: String
    /// Charged tokens, or 1 for a fee. Of an adjustment, the difference.
    public let quantity: Int64
    /// What one of them costs; nil where the amount is no product.
    public let unitPrice: Money?
    /// The exact amount; of an adjustment, the difference to what was billed before.
    public let exact: Money
    /// The rounded amount: the rounding of all that the line has come to, less what was billed before, so that rounding
    /// never drifts.
    public let amount: Money
}
