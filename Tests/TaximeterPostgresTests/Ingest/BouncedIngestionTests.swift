import Dispatch
import Foundation
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

    /// A courier ships a spool through a pgbouncer that is killed and started again while a batch is on its way.
    @Test func aCourierOutlivesItsBouncer() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let bouncer = try Bouncer()
            let store = Store(bouncer.options(database.address), connections: 1)
            defer { store.close() }
            let batches = try TestProducer().batches(60, events: 300, &generator)
            let restarts = Set((0..<4).map { _ in Int64.random(in: 2...59, using: &generator) })
            try CourierFaultTests.withFolder { folder in
                let spool = try Spool(folder.path)
                defer { spool.close() }
                try CourierFaultTests.fill(spool, batches)
                let sink = RestartingSink(store: store, bouncer: bouncer, restarts: restarts)
                let courier = Courier(spool, to: sink, options: CourierFaultTests.options)
                #expect(courier.drain(within: .seconds(120)), "\(courier.counts)")
                #expect(CourierFaultTests.accounted(courier, spool) == 18_000 && spool.lag.eventCount == 0)
                // While nobody listens an attempt fails, and the next comes after a pause.
                #expect(courier.counts.failures >= 1 && courier.counts.quarantinedBatches == 0, "\(courier.counts)")
            }
            // The courier's backends are those of a pooler that was killed: the store never saw it itself.
            #expect(try database.storedSums() == sums(of: batches))
            #expect(try database.audit() == "")
        }
    }

    /// Has the pooler killed a moment after some batches have set off.
    private struct RestartingSink: BatchSink {
        let store: Store
        let bouncer: Bouncer
        let restarts: Set<Int64>
        private let met = Met()

        private final class Met: Sendable { let sequences = Mutex<Set<Int64>>([]) }

        init(store: Store, bouncer: Bouncer, restarts: Set<Int64>) {
            self.store = store
            self.bouncer = bouncer
            self.restarts = restarts
        }

        func deliver(_ batch: EventBatch) -> Delivery {
            let isFirst = met.sequences.withLock { $0.insert(batch.sequence).inserted }
            if isFirst, restarts.contains(batch.sequence) {
                DispatchQueue.global().asyncAfter(deadline: .now() + .microseconds(Int(batch.sequence) * 100)) {
                    bouncer.restart()
                }
            }
            return store.deliver(batch)
        }
    }
}
