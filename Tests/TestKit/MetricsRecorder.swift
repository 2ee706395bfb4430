public import Metrics
import Synchronization

/// Every value that some gauge, counter or timer was given, by its label and dimensions.
///
/// A process has one metrics system, and tests of many suites run in it at once: so a test looks for values that are its
/// own.
public final class MetricsRecorder: MetricsFactory, Sendable {
    /// The one of this process, installed when it is first asked for.
    public static let shared: MetricsRecorder = {
        let recorder = MetricsRecorder()
        MetricsSystem.bootstrap(recorder)
        return recorder
    }()

    private let recorded = Mutex<[String: [Double]]>([:])

    private init() {}

    private static func key(_ label: String, _ dimensions: [(String, String)]) -> String {
        ([label] + dimensions.map { "\($0)=\($1)" }).joined(separator: "|")
    }

    /// The values of a metric, in the order in which they came.
    public func values(of label: String, _ dimensions: (String, String)...) -> [Double] {
        recorded.withLock { $0[Self.key(label, dimensions)] ?? [] }
    }

    private func handler(_ label: String, _ dimensions: [(String, String)]) -> Handler {
        let key = Self.key(label, dimensions)
        return Handler { value in self.recorded.withLock { $0[key, default: []].append(value) } }
    }

    /// Notes what it is given.
    private final class Handler: CounterHandler, FloatingPointCounterHandler, RecorderHandler, MeterHandler,
        TimerHandler, Sendable
    {
        let note: @Sendable (Double) -> Void

        init(_ note: @escaping @Sendable (Double) -> Void) { self.note = note }

        func increment(by amount: Int64) { note(Double(amount)) }
        func increment(by amount: Double) { note(amount) }
        func decrement(by amount: Double) { note(-amount) }
        func record(_ value: Int64) { note(Double(value)) }
        func record(_ value: Double) { note(value) }
        func set(_ value: Int64) { note(Double(value)) }
        func set(_ value: Double) { note(value) }
        func recordNanoseconds(_ duration: Int64) { note(Double(duration)) }
        func reset() {}
    }

    /// See `MetricsFactory`.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        handler(label, dimensions)
    }
    /// See `MetricsFactory`.
    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler { handler(label, dimensions) }
    /// See `MetricsFactory`.
    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler { handler(label, dimensions) }
    /// See `MetricsFactory`.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        handler(label, dimensions)
    }
    /// See `MetricsFactory`.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        handler(label, dimensions)
    }
    /// See `MetricsFactory`.
    public func destroyCounter(_ handler: any CounterHandler) {}
    /// See `MetricsFactory`.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    /// See `MetricsFactory`.
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    /// See `MetricsFactory`.
    public func destroyMeter(_ handler: any MeterHandler) {}
    /// See `MetricsFactory`.
    public func destroyTimer(_ handler: any TimerHandler) {}
}
