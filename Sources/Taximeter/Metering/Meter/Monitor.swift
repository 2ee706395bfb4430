import Glibc

/// A value behind a lock, with waiting for it to change.
///
/// Of POSIX threads rather than `Synchronization.Mutex`, which cannot wait, and whose locking ThreadSanitizer does not see
/// on Linux: it would report every access as a race.
///
/// Waits by the monotonic clock: a step of the wall clock neither shortens nor stretches them. Waiting blocks the calling
/// thread, which is the caller's or one of our own, never one of Swift's cooperative pool.
///
/// Not an object: threads that lock it would count references to it against each other.
@safe struct Monitor<Value>: ~Copyable, @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private let value: UnsafeMutablePointer<Value>
    /// Holds all three, in cache lines that nothing else is in: two, because processors fetch them in pairs.
    private let block: UnsafeMutableRawPointer

    init(_ value: Value) {
        let conditionPlace = unsafe Self.place(pthread_cond_t.self, after: MemoryLayout<pthread_mutex_t>.size)
        let valuePlace = Self.place(Value.self, after: conditionPlace + MemoryLayout<pthread_cond_t>.size)
        let byteCount = (valuePlace + MemoryLayout<Value>.size + 127) & -128
        unsafe block = .allocate(byteCount: byteCount, alignment: 128)
        unsafe mutex = block.bindMemory(to: pthread_mutex_t.self, capacity: 1)
        unsafe condition = (block + conditionPlace).bindMemory(to: pthread_cond_t.self, capacity: 1)
        unsafe self.value = (block + valuePlace).bindMemory(to: Value.self, capacity: 1)
        unsafe self.value.initialize(to: value)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe condition.initialize(to: pthread_cond_t())
        unsafe pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    private static func place<Part>(_ type: Part.Type, after offset: Int) -> Int {
        (offset + MemoryLayout<Part>.alignment - 1) & -MemoryLayout<Part>.alignment
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe value.deinitialize(count: 1)
        unsafe block.deallocate()
    }

    /// Does something with the value while nobody else does.
    func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try unsafe body(&value.pointee)
    }

    /// Does something with the value, unless somebody else is just doing so: then nil.
    @inline(__always)
    func withLockIfAvailable<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result? {
        guard unsafe pthread_mutex_trylock(mutex) == 0 else { return nil }
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try unsafe body(&value.pointee)
    }

    /// Wakes everybody who waits, to look again: also at what is not behind the lock.
    func wakeAll() {
        unsafe pthread_mutex_lock(mutex)
        unsafe pthread_cond_broadcast(condition)
        unsafe pthread_mutex_unlock(mutex)
    }

    /// Waits until the body gives a result; nil when it has not within that time.
    func wait<Result>(upTo limit: Duration, until body: (inout Value) -> Result?) -> Result? {
        var deadline = Self.deadline(after: limit)
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let result = unsafe body(&value.pointee) { return result }
            if unsafe pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT {
                return unsafe body(&value.pointee)
            }
        }
    }

    private static func deadline(after limit: Duration) -> timespec {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        // A year is for ever.
        let parts = max(.zero, min(limit, .seconds(31_536_000))).components
        let nanoseconds = now.tv_nsec + Int(parts.attoseconds / 1_000_000_000)
        return timespec(
            tv_sec: now.tv_sec + Int(parts.seconds) + nanoseconds / 1_000_000_000,
            tv_nsec: nanoseconds % 1_000_000_000)
    }
}

/// The wall clock.
package enum SystemClock {
    /// Now, to the microsecond; the epoch where the system's clock is beyond all reason.
    package static var now: Instant {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        return Instant(microseconds: Int64(now.tv_sec) * Instant.second + Int64(now.tv_nsec) / 1_000)
            ?? UsageEvent.earliestInstant
    }
}
