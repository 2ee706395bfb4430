import Metrics

/// What a meter tells the host's metrics, from its own thread, once a flush.
struct MeterMetrics {
    private let accepted = Counter(label: "taximeter_events_accepted")
    private let refused = Counter(label: "taximeter_events_refused")
    private let flushLatency = Timer(label: "taximeter_flush_latency")
    private let batchEvents = Recorder(label: "taximeter_batch_events")
    private let spoolBytes = Gauge(label: "taximeter_spool_bytes")
    private let lagEvents = Gauge(label: "taximeter_lag_events")
    private let lagBytes = Gauge(label: "taximeter_lag_bytes")
    private let reported = Reported()

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
