/// Usage events that look like a profile's, in order of completion, in bounded memory.
///
/// The same profile, options and seed give the same events on every machine: everything is drawn and computed in whole
/// numbers. A copy continues where it was taken.
///
/// ```swift
/// var generator = try LoadGenerator(profile, from: midnight, until: nextMidnight, seed: 7)
/// while let event = try generator.next() { … }
/// ```
public struct LoadGenerator: Sendable {
    /// What keeps a run from being made.
    public enum Fault: Error, Hashable, CustomStringConvertible {
        /// Where the events of a run may lie.
        case span(from: Instant, until: Instant)
        /// Events per second that no run can have.
        case rate
        /// More accounts than a run can have, or none, or names that are too long.
        case accounts

        /// What was expected.
        public var description: String {
            switch self {
            case .span(let from, let until):
                "events from \(from) until \(until); expected an end after the start, both from "
                    + "\(UsageEvent.earliestInstant) to \(UsageEvent.latestInstant)"
            case .rate: "expected more than 0 and at most \(LoadProfile.maximumRate) events per second"
            case .accounts:
                "expected 1 to \(LoadAccounts.maximumCount) accounts with names of at most "
                    + "\(Identifier.maximumByteCount) bytes"
            }
        }
    }

    private struct Lane: Sendable {
        let stream: LoadStream
        var arrivals: Arrivals
        var random: SplitMix64
        /// When its next event is completed.
        var next: Int64

        /// Moves to the next event; false at the end.
        mutating func advance(_ table: ExponentialTable) -> Bool {
            guard let next = arrivals.next(table, &random) else { return false }
            self.next = next
            return true
        }

        mutating func draw(
            _ accounts: WeightedNames?, _ requestIDs: inout RequestIDSource
        ) throws(UsageEvent.Invalid) -> UsageEvent {
            let lengths = stream.lengths[stream.windows[arrivals.place].lengths]
            let account = accounts?.sample(&random) ?? stream.name
            let tokens = lengths.tokens(&random)
            let started = max(0, next - lengths.duration(output: tokens.output, &random))
            return try UsageEvent(
                account: account, model: stream.models.sample(&random), channel: stream.channels.sample(&random),
                serviceTier: stream.serviceTiers.sample(&random), requestID: requestIDs.next(),
                startedAt: Instant(unchecked: started), completedAt: Instant(unchecked: next), tokens: tokens)
        }
    }

    private var lanes: [Lane] = []
    /// Places of the lanes as a heap: the lane with the earliest event, or the first of those, is at its top.
    private var heap: [Int] = []
    private let accounts: WeightedNames?
    private let table = ExponentialTable()
    private var requestIDs: RequestIDSource

    /// A run over `[from, until)`.
    ///
    /// - Parameters:
    ///   - rate: Events per second on average, in millionths; the profile's own when nil.
    ///   - accounts: How many accounts; the profile's own number when nil. Where each stream of a profile is an account,
    ///     they share its streams by Zipf's law with exponent 1.
    public init(
        _ profile: LoadProfile, from: Instant, until: Instant, seed: UInt64, rate: UInt64? = nil, accounts: Int? = nil
    ) throws(Fault) {
        guard from < until, UsageEvent.earliestInstant <= from, until <= UsageEvent.latestInstant else {
            throw .span(from: from, until: until)
        }
        var profile = profile
        profile.rate = rate ?? profile.rate
        guard (1...LoadProfile.maximumRate * 1_000_000).contains(profile.rate) else { throw .rate }
        if let accounts {
            profile.accounts = profile.accounts ?? LoadAccounts(count: accounts, exponent: 1_000, prefix: "account-")
            profile.accounts?.count = accounts
        }
        if let wanted = profile.accounts {
            guard (1...LoadAccounts.maximumCount).contains(wanted.count), let names = wanted.names() else {
                throw .accounts
            }
            self.accounts = names
        } else {
            self.accounts = nil
        }
        requestIDs = RequestIDSource(seed: seed, from: from)
        var seeds = SplitMix64(seed: seed)
        for (stream, work) in zip(profile.streams, profile.work()) {
            let arrivals = Arrivals(stream.windows, work: work, window: profile.window, from: from, until: until)
            var lane = Lane(stream: stream, arrivals: arrivals, random: SplitMix64(seed: seeds.next()), next: 0)
            if lane.advance(table) { lanes.append(lane) }
        }
        heap = lanes.indices.sorted { isEarlier($0, $1) }
    }

    /// The next event, or nil at the end.
    ///
    /// - Throws: Nothing as long as the profile's lengths stay within the limits of an event, which its readers check.
    public mutating func next() throws(UsageEvent.Invalid) -> UsageEvent? {
        guard let top = heap.first else { return nil }
        let event = try lanes[top].draw(accounts, &requestIDs)
        if !lanes[top].advance(table) {
            let last = heap.removeLast()
            if heap.isEmpty { return event }
            heap[0] = last
        }
        sink()
        return event
    }

    private func isEarlier(_ left: Int, _ right: Int) -> Bool {
        (lanes[left].next, left) < (lanes[right].next, right)
    }

    /// Moves the top of the heap down to where it belongs.
    private mutating func sink() {
        var place = 0
        while 2 * place + 1 < heap.count {
            var child = 2 * place + 1
            if child + 1 < heap.count, isEarlier(heap[child + 1], heap[child]) { child += 1 }
            if isEarlier(heap[place], heap[child]) { return }
            heap.swapAt(place, child)
            place = child
        }
    }
}
