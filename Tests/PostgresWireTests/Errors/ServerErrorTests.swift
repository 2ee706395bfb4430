import PostgresWire
import TestKit
import Testing

/// The server's errors come by SQLSTATE, leave the connection in step, and say nothing in logs that rows say.
struct ServerErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var sql: String
        var state: SQLState
        var family: SQLState
        var testDescription: String { state.code }
    }

    @Test(arguments: [
        Case(sql: "SELECT 1 / 0", state: "22012", family: .dataException),
        Case(sql: "INSERT INTO t VALUES (1, 1)", state: .uniqueViolation, family: .integrityConstraintViolation),
        Case(sql: "INSERT INTO t VALUES (2, -1)", state: .checkViolation, family: .integrityConstraintViolation),
        Case(sql: "INSERT INTO t VALUES (2, NULL)", state: "23502", family: .integrityConstraintViolation),
        Case(sql: "INSERT INTO child VALUES (9)", state: .foreignKeyViolation, family: .integrityConstraintViolation),
        Case(sql: "SELECT * FROM nowhere", state: .undefinedTable, family: "42"),
        Case(sql: "SELEC 1", state: "42601", family: "42"),
        Case(sql: "DO $$ BEGIN RAISE EXCEPTION 'no'; END $$", state: .raisedException, family: "P0"),
        Case(
            sql: "DO $$ BEGIN RAISE SQLSTATE '40001'; END $$", state: .serializationFailure,
            family: .transactionRollback),
        Case(sql: "SET ROLE pg_no_such_role", state: "22023", family: .dataException),
    ])
    func anErrorIsKnownByItsState(sample: Case) throws {
        let connection = try Wire.connect()
        try connection.runScript(
            """
            CREATE TEMP TABLE t (id int PRIMARY KEY, n int NOT NULL CHECK (n > 0));
            CREATE TEMP TABLE child (id int REFERENCES t);
            INSERT INTO t VALUES (1, 1);
            """)
        let error = try #require(throws: PostgresError.self) { try connection.execute(SQL(unsafe: sample.sql)) }
        #expect(error.code == .server)
        #expect(error.sqlState == sample.state)
        #expect(sample.state ~= error.sqlState)
        #expect(sample.family ~= error.sqlState)
        #expect(!(SQLState.connectionException ~= error.sqlState))
        #expect(error.isRetryable == (sample.state == .serializationFailure))
        #expect(error.scriptPosition == nil)
        #expect(try connection.value("SELECT n FROM t") == Int32(1))
    }

    @Test func aFamilyMatchesItsMembersAndNotTheOtherWay() {
        #expect(SQLState.integrityConstraintViolation ~= .uniqueViolation)
        #expect(!(SQLState.uniqueViolation ~= .integrityConstraintViolation))
        #expect(!(SQLState.uniqueViolation ~= nil))
        #expect(SQLState.serverGoingAway ~= "57P01")
        #expect(!(SQLState.serverGoingAway ~= .queryCanceled))
        let unique: SQLState? = "23505"
        #expect(SQLState.integrityConstraintViolation ~= unique)
        switch SQLState.uniqueViolation {
        case .integrityConstraintViolation: break
        default: Issue.record("a switch does not know families")
        }
    }

    @Test(arguments: [
        ("40001", true), ("40P01", true), ("08006", true), ("08001", true), ("57P01", true), ("57P03", true),
        ("53300", true), ("57014", false), ("23505", false), ("55P03", false), ("28P01", false), ("40003", false),
    ])
    func whatPassesIsRepeated(state: String, isRetryable: Bool) {
        for code in [PostgresError.Code.server, .connectionLost] {
            #expect(PostgresError(code, "", sqlState: SQLState(state)).isRetryable == isRetryable)
        }
        var unknown = PostgresError(.server, "", sqlState: SQLState(state))
        unknown.commitOutcomeUnknown = true
        #expect(unknown.isRetryable)
    }

    @Test func whatTheServerDidNotSayIsRepeatedByItsKind() {
        let repeated: [PostgresError.Code] = [.connectionFailed, .connectionLost, .deadlineExceeded]
        let others: [PostgresError.Code] = [
            .server, .decoding, .encoding, .usage, .protocolViolation, .rolledBack, .poolTimeout, .poolClosed,
        ]
        for code in repeated { #expect(PostgresError(code, "").isRetryable, "\(code)") }
        for code in others { #expect(!PostgresError(code, "").isRetryable, "\(code)") }
    }

    /// Bound values and rows appear nowhere in what goes to logs, and `String(reflecting:)` has them.
    @Test(arguments: [
        "SELECT 'canary-4711'::text::int4", "SELECT 'canary-4711'::text::timestamptz",
        "SELECT 'canary-4711'::text::uuid",
        "INSERT INTO t VALUES ('canary-4711')", "SELECT 'canary\" said \"4711 canary-4711'::text::numeric",
        "INSERT INTO t VALUES ('canary-4711-' || repeat('x', 20))",
    ])
    func aDescriptionHidesRowValues(sql: String) throws {
        let connection = try Wire.connect()
        try connection.runScript(
            "CREATE TEMP TABLE t (id text PRIMARY KEY CHECK (length(id) < 15)); INSERT INTO t VALUES ('canary-4711')")
        let error = try #require(throws: PostgresError.self) { try connection.execute(SQL(unsafe: sql)) }
        #expect(!String(describing: error).contains("canary"))
        #expect(!"\(error)".contains("4711"))
        #expect(String(reflecting: error).contains("canary"))
    }

    @Test func aConstraintAndAHintAreGivenForPeople() throws {
        let connection = try Wire.connect()
        try connection.runScript("CREATE TEMP TABLE t (id int CONSTRAINT id_is_small CHECK (id < 3))")
        let refused = try #require(throws: PostgresError.self) { try connection.execute("INSERT INTO t VALUES (4)") }
        #expect(refused.constraint == "id_is_small")
        #expect(refused.detail?.contains("(4)") == true)
        let raised = try #require(throws: PostgresError.self) {
            try connection.execute(
                "DO $$ BEGIN RAISE EXCEPTION 'no' USING HINT = 'do otherwise', DETAIL = 'why'; END $$")
        }
        #expect(raised.hint == "do otherwise")
        #expect(raised.detail == "why")
        #expect(raised.context?.hasPrefix("PL/pgSQL function") == true)
    }

    @Test func moreParametersThanTheProtocolHasAreRefused() throws {
        let connection = try Wire.connect()
        var pieces = SQL.Interpolation(literalCapacity: 0, interpolationCount: 65_536)
        pieces.appendLiteral("SELECT 1")
        for _ in 0..<65_536 {
            pieces.appendLiteral(", ")
            pieces.appendInterpolation(Int16(7))
        }
        let sql = SQL(stringInterpolation: pieces)
        let error = try #require(throws: PostgresError.self) { try connection.execute(sql) }
        #expect(error.code == .usage)
        #expect(try connection.value("SELECT 1::int4") == Int32(1))
    }

    @Test func severalStatementsWithParametersAreRefused() throws {
        let connection = try Wire.connect()
        let error = try #require(throws: PostgresError.self) { try connection.execute("SELECT 1; SELECT \(Int32(2))") }
        #expect(error.sqlState == "42601")
    }

    @Test(arguments: ["", " ", "-- nothing"])
    func anEmptyStatementIsNoError(sql: String) throws {
        let connection = try Wire.connect()
        #expect(try connection.execute(SQL(unsafe: sql)) == 0)
        try connection.runScript(sql)
    }

    @Test func executeCountsTheRows() throws {
        let connection = try Wire.connect()
        try connection.execute("CREATE TEMP TABLE t (id int)")
        #expect(try connection.execute("INSERT INTO t SELECT generate_series(1, 12)") == 12)
        #expect(try connection.execute("UPDATE t SET id = id WHERE id > \(Int32(10))") == 2)
        #expect(try connection.execute("DELETE FROM t WHERE id < 0") == 0)
    }
}
