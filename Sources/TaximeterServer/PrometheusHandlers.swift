import CoreMetrics
import Synchronization

/// A number that grows.
final class Count: CounterHandler {
    private let count = Atomic<Int64>(0)

    var value: Int64 { count.load(ordering: .relaxed) }

    func increment(by amount: Int64) { count.wrappingAdd(amount, ordering: .relaxed) }

    func reset() { count.store(0, ordering: .relaxed) }
}

/// A number that goes up and down.
final class Level: MeterHandler, RecorderHandler {
    private let level = Mutex<Double>(0)

    /// The number, without a fraction where it has none.
    var text: String {
        let value = level.withLock { $0 }
        return Int64(exactly: value).map(String.init) ?? "\(value)"
    }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { level.withLock { $0 = value } }
    func increment(by amount: Double) { level.withLock { $0 += amount } }
    func decrement(by amount: Double) { level.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(value) }
    func record(_ value: Double) { set(value) }
}

/// The count and the sum of whole numbers.
final class Summed: RecorderHandler {
    private let count: Count
    private let sum: Count

    init(count: Count, sum: Count) {
        self.count = count
        self.sum = sum
    }

    func record(_ value: Int64) {
        count.increment(by: 1)
        sum.increment(by: value)
    }

    func record(_ value: Double) {
        if let whole = Int64(exactly: value.rounded()) { record(whole) }
    }
}

/// How many durations were at most so long.
final class Durations: TimerHandler {
    private static let bounds: [(nanoseconds: Int64, text: String)] = [
        (1_000_000, "0.001"), (2_500_000, "0.0025"), (5_000_000, "0.005"), (10_000_000, "0.01"),
        (25_000_000, "0.025"), (50_000_000, "0.05"), (100_000_000, "0.1"), (250_000_000, "0.25"),
        (500_000_000, "0.5"), (1_000_000_000, "1"), (2_500_000_000, "2.5"), (10_000_000_000, "10"),
    ]

    private struct State {
        var counts = [Int64](repeating: 0, count: bounds.count)
        var count: Int64 = 0
        var nanoseconds: Int64 = 0
    }

    private let state = Mutex(State())

    func recordNanoseconds(_ duration: Int64) {
        let place = Self.bounds.firstIndex { duration <= $0.nanoseconds }
        state.withLock { state in
            if let place { state.counts[place] += 1 }
            state.count += 1
            state.nanoseconds &+= duration
        }
    }

    func write(_ name: String, _ labels: String, to lines: inout String) {
        let state = state.withLock { $0 }
        let prefix = labels.isEmpty ? "" : labels + ","
        var count: Int64 = 0
        for (bound, own) in zip(Self.bounds, state.counts) {
            count += own
            lines += "\(name)_bucket{\(prefix)le=\"\(bound.text)\"} \(count)\n"
        }
        lines += "\(name)_bucket{\(prefix)le=\"+Inf\"} \(state.count)\n"
        let (seconds, rest) = state.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let fraction = String(rest + 1_000_000_000).dropFirst()
        lines += "\(name)_sum\(PrometheusMetrics.braced(labels)) \(seconds).\(fraction)\n"
        lines += "\(name)_count\(PrometheusMetrics.braced(labels)) \(state.count)\n"
    }
}
