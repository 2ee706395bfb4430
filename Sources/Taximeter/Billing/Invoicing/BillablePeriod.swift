/// A billing period as the invoice generator takes it: what was agreed to over it, and what was used in it.
public struct BillablePeriod: Sendable, Hashable {
    /// The period.
    public let period: BillingPeriod
    /// The whole period of the cycle, of which this one is a part where the cycle changes; fees are shares of it.
    public let whole: BillingPeriod
    /// The plan versions in force, in the order of time; they tile the period.
    public let segments: [PlanSegment]
    /// Its rated usage; no two of the same id.
    public let usage: [UsageLine]
    /// The number of the invoice that closed it and stands; nil when it is not closed, or there was nothing to bill.
    public let closedBy: String?

    /// A period.
    public init(
        period: BillingPeriod, whole: BillingPeriod? = nil, segments: [PlanSegment], usage: [UsageLine],
        closedBy: String? = nil
    ) {
        self.period = period
        self.whole = whole ?? period
        self.segments = segments
        self.usage = usage
        self.closedBy = closedBy
    }
}

/// What invoices that were not voided said of a line, added up.
public struct BilledLine: Sendable, Hashable {
    /// What it is for.
    public let kind: InvoiceLine.Kind
    /// Its id.
    public let id: String
    /// The period whose usage or fee it is.
    public let period: BillingPeriod
    /// What was used, for lines of usage.
    public let usage: UsageLine.Key?
    /// What the last of them said to people.
    public let description: String
    /// The sum of the quantities.
    public let quantity: Int64
    /// The sum of the fees within the exact amounts.
    public let fees: Money
    /// The sum of the exact amounts.
    public let exact: Money
    /// The sum of the rounded amounts.
    public let amount: Money
    /// The number of the last of them.
    public let number: String

    /// A line.
    public init(
        kind: InvoiceLine.Kind, id: String, period: BillingPeriod, usage: UsageLine.Key?, description: String,
        quantity: Int64, fees: Money, exact: Money, amount: Money, number: String
    ) {
        self.kind = kind
        self.id = id
        self.period = period
        self.usage = usage
        self.description = description
        self.quantity = quantity
        self.fees = fees
        self.exact = exact
        self.amount = amount
        self.number = number
    }

    /// Whether it was billed ahead of its period.
    var isAhead: Bool { id.hasPrefix(DueLine.aheadPrefix) && kind != .usage }
}
