import Synchronization

/// A store in memory, in the plainest way: nothing is kept but events, price books and
/// agreements, and charges are made anew from
/// them each time. For tests, for trying prices out, and as the oracle of the real store.
public final class MemoryStore: UsageStore, Sendable {
    private struct State {
        var events: [EventID: UsageEvent] = [:]
        var reversed: Set<EventID> = []
        var books: [PriceBook] = []
        var plans: [Identifier: Plan] = [:]
        var agreements: [Identifier: Agreement] = [:]
        var charges: Set<Charge> = []
        var lines: [PeriodID: Set<UsageLine>] = [:]
    }

    private struct EventID: Hashable {
        let account: Identifier
        let requestID: Identifier
    }

    private struct PeriodID: Hashable {
        let account: Identifier
        let start: Instant
    }

    private let state = Mutex(State())

    /// An empty store.
    public init() {}

    /// Stores the events that are new, and answers each.
    public func record(_ events: [UsageEvent]) -> [EventAnswer] { record(events, reversing: []).events }

    /// Stores the events that are new, then what undoes earlier ones, and answers each.
    public func record(_ events: [UsageEvent], reversing reversals: [EventReversal]) -> RecordAnswers {
        state.withLock { state in
            let events = events.map { event -> EventAnswer in
                let id = EventID(account: event.account, requestID: event.requestID)
                if let known = state.events[id] { return known == event ? .duplicate : .conflict }
                state.events[id] = event
                return .accepted
            }
            let reversals = reversals.map { reversal -> ReversalAnswer in
                let id = EventID(account: reversal.account, requestID: reversal.requestID)
                if state.events[id] == nil { return .noOriginal }
                return state.reversed.insert(id).inserted ? .reversed : .alreadyReversed
            }
            return RecordAnswers(events: events, reversals: reversals)
        }
    }

    /// Adds a price book. The first one prices all accounts.
    public func add(_ book: PriceBook) { state.withLock { $0.books.append(book) } }

    /// Adds a plan, in the place of one of its name.
    public func add(_ plan: Plan) { state.withLock { $0.plans[plan.name] = plan } }

    /// Says what accounts have agreed to.
    public func agree(_ agreements: [Agreement]) {
        state.withLock { state in
            for agreement in agreements { state.agreements[agreement.account] = agreement }
        }
    }

    /// Makes the charges and lines anew.
    public func rollUpAndRate() throws {
        try state.withLock { state in
            let cutter = UsageCutter(
                books: state.books, ratingInstant: state.books.first?.ratingInstant ?? .completedAt,
                plans: state.plans.values, agreements: state.agreements.values)
            let buckets = try cutter.buckets(
                of: state.events.values, without: state.reversed.compactMap { state.events[$0] })
            state.charges = []
            state.lines = [:]
            let raters = PlanRaters(state.books, default: state.books.first)
            for (account, buckets) in Dictionary(grouping: buckets, by: \.key.account) {
                try Self.rate(account, buckets, raters, &state)
            }
        }
    }

    /// Period by period, each whole; lifetime allowances carry over.
    private static func rate(
        _ account: Identifier, _ buckets: [UsageBucket], _ raters: PlanRaters, _ state: inout State
    ) throws {
        let agreement =
            state.agreements[account]
            ?? Agreement(account: account, timeZone: .utc, issuingEntity: .defaultEntity, subscriptions: [])
        let rater = AgreementRater(agreement, state.plans, raters)
        var lifetime: [Identifier: Int64] = [:]
        let periods = Dictionary(grouping: buckets) { rater.calendar.period(containing: $0.key.slotStart) }
        for (period, buckets) in periods.sorted(by: { $0.key < $1.key }) {
            let usages = buckets.map(\.ratable)
            let outcome = try rater.rate(
                period, usages.map { AgreementRater.Usage(instant: $0.instant, size: $0.size, tokens: $0.tokens) },
                lifetime: lifetime
            ) { place, rater in rater.rater.rater.line(of: usages[place]) }
            lifetime.merge(outcome.allowancesUsed) { $0 + $1 }
            for (bucket, rated) in zip(buckets, outcome.ratings) {
                state.charges.insert(Charge(bucket: bucket, outcome: rated.charge))
            }
            state.lines[PeriodID(account: account, start: period.start)] = Set(outcome.lines)
        }
    }

    /// The usage lines of a period that the last ``rollUpAndRate()`` made.
    public func usageLines(of account: Identifier, periodStart: Instant) -> Set<UsageLine> {
        state.withLock { $0.lines[PeriodID(account: account, start: periodStart)] ?? [] }
    }

    /// All charges that the last ``rollUpAndRate()`` made.
    public func charges() -> Set<Charge> { state.withLock { $0.charges } }
}

extension UsageBucket {
    /// The bucket as a rater takes it.
    public var ratable: RatableUsage {
        RatableUsage(
            model: key.model, channel: key.channel, serviceTier: key.serviceTier, instant: key.slotStart,
            size: key.inputFloor < 0 ? .summed : .request(totalInput: key.inputFloor, output: key.outputFloor),
            tokens: tokens)
    }
}
