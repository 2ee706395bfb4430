/// What a courier does next: decisions alone, without a clock, a thread or a file.
///
/// Batches go in order, one at a time. One whose outcome is not known goes again, after a pause that doubles with every
/// failure and is drawn at random from its upper half, so that the couriers of a fleet do not come back all at once. One
/// that the store will never take is put aside, and the next goes.
struct CourierMachine {
    /// Where the courier stands; each case says where it can go.
    enum State: Hashable {
        /// Nothing under way. → shipping, done
        case idle
        /// A batch is at the store. → idle when it has it, pausing, settingAside
        case shipping(Int64, failures: Int)
        /// A batch failed, and waits for its next attempt. → shipping, done
        case pausing(Int64, failures: Int, since: Duration, until: Duration)
        /// A refused batch is being put aside. → idle, pausing
        case settingAside(Int64, failures: Int)
        /// Nothing more is done. → nowhere
        case done
    }

    /// What has to be done now.
    enum Action: Hashable {
        /// Bring this batch to the store; then ``CourierMachine/delivered(_:at:using:)``.
        case ship(Int64)
        /// This batch is settled: it need not be kept.
        case acknowledge(Int64)
        /// Put this batch aside; then ``CourierMachine/hasSetAside(at:using:)``.
        case setAside(Int64, reason: String)
        /// Nothing before that time, or before there is something new where there is no time.
        case wait(until: Duration?)
        /// The end; whether all was shipped.
        case finish(isDrained: Bool)
    }

    /// The pauses between attempts.
    struct Pauses: Sendable, Hashable {
        var first: Duration = .milliseconds(100)
        var longest: Duration = .seconds(30)
    }

    private(set) var state = State.idle
    private let pauses: Pauses
    /// When draining ends; nil while the courier is to go on for ever.
    private var deadline: Duration?

    init(_ pauses: Pauses = Pauses()) { self.pauses = pauses }

    /// Ships what there is, and then, or at the deadline, finishes.
    mutating func drain(until deadline: Duration) {
        self.deadline = min(deadline, self.deadline ?? deadline)
    }

    /// What to do now.
    ///
    /// - Parameters:
    ///   - head: The first batch that is not settled; nil when all are.
    ///   - now: A time that no wall clock can step; should it step all the same, nothing waits for ever.
    mutating func next(_ head: Int64?, at now: Duration) -> Action {
        if case .done = state { return .finish(isDrained: head == nil) }
        if let deadline, head == nil || now >= deadline { return finish(isDrained: head == nil) }
        guard let head else {
            state = .idle
            return .wait(until: nil)
        }
        switch state {
        case .pausing(let sequence, let failures, let since, let until) where sequence == head:
            // A time before the pause began: the clock was set back, and cannot be waited for.
            if now >= since && now < until { return .wait(until: min(until, deadline ?? until)) }
            return ship(head, failures: failures)
        case .shipping(let sequence, let failures), .settingAside(let sequence, let failures):
            // The caller died between the call and its outcome: the same batch again.
            return ship(head, failures: sequence == head ? failures : 0)
        default: return ship(head, failures: 0)
        }
    }

    /// Takes note of what became of the batch that was shipped.
    mutating func delivered(
        _ delivery: Delivery, at now: Duration, using generator: inout some RandomNumberGenerator
    ) -> Action {
        guard case .shipping(let sequence, let failures) = state else { return .wait(until: now) }
        switch delivery {
        case .stored, .alreadyStored:
            state = .idle
            return .acknowledge(sequence)
        case .unknown: return pause(sequence, failures: failures + 1, at: now, using: &generator)
        case .refused(let reason):
            state = .settingAside(sequence, failures: failures)
            return .setAside(sequence, reason: reason)
        }
    }

    /// Takes note of a refused batch that was put aside.
    mutating func hasSetAside() -> Action {
        guard case .settingAside(let sequence, _) = state else { return .wait(until: nil) }
        state = .idle
        return .acknowledge(sequence)
    }

    /// Takes note of a failure on our own side: the batch could not be read, or not be put aside.
    mutating func failed(
        _ head: Int64, at now: Duration, using generator: inout some RandomNumberGenerator
    ) -> Action {
        let failures =
            switch state {
            case .shipping(_, let failures), .settingAside(_, let failures), .pausing(_, let failures, _, _): failures
            case .idle, .done: 0
            }
        return pause(head, failures: failures + 1, at: now, using: &generator)
    }

    private mutating func ship(_ sequence: Int64, failures: Int) -> Action {
        state = .shipping(sequence, failures: failures)
        return .ship(sequence)
    }

    private mutating func finish(isDrained: Bool) -> Action {
        state = .done
        return .finish(isDrained: isDrained)
    }

    private mutating func pause(
        _ sequence: Int64, failures: Int, at now: Duration, using generator: inout some RandomNumberGenerator
    ) -> Action {
        let whole = nanoseconds(min(pauses.longest, pauses.first * (1 << min(failures - 1, 20))))
        let length = whole / 2 + Int64.random(in: 0...whole / 2, using: &generator)
        let until = now + .nanoseconds(length)
        state = .pausing(sequence, failures: failures, since: now, until: until)
        return .wait(until: min(until, deadline ?? until))
    }

    private func nanoseconds(_ duration: Duration) -> Int64 {
        let parts = duration.components
        return parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000
    }
}
