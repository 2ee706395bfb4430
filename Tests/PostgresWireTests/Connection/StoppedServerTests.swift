import Foundation
import PostgresWire
import TaximeterPostgres
import TestKit
import Testing

/// A server of which every process has stopped: nobody answers, not even a request to cancel.
@Suite struct StoppedServerTests {
    private struct Numbers: Statement {
        var sql: SQL { "SELECT i::int8, pg_backend_pid()::int8 FROM generate_series(1, 1000000) AS i" }
        static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int64 { try row.get(1) }
    }

    private struct Enough: Error {}

    @Test(arguments: ["a statement", "a job without a limit", "COPY"])
    func aBodyThatGivesUpIsNotHeldFast(_ work: String) throws {
        let cluster = EmbeddedCluster(home: try ClusterHomes.make(), settings: .forTests)
        var options = ConnectionOptions(try cluster.start().connectionString)
        options.statementTimeoutMilliseconds = 1_000_000
        options.replyGraceMilliseconds = 500
        guard case .running(let server, _) = try cluster.status() else {
            Issue.record("the cluster does not run")
            return
        }
        let connection = try Connection.open(options)
        var backend: Int32 = 0
        // Everything is stopped from inside the body, which then gives up.
        func stop(_ processID: Int64) throws {
            backend = Int32(processID)
            kill(server, SIGSTOP)
            kill(backend, SIGSTOP)
            throw Enough()
        }
        defer {
            kill(backend, SIGCONT)
            kill(server, SIGCONT)
            _ = try? cluster.stop(.immediate)
        }
        let began = ContinuousClock.now
        #expect(throws: Enough.self) {
            switch work {
            case "COPY":
                let copy: SQL = """
                    COPY (SELECT i::int8, pg_backend_pid()::int8 FROM generate_series(1, 1000000) AS i)
                    TO STDOUT (FORMAT binary)
                    """
                try connection.copyOut(copy) { row in
                    _ = try row.next(Int64.self)
                    try stop(row.next())
                }
            case "a statement": try connection.forEach(Numbers()) { try stop($0) }
            default:
                try connection.withTransaction(TransactionSettings(statementTimeoutMilliseconds: 0)) {
                    try connection.forEach(Numbers()) { try stop($0) }
                }
            }
        }
        #expect(ContinuousClock.now - began < .seconds(40))
        #expect(!connection.isUsable)
    }
}
