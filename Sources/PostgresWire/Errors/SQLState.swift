/// A five-character SQLSTATE, or the leading characters that a family of them shares.
///
/// A state matches a family with `~=` when it begins with it, so that class `23` matches `23505`:
/// `catch let error as PostgresError where SQLState.integrityConstraintViolation ~= error.sqlState`.
/// Source of the codes: PostgreSQL 15, appendix A.
public struct SQLState: Sendable, Hashable, CustomStringConvertible, ExpressibleByStringLiteral {
    /// The code, `23505`, or a prefix of codes, `23`.
    public let code: String

    /// The state, or the family of states, with this code.
    public init(_ code: String) { self.code = code }

    /// The state, or the family of states, with this code.
    public init(stringLiteral code: String) { self.code = code }

    /// The code.
    public var description: String { code }

    /// Whether a state is the pattern or of its family: class `23` matches `23505`.
    ///
    /// Without this one, a state that is not optional would be compared by the standard library, for equality.
    public static func ~= (pattern: SQLState, state: SQLState) -> Bool { state.code.hasPrefix(pattern.code) }

    /// Whether a state is the pattern or of its family: class `23` matches `23505`. No state matches nothing.
    public static func ~= (pattern: SQLState, state: SQLState?) -> Bool {
        state?.code.hasPrefix(pattern.code) ?? false
    }

    /// Class 08: the connection failed.
    public static let connectionException: SQLState = "08"
    /// Class 22: a value is out of range, not of its type, or too long.
    public static let dataException: SQLState = "22"
    /// Class 23: a constraint refused a row.
    public static let integrityConstraintViolation: SQLState = "23"
    /// A foreign key refused a row.
    public static let foreignKeyViolation: SQLState = "23503"
    /// A unique key refused a row.
    public static let uniqueViolation: SQLState = "23505"
    /// A CHECK refused a row.
    public static let checkViolation: SQLState = "23514"
    /// An EXCLUDE constraint refused a row.
    public static let exclusionViolation: SQLState = "23P01"
    /// What the server does not do, such as answering a prepared statement whose columns have changed.
    public static let featureNotSupported: SQLState = "0A000"
    /// No prepared statement has this name.
    public static let undefinedPreparedStatement: SQLState = "26000"
    /// A prepared statement has this name already.
    public static let duplicatePreparedStatement: SQLState = "42P05"
    /// The transaction has failed; everything is refused until it ends.
    public static let inFailedTransaction: SQLState = "25P02"
    /// Class 40: the transaction was rolled back by the server.
    public static let transactionRollback: SQLState = "40"
    /// Concurrent transactions could not be put in an order.
    public static let serializationFailure: SQLState = "40001"
    /// Transactions waited for each other.
    public static let deadlockDetected: SQLState = "40P01"
    /// The role lacks a privilege.
    public static let insufficientPrivilege: SQLState = "42501"
    /// A table or view that does not exist.
    public static let undefinedTable: SQLState = "42P01"
    /// The server has no connection left.
    public static let tooManyConnections: SQLState = "53300"
    /// A lock was not free in time (`lock_timeout`, `NOWAIT`).
    public static let lockNotAvailable: SQLState = "55P03"
    /// Cancelled: by a request, or by `statement_timeout`.
    public static let queryCanceled: SQLState = "57014"
    /// The 57P family: the server shuts down, restarts, or ended this session.
    public static let serverGoingAway: SQLState = "57P"
    /// Raised by `RAISE EXCEPTION` without a code of its own.
    public static let raisedException: SQLState = "P0001"
}
