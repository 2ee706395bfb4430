import CLibPQ

/// What a transaction is begun with; all of it ends with the transaction.
public struct TransactionSettings: Sendable {
    /// What a transaction sees of others.
    public enum Isolation: String, Sendable {
        /// Each statement sees what was committed before it.
        case readCommitted = "READ COMMITTED"
        /// All statements see what was committed before the first.
        case repeatableRead = "REPEATABLE READ"
        /// As if transactions ran one after another.
        case serializable = "SERIALIZABLE"
    }

    /// What it sees of others.
    public var isolation: Isolation
    /// Whether it may write.
    public var isReadOnly: Bool
    /// The server's limit on each statement; nil takes the connection's, 0 is none.
    public var statementTimeoutMilliseconds: Int?
    /// The server's limit on waiting for a lock; nil takes the connection's, 0 is none.
    public var lockTimeoutMilliseconds: Int?
    /// Forces COMMIT to wait until it is durable, whatever the server's default.
    public var synchronousCommit: Bool

    /// Settings; by default those of the connection, READ COMMITTED and durable as the server has it.
    public init(
        isolation: Isolation = .readCommitted, isReadOnly: Bool = false, statementTimeoutMilliseconds: Int? = nil,
        lockTimeoutMilliseconds: Int? = nil, synchronousCommit: Bool = false
    ) {
        self.isolation = isolation
        self.isReadOnly = isReadOnly
        self.statementTimeoutMilliseconds = statementTimeoutMilliseconds
        self.lockTimeoutMilliseconds = lockTimeoutMilliseconds
        self.synchronousCommit = synchronousCommit
    }
}

extension Connection {
    /// Runs the body in a transaction: committed when it returns, rolled back when it throws.
    ///
    /// - Throws: What the body throws; ``PostgresError`` with `commitOutcomeUnknown` when COMMIT did not succeed for
    ///   certain. Anything but success at COMMIT says nothing about what is stored.
    public func withTransaction<R>(_ settings: TransactionSettings = TransactionSettings(), _ body: () throws -> R)
        throws -> R
    {
        if transactionTimeoutMilliseconds != nil { throw PostgresError(.usage, "transactions do not nest") }
        let timeout = settings.statementTimeoutMilliseconds ?? options.statementTimeoutMilliseconds
        let lockTimeout = settings.lockTimeoutMilliseconds ?? options.lockTimeoutMilliseconds
        transactionTimeoutMilliseconds = timeout
        defer { transactionTimeoutMilliseconds = nil }
        let begin = """
            BEGIN ISOLATION LEVEL \(settings.isolation.rawValue)\(settings.isReadOnly ? " READ ONLY" : ""); \
            SET LOCAL statement_timeout = \(timeout); SET LOCAL lock_timeout = \(lockTimeout)\
            \(settings.synchronousCommit ? "; SET LOCAL synchronous_commit = on" : "")
            """
        let result: R
        do {
            try runScript(begin)
            result = try body()
            try ensureUsable()
            if isIdle {
                throw PostgresError(
                    .usage, "the body ended the transaction itself; return to commit, throw to roll back")
            }
        } catch {
            if isUsable, !isIdle { try? runScript("ROLLBACK") }
            throw error
        }
        try commit()
        return result
    }

    private func commit() throws(PostgresError) {
        var tag = ""
        do {
            try send("COMMIT")
            try eachResult { result throws(PostgresError) in tag = PQcmdStatus(result).map { String(cString: $0) } ?? ""
            }
        } catch {
            var unknown = error
            unknown.commitOutcomeUnknown = true
            throw unknown
        }
        if tag != "COMMIT" {
            throw PostgresError(.rolledBack, "an earlier error in the transaction was ignored: nothing was stored")
        }
    }
}
