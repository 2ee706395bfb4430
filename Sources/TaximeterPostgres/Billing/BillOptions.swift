public import Taximeter

/// What a billing run does.
public struct BillOptions: Sendable {
    /// Whether invoices become final; otherwise drafts are made.
    public var finalizes = false
    /// Whether to tell what would be billed, and write nothing but charges.
    public var isDryRun = false
    /// Which accounts; all when empty.
    public var accounts: [Identifier] = []
    /// Accounts whose invoices may exceed the bounds this time.
    public var accepted: Set<Identifier> = []
    /// What an invoice may come to.
    public var bounds = SafetyBounds()
    /// How long after its end a period becomes final at the earliest, in microseconds.
    public var grace = Instant.hour
    /// How many connections work at once.
    public var workers = 2
    /// How many accounts one transaction bills: fewer in tests, for which resuming half-way matters.
    package var accountsPerTransaction = 250

    /// Drafts for all accounts.
    public init() {}
}

/// What a billing run did.
public struct BillSummary: Sendable {
    /// Invoices and credit notes, and what they come to, in one currency.
    public struct Sums: Sendable, Hashable {
        /// Invoices, of which the account owes the total.
        public internal(set) var invoices = 0
        /// Credit notes.
        public internal(set) var creditNotes = 0
        /// The sum of all totals.
        public internal(set) var total: Money
        /// What is left to pay of it after credits.
        public internal(set) var due: Money
    }

    /// A period that has to be looked at first.
    public struct Parked: Sendable, Hashable {
        /// The account.
        public let account: Identifier
        /// The period.
        public let period: BillingPeriod
        /// Why.
        public let reason: ParkReason
    }

    /// By currency code.
    public internal(set) var sums: [String: Sums] = [:]
    /// What could not be billed, and why.
    public internal(set) var parked: [Parked] = []
    /// Periods of which nothing was to be billed.
    public internal(set) var empty = 0
    /// Periods that have not ended, or that usage came in for while the run went on: they are for the next run.
    public internal(set) var waiting = 0

    mutating func add(_ invoice: Invoice) throws(MoneyError) {
        var sums = sums[invoice.currency.code] ?? Sums(total: .zero(invoice.currency), due: .zero(invoice.currency))
        if invoice.kind == .invoice { sums.invoices += 1 } else { sums.creditNotes += 1 }
        sums.total = try sums.total + invoice.total
        sums.due = try sums.due + invoice.due
        self.sums[invoice.currency.code] = sums
    }

    mutating func add(_ other: BillSummary) throws(MoneyError) {
        for (code, theirs) in other.sums {
            var ours = sums[code] ?? Sums(total: .zero(theirs.total.currency), due: .zero(theirs.total.currency))
            ours.invoices += theirs.invoices
            ours.creditNotes += theirs.creditNotes
            ours.total = try ours.total + theirs.total
            ours.due = try ours.due + theirs.due
            sums[code] = ours
        }
        parked += other.parked
        empty += other.empty
        waiting += other.waiting
    }
}
