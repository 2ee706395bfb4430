import Metrics

/// What a courier tells the host's metrics, from its own thread.
final class CourierMetrics {
    private let stored: Counter
    private let duplicates: Counter
    private let quarantined: Counter
    private let failures: Counter
    private let lagEvents: Gauge
    private let lagBytes: Gauge
    private let lagAge: Gauge
    /// What the counters have been told.
    private var reported = CourierCounts()

    init(_ factory: any MetricsFactory) {
        stored = Counter(label: "taximeter_events_stored", factory: factory)
        duplicates = Counter(label: "taximeter_events_duplicate", factory: factory)
        quarantined = Counter(label: "taximeter_events_quarantined", factory: factory)
        failures = Counter(label: "taximeter_courier_failures", factory: factory)
        lagEvents = Gauge(label: "taximeter_lag_events", factory: factory)
        lagBytes = Gauge(label: "taximeter_lag_bytes", factory: factory)
        lagAge = Gauge(label: "taximeter_lag_age_seconds", factory: factory)
    }

    /// Brings counters and gauges up to date.
    func report(_ counts: CourierCounts, _ lag: SpoolLag) {
        stored.increment(by: counts.storedEvents - reported.storedEvents)
        duplicates.increment(by: counts.duplicateEvents - reported.duplicateEvents)
        quarantined.increment(by: counts.quarantinedEvents - reported.quarantinedEvents)
        failures.increment(by: counts.failures - reported.failures)
        reported = counts
        lagEvents.record(lag.eventCount)
        lagBytes.record(lag.byteCount)
        lagAge.record(lag.age(at: SystemClock.now) / Instant.second)
    }
}
