import Dispatch
import Foundation
import Glibc
import PostgresWire
import Synchronization
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// Batches under faults: each test ends in the audit, and in the sums of exactly what was sent.
@Suite struct BatchFaultTests {
    /// As a courier does: the same batch again until the store says that it has it.
    static func ship(_ batch: EventBatch, to store: Store) throws -> BatchAnswer {
        for attempt in 1... {
            do {
                return try store.store(batch)
            } catch let error as PostgresError where error.isRetryable && attempt < 200 {
                usleep(10_000)
            }
        }
        throw PostgresError(.deadlineExceeded, "not reached")
    }

    private static func store(through proxy: FaultProxy) -> Store {
        Store(ConnectionOptions(proxy.address.connectionString), connections: 1)
    }

    /// COMMIT's answer, cut at every byte; COMMIT itself lost, or late.
    @Test func theConnectionIsCutAroundCommit() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let proxy = try FaultProxy(database.address)
            defer { proxy.stop() }
            let store = Self.store(through: proxy)
            // ParseComplete, BindComplete, NoData, CommandComplete and ReadyForQuery take 33 bytes.
            let faults: [FaultProxy.Fault] =
                (0...34).map { .inReply(bytes: $0) } + Array(repeating: .beforeCommit, count: 5)
                + [.lateCommit(milliseconds: 30)]
            let batches = try TestProducer().batches(faults.count, events: 40, &generator)
            // Names and partitions are made in transactions of their own, which are not meant here.
            let first = EventBatch(producer: TestProducer(2).id, sequence: 1, block: batches[0].block)
            _ = try store.store(first)
            var answers: [BatchAnswer: Int] = [:]
            for (batch, fault) in zip(batches, faults.shuffled(using: &generator)) {
                proxy.arm([fault])
                answers[try Self.ship(batch, to: store), default: 0] += 1
            }
            #expect(proxy.struck == faults.count)
            #expect(proxy.armed == 0)
            // Those that were cut in the answer had been stored, which the repeat found out.
            #expect(answers[.alreadyStored, default: 0] >= 25, "\(answers)")
            #expect(answers[.stored, default: 0] >= 6, "\(answers)")
            #expect(answers[.conflict] == nil)
            #expect(try database.storedSums() == sums(of: batches + [first]))
            #expect(try database.audit() == "")
        }
    }

    /// Cut anywhere in what the client sends, mid-COPY mostly: the batch is whole or absent.
    @Test func theConnectionIsCutWhileSending() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let proxy = try FaultProxy(database.address)
            defer { proxy.stop() }
            let store = Self.store(through: proxy)
            let batches = try TestProducer().batches(30, events: 1_500, &generator)
            for batch in batches {
                proxy.arm((0..<3).map { _ in .afterSending(bytes: .random(in: 1..<250_000, using: &generator)) })
                _ = try Self.ship(batch, to: store)
                let whole = try database.psql(
                    "SELECT count(*) % 1500 FROM taximeter.usage_event")
                #expect(whole == "0\n")
            }
            #expect(proxy.struck >= 30)
            #expect(try database.storedSums() == sums(of: batches))
            #expect(try database.audit() == "")
        }
    }

    /// Four couriers with copies of one spool, each in an order of its own and twice over.
    @Test func manyWritersStoreTheSameBatches() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let batches = try TestProducer().batches(25, events: 100, &generator)
            let orders = (0..<4).map { _ in (batches + batches).shuffled(using: &generator) }
            let answers = Mutex<[String: Int]>([:])
            DispatchQueue.concurrentPerform(iterations: 4) { thread in
                let store = Store(database.options, connections: 1)
                defer { store.close() }
                for batch in orders[thread] {
                    let answer = Result { try Self.ship(batch, to: store) }
                    answers.withLock { $0["\(answer)", default: 0] += 1 }
                }
            }
            #expect(
                answers.withLock { $0 } == [
                    "\(Result<BatchAnswer, any Error>.success(.stored))": 25,
                    "\(Result<BatchAnswer, any Error>.success(.alreadyStored))": 175,
                ])
            #expect(try database.storedSums() == sums(of: batches))
            #expect(try database.audit() == "")
        }
    }

    /// Two spools that claim to be the same producer: as many conflicts as there are batches changed.
    @Test func conflictsAreAsManyAsMutations() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let batches = try TestProducer().batches(40, events: 20, &generator)
            let mutated = Set((0..<40).shuffled(using: &generator).prefix(13))
            let copies = batches.enumerated().map { index, batch in
                mutated.contains(index) ? batch.with { $0.rows[index % 20].tokens.output += 1 } : batch
            }
            var answers: [BatchAnswer: Int] = [:]
            for batch in batches + copies { answers[try database.store.store(batch), default: 0] += 1 }
            #expect(answers == [.stored: 40, .alreadyStored: 27, .conflict: 13])
            #expect(try database.storedSums() == sums(of: batches))
            #expect(try database.audit() == "")
        }
    }

    @Test func backendsAreKilled() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let killer = BackendKiller(database.options, everyMilliseconds: 80)
            let store = Store(database.options, connections: 1)
            var batches: [EventBatch] = []
            while killer.killed < 5, batches.count < 300 {
                let batch = try TestProducer().batch(Int64(batches.count + 1), events: 500, &generator)
                batches.append(batch)
                _ = try Self.ship(batch, to: store)
            }
            #expect(try killer.stop() >= 5)
            #expect(try database.storedSums() == sums(of: batches))
            #expect(try database.audit() == "")
        }
    }

    /// The postmaster and all of its children die at once, mid-COPY, again and again.
    @Test func theServerIsKilled() async throws {
        try await withSeed { generator in
            let cluster = EmbeddedCluster(
                home: try ClusterHomes.make("killed"), settings: .forTests, timeoutSeconds: 120)
            let address = try cluster.start()
            let options = ConnectionOptions(address.connectionString)
            try Store.migrate(options)
            let store = Store(options, connections: 1)
            let psql = try cluster.psql()
            var batches: [EventBatch] = []
            for _ in 0..<4 {
                let delay = UInt32.random(in: 20_000...250_000, using: &generator)
                let killed = Flag()
                Thread.detachNewThread {
                    usleep(delay)
                    #expect(throws: Never.self) { try cluster.crash() }
                    killed.set()
                }
                while !killed.isSet {
                    let batch = try TestProducer().batch(Int64(batches.count + 1), events: 3_000, &generator)
                    batches.append(batch)
                    for attempt in 1... {
                        do {
                            _ = try store.store(batch)
                            break
                        } catch let error as PostgresError where error.isRetryable && attempt < 20 {
                            if killed.isSet { _ = try cluster.start() }
                        }
                    }
                }
                _ = try cluster.start()
            }
            _ = try store.run()
            let stored = try psql.run(TestDatabase.sumsOfStored, at: address)
            #expect(stored == sums(of: batches))
            #expect(try psql.run("SELECT * FROM taximeter.event_audit", at: address) == "")
            store.close()
            try cluster.stop(.immediate)
        }
    }

    /// The control: when the batch rows are lost, a repeat is stored twice, and the audit and the sums show it.
    @Test func withoutTheBatchRowsThereAreDuplicates() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let batches = try TestProducer().batches(3, events: 50, &generator)
            for batch in batches { _ = try database.store.store(batch) }
            try database.psql(
                "ALTER TABLE taximeter.ingest_batch DISABLE TRIGGER ALL; DELETE FROM taximeter.ingest_batch")
            for batch in batches { #expect(try database.store.store(batch) == .stored) }
            #expect(try database.storedSums() == sums(of: batches + batches))
            #expect(try database.audit().split(separator: "\n").count { $0.hasPrefix("batch|batch_key") } == 3)
        }
    }

    /// The control: without the primary key nothing is stored at all; the statement that relies on it names it (42P10).
    @Test func withoutThePrimaryKeyNothingIsStored() async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            try database.psql("ALTER TABLE taximeter.ingest_batch DROP CONSTRAINT ingest_batch_pkey")
            let batch = try TestProducer().batch(1, &generator)
            let error = #expect(throws: PostgresError.self) { try database.store.store(batch) }
            #expect(error?.sqlState == "42P10")
            #expect(try database.psql("SELECT count(*) FROM taximeter.usage_event") == "0\n")
        }
    }
}

private final class Flag: Sendable {
    private let value = Mutex(false)

    var isSet: Bool { value.withLock { $0 } }
    func set() { value.withLock { $0 = true } }
}
