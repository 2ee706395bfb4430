/// Why a call did not do what was asked.
///
/// ``description`` is safe for logs: it never carries row values, bound values, connection strings or passwords.
/// ``debugDescription`` (`String(reflecting:)`) adds what the server said in full, which may quote row values.
public struct PostgresError: Error, Sendable, Hashable {
    /// What kind of failure this is.
    public var code: Code
    /// What the server answered, or the state it gave while refusing a connection; nil when it said nothing.
    public var sqlState: SQLState?
    /// What was wrong, and what was expected. From the server this may quote values; ``description`` leaves them out.
    public var message: String
    /// The server's DETAIL. It may quote rows.
    public var detail: String?
    /// The server's HINT.
    public var hint: String?
    /// Where in PL/pgSQL or COPY it happened. It may quote rows.
    public var context: String?
    /// The constraint that refused a row. For people: programs go by ``sqlState``.
    public var constraint: String?
    /// In a script: where the failing statement stands, as far as the server tells.
    public var scriptPosition: ScriptPosition?
    /// COMMIT was sent, and no success came back: the transaction may or may not be durable.
    /// Only a replay that changes nothing the second time can tell.
    public var commitOutcomeUnknown = false

    /// An error of this kind.
    public init(_ code: Code, _ message: String, sqlState: SQLState? = nil) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
    }

    /// The kinds of failure; more may come.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case server, connectionFailed, connectionLost, deadlineExceeded, decoding, encoding, usage
            case protocolViolation, rolledBack, poolTimeout, poolClosed
        }
        private let kind: Kind

        /// The server refused a statement; the connection is fine. See ``PostgresError/sqlState``.
        public static let server = Code(kind: .server)
        /// No connection could be made.
        public static let connectionFailed = Code(kind: .connectionFailed)
        /// The connection broke, or the server ended it; it is no longer usable.
        public static let connectionLost = Code(kind: .connectionLost)
        /// No answer within the deadline; the connection, if there was one, is no longer usable.
        public static let deadlineExceeded = Code(kind: .deadlineExceeded)
        /// A column is not of the type asked for, or holds a value that the type cannot.
        public static let decoding = Code(kind: .decoding)
        /// A value cannot be sent: a NUL in a text, a timestamp out of range.
        public static let encoding = Code(kind: .encoding)
        /// The caller broke a rule of this library.
        public static let usage = Code(kind: .usage)
        /// The server, or something in between, sent what the protocol does not allow.
        public static let protocolViolation = Code(kind: .protocolViolation)
        /// The body ended well, but an earlier error had already failed its transaction: nothing was stored.
        public static let rolledBack = Code(kind: .rolledBack)
        /// Every connection of the pool stayed lent out until the deadline.
        public static let poolTimeout = Code(kind: .poolTimeout)
        /// The pool is closed.
        public static let poolClosed = Code(kind: .poolClosed)

        /// The name of the kind.
        public var description: String { kind.rawValue }
    }

    /// A place in a script.
    public struct ScriptPosition: Sendable, Hashable {
        /// The failing statement, counted from 1.
        public var statement: Int
        /// The line, counted from 1, and nil when the server gives none (it does for mistakes in the text of a
        /// statement, not for those that show only while it runs).
        public var line: Int?
    }

    /// Whether the same work, done again on a working connection, may succeed.
    ///
    /// True for serialization failures, deadlocks, lost or refused connections, a server that is starting, stopping
    /// or full, missed deadlines, and for an unknown outcome of COMMIT: what is repeated must be idempotent.
    public var isRetryable: Bool {
        if commitOutcomeUnknown { return true }
        if let sqlState {
            let families: [SQLState] = [
                .serializationFailure, .deadlockDetected, .connectionException, .serverGoingAway, .tooManyConnections,
            ]
            return families.contains { $0 ~= sqlState }
        }
        return [.connectionFailed, .connectionLost, .deadlineExceeded].contains(code)
    }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
    /// One line without data: the kind, the SQLSTATE, the place in the script, the message.
    public var description: String {
        headline(SQLState.dataException ~= sqlState ? withoutQuotedData(message) : message)
    }

    /// Everything that is known, row values included.
    public var debugDescription: String {
        let parts = [("detail", detail), ("hint", hint), ("context", context), ("constraint", constraint)]
        return headline(message) + parts.compactMap { name, text in text.map { "; \(name): \($0)" } }.joined()
    }

    private func headline(_ message: String) -> String {
        var line = "PostgreSQL \(code)"
        if let sqlState { line += " \(sqlState)" }
        if let scriptPosition {
            line += " in statement \(scriptPosition.statement)"
            if let number = scriptPosition.line { line += ", line \(number)" }
        }
        line += ": \(message)"
        return commitOutcomeUnknown ? line + " (at COMMIT: the outcome is unknown)" : line
    }
}

/// A class 22 message quotes the offending value (`invalid input syntax for type integer: "…"`): cut it out, from the
/// first quote to the last, as a value may contain quotes itself.
private func withoutQuotedData(_ message: String) -> String {
    guard let first = message.firstIndex(of: "\""), let last = message.lastIndex(of: "\""), first < last else {
        return message
    }
    return message[...first] + "…" + message[last...]
}
