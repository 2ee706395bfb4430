import Glibc
import Synchronization

/// How often this process came out of a fork: what was opened before the last one belongs to the parent.
enum ForkCount {
    private static let count = Atomic<Int>(0)
    private static let isWatching: Bool = pthread_atfork(nil, nil, { ForkCount.count.add(1, ordering: .relaxed) }) == 0

    /// The count now. The first call sets up the counting.
    static func watched() -> Int {
        _ = isWatching
        return current
    }

    /// The count now.
    static var current: Int { count.load(ordering: .relaxed) }
}
