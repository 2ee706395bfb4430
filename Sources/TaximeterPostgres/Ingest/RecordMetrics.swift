internal import Metrics
import Taximeter

/// What ``Store/record(_:reversing:)`` tells the host's metrics. What was given is what was accepted, duplicate, in
/// conflict or rejected; of a call that threw, nothing is counted but the failure.
struct RecordMetrics: Sendable {
    private let accepted: Counter
    private let duplicates: Counter
    private let conflicts: Counter
    private let tooOld: Counter
    private let withoutOriginal: Counter
    private let failures: Counter
    private let batchEvents: Recorder
    private let latency: Timer

    init(_ factory: any MetricsFactory) {
        func counter(_ name: String, reason: String? = nil) -> Counter {
            Counter(
                label: "taximeter_record_\(name)", dimensions: reason.map { [("reason", $0)] } ?? [], factory: factory)
        }
        accepted = counter("accepted")
        duplicates = counter("duplicate")
        conflicts = counter("conflict")
        tooOld = counter("rejected", reason: "too_old_to_check")
        withoutOriginal = counter("rejected", reason: "no_original")
        failures = counter("failures")
        batchEvents = Recorder(label: "taximeter_record_batch_events", factory: factory)
        latency = Timer(label: "taximeter_record_latency", factory: factory)
    }

    /// A call gave these answers.
    func answered(_ answers: RecordAnswers, took duration: Duration) {
        var counts = (accepted: 0, duplicates: 0, conflicts: 0, tooOld: 0, withoutOriginal: 0)
        for answer in answers.events {
            switch answer {
            case .accepted: counts.accepted += 1
            case .duplicate: counts.duplicates += 1
            case .conflict: counts.conflicts += 1
            case .tooOldToCheck: counts.tooOld += 1
            }
        }
        for answer in answers.reversals {
            switch answer {
            case .reversed: counts.accepted += 1
            case .alreadyReversed: counts.duplicates += 1
            case .noOriginal: counts.withoutOriginal += 1
            }
        }
        accepted.increment(by: counts.accepted)
        duplicates.increment(by: counts.duplicates)
        conflicts.increment(by: counts.conflicts)
        tooOld.increment(by: counts.tooOld)
        withoutOriginal.increment(by: counts.withoutOriginal)
        batchEvents.record(answers.events.count + answers.reversals.count)
        let parts = duration.components
        latency.recordNanoseconds(parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000)
    }

    /// A call threw: its events are not stored, or nobody knows.
    func failed() { failures.increment() }
}
