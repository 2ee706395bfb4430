import Dispatch
import Foundation
import Glibc
import PostgresWire
import Synchronization
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// A courier between a real spool and a real database, under faults. Each test ends in the audit, in the sums of exactly
/// what was recorded, and in: recorded = stored + had already + set aside + still in the spool.
@Suite struct CourierFaultTests {
    static let options = Courier.Options(firstPause: .milliseconds(1), longestPause: .milliseconds(50))

    /// A spool's folder, gone with the test.
    static func withFolder<R>(_ body: (URL) throws -> R) throws -> R {
        let folder = FileManager.default.temporaryDirectory.appending(path: "taximeter-courier-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }

    /// The batches written to a spool: as if they had been recorded.
    static func fill(_ spool: Spool, _ batches: [EventBatch]) throws {
        for batch in batches { _ = try spool.commit([batch.block], sealedAt: try instant("2025-03-10T00:00:00Z")) }
    }

    /// Waits until a courier has come so far; for two minutes at most.
    static func wait(until isSo: () -> Bool) throws {
        for _ in 0..<120_000 {
            if isSo() { return }
            usleep(1_000)
        }
        try #require(Bool(false), "the courier does not get on")
    }

    static func accounted(_ courier: Courier, _ spool: Spool) -> Int {
        let counts = courier.counts
        return counts.storedEvents + counts.duplicateEvents + counts.quarantinedEvents + spool.lag.eventCount
    }

    /// A store before which a proxy meets the first delivery of each batch with faults of its own.
    private final class FaultyStore: BatchSink {
        let store: Store
        let proxy: FaultProxy
        let faults: [Int64: [FaultProxy.Fault]]
        private let met = Mutex<Set<Int64>>([])

        init(store: Store, proxy: FaultProxy, faults: [Int64: [FaultProxy.Fault]]) {
            self.store = store
            self.proxy = proxy
            self.faults = faults
        }

        func deliver(_ batch: EventBatch) -> Delivery {
            if met.withLock({ $0.insert(batch.sequence).inserted }) { proxy.arm(faults[batch.sequence] ?? []) }
            return store.deliver(batch)
        }
    }

    /// COMMIT's answer cut at every byte, COMMIT lost or late, cuts anywhere in COPY, and a few times again and again. The
    /// courier alone comes again, so that it knows of every failure.
    @Test func theConnectionIsCut() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let proxy = try FaultProxy(database.address)
            defer { proxy.stop() }
            // ParseComplete, BindComplete, NoData, CommandComplete and ReadyForQuery take 33 bytes.
            let faults: [[FaultProxy.Fault]] =
                (0...34).map { [.inReply(bytes: $0)] } + Array(repeating: [.beforeCommit], count: 5)
                + (0..<16).map { _ in [.afterSending(bytes: .random(in: 1..<3_000, using: &generator))] }
                + Array(repeating: Array(repeating: .beforeCommit, count: 9), count: 3)
                + [[.lateCommit(milliseconds: 30)]]
            let shuffled = faults.shuffled(using: &generator)
            let batches = try TestProducer().batches(faults.count, events: 60, &generator)
            try Self.withFolder { folder in
                let spool = try Spool(folder.path)
                defer { spool.close() }
                try Self.fill(spool, batches)
                let store = Store(ConnectionOptions(proxy.address.connectionString), connections: 1)
                defer { store.close() }
                let faulty = FaultyStore(
                    store: store, proxy: proxy,
                    faults: Dictionary(uniqueKeysWithValues: zip(batches.map(\.sequence), shuffled)))
                let courier = Courier(spool, to: faulty, options: Self.options)
                #expect(courier.drain(within: .seconds(120)), "\(courier.counts)")
                #expect(proxy.struck == faults.joined().count && proxy.armed == 0)
                #expect(spool.lag.eventCount == 0 && Self.accounted(courier, spool) == 60 * batches.count)
                // The commits of most of those that were cut in the answer had succeeded.
                #expect(courier.counts.duplicateBatches >= 25, "\(courier.counts)")
                // All but the late one, and those whose answer had arrived whole. A connection that was cut behind its answer
                // may be found so only by the next batch.
                let failing = 33 + 5 + 16 + 27
                let range = failing...failing + 2
                #expect(range.contains(courier.counts.failures), "\(courier.counts)")
                #expect(courier.counts.lastFailure == nil)
            }
            #expect(try database.storedSums() == sums(of: batches))
            #expect(try database.audit() == "")
        }
    }

