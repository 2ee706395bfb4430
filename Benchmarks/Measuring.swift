import Foundation
import Glibc
import Synchronization

/// Clocks and memory of this process.
enum Measuring {
    /// Nanoseconds of processor that all threads of the process have had.
    static var processorNanoseconds: UInt64 { nanoseconds(CLOCK_PROCESS_CPUTIME_ID) }
    /// Nanoseconds of the monotonic clock.
    static var now: UInt64 { nanoseconds(CLOCK_MONOTONIC) }

    private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// A line of `/proc/self/status` in KiB: `VmRSS` is the resident memory, `VmHWM` its peak; 0 where there is none.
    static func memoryKiB(_ name: String) -> Int {
        guard let file = fopen("/proc/self/status", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            guard text.hasPrefix("\(name):") else { continue }
            return Int(text.filter(\.isNumber)) ?? 0
        }
        return 0
    }

    /// Lets the peak of the resident memory begin again at what it is now.
    static func forgetPeak() {
        guard let file = fopen("/proc/self/clear_refs", "w") else { return }
        fputs("5", file)
        fclose(file)
    }

    /// Two threads that begin at the same moment; nanoseconds from then until both have ended.
    static func onTwoThreads(_ body: @escaping @Sendable (Int) -> Void) -> UInt64 {
        let ready = Atomic<Int>(0)
        let times = Mutex<(start: UInt64, end: UInt64)>((.max, 0))
        let both = DispatchGroup()
        for index in 0..<2 {
            both.enter()
            Thread {
                ready.add(1, ordering: .acquiringAndReleasing)
                while ready.load(ordering: .acquiring) < 2 {}
                let start = now
                body(index)
                let end = now
                times.withLock { $0 = (min($0.start, start), max($0.end, end)) }
                both.leave()
            }.start()
        }
        both.wait()
        return times.withLock { $0.end - $0.start }
    }

    /// A number with two decimals.
    static func text(_ value: Double) -> String {
        let rounded = Int((value * 100).rounded())
        return "\(rounded / 100).\(rounded % 100 < 10 ? "0" : "")\(rounded % 100)"
    }
}

/// How long things took.
struct Latencies: Sendable {
    private var nanoseconds: [UInt64] = []

    mutating func append(_ duration: UInt64) { nanoseconds.append(duration) }
    mutating func append(_ others: Latencies) { nanoseconds += others.nanoseconds }

    /// Median, 99th percentile and maximum in milliseconds.
    var summary: String {
        let sorted = nanoseconds.sorted()
        guard let longest = sorted.last else { return "none" }
        func text(_ value: UInt64) -> String { Measuring.text(Double(value) / 1e6) }
        return "p50 \(text(sorted[sorted.count / 2])) ms, p99 \(text(sorted[sorted.count * 99 / 100])) ms, "
            + "max \(text(longest)) ms, of \(sorted.count)"
    }
}
