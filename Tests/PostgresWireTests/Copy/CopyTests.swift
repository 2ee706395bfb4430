import PostgresWire
import TestKit
import Testing

/// Rows go in and come out by binary COPY; one that fails leaves no row, and a connection in step.
struct CopyTests {
    struct BodyFailed: Error, Equatable {}

    private static let into: SQL = "COPY rows FROM STDIN (FORMAT binary)"
    private static let out: SQL = "COPY (SELECT id, label, amount, at FROM rows ORDER BY id) TO STDOUT (FORMAT binary)"

    private func connection() throws -> Connection {
        let connection = try Wire.connect()
        try connection.execute(
            "CREATE TEMP TABLE rows (id int8 PRIMARY KEY, label text, amount numeric, at timestamptz NOT NULL)")
        return connection
    }

    private func write(_ rows: Range<Int64>, _ writer: inout CopyWriter) throws {
        for id in rows {
            try writer.beginRow(columns: 4)
            writer.append(id)
            try writer.append(id % 7 == 0 ? nil : "label \(id)")
            try writer.append(Numeric(units: Int128(id) * -3, scale: 6))
            try writer.append(Timestamp(microseconds: id * 1_000))
        }
    }

    private func count(_ connection: Connection) throws -> Int64 { try connection.value("SELECT count(*) FROM rows") }

    private func expectNothingStored(_ connection: Connection) throws {
        #expect(connection.isUsable)
        #expect(try count(connection) == 0)
        #expect(try connection.copyIn(Self.into) { try write(0..<10, &$0) } == 10)
        #expect(try count(connection) == 10)
    }

