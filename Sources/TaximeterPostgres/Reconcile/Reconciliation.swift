public import Taximeter

/// A month tied out: what each stage has of it, from events to the ledger, and how many differences there are.
public struct Reconciliation: Sendable, Hashable {
    /// The usage of the month's UTC hours as one stage has it.
    public struct Usage: Sendable, Hashable {
        /// `events`, `buckets` or `charges`.
        public let stage: String
        /// Number of events, those reversed taken off, as a whole number.
        public let events: String
        /// Number of requests, likewise.
        public let requests: String
        /// Input tokens of all classes.
        public let inputTokens: String
        /// Output tokens.
        public let outputTokens: String
    }

    /// What the billing periods that end in the month, on each account's clock, come to in one currency; exact decimals.
    public struct Periods: Sendable, Hashable {
        /// The currency's code.
        public let currency: String
        /// How many periods.
        public let count: Int64
        /// The sum of their charges.
        public let charged: String
        /// What the periods were rated at.
        public let rated: String
        /// The usage on their standing invoices, before rounding.
        public let billed: String
    }

    /// The standing invoices and credit notes of these periods in one currency; exact decimals.
    public struct Invoiced: Sendable, Hashable {
        /// The currency's code.
        public let currency: String
        /// How many.
        public let count: Int64
        /// The sum of their rounded lines.
        public let lines: String
        /// The sum of their totals.
        public let total: String
        /// What the ledger has booked for them.
        public let booked: String
    }

    /// The month.
    public let month: BillingMonth
    /// A row a stage, in the order of the stages.
    public let usage: [Usage]
    /// A row a currency, by its code.
    public let periods: [Periods]
    /// A row a currency, by its code.
    public let invoices: [Invoiced]
    /// What the counters of engines say, where some were given.
    public let engines: EngineComparison?
    /// How many differences there are; notes are none.
    public let differences: Int
}

/// A difference that the reconciliation of a month found, with its size and what most likely made it.
public struct Discrepancy: Sendable, Hashable, CustomStringConvertible {
    /// What differs, and where.
    public let finding: AuditFinding
    /// Found less expected, as far as it is a number: `-1 events, -120 output tokens`; empty where there is none.
    public let size: String
    /// What most likely made it, and what to do.
    public let cause: String
    /// Whether it is no difference, but something that may explain one: a counter that was reset.
    public let isNote: Bool

    init(_ finding: AuditFinding) {
        let difference = DifferenceSize(finding)
        self.init(finding, size: difference.text, cause: LikelyCause.of(finding.kind, difference))
    }

    init(_ finding: AuditFinding, size: String, cause: String, isNote: Bool = false) {
        self.finding = finding
        self.size = size
        self.cause = cause
        self.isNote = isNote
    }

    /// One line.
    public var description: String {
        (isNote ? "note: " : "") + "\(finding)" + (size.isEmpty ? "" : "; difference \(size)")
            + "; likely cause: \(cause)"
    }
}
