internal import Dispatch
internal import Synchronization

/// Does a job's work on several threads, each of which takes a part, finishes it and takes the next.
enum Workers {
    /// Calls `step` again and again, on this thread and on others at once, until it has found no work on any of them.
    ///
    /// - Parameters:
    ///   - step: Takes a part of the work and does it; false when there was none.
    ///   - progress: Called on this thread, before and after its own parts and while it waits for the others.
    /// - Throws: What the first step to fail threw; the others finish the part that they were at.
    static func run(
        _ count: Int, step: @Sendable () throws -> Bool, progress: () -> Void
    ) throws {
        let failure = Mutex<(any Error)?>(nil)
        @Sendable func work(_ afterEach: () -> Void) {
            do {
                while try failure.withLock({ $0 == nil }) && step() { afterEach() }
            } catch {
                failure.withLock { if $0 == nil { $0 = error } }
            }
        }
        progress()
        withoutActuallyEscaping(work) { work in
            let group = DispatchGroup()
            for _ in 1..<max(1, count) { DispatchQueue.global().async(group: group) { work {} } }
            work(progress)
            while group.wait(timeout: .now() + .milliseconds(500)) == .timedOut { progress() }
        }
        progress()
        if let failure = failure.withLock({ $0 }) { throw failure }
    }
}
