import Dispatch
import Synchronization
public import Taximeter

/// Records batch after batch, two of them under way at once: the server takes the ids of one while it writes the events
/// of the one before. For whoever has many batches to give, like a file.
///
/// Each batch is what ``Store/record(_:reversing:)`` makes of it, in the order in which they were given: ids are taken in
/// that order, so that of two events under one id the first stands, and a batch with reversals waits for those before it.
/// Only where a batch has to be tried again, because the connection was lost, the one behind it may come first.
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
            call.end(with: Result { try store.record(events, reversing: reversals, as: call, after: before) })
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
    private let idsTaken = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let result = Mutex<Result<RecordAnswers, any Error>?>(nil)

    /// Its ids are taken: who follows may take others, and will wait for this one to commit where they are the same.
    func hasTakenIDs() { idsTaken.signal() }

    func waitUntilIDsTaken() { pass(idsTaken) }

    func waitUntilEnded() { pass(ended) }

    func end(with result: Result<RecordAnswers, any Error>) {
        self.result.withLock { $0 = result }
        idsTaken.signal()
        ended.signal()
    }

    /// What came of it, once it has ended.
    func answers() throws -> RecordAnswers {
        waitUntilEnded()
        return try result.withLock { $0 }?.get() ?? RecordAnswers(events: [], reversals: [])
    }

    /// Waits, and lets the next who waits pass too.
    private func pass(_ semaphore: DispatchSemaphore) {
        semaphore.wait()
        semaphore.signal()
    }
}
