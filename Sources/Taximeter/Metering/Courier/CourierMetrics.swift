import Metrics

/// What a courier tells the host's metrics, from its own thread.
final class CourierMetrics {
    private let stored = Counter(label: "taximeter_events_stored")
    private let duplicates = Counter(label: "taximeter_events_duplicate")
    private let quarantined = Counter(label: "taximeter_events_quarantined")
    private let failures = Counter(label: "taximeter_courier_failures")
    private let lagEvents = Gauge(label: "taximeter_lag_events")
    private let lagBytes = Gauge(label: "taximeter_lag_bytes")
    private let lagAge = Gauge(label: "taximeter_lag_age_seconds")
    /// What the counters have been told.
    private var reported = CourierCounts()

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
