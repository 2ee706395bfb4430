import Dispatch
import Foundation
import Glibc
import PostgresWire
import Synchronization
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// The server's machine is lost around a COMMIT, and its standby takes over: G5's failover to a second cluster.
@Suite struct FailoverTests {
    /// A store whose server is lost, and replaced, right after the first delivery of one batch, whose outcome nobody knows.
    private final class FailingOver: BatchSink {
        let store: Store
        let sequence: Int64
        let fault: FaultProxy.Fault
        let pair: StandbyPair
        /// Has somebody else meet the same fault before the switch.
        let meanwhile: @Sendable () throws -> Void
        private let hasFailed = Atomic(false)

        init(
            _ pair: StandbyPair, _ store: Store, at sequence: Int64, _ fault: FaultProxy.Fault,
            meanwhile: @escaping @Sendable () throws -> Void
        ) {
            (self.pair, self.store, self.sequence, self.fault) = (pair, store, sequence, fault)
            self.meanwhile = meanwhile
        }

        func deliver(_ batch: EventBatch) -> Delivery {
            guard batch.sequence == sequence, !hasFailed.exchange(true, ordering: .relaxed) else {
                return store.deliver(batch)
            }
            pair.proxy.arm([fault])
            let delivery = store.deliver(batch)
            if case .unknown = delivery {} else { Issue.record("\(delivery)") }
            do {
                try meanwhile()
                try pair.failOver()
            } catch {
                Issue.record(error)
            }
            return delivery
        }
    }

    /// Makes the partitions of all batches beforehand, so that the COMMIT that is hit is a batch's.
    private static func makePartitions(_ batches: [EventBatch], in store: Store) throws {
        let days = Set(batches.flatMap { $0.block.rows.map(\.completedAt.day) })
        // The first time it connects, and a new connection forgets what was there. A day that few batches have would be made
        // again by one of them, and that COMMIT be hit.
        for _ in 0..<2 { try store.recorder.ensurePartitions(days, in: store) }
    }

