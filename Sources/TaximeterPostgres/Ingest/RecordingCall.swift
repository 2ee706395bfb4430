internal import Foundation
import Taximeter

/// One of several calls that were made in order, and how far it is: what the call behind it may do.
///
/// The one behind may take its ids when this one has taken its own, for the server then makes it wait for an id that both
/// have. It must not commit before this one has ended, and must give its ids back when this one is tried again: else an id
/// could go to the later of two events. Whoever waits with a transaction open waits for a call that needs nothing of it.
final class RecordingCall: @unchecked Sendable {
    // All that follows is read and written under this lock.
    private let condition = NSCondition()
    private var attempt = 0
    private var hasTakenIDs = false
    private var result: Result<RecordAnswers, any Error>?

    /// Says that the transaction failed and will be tried again: the ids that it had taken are free.
    func giveBackIDs() {
        condition.withLock {
            attempt += 1
            hasTakenIDs = false
            condition.broadcast()
        }
    }

    /// Says that this call has all the locks that it will need.
    func takeIDs() {
        condition.withLock {
            hasTakenIDs = true
            condition.broadcast()
        }
    }

    func end(with result: Result<RecordAnswers, any Error>) {
        condition.withLock {
            self.result = result
            condition.broadcast()
        }
    }

    /// Waits until this call has its ids, or has ended.
    ///
    /// - Returns: Which of its attempts has them.
    func waitUntilIDsTaken() -> Int {
        condition.withLock {
            while !hasTakenIDs && result == nil { condition.wait() }
            return attempt
        }
    }

    /// Waits until this call has ended, with the attempt that had the ids.
    func waitUntilEnded(with attempt: Int) throws {
        try condition.withLock {
            while result == nil && self.attempt == attempt { condition.wait() }
            if self.attempt != attempt { throw TriedAgain() }
        }
    }

    /// Waits until this call has ended, whatever became of it.
    func waitUntilEnded() {
        condition.withLock {
            while result == nil { condition.wait() }
        }
    }

    /// What came of it, once it has ended.
    func answers() throws -> RecordAnswers {
        waitUntilEnded()
        return try condition.withLock { try result?.get() ?? RecordAnswers(events: [], reversals: []) }
    }

    /// The call has given its ids back meanwhile.
    struct TriedAgain: Error {}
}

/// The place of a call among those of a pipeline.
struct RecordingTurn {
    let call: RecordingCall
    /// The call before it; nil for the first.
    let before: RecordingCall?
}
