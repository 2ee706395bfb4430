import Glibc

/// A point of the monotonic clock by which something has to be done; nil milliseconds are for ever.
struct Deadline {
    private let nanoseconds: UInt64?

    init(milliseconds: Int?) {
        // Beyond thirty years all are the same, and none overflows.
        nanoseconds = milliseconds.map { Self.now() + UInt64(min(max(0, $0), 1 << 40)) * 1_000_000 }
    }

    init(microseconds: Int) { nanoseconds = Self.now() + UInt64(max(0, microseconds)) * 1_000 }

    var hasPassed: Bool { nanoseconds.map { Self.now() >= $0 } ?? false }

    /// What is left, for poll(2): -1 for ever, 0 when it has passed.
    var pollMilliseconds: Int32 {
        guard let nanoseconds else { return -1 }
        let now = Self.now()
        return now >= nanoseconds ? 0 : Int32(clamping: (nanoseconds - now + 999_999) / 1_000_000)
    }

    private static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// Waits until a socket can be read or written.
///
/// - Returns: Whether it can; false when the deadline has passed.
func waitForSocket(_ socket: Int32, toWrite: Bool, until deadline: Deadline) throws(PostgresError) -> Bool {
    var descriptor = pollfd(fd: socket, events: Int16(POLLIN | (toWrite ? POLLOUT : 0)), revents: 0)
    while true {
        let timeout = deadline.pollMilliseconds
        let ready = poll(&descriptor, 1, timeout)
        if ready > 0 { return true }
        if ready == 0 { return false }
        if errno != EINTR { throw PostgresError(.connectionLost, "waiting for the server failed: errno \(errno)") }
    }
}
