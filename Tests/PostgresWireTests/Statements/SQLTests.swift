import PostgresWire
import TestKit
import Testing

/// What is interpolated can only bind: no value becomes text of a statement.
struct SQLTests {
    @Test(arguments: [
        "'; DROP TABLE t; --", "$1", "'' OR 1=1", "\\'; --", "\"", "%s", "E'\\x00'", "$$; SELECT 1; $$", "",
        "Robert'); DROP TABLE students;--",
    ])
    func aValueComesBackAsItIs(text: String) throws {
        let connection = try Wire.connect()
        try connection.execute("CREATE TEMP TABLE t (id text)")
        let sql: SQL = "INSERT INTO t VALUES (\(text))"
        #expect(sql.text == "INSERT INTO t VALUES ($1)")
        try connection.execute(sql)
        #expect(try connection.value("SELECT id FROM t WHERE id = \(text)") == text)
        #expect(try connection.value("SELECT count(*) FROM t WHERE id = \(text + "x")") == Int64(0))
    }

    @Test func randomValuesComeBackAsTheyAre() async throws {
        try await withSeed { generator in
            let alphabet = Array("'\"\\$1;-%{}()\n ab漢🏳️‍🌈é")
            let texts = (0..<300).map { _ in
                String(
                    (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                        alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                    })
            }
            let connection = try Wire.connect()
            for text in texts { #expect(try connection.value("SELECT \(text)") == text) }
        }
    }

    @Test func piecesAreNumberedInTheirOrder() throws {
        let condition: SQL = "b = \(Int32(2)) AND c = \("three")"
        let nested: SQL = "a = \(Int32(1)) AND (\(condition)) AND d = \(nil as Int64?) AND e = \(true)"
        #expect(nested.text == "a = $1 AND (b = $2 AND c = $3) AND d = $4 AND e = $5")
        let connection = try Wire.connect()
        let pair: SQL = "\(Int64(30)) + \(Int64(4))"
        #expect(try connection.value("SELECT \(Int64(200)) + (\(pair)) * \(Int64(10))") == Int64(540))
        // The same piece twice binds its values twice.
        #expect(try connection.value("SELECT (\(pair)) - (\(pair))") == Int64(0))
    }

    @Test func textOfTheProgramGoesInAsItIs() throws {
        let column = "\"odd name\""
        let sql: SQL = "SELECT \(Int32(7)) AS \(unsafe: column)"
        #expect(sql.text == "SELECT $1 AS \"odd name\"")
        #expect(try Wire.connect().value(sql) == Int32(7))
        #expect(SQL(unsafe: "SELECT 1").text == "SELECT 1")
        #expect(SQL("").text == "")
    }

    /// A NULL has its type, so that the server need not guess it.
    @Test func aNullIsTyped() throws {
        let connection = try Wire.connect()
        #expect(try connection.value("SELECT pg_typeof(\(nil as Int64?))::text") == "bigint")
        #expect(try connection.value("SELECT pg_typeof(\(nil as Timestamp?))::text") == "timestamp with time zone")
        #expect(try connection.value("SELECT \(nil as Bool?) IS NULL") == true)
        #expect(try connection.value("SELECT \("" as String?) IS NULL") == false)
    }
}
