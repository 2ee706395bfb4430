/// A fee for each billing period, whatever is used.
public struct RecurringFee: Sendable, Hashable {
    /// When the fee of a period is billed.
    public enum Due: String, Sendable, Hashable, CaseIterable {
        /// At the period's start: it is on the invoice of the period before, or on its own period's when there is none.
        case inAdvance = "in_advance"
        /// At the period's end.
        case inArrears = "in_arrears"
    }

    /// What is due for a part of a period.
    public enum Proration: String, Sendable, Hashable, CaseIterable {
        /// The share of the period's microseconds that the subscription covers.
        case time
        /// The share of the period's days, in the account's zone, on which it holds at some instant.
        case days
        /// The whole fee, however short.
        case none
    }

    /// The fee of a whole period.
    public let amount: Money
    /// When it is billed.
    public let due: Due
    /// What is due for a part of a period.
    public let proration: Proration

    /// A fee.
    public init(amount: Money, due: Due = .inAdvance, proration: Proration = .time) {
        self.amount = amount
        self.due = due
        self.proration = proration
    }
}

/// Tokens that are paid for in advance by a fee of their own, and what each token beyond them costs.
public struct CommittedVolume: Sendable, Hashable {
    /// The tokens of a whole period, the models and classes they are for: taken like an allowance, dearest or in order.
    public let allowance: Allowance
    /// What they cost a period, used or not; prorated like the recurring fee.
    public let fee: Money
    /// What a token beyond the volume costs, as a factor on its contracted price; nil leaves the price as it is.
    public let overage: Factor?

    /// A volume.
    public init(allowance: Allowance, fee: Money, overage: Factor? = nil) {
        self.allowance = allowance
        self.fee = fee
        self.overage = overage
    }
}
