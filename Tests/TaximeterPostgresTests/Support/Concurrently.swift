import Dispatch
import Synchronization

/// Runs a body on so many threads at once; the results in no order.
///
/// - Throws: The first error of any.
func concurrently<Result: Sendable>(_ count: Int, _ body: @Sendable (Int) throws -> Result) throws -> [Result] {
    let results = Mutex<[Swift.Result<Result, any Error>]>([])
    DispatchQueue.concurrentPerform(iterations: count) { index in
        let result = Swift.Result { try body(index) }
        results.withLock { $0.append(result) }
    }
    return try results.withLock { $0 }.map { try $0.get() }
}
