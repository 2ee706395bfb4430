import Synchronization

/// A store in memory, in the plainest way: nothing is kept but events and price books, and charges are made anew from
/// them each time. For tests, for trying prices out, and as the oracle of the real store.
public final class MemoryStore: UsageStore, Sendable {
    private struct State {
        var events: [EventID: UsageEvent] = [:]
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
    public func record(_ events: [UsageEvent]) -> [EventAnswer] {
        state.withLock { state in
            events.map { event in
                let id = EventID(account: event.account, requestID: event.requestID)
                if let known = state.events[id] { return known == event ? .duplicate : .conflict }
                state.events[id] = event
                return .accepted
            }
        }
    }

    /// Adds a price book. The first one prices all accounts.
    public func add(_ book: PriceBook) { state.withLock { $0.books.append(book) } }

    /// Makes the charges anew.
    public func rollUpAndRate() throws {
        try state.withLock { state in
            let cutter = UsageCutter(
                books: state.books, ratingInstant: state.books.first?.ratingInstant ?? .completedAt)
            let buckets = try cutter.buckets(of: state.events.values)
            let rater = state.books.first.map { Rater(book: $0) }
            state.charges = Set(try buckets.map { Charge(bucket: $0, outcome: try $0.outcome(under: rater)) })
        }
    }

    /// All charges that the last ``rollUpAndRate()`` made.
    public func charges() -> Set<Charge> { state.withLock { $0.charges } }
}

extension UsageBucket {
    fileprivate func outcome(under rater: Rater?) throws(MoneyError) -> Charge.Outcome {
        guard let rater else { return .unpriced("no_price_book") }
        return switch try rater.rate(ratable) {
        case .priced(let rated): .priced(Charge.Amounts(rated))
        case .unpriced(let reason): .unpriced(reason.code)
        }
    }

    /// The bucket as a rater takes it.
    public var ratable: RatableUsage {
        RatableUsage(
            model: key.model, channel: key.channel, serviceTier: key.serviceTier, instant: key.slotStart,
            size: key.inputFloor < 0 ? .summed : .request(totalInput: key.inputFloor, output: key.outputFloor),
            tokens: tokens)
    }
}
