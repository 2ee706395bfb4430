import Foundation
import Glibc
import PostgresWire
import TestKit
import Testing

/// `forEach` takes rows as they come: in constant memory, and to any end.
struct StreamingTests {
    struct BodyFailed: Error, Equatable {}

    struct Wide: Statement {
        let sql: SQL = "SELECT n::int8, repeat('x', 200) FROM generate_series(1, 1000000) n"
        static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int64 { try row.get(0) }
    }

    private static func residentMegabytes() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try #require(Int(fields[1])) * Int(getpagesize()) / 1_048_576
    }

    /// A million rows are 250 MB: read whole they would all be in memory at once.
    @Test func aMillionRowsTakeConstantMemory() throws {
        let connection = try Wire.connect()
        let before = try Self.residentMegabytes()
        var rows: Int64 = 0
        var most = 0
        try connection.forEach(Wide()) { number in
            rows += 1
            if number != rows { throw BodyFailed() }
            if rows % 100_000 == 0 { most = max(most, try Self.residentMegabytes()) }
        }
        #expect(rows == 1_000_000)
        #expect(most - before < 150)
    }

    @Test(arguments: [1, 1_000])
    func aBodyThatThrowsLeavesTheConnectionInStep(last: Int) throws {
        let connection = try Wire.connect()
        var seen = 0
        #expect(throws: BodyFailed()) {
            try connection.forEach(One<Int32>("SELECT generate_series(1, 5000000)")) { _ in
                seen += 1
                if seen == last { throw BodyFailed() }
            }
        }
        #expect(seen == last)
        #expect(try connection.value("SELECT 'next'") == "next")
    }

    @Test func anErrorBetweenRowsIsThrownAfterThem() throws {
        let connection = try Wire.connect()
        var seen = 0
        let error = try #require(throws: PostgresError.self) {
            try connection.forEach(One<Int32>("SELECT 1 / (3000 - n) FROM generate_series(1, 5000) n")) { _ in seen += 1
            }
        }
        #expect(error.sqlState == "22012")
        #expect(seen == 2_999)
        #expect(try connection.value("SELECT 'next'") == "next")
    }

    @Test func aRowThatCannotBeReadStopsTheStatement() throws {
        let connection = try Wire.connect()
        let error = try #require(throws: PostgresError.self) {
            try connection.forEach(One<Int32>("SELECT nullif(n, 10) AS n FROM generate_series(1, 5000000) n")) { _ in }
        }
        #expect(error.message == "column \"n\" is NULL; expected Int32")
        #expect(try connection.value("SELECT 'next'") == "next")
    }

    /// The connection is busy: a statement in the body is refused, and neither hangs nor mixes up the answers.
    @Test func anotherStatementInTheBodyIsRefused() throws {
        let connection = try Wire.connect()
        for script in [false, true] {
            let error = try #require(throws: PostgresError.self) {
                try connection.forEach(One<Int32>("SELECT generate_series(1, 10)")) { _ in
                    if script { try connection.runScript("SELECT 1") } else { try connection.execute("SELECT 1") }
                }
            }
            #expect(error.code == .usage)
            #expect(try connection.value("SELECT 'next'") == "next")
        }
    }

    @Test func noRowsAreNoCalls() throws {
        try Wire.connect().forEach(One<Int32>("SELECT 1 WHERE false")) { _ in Issue.record("called") }
    }
}
