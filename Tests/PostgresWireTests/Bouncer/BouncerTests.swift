import Foundation
import PostgresWire
import TestKit
import Testing

/// All of it also works where each transaction may run on another connection of the server's.
@Suite(.enabled(if: Bouncer.isInstalled, "pgbouncer is not installed"))
struct BouncerTests {
    private func connect(_ change: (inout ConnectionOptions) -> Void = { _ in }) throws -> Connection {
        try Connection.open(try Wire.bouncerOptions().with(change))
    }

    /// The control: this is a pooler, and it pools by transaction.
    @Test func manyClientsShareFewBackends() throws {
        let clients = try (0..<20).map { _ in try connect() }
        var pids: Set<Int32> = []
        for _ in 0..<3 { for client in clients { pids.insert(try client.backendPID()) } }
        #expect(pids.count <= Bouncer.poolSize)
        #expect(
            try connect().value("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(\(Array(pids)))")
                == Int64(pids.count))
    }

    @Test func valuesGoThereAndBack() throws {
        let connection = try connect()
        for round in 0..<20 as Range<Int64> {
            #expect(try connection.value("SELECT \(round) + \(Int64(1))") == round + 1)
            #expect(try connection.value("SELECT \("text \(round)")") == "text \(round)")
            #expect(try connection.value("SELECT \([round, -round])") == [round, -round])
            #expect(try connection.value("SELECT \(Numeric(units: .max, scale: 9))") == Numeric(units: .max, scale: 9))
        }
    }

    /// Each statement may meet another session, which knows of none that were prepared or of those of others: the answers
    /// are right all the same.
    @Test func preparedStatementsAnswerWhoeverPreparedThem() throws {
        let clients = try (0..<20).map { _ in try connect() }
        for round in 0..<20 as Range<Int64> {
            for (place, client) in clients.enumerated() {
                let number = Int64(place)
                #expect(
                    try client.queryPrepared(One<Int64>("SELECT \(round) * 100 + \(number)")) == [round * 100 + number])
                #expect(try client.queryPrepared(One<Int64>("SELECT \(round) - \(number)")) == [round - number])
            }
        }
    }

    @Test func transactionsAreWhole() throws {
        let connection = try connect()
        try connection.execute("CREATE TABLE bounced (id int8 PRIMARY KEY)")
        try connection.withTransaction { _ = try connection.execute("INSERT INTO bounced VALUES (1)") }
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try connection.withTransaction {
                try connection.execute("INSERT INTO bounced VALUES (2)")
                throw Stop()
            }
        }
        let error = try #require(throws: PostgresError.self) {
            try connection.withTransaction { _ = try connection.execute("INSERT INTO bounced VALUES (1)") }
        }
        #expect(error.sqlState == .uniqueViolation)
        let ignored = try #require(throws: PostgresError.self) {
            try connection.withTransaction { _ = try? connection.execute("INSERT INTO bounced VALUES (1)") }
        }
        #expect(ignored.code == .rolledBack)
        #expect(try connection.query(One<Int64>("SELECT id FROM bounced")) == [1])
    }

    /// The settings of a transaction go with it: the next client on that backend has its own.
    @Test func noSettingIsLeftBehind() throws {
        let connection = try connect()
        let shown: SQL = "SELECT current_setting('statement_timeout') || current_setting('lock_timeout')"
        let inside = try connection.withTransaction(
            .init(statementTimeoutMilliseconds: 7_001, lockTimeoutMilliseconds: 7_002, synchronousCommit: true)
        ) { try connection.value(shown, as: String.self) }
        #expect(inside == "7001ms7002ms")
        for _ in 0..<10 { #expect(try connect().value(shown) == "00") }
    }

    @Test func copyGoesInAndOut() throws {
        let connection = try connect()
        try connection.execute("CREATE TABLE bounced_copy (id int8)")
        let into: SQL = "COPY bounced_copy FROM STDIN (FORMAT binary)"
        let rows: Int64 = 20_000
        let stored = try connection.copyIn(into) { writer in
            for id in 0..<rows {
                try writer.beginRow(columns: 1)
                writer.append(id)
            }
        }
        #expect(stored == Int(rows))
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try connection.copyIn(into) { writer in
                try writer.beginRow(columns: 1)
                writer.append(-1)
                throw Stop()
            }
        }
        var sum: Int64 = 0
        let read = try connection.copyOut("COPY bounced_copy TO STDOUT (FORMAT binary)") {
            sum += try $0.next(Int64.self)
        }
        #expect(read == Int(rows))
        #expect(sum == rows * (rows - 1) / 2)
    }

    @Test func errorsComeByTheirState() throws {
        let connection = try connect()
        for (sql, state) in [("SELECT 1 / 0", "22012"), ("SELECT * FROM nowhere", "42P01"), ("SELEC", "42601")] {
            let error = try #require(throws: PostgresError.self) { try connection.execute(SQL(unsafe: sql)) }
            #expect(error.code == .server)
            #expect(error.sqlState == SQLState(state))
        }
        let script = try #require(throws: PostgresError.self) { try connection.runScript("SELECT 1;\nSELECT nothing") }
        #expect(script.scriptPosition?.line == 2)
        #expect(try connection.value("SELECT 'next'") == "next")
    }

    /// A request to cancel finds its way through the pooler to the statement's backend.
    @Test func whatTheBodyLeavesIsCancelled() throws {
        let connection = try connect()
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try connection.forEach(One<Int32>("SELECT generate_series(1, 3000000)")) { _ in throw Stop() }
        }
        #expect(try connection.value("SELECT 'next'") == "next")
    }

    @Test func aStatementBeyondItsLimitEnds() throws {
        let connection = try connect()
        let error = try #require(throws: PostgresError.self) {
            try connection.withTransaction(.init(statementTimeoutMilliseconds: 200)) {
                _ = try connection.execute("SELECT pg_sleep(60)")
            }
        }
        #expect(error.sqlState == .queryCanceled)
        #expect(try connection.value("SELECT 'next'") == "next")
    }

    @Test func aBackendThatDiesIsALossAndIsDoneAgain() throws {
        let connection = try connect()
        let error = try #require(throws: PostgresError.self) {
            try connection.withTransaction {
                _ = try connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            }
        }
        #expect(error.code == .connectionLost)
        #expect(error.isRetryable)
        #expect(!connection.isUsable)

        let pool = ConnectionPool(try Wire.bouncerOptions(), limit: 2)
        defer { pool.close() }
        var attempts = 0
        try pool.withRetriedTransaction { connection in
            attempts += 1
            if attempts == 1 { try connection.execute("SELECT pg_terminate_backend(pg_backend_pid())") }
        }
        #expect(attempts == 2)
    }

    @Test func manyThreadsShareFewBackends() throws {
        let pool = ConnectionPool(try Wire.bouncerOptions(), limit: 8, waitMilliseconds: 60_000)
        defer { pool.close() }
        try Wire.psql("CREATE TABLE bounced_sum (n int8); INSERT INTO bounced_sum VALUES (0)")
        let failures = Collected<String>()
        DispatchQueue.concurrentPerform(iterations: 40) { _ in
            do {
                try pool.withRetriedTransaction { _ = try $0.execute("UPDATE bounced_sum SET n = n + 1") }
            } catch {
                failures.append("\(error)")
            }
        }
        #expect(failures.values == [])
        #expect(try Wire.psql("SELECT n FROM bounced_sum").contains("40"))
    }
}
