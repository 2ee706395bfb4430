import PostgresWire
import TestKit
import Testing

/// A transaction is whole or not at all, and what is not known is said.
struct TransactionTests {
    struct BodyFailed: Error, Equatable {}

    /// A connection with a temporary table `t (id int UNIQUE)`.
    private func connection() throws -> Connection {
        let connection = try Wire.connect()
        try connection.runScript("CREATE TEMP TABLE t (id int UNIQUE DEFERRABLE INITIALLY DEFERRED CHECK (id > 0))")
        return connection
    }

    private func count(_ connection: Connection) throws -> Int64 { try connection.value("SELECT count(*) FROM t") }

    @Test func aBodyThatReturnsIsCommitted() throws {
        let connection = try connection()
        let result = try connection.withTransaction {
            try connection.execute("INSERT INTO t VALUES (1), (2)")
            return "done"
        }
        #expect(result == "done")
        #expect(try count(connection) == 2)
    }

    @Test func aBodyThatThrowsIsRolledBack() throws {
        let connection = try connection()
        #expect(throws: BodyFailed()) {
            try connection.withTransaction {
                try connection.execute("INSERT INTO t VALUES (1)")
                throw BodyFailed()
            }
        }
        #expect(try count(connection) == 0)
    }

    @Test func aStatementsErrorRollsBack() throws {
        let connection = try connection()
        let error = try #require(throws: PostgresError.self) {
            try connection.withTransaction {
                try connection.execute("INSERT INTO t VALUES (1)")
                try connection.execute("INSERT INTO t VALUES (-1)")
            }
        }
        #expect(error.sqlState == .checkViolation)
        #expect(!error.commitOutcomeUnknown)
        #expect(try count(connection) == 0)
    }

    @Test func anIgnoredErrorIsNotTakenForSuccess() throws {
        let connection = try connection()
        let error = try #require(throws: PostgresError.self) {
            try connection.withTransaction {
                try connection.execute("INSERT INTO t VALUES (1)")
                _ = try? connection.execute("INSERT INTO t VALUES (-1)")
            }
        }
        #expect(error.code == .rolledBack)
        #expect(!error.isRetryable)
        #expect(try count(connection) == 0)
    }

    @Test func transactionsDoNotNest() throws {
        let connection = try connection()
        let error = try #require(throws: PostgresError.self) {
            try connection.withTransaction {
                try connection.execute("INSERT INTO t VALUES (1)")
                try connection.withTransaction { _ = try connection.execute("INSERT INTO t VALUES (2)") }
            }
        }
        #expect(error.code == .usage)
        #expect(try count(connection) == 0)
        try connection.withTransaction { _ = try connection.execute("INSERT INTO t VALUES (3)") }
        #expect(try count(connection) == 1)
    }

    /// A body that ended the transaction itself cannot be told that it was committed.
    @Test(arguments: ["ROLLBACK", "COMMIT"])
    func aBodyThatEndsTheTransactionIsRefused(statement: String) throws {
        let connection = try connection()
        let error = try #require(throws: PostgresError.self) {
            try connection.withTransaction {
                try connection.execute("INSERT INTO t VALUES (1)")
                try connection.runScript(statement)
            }
        }
        #expect(error.code == .usage)
        #expect(try connection.value("SELECT 1::int4") == Int32(1))
    }

    /// A constraint that is checked at COMMIT: the server says no, but at COMMIT nothing but success is certain.
    @Test func anErrorAtCommitIsUnknown() throws {
        let connection = try connection()
        let error = try #require(throws: PostgresError.self) {
            try connection.withTransaction { _ = try connection.execute("INSERT INTO t VALUES (1), (1)") }
        }
        #expect(error.sqlState == .uniqueViolation)
        #expect(error.commitOutcomeUnknown)
        #expect(error.description.hasSuffix("(at COMMIT: the outcome is unknown)"))
        #expect(try count(connection) == 0)
    }

    /// The backend ends itself while it commits: the client cannot know whether before or after.
    @Test func aBackendKilledAtCommitLeavesTheOutcomeUnknown() throws {
        let connection = try connection()
        try connection.runScript(
            """
            CREATE FUNCTION pg_temp.die() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(20); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER die AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION pg_temp.die();
            """)
        let error = try #require(throws: PostgresError.self) {
            try connection.withTransaction { _ = try connection.execute("INSERT INTO t VALUES (1)") }
        }
        #expect(error.commitOutcomeUnknown)
        #expect(error.code == .connectionLost)
        #expect(error.sqlState == "57P01")
        #expect(error.isRetryable)
        #expect(!connection.isUsable)
    }

    /// The control: killed before COMMIT was sent, nothing is stored, and that is known.
    @Test func aBackendKilledBeforeCommitIsCertainlyRolledBack() throws {
        let connection = try connection()
        let error = try #require(throws: PostgresError.self) {
            try connection.withTransaction {
                try connection.execute("INSERT INTO t VALUES (1)")
                try connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            }
        }
        #expect(!error.commitOutcomeUnknown)
        #expect(error.code == .connectionLost)
        #expect(error.sqlState == "57P01")
        #expect(error.isRetryable)
        #expect(!connection.isUsable)
    }

    /// COMMIT was never sent: an ignored loss is not an unknown outcome.
    @Test func aLossThatTheBodyIgnoredIsCertainlyRolledBack() throws {
        let connection = try connection()
        let error = try #require(throws: PostgresError.self) {
            try connection.withTransaction {
                _ = try? connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            }
        }
        #expect(error.code == .connectionLost)
        #expect(!error.commitOutcomeUnknown)
    }

    @Test func aBeginThatFailsLeavesNoTransactionOpen() throws {
        let connection = try connection()
        let error = try #require(throws: PostgresError.self) {
            try connection.withTransaction(.init(statementTimeoutMilliseconds: -5)) {}
        }
        #expect(error.sqlState == "22023")
        try connection.withTransaction { _ = try connection.execute("INSERT INTO t VALUES (1)") }
        #expect(try count(connection) == 1)
    }

    @Test(arguments: [
        (TransactionSettings(), "read committed|off|60000|30000"),
        (TransactionSettings(isolation: .repeatableRead), "repeatable read|off|60000|30000"),
        (TransactionSettings(isolation: .serializable, isReadOnly: true), "serializable|on|60000|30000"),
        (
            TransactionSettings(statementTimeoutMilliseconds: 1_500, lockTimeoutMilliseconds: 0),
            "read committed|off|1500|0"
        ),
    ])
    func settingsHoldInTheTransactionAlone(settings: TransactionSettings, expected: String) throws {
        let connection = try Wire.connect()
        let shown: SQL = """
            SELECT concat_ws('|', current_setting('transaction_isolation'), current_setting('transaction_read_only'),
            (SELECT string_agg(setting, '|' ORDER BY name DESC) FROM pg_settings
            WHERE name IN ('statement_timeout', 'lock_timeout')))
            """
        let before = try connection.value(shown, as: String.self)
        #expect(try connection.withTransaction(settings) { try connection.value(shown) } == expected)
        #expect(try connection.value(shown) == before)
    }

    @Test func synchronousCommitIsForcedInTheTransactionAlone() throws {
        let connection = try Wire.connect()
        try connection.execute("SET synchronous_commit = off")
        let shown: SQL = "SELECT current_setting('synchronous_commit')"
        #expect(try connection.withTransaction { try connection.value(shown) } == "off")
        #expect(try connection.withTransaction(.init(synchronousCommit: true)) { try connection.value(shown) } == "on")
        #expect(try connection.value(shown) == "off")
    }

    @Test func aReadOnlyTransactionWritesNothing() throws {
        let connection = try connection()
        try connection.execute("CREATE TABLE IF NOT EXISTS read_only_probe (id int)")
        let error = try #require(throws: PostgresError.self) {
            try connection.withTransaction(.init(isReadOnly: true)) {
                _ = try connection.execute("INSERT INTO read_only_probe VALUES (1)")
            }
        }
        #expect(error.sqlState == "25006")
    }
}
