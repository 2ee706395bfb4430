/// What accounts can agree to: price book, fees, commitments and terms, in versions over time.
///
/// Plans are written in YAML or JSON; docs/plan-format.md has the format.
public struct Plan: Sendable, Hashable {
    /// The name, by which subscriptions mean it.
    public let name: Identifier
    /// The versions, in the order of time; they do not overlap.
    public let versions: [PlanVersion]

    /// A plan.
    public init(name: Identifier, versions: [PlanVersion]) {
        self.name = name
        self.versions = versions
    }
}

/// What a plan says over some time. Nothing in it that billed a period ever changes.
public struct PlanVersion: Sendable, Hashable {
    /// When it holds for those who are subscribed to the plan.
    public let effective: EffectivePeriod
    /// The price book that rates the usage.
    public let priceBook: Identifier
    /// The currency of the book and of every amount of the plan.
    public let currency: Currency
    /// How long a billing period is.
    public let cycle: BillingCycle
    /// A fee for each period, whatever is used.
    public let recurringFee: RecurringFee?
    /// Discount, allowances, quantities and rounding in place of the book's own terms; nil leaves those.
    public let terms: Terms?
    /// Volumes paid for ahead, each a fee, free tokens, and a rate for what goes beyond.
    public let committedVolumes: [CommittedVolume]
    /// Whether usage costs nothing beyond the fees: the flat subscription. What it would have cost is kept.
    public let isUnlimited: Bool
    /// The least that usage and fees of a whole period come to; what is missing is a line of its own. Whole minor units.
    public let minimum: Money?
    /// The most that usage of a period comes to; what is beyond is taken off by a line of its own. Whole minor units.
    public let maximum: Money?
    /// Who pays when.
    public let payment: Payment
    /// A tax on everything else of the invoice.
    public let tax: Tax?

    /// When usage is paid for.
    public enum Payment: String, Sendable, Hashable, CaseIterable {
        /// After the period, by invoice.
        case postpaid
        /// From a balance, as it is used.
        case prepaid
    }

    /// A tax as one line. Rates that depend on places and goods are a tax engine's work, which is outside.
    public struct Tax: Sendable, Hashable {
        /// What the line says: `VAT 19 %`.
        public let name: String
        /// The share of the net total: 0.19.
        public let rate: Factor

        /// A tax.
        public init(name: String, rate: Factor) {
            self.name = name
            self.rate = rate
        }
    }

    /// A version; everything but book, currency and time has a default.
    public init(
        effective: EffectivePeriod, priceBook: Identifier, currency: Currency, cycle: BillingCycle = .calendarMonth,
        recurringFee: RecurringFee? = nil, terms: Terms? = nil, committedVolumes: [CommittedVolume] = [],
        isUnlimited: Bool = false, minimum: Money? = nil, maximum: Money? = nil, payment: Payment = .postpaid,
        tax: Tax? = nil
    ) {
        self.effective = effective
        self.priceBook = priceBook
        self.currency = currency
        self.cycle = cycle
        self.recurringFee = recurringFee
        self.terms = terms
        self.committedVolumes = committedVolumes
        self.isUnlimited = isUnlimited
        self.minimum = minimum
        self.maximum = maximum
        self.payment = payment
        self.tax = tax
    }
}
