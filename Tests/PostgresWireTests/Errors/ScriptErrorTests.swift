import PostgresWire
import TestKit
import Testing

/// A script's mistake is found by its statement and its line.
struct ScriptErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var script: String
        var state: SQLState
        var statement: Int
        var line: Int?
    }

    @Test(arguments: [
        Case(
            testDescription: "a missing table", script: "SELECT 1;\nSELECT 2;\n\nSELECT *\nFROM nowhere;\nSELECT 3;",
            state: .undefinedTable, statement: 3, line: 5),
        Case(testDescription: "in the first line", script: "SELECT nothing", state: "42703", statement: 1, line: 1),
        Case(
            testDescription: "behind characters of several bytes", script: "SELECT 'äöü漢字🏳️‍🌈';\nSELECT 'ü', nothing;",
            state: "42703", statement: 2, line: 2),
        Case(
            testDescription: "behind Windows line ends", script: "SELECT 1;\r\nSELECT 2;\r\nSELECT nothing;",
            state: "42703", statement: 3, line: 3),
        // The server reads the whole script before it runs any of it, and knows of no statement yet.
        Case(
            testDescription: "a syntax error", script: "SELECT 1;\nSELECT 2;\nSELEC 3;", state: "42601", statement: 1,
            line: 3),
        // What shows only while a statement runs has no position.
        Case(
            testDescription: "a division by zero", script: "SELECT 1;\nSELECT 1 / (SELECT 0);", state: "22012",
            statement: 2, line: nil),
    ])
    func aMistakeIsFound(sample: Case) throws {
        let connection = try Wire.connect()
        let error = try #require(throws: PostgresError.self) { try connection.runScript(sample.script) }
        #expect(error.sqlState == sample.state)
        #expect(error.scriptPosition?.statement == sample.statement)
        #expect(error.scriptPosition?.line == sample.line)
        let place = "in statement \(sample.statement)" + (sample.line.map { ", line \($0)" } ?? "")
        #expect(error.description.contains(place + ": "))
        #expect(try connection.value("SELECT 1::int4") == Int32(1))
    }

    @Test func aFailedScriptLeavesNothing() throws {
        let connection = try Wire.connect()
        #expect(throws: PostgresError.self) {
            try connection.runScript("CREATE TEMP TABLE half (id int); INSERT INTO half VALUES (1); SELECT 1 / 0;")
        }
        #expect(try connection.value("SELECT to_regclass('half') IS NULL") == true)
        try connection.runScript("CREATE TEMP TABLE half (id int); INSERT INTO half VALUES (1);")
        #expect(try connection.value("SELECT to_regclass('half') IS NULL") == false)
    }

    /// Nobody serves a COPY in a script: to say nothing would leave rows out.
    @Test(arguments: ["COPY (SELECT 1) TO STDOUT", "CREATE TEMP TABLE t (id int); COPY t FROM STDIN"])
    func aCopyInAScriptIsRefused(script: String) throws {
        let connection = try Wire.connect()
        let error = try #require(throws: PostgresError.self) { try connection.runScript(script) }
        #expect(error.code == .usage)
        #expect(!connection.isUsable)
    }

    /// libpq takes C strings, and would silently leave out what follows a NUL.
    @Test func aNULInAScriptIsRefused() throws {
        let connection = try Wire.connect()
        let script = "SELECT 1;\0 SELECT nothing;"
        #expect(try #require(throws: PostgresError.self) { try connection.runScript(script) }.code == .encoding)
        #expect(
            try #require(throws: PostgresError.self) { try connection.execute(SQL(unsafe: script)) }.code == .encoding)
        #expect(try connection.value("SELECT 1::int4") == Int32(1))
    }
}
