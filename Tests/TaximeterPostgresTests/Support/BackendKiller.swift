import Dispatch
import Foundation
import PostgresWire
import Synchronization

/// Ends, again and again, one backend of the store that is at work in a database, as an administrator or the OOM killer would.
final class BackendKiller: Sendable {
    private struct State {
        var killed = 0
        var isStopping = false
        var failure: (any Error)?
    }

    private let state = Mutex(State())
    private let ended = DispatchGroup()

    /// Starts at once; between two kills it pauses, so that the victims get somewhere.
    init(_ options: ConnectionOptions, everyMilliseconds: UInt32 = 25) {
        ended.enter()
        Thread.detachNewThread { [self] in
            defer { ended.leave() }
            do {
                let connection = try Connection.open(options)
                while !state.withLock(\.isStopping) {
                    let killed = try connection.query(KillOneBackend()).count { $0 }
                    state.withLock { $0.killed += killed }
                    usleep(everyMilliseconds * 1_000)
                }
            } catch {
                state.withLock { $0.failure = error }
            }
        }
    }

    /// How many it has ended so far.
    var killed: Int { state.withLock(\.killed) }

    /// Stops it.
    ///
    /// - Returns: How many it has ended.
    func stop() throws -> Int {
        state.withLock { $0.isStopping = true }
        ended.wait()
        if let failure = state.withLock(\.failure) { throw failure }
        return killed
    }
}

private struct KillOneBackend: Statement {
    var sql: SQL {
        """
        SELECT pg_terminate_backend(a.pid)
        FROM (
            SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
                AND application_name = 'taximeter'
            ORDER BY random() LIMIT 1
        ) AS a
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Bool { try row.get(0) }
}