    /// Before a server that takes everything and says nothing, the first attempt that ends by its deadline is a failure
    /// that can be seen: neither the count nor the pauses wait for more.
    @Test func aBlackHoleIsSeenAtOnce() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let proxy = try FaultProxy(database.address)
            defer { proxy.stop() }
            let batches = try TestProducer().batches(3, events: 20, &generator)
            try Self.withFolder { folder in
                let spool = try Spool(folder.path)
                defer { spool.close() }
                try Self.fill(spool, batches)
                var options = ConnectionOptions(proxy.address.connectionString)
                options.connectTimeoutMilliseconds = 50
                let counting = CountingSink(Store(options, connections: 1))
                let courier = Courier(spool, to: counting, options: Self.options)
                proxy.hold(true)
                courier.start()
                try Self.wait { courier.counts.failures >= 3 }
                let counts = courier.counts
                #expect(counting.attempts.load(ordering: .relaxed) <= counts.failures + 2)
                #expect(counts.lastFailure?.contains("deadlineExceeded") == true, "\(counts)")
                #expect(counts.storedBatches == 0 && Self.accounted(courier, spool) == 60)
                proxy.hold(false)
                #expect(courier.stop(drainingFor: .seconds(120)), "\(courier.counts)")
                // Each delivery was a batch stored, or one failure.
                let after = courier.counts
                #expect(
                    counting.attempts.load(ordering: .relaxed)
                        == after.failures + after.storedBatches + after.duplicateBatches)
            }
            #expect(try database.storedSums() == sums(of: batches))
            #expect(try database.audit() == "")
        }
    }

    private final class CountingSink: BatchSink {
        let store: Store
        let attempts = Atomic<Int>(0)

        init(_ store: Store) { self.store = store }

        func deliver(_ batch: EventBatch) -> Delivery {
            attempts.add(1, ordering: .relaxed)
            return store.deliver(batch)
        }
    }

    /// The postmaster and its children are killed and started again while a courier ships what is being recorded.
    @Test func theServerIsKilled() async throws {
        try await withSeed { generator in
            let cluster = EmbeddedCluster(
                home: try ClusterHomes.make("killed"), settings: .forTests, timeoutSeconds: 120)
            let address = try cluster.start()
            let options = ConnectionOptions(address.connectionString)
            try Store.migrate(options)
            let store = Store(options, connections: 1)
            var batches: [EventBatch] = []
            try Self.withFolder { folder in
                let spool = try Spool(folder.path, options: SpoolOptions(segmentByteCount: 1 << 18))
                defer { spool.close() }
                let courier = Courier(spool, to: store, options: Self.options)
                courier.start()
                for _ in 0..<3 {
                    let new = try (1...12).map {
                        try TestProducer().batch(Int64(batches.count + $0), events: 2_000, &generator)
                    }
                    batches += new
                    try Self.fill(spool, new)
                    // It is killed in the middle of them, and what is recorded meanwhile waits.
                    let left = Int64.random(in: 3...9, using: &generator)
                    try Self.wait { spool.lag.lastSequence - spool.lag.acknowledged <= left }
                    try cluster.crash()
                    let meanwhile = try TestProducer().batch(Int64(batches.count + 1), events: 500, &generator)
                    batches.append(meanwhile)
                    try Self.fill(spool, [meanwhile])
                    _ = try cluster.start()
                }
                #expect(courier.stop(drainingFor: .seconds(120)), "\(courier.counts)")
                #expect(Self.accounted(courier, spool) == batches.reduce(0) { $0 + $1.block.rows.count })
            }
            _ = try store.run()
            let psql = try cluster.psql()
            let stored = try psql.run(TestDatabase.sumsOfStored, at: address)
            #expect(stored == sums(of: batches))
            #expect(try psql.run("SELECT * FROM taximeter.event_audit", at: address) == "")
            store.close()
            try cluster.stop(.immediate)
        }
    }

    /// Three couriers at once on copies of one spool, the folder copied while it was not open.
    @Test func copiesOfASpoolCountOnce() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let batches = try TestProducer().batches(40, events: 50, &generator)
            try Self.withFolder { folder in
                let first = folder.appending(path: "0")
                let spool = try Spool(first.path, options: SpoolOptions(segmentByteCount: 1 << 14))
                try Self.fill(spool, batches)
                spool.close()
                for copy in 1...2 {
                    try FileManager.default.copyItem(at: first, to: folder.appending(path: "\(copy)"))
                }
                let counts = Mutex<[CourierCounts]>([])
                DispatchQueue.concurrentPerform(iterations: 3) { index in
                    do {
                        let spool = try Spool(folder.appending(path: "\(index)").path)
                        let store = Store(database.options, connections: 1)
                        let courier = Courier(spool, to: store, options: Self.options)
                        #expect(courier.drain(within: .seconds(120)), "\(courier.counts)")
                        #expect(Self.accounted(courier, spool) == 2_000)
                        counts.withLock { $0.append(courier.counts) }
                        spool.close()
                        store.close()
                    } catch {
                        Issue.record(error)
                    }
                }
                // A commit whose answer is lost is retried by its own courier, so that one batch has one that stored it.
                #expect(counts.withLock { $0.reduce(0) { $0 + $1.storedBatches } } == 40)
                #expect(counts.withLock { $0.reduce(0) { $0 + $1.duplicateBatches } } == 80)
            }
            #expect(try database.storedSums() == sums(of: batches))
            #expect(try database.audit() == "")
        }
    }

    /// The server takes everything and says nothing any more: stopping ends at its deadline, with nothing lost, and the
    /// next opening ships the rest while the batch of the first is still on its way.
    @Test func stoppingBeforeABlackHole() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let proxy = try FaultProxy(database.address)
            defer { proxy.stop() }
            let batches = try TestProducer().batches(30, events: 200, &generator)
            try Self.withFolder { folder in
                let spool = try Spool(folder.path)
                try Self.fill(spool, batches)
                let hidden = Store(ConnectionOptions(proxy.address.connectionString), connections: 1)
                let courier = Courier(spool, to: hidden, options: Self.options)
                courier.start()
                let before = Int64.random(in: 1...10, using: &generator)
                try Self.wait { spool.lag.acknowledged >= before }
                proxy.hold(true)
                #expect(!courier.stop(drainingFor: .milliseconds(100)))
                #expect(Self.accounted(courier, spool) == 6_000)
                #expect(spool.lag.eventCount > 0)
                spool.close()

                let again = try Spool(folder.path)
                defer { again.close() }
                #expect(again.lag.eventCount > 0)
                let left = again.lag.eventCount
                let other = Courier(again, to: Store(database.options, connections: 1), options: Self.options)
                other.start()
                // What the first one had under way arrives after all.
                usleep(.random(in: 0...30_000, using: &generator))
                proxy.hold(false)
                #expect(other.stop(drainingFor: .seconds(120)), "\(other.counts)")
                #expect(Self.accounted(other, again) == left)
            }
            #expect(try database.storedSums() == sums(of: batches))
            #expect(try database.audit() == "")
        }
    }
}
