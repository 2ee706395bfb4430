import Foundation
import PostgresWire
import TestKit
import Testing

/// What fails for a passing reason is done again, from its start; what fails for good is not.
struct RetriedTransactionTests {
    /// Two transactions that each read what the other writes cannot both be serializable.
    @Test func aSerializationFailureIsDoneAgain() throws {
        let pool = ConnectionPool(try Wire.options(), limit: 2)
        defer { pool.close() }
        try Wire.psql("CREATE TABLE skewed (who text, n int); INSERT INTO skewed VALUES ('a', 1), ('b', 1)")
        var attempts = 0
        var failures = 0
        try pool.withRetriedTransaction(.init(isolation: .serializable)) { connection in
            attempts += 1
            let sum = try connection.value("SELECT sum(n) FROM skewed", as: Int64.self)
            if attempts == 1 {
                // Another one reads the same, writes its row and commits.
                try pool.withConnection { other in
                    try other.withTransaction(.init(isolation: .serializable)) {
                        let seen = try other.value("SELECT sum(n) FROM skewed", as: Int64.self)
                        try other.execute("UPDATE skewed SET n = \(Int32(seen)) WHERE who = 'b'")
                    }
                }
            }
            do {
                try connection.execute("UPDATE skewed SET n = \(Int32(sum)) WHERE who = 'a'")
            } catch let error as PostgresError {
                failures += 1
                #expect(SQLState.serializationFailure ~= error.sqlState)
                throw error
            }
        }
        #expect(attempts == 2)
        #expect(failures <= 1)
        // As if one after the other: 1 + 1 for b, and then 1 + 2 for a.
        #expect(try Wire.psql("SELECT string_agg(who || n, ' ' ORDER BY who) FROM skewed").contains("a3 b2"))
    }

    @Test func aConstraintViolationIsNotDoneAgain() throws {
        let pool = ConnectionPool(try Wire.options(), limit: 1)
        defer { pool.close() }
        var attempts = 0
        let error = try #require(throws: PostgresError.self) {
            try pool.withRetriedTransaction { connection in
                attempts += 1
                try connection.runScript("CREATE TEMP TABLE t (id int CHECK (id > 0)); INSERT INTO t VALUES (-1)")
            }
        }
        #expect(error.sqlState == .checkViolation)
        #expect(attempts == 1)
    }

    @Test func whatTheBodyThrowsItselfIsNotDoneAgain() throws {
        struct Mine: Error {}
        let pool = ConnectionPool(try Wire.options(), limit: 1)
        defer { pool.close() }
        var attempts = 0
        #expect(throws: Mine.self) {
            try pool.withRetriedTransaction { _ in
                attempts += 1
                throw Mine()
            }
        }
        #expect(attempts == 1)
    }

    /// 57P01: the server ended the session. The next attempt has a connection of its own.
    @Test func aTerminatedBackendIsDoneAgain() throws {
        let pool = ConnectionPool(try Wire.options(), limit: 1)
        defer { pool.close() }
        var pids: [Int32] = []
        let result = try pool.withRetriedTransaction { connection in
            pids.append(try connection.backendPID())
            if pids.count == 1 { try connection.execute("SELECT pg_terminate_backend(pg_backend_pid())") }
            return try connection.value("SELECT 'done'", as: String.self)
        }
        #expect(result == "done")
        #expect(pids.count == 2)
        #expect(Set(pids).count == 2)
    }

    @Test(arguments: [1, 2, 4])
    func theAttemptsAreCounted(limit: Int) throws {
        let pool = ConnectionPool(try Wire.options(), limit: 1)
        defer { pool.close() }
        var attempts = 0
        let error = try #require(throws: PostgresError.self) {
            try pool.withRetriedTransaction(attempts: limit) { connection in
                attempts += 1
                try connection.execute("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$")
            }
        }
        #expect(error.sqlState == .serializationFailure)
        #expect(attempts == limit)
    }

    /// Nobody can tell whether it was committed: it is done again, and must be idempotent.
    @Test func anUnknownOutcomeIsDoneAgain() throws {
        let pool = ConnectionPool(try Wire.options(), limit: 1)
        defer { pool.close() }
        var attempts = 0
        try pool.withRetriedTransaction { connection in
            attempts += 1
            guard attempts == 1 else { return }
            try connection.runScript(
                """
                CREATE TEMP TABLE t (id int);
                CREATE FUNCTION pg_temp.die() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(20); RETURN NULL; END $$;
                CREATE CONSTRAINT TRIGGER die AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION pg_temp.die();
                INSERT INTO t VALUES (1);
                """)
        }
        #expect(attempts == 2)
    }
}
