import Dispatch
public import Taximeter

/// Records batch after batch, two at once: one takes its ids while the other's events are written. For whoever has many
/// batches to give, like a file.
///
/// Each batch is what ``Store/record(_:reversing:)`` makes of it, and is committed after the one before: so of two events
/// under one id the first stands, whatever has to be tried again.
///
/// To be used from one thread.
public final class RecordingPipeline {
    private let store: Store
    private var underWay: [(call: RecordingCall, then: (RecordAnswers) throws -> Void)] = []

    /// A pipeline into a store, which should have two connections.
    public init(_ store: Store) { self.store = store }

    // Nothing goes on behind the back of whoever gave up.
    deinit { for (call, _) in underWay { call.waitUntilEnded() } }

    /// Gives a batch, and waits as long as two others are under way.
    ///
    /// - Parameter then: Is given the answers, during a later call of this or of ``finish()``.
    /// - Throws: What an earlier batch has thrown, or its `then`: as with ``Store/record(_:reversing:)``, that batch is not
    ///   stored, or nobody knows. The one behind it may be stored all the same.
    public func record(
        _ events: [UsageEvent], reversing reversals: [EventReversal] = [],
        then: @escaping (RecordAnswers) throws -> Void
    ) throws {
        while underWay.count >= 2 { try settleFirst() }
        let call = RecordingCall()
        let turn = RecordingTurn(call: call, before: underWay.last?.call)
        underWay.append((call, then))
        DispatchQueue.global().async { [store] in
            call.end(with: Result { try store.record(events, reversing: reversals, in: turn) })
        }
    }

    /// Waits for the batches that are under way.
    ///
    /// - Throws: As ``record(_:reversing:then:)``; called again, it goes on with the batch behind.
    public func finish() throws { while !underWay.isEmpty { try settleFirst() } }

    private func settleFirst() throws {
        let (call, then) = underWay.removeFirst()
        try then(call.answers())
    }
}