    /// The COMMIT was lost on its way, or its answer was: with a synchronous standby everything counts once, on the path
    /// of batches and on that of single events.
    @Test(arguments: [FaultProxy.Fault.beforeCommit, .inReply(bytes: 0)])
    func nothingIsLostOrDoubled(_ fault: FaultProxy.Fault) async throws {
        try await withSeed { generator in
            let pair = try StandbyPair(isSynchronous: true)
            defer { pair.stop() }
            let batches = try TestProducer().batches(12, events: 200, &generator)
            let events = try ConcurrentRecordingTests.events(200, "f", &generator)
            let recorder = Store(pair.options, connections: 1)
            // Names and days are known, so that the next COMMIT is that of the events.
            #expect(try recorder.record(events.map { try $0.under("before-\($0.requestID)") }).count == 200)
            let answers = Mutex<[EventAnswer]>([])
            let recording = DispatchGroup()
            let store = Store(pair.options, connections: 1)
            try Self.makePartitions(batches, in: store)
            let sink = FailingOver(pair, store, at: .random(in: 2...11, using: &generator), fault) {
                pair.proxy.arm([fault])
                DispatchQueue.global().async(group: recording) {
                    // What its own attempts do not outlast, a source gives again.
                    while answers.withLock(\.isEmpty) {
                        let given = (try? recorder.record(events)) ?? []
                        answers.withLock { $0 = given }
                    }
                }
                try CourierFaultTests.wait { pair.proxy.struck == 2 }
            }
            try CourierFaultTests.withFolder { folder in
                let spool = try Spool(folder.path)
                defer { spool.close() }
                try CourierFaultTests.fill(spool, batches)
                let courier = Courier(spool, to: sink, options: CourierFaultTests.options)
                #expect(courier.drain(within: .seconds(240)), "\(courier.counts)")
                #expect(CourierFaultTests.accounted(courier, spool) == 2_400 && spool.lag.eventCount == 0)
                #expect(courier.counts.duplicateBatches == (fault == .beforeCommit ? 0 : 1), "\(courier.counts)")
            }
            #expect(recording.wait(timeout: .now() + 240) == .success)
            #expect(pair.proxy.struck == 2)
            #expect(answers.withLock { $0.allSatisfy { $0 == .accepted || $0 == .duplicate } && $0.count == 200 })

            _ = try store.run()
            #expect(try pair.onStandby(TestDatabase.sumsOfStored + " WHERE batch_key <> 0") == sums(of: batches))
            #expect(
                try pair.onStandby(
                    "SELECT count(*), count(DISTINCT (account_key, request_id)) FROM taximeter.usage_event WHERE batch_key = 0"
                )
                    == "400|400\n")
            #expect(try pair.onStandby("SELECT * FROM taximeter.event_audit") == "")
        }
    }

    /// A server that crashes while it waits for its standby shows that commit after its restart. It must not be taken for
    /// stored until the standby has it: should the machine be lost next, it would be gone with it.
    @Test func aCommitThatTheStandbyNeverSawIsNotAcknowledged() async throws {
        try await withSeed { generator in
            let pair = try StandbyPair(isSynchronous: true)
            defer { pair.stop() }
            var options = pair.options
            options.statementTimeoutMilliseconds = 1_000
            options.replyGraceMilliseconds = 500
            // Tried once, as couriers do.
            let store = Store(options, connections: 2).withoutRetries
            let batches = try TestProducer().batches(2, events: 100, &generator)
            let events = try ConcurrentRecordingTests.events(100, "c", &generator)
            try Self.makePartitions(batches, in: store)
            #expect(store.deliver(batches[0]) == .stored)
            #expect(try store.record(events.map { try $0.under("before-\($0.requestID)") }).count == 100)
            try pair.cutStandbyOff()
            for _ in 0..<2 {
                guard case .unknown = store.deliver(batches[1]) else {
                    Issue.record("acknowledged before the standby had it")
                    continue
                }
                #expect(throws: PostgresError.self) { try store.record(events) }
                try pair.primary.crash()
                _ = try pair.primary.start()
                // There it is, and a repeat finds it.
                #expect(try pair.onPrimary("SELECT count(*) FROM taximeter.ingest_batch") == "2\n")
                #expect(try pair.onPrimary("SELECT count(*) FROM taximeter.event_key") == "200\n")
            }
            try pair.failOver()
            #expect(try pair.onStandby("SELECT count(*) FROM taximeter.ingest_batch") == "1\n")
            #expect(store.deliver(batches[1]) == .stored)
            #expect(try store.record(events) == Array(repeating: .accepted, count: 100))
            _ = try store.run()
            #expect(try pair.onStandby(TestDatabase.sumsOfStored + " WHERE batch_key <> 0") == sums(of: batches))
            #expect(try pair.onStandby("SELECT * FROM taximeter.event_audit") == "")
        }
    }

    /// The control, and what the documentation says of it: without waiting for the standby, what it had not seen is lost,
    /// and the audit says which batches once the next one is there.
    @Test func anAsynchronousStandbyLosesWhatItHasNotSeen() async throws {
        try await withSeed { generator in
            let pair = try StandbyPair(isSynchronous: false)
            defer { pair.stop() }
            let batches = try TestProducer().batches(6, events: 50, &generator)
            let store = Store(pair.options, connections: 1)
            for batch in batches[..<2] { #expect(store.deliver(batch) == .stored) }
            try pair.waitForStandby()
            try pair.cutStandbyOff()
            for batch in batches[2..<5] { #expect(store.deliver(batch) == .stored) }
            // Names and a day that the standby never hears of, and for whose keys it will have other names.
            let names = (0..<40).map { "lost-\($0)" }
            _ = try store.record(names.map { try event("1", account: $0, at: "2025-06-01T00:00:00Z") })
            try pair.failOver()
            let others = Store(pair.options, connections: 1)
            _ = try others.record((0..<100).map { try event("1", account: "other-\($0)") })
            // The first attempt may find out that the old connection is gone.
            let deliveries = [store.deliver(batches[5]), store.deliver(batches[5])]
            #expect(deliveries.contains(.stored))
            _ = try store.run()
            let left = batches[..<2] + batches[5...]
            #expect(try pair.onStandby(TestDatabase.sumsOfStored + " WHERE batch_key <> 0") == sums(of: left))
            #expect(
                try pair.onStandby("SELECT expected, found FROM taximeter.event_audit")
                    == "batch 3|next is batch 6\n")
            // Whoever still has them, a copy of the spool say, mends it by giving them again.
            for batch in batches { _ = store.deliver(batch) }
            let again = try store.record(names.map { try event("1", account: $0, at: "2025-06-01T00:00:00Z") })
            #expect(again == Array(repeating: .accepted, count: 40))
            _ = try store.run()
            #expect(try pair.onStandby(TestDatabase.sumsOfStored + " WHERE batch_key <> 0") == sums(of: batches))
            // Each account has its own events, although the first server had given its key to another.
            #expect(
                try pair.onStandby(
                    """
                    SELECT count(*), count(DISTINCT a.external_id),
                        count(*) FILTER (WHERE a.external_id LIKE 'lost-%' AND e.completed_at >= '2025-06-01')
                    FROM taximeter.usage_event AS e JOIN taximeter.account AS a USING (account_key) WHERE e.batch_key = 0
                    """) == "140|140|40\n")
            #expect(try pair.onStandby("SELECT * FROM taximeter.event_audit") == "")
        }
    }
}

extension UsageEvent {
    /// The same under another request id.
    fileprivate func under(_ requestID: String) throws -> UsageEvent {
        try UsageEvent(
            account: account, model: model, channel: channel, serviceTier: serviceTier,
            requestID: Identifier(requestID), startedAt: startedAt, completedAt: completedAt, tokens: tokens,
            requests: requests)
    }
}
