import Metrics

/// What a meter tells the host's metrics, from its own thread, once a flush.
struct MeterMetrics {
    private let accepted: Counter
    private let refused: Counter
    private let flushLatency: Timer
    private let batchEvents: Recorder
    private let spoolBytes: Gauge
    private let lagEvents: Gauge
    private let lagBytes: Gauge
    private let reported = Reported()

    init(_ factory: any MetricsFactory) {
        accepted = Counter(label: "taximeter_events_accepted", factory: factory)
        refused = Counter(label: "taximeter_events_refused", factory: factory)
        flushLatency = Timer(label: "taximeter_flush_latency", factory: factory)
        batchEvents = Recorder(label: "taximeter_batch_events", factory: factory)
        spoolBytes = Gauge(label: "taximeter_spool_bytes", factory: factory)
        lagEvents = Gauge(label: "taximeter_lag_events", factory: factory)
        lagBytes = Gauge(label: "taximeter_lag_bytes", factory: factory)
    }

    /// What the counters have been told.
    private final class Reported {
        var accepted = 0
        var refused = 0
    }

    /// Blocks were written and synced.
    func flushed(_ blocks: [EventBlock], took duration: Duration) {
        let parts = duration.components
        flushLatency.recordNanoseconds(parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000)
        for block in blocks { batchEvents.record(block.rows.count) }
    }

    /// Brings counters and gauges up to date.
    func report(_ counts: MeterCounts, _ lag: SpoolLag) {
        accepted.increment(by: counts.accepted - reported.accepted)
        refused.increment(by: counts.refused - reported.refused)
        (reported.accepted, reported.refused) = (counts.accepted, counts.refused)
        spoolBytes.record(lag.spoolByteCount)
        lagEvents.record(lag.eventCount)
        lagBytes.record(lag.byteCount)
    }
}
