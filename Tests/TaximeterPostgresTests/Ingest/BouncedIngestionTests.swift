import Dispatch
import Synchronization
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// Ingestion where each transaction may run on another connection of the server's: pgbouncer in transaction pooling.
@Suite(.enabled(if: Bouncer.isInstalled, "pgbouncer is not installed"))
struct BouncedIngestionTests {
    @Test func manyCouriersAndRecordersShareFewBackends() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let batches = try TestProducer().batches(20, events: 300, &generator)
            let events = try ConcurrentRecordingTests.events(300, "e", &generator)
            let orders = (0..<4).map { _ in batches.shuffled(using: &generator) }
            let failures = Mutex<[String]>([])
            DispatchQueue.concurrentPerform(iterations: 4) { thread in
                do {
                    let store = try database.bouncedStore()
                    defer { store.close() }
                    for (index, batch) in orders[thread].enumerated() {
                        _ = try BatchFaultTests.ship(batch, to: store)
                        _ = try store.record(Array(events[index * 15..<index * 15 + 15]))
                    }
                } catch {
                    failures.withLock { $0.append(String(reflecting: error)) }
                }
            }
            #expect(failures.withLock { $0 } == [])
            let first = EventReversal(account: events[0].account, requestID: events[0].requestID)
            let store = try database.bouncedStore()
            #expect(try store.record([], reversing: [first, first]).reversals == [.reversed, .alreadyReversed])
            #expect(try store.store(batches[3]) == .alreadyStored)
            #expect(try store.store(batches[3].with { $0.rows.removeLast() }) == .conflict)
            try store.run()
            #expect(try store.auditEvents { Issue.record("\($0)") }.totals.events == 6_301)
            #expect(
                try database.psql("SELECT count(*) FROM taximeter.usage_event WHERE batch_key <> 0") == "6000\n")
        }
    }
}