    @Test(arguments: [Int64(0), 1, 100_000])
    func rowsGoInAndComeOut(rows: Int64) throws {
        let connection = try connection()
        #expect(try connection.copyIn(Self.into) { try write(0..<rows, &$0) } == Int(rows))
        var next: Int64 = 0
        var wrong = 0
        let read = try connection.copyOut(Self.out) { row in
            let id = try row.next(Int64.self)
            let label = try row.next(String?.self)
            let amount = try row.next(Numeric.self)
            let instant = try row.next(Timestamp.self)
            let isRight =
                id == next && label == (id % 7 == 0 ? nil : "label \(id)")
                && amount == Numeric(units: Int128(id) * -3, scale: 6) && instant.microseconds == id * 1_000
            if !isRight { wrong += 1 }
            next += 1
        }
        #expect(read == Int(rows))
        #expect(next == rows)
        #expect(wrong == 0)
        // What the server understood, by its own arithmetic.
        #expect(
            try connection.value(
                "SELECT coalesce(sum(amount) = sum(id * -3) / 1000000::numeric, count(*) = 0) FROM rows") == true)
    }

    @Test(arguments: [Int64(0), 1, 50_000])
    func aBodyThatThrowsStoresNothing(rows: Int64) throws {
        let connection = try connection()
        #expect(throws: BodyFailed()) {
            try connection.copyIn(Self.into) { writer in
                try write(0..<rows, &writer)
                throw BodyFailed()
            }
        }
        try expectNothingStored(connection)
    }

    @Test func aRowThatTheServerRefusesStoresNothing() throws {
        let connection = try connection()
        let error = try #require(throws: PostgresError.self) {
            try connection.copyIn(Self.into) { writer in
                try write(0..<50_000, &writer)
                try write(7..<8, &writer)
                try write(50_000..<100_000, &writer)
            }
        }
        #expect(error.code == .server)
        #expect(error.sqlState == .uniqueViolation)
        #expect(!String(describing: error).contains("(7)"))
        try expectNothingStored(connection)
    }

    @Test func aRowOfTooFewColumnsStoresNothing() throws {
        let connection = try connection()
        let error = try #require(throws: PostgresError.self) {
            try connection.copyIn(Self.into) { writer in
                try write(0..<10, &writer)
                try writer.beginRow(columns: 1)
                writer.append(11)
            }
        }
        #expect(error.sqlState == "22P04")
        try expectNothingStored(connection)
    }

    @Test func aValueThatCannotBeSentStoresNothing() throws {
        let connection = try connection()
        let error = try #require(throws: PostgresError.self) {
            try connection.copyIn(Self.into) { writer in
                try write(0..<10, &writer)
                try writer.beginRow(columns: 4)
                writer.append(10)
                try writer.append("a\0b")
            }
        }
        #expect(error.code == .encoding)
        try expectNothingStored(connection)
    }

    /// Half a value is in the buffer by then: to go on would store another row than was meant.
    @Test func aValueThatCannotBeSentIsNotForgottenWhenIgnored() throws {
        let connection = try connection()
        let error = try #require(throws: PostgresError.self) {
            try connection.copyIn(Self.into) { writer in
                try writer.beginRow(columns: 4)
                writer.append(10)
                try? writer.append("a\0b")
                writer.appendNull()
                try writer.append(Timestamp(microseconds: 0))
            }
        }
        #expect(error.code == .encoding)
        try expectNothingStored(connection)
    }

    @Test func aReaderThatThrowsLeavesTheConnectionInStep() throws {
        let connection = try Wire.connect()
        let many: SQL = "COPY (SELECT generate_series(1, 2000000)::int8) TO STDOUT (FORMAT binary)"
        var seen = 0
        #expect(throws: BodyFailed()) {
            try connection.copyOut(many) { _ in
                seen += 1
                if seen == 1_000 { throw BodyFailed() }
            }
        }
        #expect(seen == 1_000)
        #expect(try connection.value("SELECT 'next'") == "next")
    }

    /// Also when it throws the loss of some other connection.
    @Test func aReaderThatThrowsAnotherConnectionsLossLeavesThisOneInStep() throws {
        let connection = try Wire.connect()
        let error = try #require(throws: PostgresError.self) {
            try connection.copyOut("COPY (SELECT generate_series(1, 100000)) TO STDOUT (FORMAT binary)") { _ in
                throw PostgresError(.connectionLost, "another one")
            }
        }
        #expect(error.message == "another one")
        #expect(try connection.value("SELECT 'next'") == "next")
    }

    @Test func aReaderOfTheWrongShapeIsRefused() throws {
        let connection = try Wire.connect()
        let two: SQL = "COPY (SELECT 1::int4, NULL::int4) TO STDOUT (FORMAT binary)"
        let wrongs: [(inout CopyRow) throws -> Void] = [
            { row in _ = try row.next(Int64.self) },
            { row in
                _ = try row.next(Int32.self)
                _ = try row.next(Int32.self)
            },
            { row in for _ in 0..<3 { _ = try row.next(Int32?.self) } },
        ]
        for wrong in wrongs {
            let error = try #require(throws: PostgresError.self) { try connection.copyOut(two, wrong) }
            #expect(error.code == .decoding)
            #expect(connection.isUsable)
        }
        var first: Int32?
        try connection.copyOut(two) { row in first = try row.next() }
        #expect(first == 1)
    }

    @Test func anErrorOfTheServerComesBeforeTheFirstRowOrBetween() throws {
        let connection = try Wire.connect()
        let missing = try #require(throws: PostgresError.self) {
            try connection.copyOut("COPY nowhere TO STDOUT (FORMAT binary)") { _ in }
        }
        #expect(missing.sqlState == .undefinedTable)
        var seen = 0
        let late = try #require(throws: PostgresError.self) {
            try connection.copyOut(
                "COPY (SELECT 1 / (50000 - n) FROM generate_series(1, 60000) n) TO STDOUT (FORMAT binary)"
            ) {
                _ in seen += 1
            }
        }
        #expect(late.sqlState == "22012")
        #expect(seen > 0)
        #expect(try connection.value("SELECT 'next'") == "next")
    }

    @Test func whatIsNoSuchCopyIsRefused() throws {
        for sql: SQL in ["SELECT 1", "COPY (SELECT 1) TO STDOUT (FORMAT binary)"] {
            let error = try #require(throws: PostgresError.self) { try Wire.connect().copyIn(sql) { _ in } }
            #expect(error.code == .usage)
        }
        for sql: SQL in ["SELECT 1", "COPY (SELECT repeat('text', 20)) TO STDOUT"] {
            let connection = try Wire.connect()
            let error = try #require(throws: PostgresError.self) { try connection.copyOut(sql) { _ in } }
            #expect(error.code == .usage)
            #expect(try connection.value("SELECT 'next'") == "next")
        }
        let connection = try Wire.connect()
        let error = try #require(throws: PostgresError.self) {
            try connection.execute("COPY (SELECT 1) TO STDOUT (FORMAT binary)")
        }
        #expect(error.code == .usage)
        #expect(!connection.isUsable)
    }

    @Test func anotherStatementWhileCopyingIsRefusedAndNothingIsLost() throws {
        let connection = try connection()
        let stored = try connection.copyIn(Self.into) { writer in
            try write(0..<5, &writer)
            let error = #expect(throws: PostgresError.self) { try connection.execute("SELECT 1") }
            #expect(error?.code == .usage)
            #expect(throws: PostgresError.self) { try connection.runScript("SELECT 1") }
            try write(5..<10, &writer)
        }
        #expect(stored == 10)
        #expect(try count(connection) == 10)
    }

    @Test func aBackendKilledWhileCopyingStoresNothing() throws {
        let connection = try Wire.connect()
        let other = try Wire.connect()
        let pid = try connection.backendPID()
        try connection.execute("CREATE TABLE copy_killed (id int8)")
        let error = try #require(throws: PostgresError.self) {
            try connection.copyIn("COPY copy_killed FROM STDIN (FORMAT binary)") { writer in
                for id in 0..<200_000 as Range<Int64> {
                    if id == 100_000 { try other.execute("SELECT pg_terminate_backend(\(pid), 10000)") }
                    try writer.beginRow(columns: 1)
                    writer.append(id)
                }
            }
        }
        #expect(error.code == .connectionLost)
        #expect(!connection.isUsable)
        #expect(try other.value("SELECT count(*) FROM copy_killed") == Int64(0))
    }
}
