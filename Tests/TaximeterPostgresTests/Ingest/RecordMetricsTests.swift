import MetricsTestKit
import PostgresWire
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// G34 on the path of single events: given = accepted + duplicate + conflict + rejected.
@Suite struct RecordMetricsTests {
    @Test func countersObeyTheIdentity() throws {
        let database = try TestDatabase()
        let metrics = TestMetrics()
        let store = Store(database.options, metrics: metrics)
        defer { store.close() }
        let first = try (0..<50).map { try event("\($0)", at: "2025-03-10T10:00:00Z") }
        _ = try store.record(first)
        // All again, some with other content, one twice, two new.
        let changed = try (0..<7).map { try event("\($0)", at: "2025-03-10T10:00:00Z", output: 2) }
        let twice = try event("new", at: "2025-03-10T10:00:00Z")
        _ = try store.record(first + changed + [twice, twice, event("other")])
        let known = EventReversal(account: try Identifier("acme"), requestID: try Identifier("0"))
        let unknown = EventReversal(account: try Identifier("acme"), requestID: try Identifier("unknown"))
        _ = try store.record([], reversing: [known, known, unknown])
        try database.psql("SELECT taximeter.drop_event_keys('2025-03-01T00:00:00Z')")
        _ = try store.record([event("old", at: "2025-02-28T00:00:00Z")])
        _ = try store.record([])
        #expect(try metrics.expectCounter("taximeter_record_accepted").totalValue == 50 + 2 + 1)
        #expect(try metrics.expectCounter("taximeter_record_duplicate").totalValue == 50 + 1 + 1)
        #expect(try metrics.expectCounter("taximeter_record_conflict").totalValue == 7)
        let rejected = "taximeter_record_rejected"
        #expect(try metrics.expectCounter(rejected, [("reason", "too_old_to_check")]).totalValue == 1)
        #expect(try metrics.expectCounter(rejected, [("reason", "no_original")]).totalValue == 1)
        #expect(try metrics.expectCounter("taximeter_record_failures").totalValue == 0)
        #expect(try metrics.expectRecorder("taximeter_record_batch_events").values == [50, 60, 3, 1])
        #expect(try metrics.expectTimer("taximeter_record_latency").values.count == 4)
        #expect(try metrics.expectTimer("taximeter_record_latency").values.allSatisfy { $0 > 0 })

        try database.psql("REVOKE INSERT ON taximeter.event_key FROM taximeter_writer")
        #expect(throws: PostgresError.self) { try store.record([event("refused")]) }
        #expect(try metrics.expectCounter("taximeter_record_failures").totalValue == 1)
        #expect(try metrics.expectCounter("taximeter_record_accepted").totalValue == 53)
    }
}
