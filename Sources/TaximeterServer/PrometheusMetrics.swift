public import CoreMetrics
import Synchronization

/// Metrics for a scrape by Prometheus, in its text format 0.0.4: counters, gauges, and durations as histograms in seconds.
public final class PrometheusMetrics: MetricsFactory {
    private struct Key: Hashable {
        let name: String
        let labels: String
    }

    private let counters = Mutex<[Key: Count]>([:])
    private let gauges = Mutex<[Key: Level]>([:])
    private let histograms = Mutex<[Key: Durations]>([:])

    /// None yet.
    public init() {}

    /// A counter.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        Self.found(label, dimensions, in: counters) { Count() }
    }

    /// A gauge, or the count and the sum of what is recorded.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if !aggregate { return Self.found(label, dimensions, in: gauges) { Level() } }
        return Summed(
            count: Self.found(label + "_count", dimensions, in: counters) { Count() },
            sum: Self.found(label + "_sum", dimensions, in: counters) { Count() })
    }

    /// A gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        Self.found(label, dimensions, in: gauges) { Level() }
    }

    /// A histogram.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        Self.found(label, dimensions, in: histograms) { Durations() }
    }

    /// Nothing is forgotten: a counter that began anew would look like a restart.
    public func destroyCounter(_ handler: any CounterHandler) {}
    /// As ``destroyCounter(_:)``.
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    /// As ``destroyCounter(_:)``.
    public func destroyMeter(_ handler: any MeterHandler) {}
    /// As ``destroyCounter(_:)``.
    public func destroyTimer(_ handler: any TimerHandler) {}

    /// All of them as text.
    public func text() -> String {
        var lines = ""
        for (name, series) in Self.byName(counters) {
            // A summary's parts keep their names.
            let isPart = name.hasSuffix("_count") || name.hasSuffix("_sum")
            let name = isPart ? name : name + "_total"
            lines += "# TYPE \(name) counter\n"
            for (labels, count) in series { lines += "\(name)\(Self.braced(labels)) \(count.value)\n" }
        }
        for (name, series) in Self.byName(gauges) {
            lines += "# TYPE \(name) gauge\n"
            for (labels, level) in series { lines += "\(name)\(Self.braced(labels)) \(level.text)\n" }
        }
        for (name, series) in Self.byName(histograms) {
            lines += "# TYPE \(name)_seconds histogram\n"
            for (labels, durations) in series { durations.write(name + "_seconds", labels, to: &lines) }
        }
        return lines
    }

    private static func found<Handler>(
        _ label: String, _ dimensions: [(String, String)], in all: borrowing Mutex<[Key: Handler]>,
        _ make: () -> sending Handler
    ) -> Handler where Handler: Sendable {
        let labels = dimensions.map { "\(clean($0.0))=\"\(escaped($0.1))\"" }.joined(separator: ",")
        let key = Key(name: clean(label), labels: labels)
        return all.withLock { all in
            if let known = all[key] { return known }
            let new = make()
            all[key] = new
            return new
        }
    }

    private static func byName<Handler: Sendable>(
        _ all: borrowing Mutex<[Key: Handler]>
    ) -> [(String, [(String, Handler)])] {
        let all = all.withLock { $0 }
        return Dictionary(grouping: all) { $0.key.name }.sorted { $0.key < $1.key }.map { name, series in
            (name, series.map { ($0.key.labels, $0.value) }.sorted { $0.0 < $1.0 })
        }
    }

    /// What a name may consist of.
    private static func clean(_ name: String) -> String {
        String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") ? $0 : "_" })
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    static func braced(_ labels: String) -> String { labels.isEmpty ? "" : "{\(labels)}" }
}
