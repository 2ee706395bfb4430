/// SQL text with its parameters. What is interpolated can only bind: `"… WHERE id = \(id)"` becomes `$1` and a value,
/// never text.
///
/// Text that the program itself chose, such as a column name, goes in as `\(unsafe: name)`; a piece of SQL as itself.
public struct SQL: ExpressibleByStringInterpolation, Sendable {
    enum Piece: Sendable {
        case text(String)
        case parameter(any PostgresValue, typeOID: UInt32)
        case null(typeOID: UInt32)
    }

    var pieces: [Piece]

    /// SQL without parameters.
    public init(stringLiteral text: String) { pieces = [.text(text)] }

    /// SQL with interpolated values.
    public init(stringInterpolation: Interpolation) { pieces = stringInterpolation.pieces }

    /// Text that the program itself chose.
    public init(unsafe text: String) { pieces = [.text(text)] }

    /// Collects the pieces.
    public struct Interpolation: StringInterpolationProtocol {
        var pieces: [Piece] = []

        /// Room for the pieces.
        public init(literalCapacity: Int, interpolationCount: Int) {
            pieces.reserveCapacity(2 * interpolationCount + 1)
        }

        /// Text of the program.
        public mutating func appendLiteral(_ literal: String) {
            if !literal.isEmpty { pieces.append(.text(literal)) }
        }

        /// A value, to be bound.
        public mutating func appendInterpolation<T: PostgresValue>(_ value: T) {
            pieces.append(.parameter(value, typeOID: T.typeOID))
        }

        /// A value or NULL, to be bound.
        public mutating func appendInterpolation<T: PostgresValue>(_ value: T?) {
            if let value { appendInterpolation(value) } else { pieces.append(.null(typeOID: T.typeOID)) }
        }

        /// A piece of SQL with its own parameters.
        public mutating func appendInterpolation(_ sql: SQL) { pieces += sql.pieces }

        /// Text that the program itself chose.
        public mutating func appendInterpolation(unsafe text: String) { pieces.append(.text(text)) }
    }

    /// The text with `$1`, `$2`, ….
    public var text: String {
        var number = 0
        return pieces.map { piece in
            if case .text(let text) = piece { return text }
            number += 1
            return "$\(number)"
        }.joined()
    }
}

/// One type a statement: its SQL, its parameters and its rows together.
public protocol Statement: Sendable {
    /// What a row is read as.
    associatedtype Row
    /// The text and its parameters.
    var sql: SQL { get }
    /// Reads a row.
    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row
}
