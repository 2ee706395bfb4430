import MetricsTestKit
import TestKit
import Testing

@testable import Taximeter

/// G34: what the host's metrics are told obeys the identity: accepted = stored + already stored + put aside + waiting.
@Suite struct MeterMetricsTests {
    @Test func countersObeyTheIdentity() throws {
        let metrics = TestMetrics()
        let bench = try MeterTests.Bench(MeterOptions(batchEventCount: 10), metrics: metrics)
        for number in 0..<100 { try bench.meter.record(bench.event, requestID: "\(number)") }
        for _ in 0..<7 { #expect(throws: MeterError.self) { try bench.meter.record(bench.event, requestID: "") } }
        try bench.meter.close()
        #expect(try metrics.expectCounter("taximeter_events_accepted").totalValue == 100)
        #expect(try metrics.expectCounter("taximeter_events_refused").totalValue == 7)
        #expect(try metrics.expectGauge("taximeter_lag_events").lastValue == 100)
        #expect(try metrics.expectRecorder("taximeter_batch_events").values == Array(repeating: 10, count: 10))
        #expect(try metrics.expectTimer("taximeter_flush_latency").values.isEmpty == false)
        #expect(try (metrics.expectGauge("taximeter_spool_bytes").lastValue ?? 0) > 1_000)
        let sink = MemorySink()
        sink.state.withLock {
            $0.refused = [4]
            $0.answers = [(.unknown("answer lost"), true)]
        }
        let options = Courier.Options(firstPause: .milliseconds(1), longestPause: .milliseconds(2))
        #expect(Courier(bench.spool, to: sink, options: options, metrics: metrics).drain(within: .seconds(60)))
        #expect(try metrics.expectCounter("taximeter_events_stored").totalValue == 80)
        #expect(try metrics.expectCounter("taximeter_events_duplicate").totalValue == 10)
        #expect(try metrics.expectCounter("taximeter_events_quarantined").totalValue == 10)
        #expect(try metrics.expectCounter("taximeter_courier_failures").totalValue == 2)
        bench.spool.close()
    }
}
