import PostgresWire
import TaximeterPostgres
import TestKit

/// What the tests of the wire share: one database, and connections to it. Tables of a test are temporary, or carry a
/// name of its own.
enum Wire {
    private static let database = Result { try TestDatabase() }

    static func options() throws -> ConnectionOptions { try database.get().options }

    /// A new connection, with changed options if so asked.
    static func connect(_ change: (inout ConnectionOptions) -> Void = { _ in }) throws -> Connection {
        var options = try options()
        change(&options)
        return try Connection.open(options)
    }

    /// Where the server listens and as whom, without a database.
    static func serverAddress() throws -> String {
        let address = try database.get().address
        return "host=\(address.socketDirectory) port=\(address.port) user=\(address.user)"
    }

    /// How to connect to it through the pooler.
    static func bouncerOptions() throws -> ConnectionOptions { try Bouncer.options(database.get().address) }

    /// Runs statements as the superuser, outside of the code under test.
    @discardableResult
    static func psql(_ sql: String) throws -> String { try database.get().psql(sql) }
}

/// Any statement whose rows have one column.
struct One<T: PostgresValue>: Statement {
    let sql: SQL

    init(_ sql: SQL, as type: T.Type = T.self) { self.sql = sql }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> T { try row.get(0) }
}

/// Any statement whose rows have one column that can be NULL.
struct OneOrNull<T: PostgresValue>: Statement {
    let sql: SQL

    init(_ sql: SQL, as type: T.Type = T.self) { self.sql = sql }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> T? { try row.get(0) }
}

extension Connection {
    /// The only value of the only row.
    func value<T: PostgresValue>(_ sql: SQL, as type: T.Type = T.self) throws -> T {
        let rows = try query(One<T>(sql))
        guard let value = rows.first, rows.count == 1 else {
            throw PostgresError(.usage, "the test expects one row, not \(rows.count)")
        }
        return value
    }

    /// The server's process of this connection.
    func backendPID() throws -> Int32 { try value("SELECT pg_backend_pid()") }
}
