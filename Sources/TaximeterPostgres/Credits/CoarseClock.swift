import Glibc

/// A moment of the clock that the kernel moves on at each of its ticks, some milliseconds apart: reading it costs a few
/// nanoseconds. It never goes back; while the machine is suspended, it stands still.
struct CoarseClock {
    let nanoseconds: Int64

    static func now() -> CoarseClock {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return CoarseClock(time)
    }

    /// How far it can be behind, unless the machine as a whole was stopped for longer.
    private static let tick = {
        var time = timespec()
        unsafe clock_getres(CLOCK_MONOTONIC_COARSE, &time)
        return CoarseClock(time).nanoseconds
    }()

    private init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    private init(_ time: timespec) {
        nanoseconds = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// The last moment that is certainly no later than so much after this one: a tick less, by which the clock that is
    /// asked then may be behind.
    func advanced(by duration: Duration) -> CoarseClock {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return CoarseClock(nanoseconds: seconds < 0 ? .min : .max) }
        let (length, beyond) = whole.addingReportingOverflow(attoseconds / 1_000_000_000 - Self.tick)
        let (sum, late) = nanoseconds.addingReportingOverflow(length)
        return CoarseClock(nanoseconds: beyond || late ? (seconds < 0 ? .min : .max) : sum)
    }
}
