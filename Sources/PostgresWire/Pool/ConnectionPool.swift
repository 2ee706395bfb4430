import Dispatch
import Synchronization

/// Connections to one server, lent out one at a time; opened when first needed, never more than the limit.
public final class ConnectionPool: Sendable {
    private let options: ConnectionOptions
    private let waitMilliseconds: Int
    private let permits: DispatchSemaphore
    private let state = Mutex(State())

    private struct State {
        var idle: [IdleConnection] = []
        var isClosed = false
    }

    /// A connection that nobody uses, on its way from one thread to another.
    private struct IdleConnection: Sendable {
        nonisolated(unsafe) let connection: Connection
    }

    /// A pool.
    ///
    /// - Parameters:
    ///   - limit: The most connections at once; at least 1.
    ///   - waitMilliseconds: How long to wait for one to come back before giving up.
    public init(_ options: ConnectionOptions, limit: Int, waitMilliseconds: Int = 30_000) {
        self.options = options
        self.waitMilliseconds = waitMilliseconds
        permits = DispatchSemaphore(value: max(1, limit))
    }

    /// Lends a connection to the body; it comes back afterwards, or is dropped when it broke or was left in a
    /// transaction.
    ///
    /// Blocks the thread: from async code use ``withConnection(_:)-(sending_(Connection)(throws)->R)``.
    ///
    /// - Throws: `poolTimeout` when none came back in time, `poolClosed`, errors of connecting, and what the body throws.
    public func withConnection<R>(_ body: (Connection) throws -> R) throws -> R {
        if permits.wait(timeout: .now() + .milliseconds(waitMilliseconds)) == .timedOut {
            throw PostgresError(.poolTimeout, "no connection came free within \(waitMilliseconds) ms")
        }
        defer { permits.signal() }
        let connection = try takeIdle() ?? Connection.open(options)
        defer { giveBack(connection) }
        return try body(connection)
    }

    /// Runs a transaction, and again from its start when it fails for a passing reason: a deadlock, a serialization
    /// failure, a lost connection, a server that restarts.
    ///
    /// The body must be idempotent: it is also repeated when nobody can tell whether its COMMIT took effect.
    ///
    /// - Parameters:
    ///   - attempts: How often it is tried; between two tries it waits, longer each time, by chance.
    ///   - failed: Is called before each of these waits.
    public func withRetriedTransaction<R>(
        _ settings: TransactionSettings = TransactionSettings(), attempts: Int = 8, failed: () -> Void = {},
        _ body: (Connection) throws -> R
    ) throws -> R {
        try withRetriedConnection(attempts: attempts, failed: failed) { connection in
            try connection.withTransaction(settings) { try body(connection) }
        }
    }

    /// Lends a connection to the body, and another one when it fails for a passing reason: for one statement, which is a
    /// transaction by itself and takes one round trip.
    public func withRetriedConnection<R>(
        attempts: Int = 8, failed: () -> Void = {}, _ body: (Connection) throws -> R
    ) throws -> R {
        var backOff = BackOff()
        var attempt = 1
        while true {
            do {
                return try withConnection { connection in try body(connection) }
            } catch let error as PostgresError where error.isRetryable && attempt < attempts {
                failed()
                attempt += 1
                backOff.sleep()
            }
        }
    }

    /// Lends a connection to a body that blocks, on a thread where it may: never on Swift's cooperative pool.
    public func withConnection<R: Sendable>(_ body: @escaping @Sendable (Connection) throws -> R) async throws -> R {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { [self] in
                continuation.resume(with: Result { try withConnection { try body($0) } as R })
            }
        }
    }

    /// Closes the idle connections, and the others as they come back. Nothing can be lent any more.
    public func close() {
        let idle = state.withLock { state in
            state.isClosed = true
            defer { state.idle = [] }
            return state.idle
        }
        withExtendedLifetime(idle) {}
    }

    private func takeIdle() throws(PostgresError) -> Connection? {
        while true {
            let idle: (isClosed: Bool, connection: IdleConnection?) = state.withLock {
                ($0.isClosed, $0.idle.popLast())
            }
            if idle.isClosed { throw PostgresError(.poolClosed, "the pool is closed") }
            guard let candidate = idle.connection else { return nil }
            if candidate.connection.isAlive { return candidate.connection }
        }
    }

    private func giveBack(_ connection: Connection) {
        // Left in a transaction, it would take in the statements of whoever comes next.
        guard connection.isUsable, connection.isIdle else { return }
        let idle = IdleConnection(connection: connection)
        state.withLock { if !$0.isClosed { $0.idle.append(idle) } }
    }
}

/// Pauses between attempts: doubled each time up to five seconds, and by chance up to half shorter, so that those who
/// failed together do not come back together.
struct BackOff {
    private var milliseconds = 20

    mutating func next() -> Int {
        defer { milliseconds = min(5_000, milliseconds * 2) }
        return Int.random(in: milliseconds / 2...milliseconds)
    }

    mutating func sleep() { _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(next())) }
}
