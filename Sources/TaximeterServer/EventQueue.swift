import Dispatch
import PostgresWire
import Synchronization
import Taximeter
import TaximeterPostgres

/// Stores the events of many requests in few transactions: while one commits, the next ones gather, and go together. A
/// request is answered when its events are committed.
final class EventQueue: Sendable {
    private struct Call {
        let events: [UsageEvent]
        let reversals: [EventReversal]
        let answer: CheckedContinuation<RecordAnswers, any Error>

        var count: Int { events.count + reversals.count }
    }

    private struct State {
        var waiting: [Call] = []
        var waitingCount = 0
        var isDraining = false
    }

    /// The most events that are stored together; a request with more goes alone.
    private static let together = 10_000

    private let store: Store
    /// The most events that may wait.
    private let limit: Int
    private let state = Mutex(State())

    init(_ store: Store, limit: Int) {
        self.store = store
        self.limit = limit
    }

    /// Stores events and reversals durably, and answers each.
    ///
    /// - Throws: ``Full`` when too many wait; what ``Store/record(_:reversing:)`` throws.
    func record(_ events: [UsageEvent], reversing reversals: [EventReversal]) async throws -> RecordAnswers {
        if events.isEmpty, reversals.isEmpty { return RecordAnswers(events: [], reversals: []) }
        return try await withCheckedThrowingContinuation { continuation in
            let call = Call(events: events, reversals: reversals, answer: continuation)
            let todo: (isFull: Bool, begins: Bool) = state.withLock { state in
                if state.waitingCount > 0, state.waitingCount + call.count > limit { return (true, false) }
                state.waiting.append(call)
                state.waitingCount += call.count
                defer { state.isDraining = true }
                return (false, !state.isDraining)
            }
            if todo.isFull { continuation.resume(throwing: Full()) }
            // A thread that may block: never one of Swift's own.
            if todo.begins { DispatchQueue.global().async { self.drain() } }
        }
    }

    /// Too many events wait to be stored.
    struct Full: Error {}

    private func drain() {
        while let calls = next() { store(calls) }
    }

    /// The calls that go together next; nil when none wait, and the thread may end.
    private func next() -> [Call]? {
        state.withLock { state in
            if state.waiting.isEmpty {
                state.isDraining = false
                return nil
            }
            var (calls, count) = (0, 0)
            while calls < state.waiting.count, calls == 0 || count + state.waiting[calls].count <= Self.together {
                count += state.waiting[calls].count
                calls += 1
            }
            let taken = Array(state.waiting[..<calls])
            state.waiting.removeFirst(calls)
            state.waitingCount -= count
            return taken
        }
    }

    private func store(_ calls: [Call]) {
        do {
            let answers = try store.record(calls.flatMap(\.events), reversing: calls.flatMap(\.reversals))
            var (events, reversals) = (answers.events[...], answers.reversals[...])
            for call in calls {
                call.answer.resume(
                    returning: RecordAnswers(
                        events: Array(events.prefix(call.events.count)),
                        reversals: Array(reversals.prefix(call.reversals.count))))
                events = events.dropFirst(call.events.count)
                reversals = reversals.dropFirst(call.reversals.count)
            }
        } catch let error as PostgresError where !error.isRetryable && calls.count > 1 {
            // Nobody is refused for what another one has sent.
            for call in calls { store([call]) }
        } catch {
            for call in calls { call.answer.resume(throwing: error) }
        }
    }
}
