import CLibPQ
import Dispatch
import Synchronization

/// Cancels what a connection is doing, from any thread, also when the connection is gone by then.
public final class Canceller: Sendable {
    nonisolated(unsafe) private let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { PQfreeCancel(handle) }

    /// Asks the server to stop the statement, which then fails with SQLSTATE 57014.
    ///
    /// - Parameter milliseconds: How long to wait until the server has taken the request.
    /// - Returns: Whether the server took it in time; the statement may end before it arrives.
    @discardableResult
    public func cancel(withinMilliseconds milliseconds: Int = 5_000) -> Bool {
        // PQcancel blocks, for ever when nobody answers: it gets a thread of its own, which keeps the handle.
        let done = DispatchSemaphore(value: 0)
        let outcome = Outcome()
        DispatchQueue(label: "taximeter.postgres.cancel").async { [self] in
            var message = [CChar](repeating: 0, count: 256)
            let isTaken = PipeSignal.held { PQcancel(handle, &message, 256) == 1 }
            outcome.isTaken.store(isTaken, ordering: .releasing)
            done.signal()
        }
        let isDone = done.wait(timeout: .now() + .milliseconds(max(0, milliseconds))) == .success
        return isDone && outcome.isTaken.load(ordering: .acquiring)
    }

    private final class Outcome: Sendable {
        let isTaken = Atomic(false)
    }
}
