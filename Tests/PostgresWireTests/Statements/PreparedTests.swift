import Dispatch
import PostgresWire
import Synchronization
import TaximeterPostgres
import TestKit
import Testing

/// A prepared statement answers as it would unprepared, whatever becomes of its name.
struct PreparedTests {
    private static let names: SQL = "SELECT name FROM pg_prepared_statements ORDER BY 1"

    private func sum(_ left: Int64, _ right: Int64) -> One<Int64> { One("SELECT \(left) + \(right)") }

    @Test func itIsPreparedOnceAndAnswersEachTime() throws {
        let connection = try Wire.connect()
        for round in 0..<10 as Range<Int64> {
            #expect(try connection.queryPrepared(sum(round, 1)) == [round + 1])
            let text = round == 3 ? nil : "round \(round)"
            #expect(try connection.queryPrepared(One<Bool>("SELECT \(text)::text IS NULL")) == [round == 3])
        }
        #expect(try connection.query(One<String>(Self.names)).count == 2)
    }

    /// The name is the same wherever it is prepared, and another for another text or another type of a parameter.
    @Test func theNameStandsForTheText() throws {
        let names = try (0..<2).map { _ in
            let connection = try Wire.connect()
            _ = try connection.queryPrepared(sum(1, 2))
            return try connection.query(One<String>(Self.names))
        }
        #expect(names[0] == names[1])
        let connection = try Wire.connect()
        _ = try connection.queryPrepared(sum(1, 2))
        _ = try connection.queryPrepared(One<Int32>("SELECT \(Int32(1)) + \(Int32(2))"))
        _ = try connection.queryPrepared(One<Int64>("SELECT \(Int64(1)) - \(Int64(2))"))
        #expect(try connection.query(One<String>(Self.names)).count == 3)
    }

    /// As behind a pooler, where another session answers.
    @Test func aSessionThatForgetsIsAskedUnprepared() throws {
        let connection = try Wire.connect()
        #expect(try connection.queryPrepared(sum(1, 2)) == [3])
        try connection.execute("DEALLOCATE ALL")
        for round in 0..<3 as Range<Int64> { #expect(try connection.queryPrepared(sum(round, 2)) == [round + 2]) }
        #expect(try connection.query(One<String>(Self.names)) == [])
    }

    /// As behind a pooler, where another client has prepared it in the session.
    @Test func whatIsPreparedAlreadyIsUsed() throws {
        let connection = try Wire.connect()
        _ = try connection.queryPrepared(sum(1, 2))
        let name = try #require(try connection.query(One<String>(Self.names)).first)
        let other = try Wire.connect()
        try other.execute("PREPARE \(unsafe: name) (int8, int8) AS SELECT $1 + $2")
        for round in 0..<3 as Range<Int64> { #expect(try other.queryPrepared(sum(round, 2)) == [round + 2]) }
        #expect(try other.query(One<String>(Self.names)) == [name])
    }

    /// Planned for columns that have changed since, it is planned anew.
    @Test func aTableThatChangedIsReadAsItIs() throws {
        let connection = try Wire.connect()
        try connection.execute("CREATE TEMPORARY TABLE changing AS SELECT 7::int4 AS value")
        let all: SQL = "SELECT * FROM changing"
        #expect(try connection.queryPrepared(One<Int32>(all)) == [7])
        try connection.execute("ALTER TABLE changing ALTER value TYPE int8")
        #expect(try connection.queryPrepared(One<Int64>(all)) == [7])
        #expect(try connection.queryPrepared(One<Int64>(all)) == [7])
    }

    @Test func withinATransactionNothingIsPrepared() throws {
        let connection = try Wire.connect()
        let answers = try connection.withTransaction { try connection.queryPrepared(sum(1, 2)) }
        #expect(answers == [3])
        #expect(try connection.query(One<String>(Self.names)) == [])
    }

    /// Waited for awake at first, and asleep when it takes longer, or when others ask as well.
    @Test func answersComeLateAndToManyAtOnce() throws {
        let connection = try Wire.connect()
        for milliseconds in [0, 1, 20] as [Int64] {
            let slow = One<Int64>("SELECT \(milliseconds) FROM pg_sleep(\(milliseconds) / 1000.0)")
            #expect(try connection.queryPrepared(slow) == [milliseconds])
        }
        let answers = Mutex<[Int64]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { caller in
            let own = try? Wire.connect()
            for round in 0..<100 {
                let answer = try? own?.queryPrepared(sum(Int64(caller * 100), Int64(round)))
                answers.withLock { $0 += answer ?? [] }
            }
        }
        #expect(answers.withLock { $0.sorted() } == Array(0..<800))
    }

    /// What is wrong with the statement is told as ever, and the connection goes on.
    @Test func errorsComeByTheirState() throws {
        let connection = try Wire.connect()
        for (sql, state) in [("SELECT 1 / 0", "22012"), ("SELECT * FROM nowhere", "42P01"), ("SELEC", "42601")] {
            for _ in 0..<2 {
                let error = try #require(throws: PostgresError.self) {
                    try connection.queryPrepared(One<Int32>(SQL(unsafe: sql)))
                }
                #expect(error.sqlState == SQLState(state))
            }
        }
        let nul = try #require(throws: PostgresError.self) {
            try connection.queryPrepared(One<Int32>(SQL(unsafe: "SELECT 1\0")))
        }
        #expect(nul.code == .encoding)
        #expect(try connection.queryPrepared(sum(1, 2)) == [3])
    }
}
