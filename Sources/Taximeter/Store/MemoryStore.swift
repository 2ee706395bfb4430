import Synchronization

/// A store in memory, in the plainest way: nothing is kept but events and price books, and charges are made anew from
/// them each time. For tests, for trying prices out, and as the oracle of the real store.
public final class MemoryStore: UsageStore, Sendable {
    private struct State {
        var events: [EventID: UsageEvent] = [:]
        var reversed: Set<EventID> = []
        var books: [PriceBook] = []
        var charges: Set<Charge> = []
    }

    private struct EventID: Hashable {
        let account: Identifier
        let requestID: Identifier
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

    /// Makes the charges anew.
    public func rollUpAndRate() throws {
        try state.withLock { state in
            let cutter = UsageCutter(
                books: state.books, ratingInstant: state.books.first?.ratingInstant ?? .completedAt)
            let buckets = try cutter.buckets(
                of: state.events.values, without: state.reversed.compactMap { state.events[$0] })
            state.charges = Set(try Self.charges(for: buckets, by: state.books.first))
        }
    }

    /// Account by account and period by period, each whole; lifetime allowances carry over.
    private static func charges(for buckets: [UsageBucket], by book: PriceBook?) throws -> [Charge] {
        guard let book else { return buckets.map { Charge(bucket: $0, outcome: .unpriced("no_price_book")) } }
        let rater = PeriodRater(Rater(book: book))
        var lines = RatingLines(rater.rater)
        var charges: [Charge] = []
        for (_, buckets) in Dictionary(grouping: buckets, by: \.key.account) {
            var used: [Int64] = []
            let periods = Dictionary(grouping: buckets) { BillingPeriod(containing: $0.key.slotStart).start }
            for (_, buckets) in periods.sorted(by: { $0.key < $1.key }) {
                let usages = buckets.map { lines.usage($0.ratable) }
                guard let outcome = try? rater.rate(usages, allowancesUsed: used) else {
                    charges += buckets.map { Charge(bucket: $0, outcome: .unpriced(Charge.tooLarge)) }
                    continue
                }
                used = book.terms.carriedOver(outcome.allowancesUsed)
                charges += buckets.indices.map { Charge(bucket: buckets[$0], outcome: outcome.charge($0)) }
            }
        }
        return charges
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
