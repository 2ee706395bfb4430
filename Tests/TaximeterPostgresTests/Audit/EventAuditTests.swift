import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// Every way of losing, doubling or changing what is stored is found, and named.
@Suite struct EventAuditTests {
    @Test(arguments: [
        ("DELETE FROM taximeter.ingest_batch WHERE sequence = 2", ["sequence|", "batch|batch_key 2"]),
        ("DELETE FROM taximeter.usage_event WHERE request_id = 'r-9223372036854775809-2-7'", ["batch|", "buckets|"]),
        (
            "UPDATE taximeter.usage_event SET output_tokens = output_tokens + 1 WHERE request_id LIKE '%-3-1'",
            ["batch|", "buckets|"]
        ),
        ("UPDATE taximeter.usage_event SET batch_key = 1 WHERE request_id LIKE '%-3-1'", ["batch|"]),
        (
            "UPDATE taximeter.usage_event SET account_key = account_key % 5 + 1 WHERE request_id LIKE '%-3-1'",
            ["buckets|"]
        ),
        ("DELETE FROM taximeter.event_key WHERE request_id = 'k-1'", ["event keys|account acme"]),
        ("UPDATE taximeter.event_key SET request_id = 'k-9' WHERE request_id = 'k-1'", ["event keys|account acme"]),
        (
            "INSERT INTO taximeter.usage_event SELECT * FROM taximeter.usage_event WHERE request_id = 'k-1'",
            ["event keys|account acme", "buckets|account acme hour 2025-03-10T10:00Z"]
        ),
        (
            "DELETE FROM taximeter.usage_event WHERE request_id = 'k-2' AND sign = -1",
            ["reversals|account acme", "buckets|account acme"]
        ),
        ("DELETE FROM taximeter.event_reversal", ["reversals|account acme"]),
        ("DELETE FROM taximeter.quarantined_event", ["quarantine|"]),
        (
            "UPDATE taximeter.usage_bucket SET cache_hit_tokens = cache_hit_tokens + 1 WHERE slot_start = (SELECT min(slot_start) FROM taximeter.usage_bucket)",
            ["buckets|"]
        ),
        (
            "DELETE FROM taximeter.usage_bucket WHERE slot_start = (SELECT min(slot_start) FROM taximeter.usage_bucket)",
            ["buckets|"]
        ),
    ])
    func finds(_ damage: String, _ findings: [String]) async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            for batch in try TestProducer().batches(4, events: 30, &generator) {
                let spoilt = batch.with { if batch.sequence == 4 { $0.rows[3].requests = 0 } }
                _ = try database.store.store(spoilt)
            }
            _ = try database.store.record(
                [event("k-1"), event("k-2")],
                reversing: [EventReversal(account: Identifier("acme"), requestID: Identifier("k-2"))])
            #expect(try database.audit() == "")
            try database.psql("SET session_replication_role = replica; \(damage)")
            var found: [String] = []
            let audit = try database.store.auditEvents { found.append("\($0.kind)|\($0.subject)") }
            #expect(audit.differences == found.count)
            for finding in findings { #expect(found.contains { $0.hasPrefix(finding) }, "\(finding): \(found)") }
            for line in found { #expect(findings.contains { line.hasPrefix($0.prefix { $0 != "|" }) }, "\(line)") }
        }
    }

    /// Hours that wait for a roll-up are counted, not compared.
    @Test func whatWaitsIsNotADifference() throws {
        let database = try TestDatabase()
        _ = try database.store.record([event("1")])
        let audit = try database.store.auditEvents { _ in }
        #expect(audit.differences == 0)
        #expect(audit.totals.hoursToRollUp == 1)
    }
}
