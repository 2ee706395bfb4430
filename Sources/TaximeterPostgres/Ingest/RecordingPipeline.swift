import Dispatch
import Synchronization
public import Taximeter

/// Records batch after batch: one is checked, hashed and sorted while the one before is stored. For whoever has many
/// batches to give, like a file.
///
/// Each batch is what ``Store/record(_:reversing:)`` makes of it, and is stored when the one before is: so of two events
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
        let before = underWay.last?.call
        underWay.append((call, then))
        DispatchQueue.global().async { [store] in
            call.end(with: Result { try store.record(events, reversing: reversals, after: before) })
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

/// One of several calls that were made in order, and how far it is.
final class RecordingCall: Sendable {
    private let ended = DispatchSemaphore(value: 0)
    private let result = Mutex<Result<RecordAnswers, any Error>?>(nil)

    /// Waits, and lets the next who waits pass too.
    func waitUntilEnded() {
        ended.wait()
        ended.signal()
    }

    func end(with result: Result<RecordAnswers, any Error>) {
        self.result.withLock { $0 = result }
        ended.signal()
    }

    /// What came of it, once it has ended.
    func answers() throws -> RecordAnswers {
        waitUntilEnded()
        return try result.withLock { $0 }?.get() ?? RecordAnswers(events: [], reversals: [])
    }
}
