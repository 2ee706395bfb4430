import PostgresWire
import TestKit
import Testing

/// A column that is not what the program expects is refused by name, and the connection goes on.
struct ColumnErrorTests {
    static let sql: SQL = "SELECT 1::int4 AS small, NULL::text AS missing, 'x'::text AS label, ARRAY[1::int8] AS list"

    /// A statement reads by a static function, so that each reading needs a type of its own: a marker gives it.
    protocol Marker: Sendable { static func read(_ row: borrowing ResultRow) throws(PostgresError) }

    struct Marked<M: Marker>: Statement {
        let sql = ColumnErrorTests.sql
        static func decode(_ row: borrowing ResultRow) throws(PostgresError) { try M.read(row) }
    }

    enum WrongType: Marker {
        static func read(_ row: borrowing ResultRow) throws(PostgresError) { _ = try row.get(0, as: Int64.self) }
    }
    enum WrongTypeOptional: Marker {
        static func read(_ row: borrowing ResultRow) throws(PostgresError) { _ = try row.get(2, as: Int64?.self) }
    }
    /// Refused by its type even where it is NULL: otherwise a wrong reading would work until the first value.
    enum WrongTypeOfNull: Marker {
        static func read(_ row: borrowing ResultRow) throws(PostgresError) { _ = try row.get(1, as: Bool?.self) }
    }
    enum WrongElementType: Marker {
        static func read(_ row: borrowing ResultRow) throws(PostgresError) { _ = try row.get(3, as: [Int32].self) }
    }
    enum Null: Marker {
        static func read(_ row: borrowing ResultRow) throws(PostgresError) { _ = try row.get(1, as: String.self) }
    }
    enum BeyondTheEnd: Marker {
        static func read(_ row: borrowing ResultRow) throws(PostgresError) { _ = try row.get(4, as: String?.self) }
    }
    enum BeforeTheBeginning: Marker {
        static func read(_ row: borrowing ResultRow) throws(PostgresError) { _ = try row.get(-1, as: String.self) }
    }
    enum Right: Marker {
        static func read(_ row: borrowing ResultRow) throws(PostgresError) {
            let small = try row.get(0, as: Int32.self)
            let missing = try row.get(1, as: String?.self)
            let label = try row.get(2, as: String?.self)
            let list = try row.get(3, as: [Int64].self)
            if small != 1 || missing != nil || label != "x" || list != [1] || row.columnCount != 4 {
                throw PostgresError(.usage, "the row was read wrongly")
            }
        }
    }

    private func expect<M: Marker>(_ marker: M.Type, _ message: String) throws {
        let connection = try Wire.connect()
        let error = try #require(throws: PostgresError.self) { try connection.query(Marked<M>()) }
        #expect(error.code == .decoding)
        #expect(error.sqlState == nil)
        #expect(error.message == message)
        #expect(try connection.value("SELECT 'next'") == "next")
    }

    @Test func aWrongReadingNamesTheColumn() throws {
        try expect(WrongType.self, "column \"small\" has the type with oid 23; expected Int64")
        try expect(WrongTypeOptional.self, "column \"label\" has the type with oid 25; expected Int64")
        try expect(WrongTypeOfNull.self, "column \"missing\" has the type with oid 25; expected Bool")
        try expect(WrongElementType.self, "column \"list\" has the type with oid 1016; expected Array<Int32>")
        try expect(Null.self, "column \"missing\" is NULL; expected String")
        try expect(BeyondTheEnd.self, "there is no column 4: the row has 4")
        try expect(BeforeTheBeginning.self, "there is no column -1: the row has 4")
    }

    @Test func aRightReadingIsNotRefused() throws {
        #expect(try Wire.connect().query(Marked<Right>()).count == 1)
    }
}
