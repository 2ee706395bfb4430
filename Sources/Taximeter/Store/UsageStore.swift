/// What every store of usage does: the one in memory and the one in PostgreSQL pass the same tests, so that the plain
/// one proves the other.
public protocol UsageStore {
    /// Stores the events that are new, and then what undoes earlier ones, all together, and answers each; an id is used
    /// once per account, and reversed once, for ever.
    func record(_ events: [UsageEvent], reversing reversals: [EventReversal]) throws -> RecordAnswers
    /// Adds a price book, or what is new in it. The first one prices all accounts.
    func add(_ book: PriceBook) throws
    /// Adds a plan, or what is new in it.
    func add(_ plan: Plan) throws
    /// Says what accounts have agreed to, each in the place of what was said before; their plans must be there.
    func agree(_ agreements: [Agreement]) throws
    /// Sums events into buckets and rates them, wherever something changed.
    func rollUpAndRate() throws
    /// All charges, in no order.
    func charges() throws -> Set<Charge>
    /// The usage lines of a billing period of an account, by the period's start.
    func usageLines(of account: Identifier, periodStart: Instant) throws -> Set<UsageLine>
}

extension UsageStore {
    /// Stores the events that are new, and answers each.
    public func record(_ events: [UsageEvent]) throws -> [EventAnswer] { try record(events, reversing: []).events }
}
