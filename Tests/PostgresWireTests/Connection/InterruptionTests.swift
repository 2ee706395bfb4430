import Foundation
import PostgresWire
import Synchronization
import TestKit
import Testing

/// Statements end when they are cancelled, or when the server's own limits have passed; the connection goes on.
struct InterruptionTests {
    @Test func aStatementIsCancelledFromAnotherThread() throws {
        let connection = try Wire.connect()
        let canceller = try #require(connection.canceller())
        let flag = Flag()
        let ended = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            // Again and again: a request that comes before the statement cancels nothing.
            while !flag.isSet {
                canceller.cancel()
                Thread.sleep(forTimeInterval: 0.05)
            }
            ended.signal()
        }
        defer { flag.set() }
        let error = try #require(throws: PostgresError.self) { try connection.execute("SELECT pg_sleep(60)") }
        flag.set()
        ended.wait()
        #expect(error.code == .server)
        #expect(error.sqlState == .queryCanceled)
        #expect(!error.isRetryable)
        #expect(try connection.value("SELECT 'next'") == "next")
    }

    @Test func cancellingWhatIsGoneDoesNothing() throws {
        let canceller = try #require(try Wire.connect().canceller())
        canceller.cancel()
        let idle = try Wire.connect()
        #expect(try #require(idle.canceller()).cancel())
        #expect(try idle.value("SELECT 'next'") == "next")
    }

    @Test func aStatementBeyondItsLimitEnds() throws {
        let connection = try Wire.connect()
        let error = try #require(throws: PostgresError.self) {
            try connection.withTransaction(.init(statementTimeoutMilliseconds: 200)) {
                _ = try connection.execute("SELECT pg_sleep(60)")
            }
        }
        #expect(error.code == .server)
        #expect(error.sqlState == .queryCanceled)
        #expect(try connection.value("SELECT 'next'") == "next")
    }

    @Test func aStatementWithinItsLimitDoesNotEnd() throws {
        let connection = try Wire.connect()
        try connection.withTransaction(.init(statementTimeoutMilliseconds: 30_000)) {
            _ = try connection.execute("SELECT pg_sleep(0.3)")
        }
    }

    @Test func aLockThatIsNotFreeInTimeIsRefused() throws {
        let holder = try Wire.connect()
        let waiter = try Wire.connect()
        try holder.execute("CREATE TABLE lock_probe (id int)")
        let error = try holder.withTransaction {
            try holder.execute("LOCK TABLE lock_probe")
            return try #require(throws: PostgresError.self) {
                try waiter.withTransaction(.init(lockTimeoutMilliseconds: 200)) {
                    _ = try waiter.execute("INSERT INTO lock_probe VALUES (1)")
                }
            }
        }
        #expect(error.sqlState == .lockNotAvailable)
        // The control: free again, the same goes through.
        try waiter.withTransaction(.init(lockTimeoutMilliseconds: 200)) {
            _ = try waiter.execute("INSERT INTO lock_probe VALUES (1)")
        }
    }

    @Test func aDeadlockEndsForOneOfTheTwo() throws {
        let first = try Wire.connect()
        let second = try Wire.connect()
        try first.runScript("CREATE TABLE dead_a (id int); CREATE TABLE dead_b (id int)")
        try first.execute("SET deadlock_timeout = '100ms'")
        try second.execute("SET deadlock_timeout = '60s'")
        let secondDone = DispatchSemaphore(value: 0)
        let pid = try second.backendPID()
        let moved = Moved(second)
        let error = try #require(throws: PostgresError.self) {
            try first.withTransaction {
                try first.execute("LOCK TABLE dead_a")
                try moved.connection.runScript("BEGIN; LOCK TABLE dead_b")
                Thread.detachNewThread {
                    _ = try? moved.connection.execute("LOCK TABLE dead_a")
                    _ = try? moved.connection.runScript("ROLLBACK")
                    secondDone.signal()
                }
                // Its turn first, so that it is this one that finds the circle closed.
                while try first.value("SELECT count(*) FROM pg_locks WHERE pid = \(pid) AND NOT granted") == Int64(0) {
                    Thread.sleep(forTimeInterval: 0.02)
                }
                try first.execute("LOCK TABLE dead_b")
            }
        }
        secondDone.wait()
        #expect(error.sqlState == .deadlockDetected)
        #expect(error.isRetryable)
    }
}

final class Flag: Sendable {
    private let value = Mutex(false)
    var isSet: Bool { value.withLock { $0 } }
    func set() { value.withLock { $0 = true } }
}

/// A connection that is used on one thread after the other.
struct Moved: Sendable {
    nonisolated(unsafe) let connection: Connection
    init(_ connection: Connection) { self.connection = connection }
}
