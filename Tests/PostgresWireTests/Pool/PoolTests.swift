import Foundation
import PostgresWire
import Synchronization
import TestKit
import Testing

/// Connections are lent, never more than the limit, and none that is broken or in the middle of something.
struct PoolTests {
    private func pool(
        limit: Int = 2, waitMilliseconds: Int = 20_000, _ change: (inout ConnectionOptions) -> Void = { _ in }
    ) throws -> ConnectionPool {
        ConnectionPool(try Wire.options().with(change), limit: limit, waitMilliseconds: waitMilliseconds)
    }

    @Test func aConnectionIsUsedAgain() throws {
        let pool = try pool()
        defer { pool.close() }
        let first = try pool.withConnection { try $0.backendPID() }
        for _ in 0..<5 { #expect(try pool.withConnection { try $0.backendPID() } == first) }
    }

    /// What the body throws is thrown, and takes no connection away.
    @Test func anErrorOfTheBodyGivesTheConnectionBack() throws {
        let pool = try pool(limit: 1, waitMilliseconds: 5_000)
        defer { pool.close() }
        let first = try pool.withConnection { try $0.backendPID() }
        for _ in 0..<3 {
            let error = try #require(throws: PostgresError.self) {
                try pool.withConnection { _ = try $0.execute("SELECT 1 / 0") }
            }
            #expect(error.sqlState == "22012")
        }
        #expect(try pool.withConnection { try $0.backendPID() } == first)
    }

    @Test func whoeverWaitsTooLongIsRefused() throws {
        let pool = try pool(limit: 2, waitMilliseconds: 200)
        defer { pool.close() }
        try pool.withConnection { _ in
            try pool.withConnection { _ in
                let begin = ContinuousClock.now
                let error = #expect(throws: PostgresError.self) { try pool.withConnection { _ in } }
                #expect(error?.code == .poolTimeout)
                #expect(error?.isRetryable == false)
                #expect(ContinuousClock.now - begin >= .milliseconds(190))
            }
            try pool.withConnection { _ in }
        }
    }

    @Test func neverMoreThanTheLimitAreOpen() throws {
        let most = 3
        let pool = try pool(limit: most, waitMilliseconds: 60_000)
        defer { pool.close() }
        let counts = Mutex((now: 0, most: 0, done: 0))
        DispatchQueue.concurrentPerform(iterations: 24) { _ in
            try? pool.withConnection { connection in
                counts.withLock { counts in
                    counts.now += 1
                    counts.most = max(counts.most, counts.now)
                }
                try connection.execute("SELECT pg_sleep(0.01)")
                counts.withLock { counts in
                    counts.now -= 1
                    counts.done += 1
                }
            }
        }
        let result = counts.withLock { $0 }
        #expect(result.done == 24)
        #expect(result.most <= most)
    }

    @Test func aClosedPoolLendsNothingAndClosesWhatComesBack() throws {
        let pool = try pool()
        let other = try Wire.connect()
        let isGone: (Int32) throws -> Bool = { pid in
            try other.value("SELECT count(*) FROM pg_stat_activity WHERE pid = \(pid)") == Int64(0)
        }
        var idle: Int32 = 0
        let lent = try pool.withConnection { connection in
            idle = try pool.withConnection { try $0.backendPID() }
            pool.close()
            try Eventually.holds { try isGone(idle) }
            // What is lent can be used to its end.
            return try connection.backendPID()
        }
        try Eventually.holds { try isGone(lent) }
        let error = try #require(throws: PostgresError.self) { try pool.withConnection { _ in } }
        #expect(error.code == .poolClosed)
        pool.close()
    }

    /// Terminated while idle: the next one to come gets another connection, and no error.
    @Test func anIdleConnectionThatBrokeIsReplaced() throws {
        let pool = try pool(limit: 1)
        defer { pool.close() }
        let first = try pool.withConnection { try $0.backendPID() }
        try Wire.connect().execute("SELECT pg_terminate_backend(\(first), 20000)")
        let second = try pool.withConnection { try $0.backendPID() }
        #expect(first != second)
    }

    @Test func aConnectionThatBrokeWhileLentIsReplaced() throws {
        let pool = try pool(limit: 1)
        defer { pool.close() }
        var first: Int32 = 0
        let error = try #require(throws: PostgresError.self) {
            try pool.withConnection { connection in
                first = try connection.backendPID()
                try connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            }
        }
        #expect(error.code == .connectionLost)
        #expect(try pool.withConnection { try $0.backendPID() } != first)
    }

    /// Left open, a transaction would take in the statements of whoever comes next.
    @Test(arguments: ["BEGIN", "BEGIN; CREATE TEMP TABLE t (id int)"])
    func aConnectionLeftInATransactionIsNotLentAgain(script: String) throws {
        let pool = try pool(limit: 1)
        defer { pool.close() }
        let first = try pool.withConnection { connection in
            try connection.runScript(script)
            return try connection.backendPID()
        }
        let second = try pool.withConnection { connection in
            try connection.withTransaction { _ = try connection.execute("SELECT 1") }
            return try connection.backendPID()
        }
        #expect(first != second)
    }

    @Test func aFailureToConnectGivesThePlaceBack() throws {
        let (descriptor, port) = try DeafListener.boundPort()
        defer { close(descriptor) }
        let pool = ConnectionPool(
            ConnectionOptions("host=127.0.0.1 port=\(port) user=nobody dbname=none"), limit: 1, waitMilliseconds: 2_000)
        for _ in 0..<3 {
            let error = try #require(throws: PostgresError.self) { try pool.withConnection { _ in } }
            #expect(error.code == .connectionFailed)
        }
    }

    @Test func asynchronousCallersShareThePool() async throws {
        let pool = try pool(limit: 2)
        defer { pool.close() }
        let sum = try await withThrowingTaskGroup(of: Int64.self) { group in
            for number in 1...20 as ClosedRange<Int64> {
                group.addTask { try await pool.withConnection { try $0.value("SELECT \(number)") } }
            }
            return try await group.reduce(0, +)
        }
        #expect(sum == 210)
        let error = await #expect(throws: PostgresError.self) {
            try await pool.withConnection { connection -> Int in try connection.execute("SELECT 1 / 0") }
        }
        #expect(error?.sqlState == "22012")
    }
}
