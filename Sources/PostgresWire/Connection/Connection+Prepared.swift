import CLibPQ
import Synchronization

/// The statements that a connection has prepared.
struct PreparedStatements {
    /// False once a statement was not found again: then whoever answers is not one session of the server.
    var isTrusted = true
    /// What they are called.
    var names: Set<String> = []

    /// A name that only this text has, with these parameters, in any process: where another has prepared it already, it is
    /// the same statement. FNV-1a of 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/), of texts that the program chose.
    static func name(for text: String, _ types: [UInt32]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func combine(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        for byte in text.utf8 { combine(byte) }
        for type in types { for shift in [24, 16, 8, 0] { combine(UInt8(truncatingIfNeeded: type >> UInt32(shift))) } }
        return "taximeter_\(String(hash, radix: 16))"
    }
}

extension Connection {
    /// How many of this process wait for the answer to a prepared statement.
    private static let waiting = Atomic(0)

    /// Runs a short statement that is asked again and again, and reads all its rows: the server parses and plans it once a
    /// connection, which takes longer than answering. A single caller waits awake for a server on this machine, since to
    /// sleep and be woken takes longer, too; several would keep each other and the server from the processors.
    ///
    /// It is the same as ``query(_:)`` in all else, also behind a pooler in transaction pooling: a statement's name stands
    /// for its text whoever prepared it, and where a session does not know it, the connection prepares nothing from then on.
    /// Within a transaction, which an unknown name would end, nothing is prepared.
    public func queryPrepared<S: Statement>(_ statement: S) throws(PostgresError) -> [S.Row] {
        try ensureUsable()
        let sql = statement.sql
        guard prepared.isTrusted, isIdle else { return try query(statement) }
        let text = sql.text
        let parameters = try EncodedParameters(sql)
        do throws(PostgresError) {
            let name = PreparedStatements.name(for: text, parameters.types)
            if !prepared.names.contains(name) { try prepare(text, parameters.types, as: name) }
            Self.waiting.add(1, ordering: .relaxed)
            defer { Self.waiting.subtract(1, ordering: .relaxed) }
            try send { parameters.send(prepared: name, to: session.pointer) }
            session.waitAwake { Self.waiting.load(ordering: .relaxed) == 1 }
            return try rows(of: S.self)
        } catch {
            guard Self.saysItIsAnother(error.sqlState) else { throw error }
            prepared.isTrusted = false
            return try query(statement)
        }
    }

    private func prepare(_ text: String, _ types: [UInt32], as name: String) throws(PostgresError) {
        try ensureSendable(text)
        try send { PQsendPrepare(session.pointer, name, text, Int32(types.count), types) }
        do throws(PostgresError) {
            try eachResult { _ in }
        } catch {
            // By another client of a pooler, in the session that this one was given.
            if error.sqlState != .duplicatePreparedStatement { throw error }
        }
        prepared.names.insert(name)
    }

    /// The session does not know the name, or has planned it for what was there before a change.
    private static func saysItIsAnother(_ state: SQLState?) -> Bool {
        state == .undefinedPreparedStatement || state == .featureNotSupported
    }
}
