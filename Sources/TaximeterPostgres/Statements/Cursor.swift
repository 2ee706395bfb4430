import PostgresWire

/// Reads a statement's rows some at a time, within one transaction: no more of them are in memory, and other statements may
/// run in between.
struct Cursor<S: Statement> {
    /// Whether there are no further rows.
    private(set) var isAtEnd = false
    private let name: String
    private let connection: Connection

    /// Opens it, under a name that no other open cursor of the transaction has.
    init(_ name: String, of statement: S, _ connection: Connection) throws {
        self.name = name
        self.connection = connection
        try connection.execute("DECLARE \(unsafe: name) NO SCROLL CURSOR FOR \(statement.sql)")
    }

    /// The next rows: fewer than asked for at the end.
    mutating func next(_ count: Int) throws -> [S.Row] {
        let rows = try connection.query(Fetch<S>(count: count, cursor: name))
        isAtEnd = rows.count < count
        return rows
    }

    /// Closes it before the transaction's end.
    func close() throws { try connection.execute("CLOSE \(unsafe: name)") }
}

private struct Fetch<S: Statement>: Statement {
    let count: Int
    let cursor: String

    var sql: SQL { "FETCH \(unsafe: String(count)) FROM \(unsafe: cursor)" }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> S.Row { try S.decode(row) }
}
