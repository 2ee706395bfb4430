/// An id or a name that somebody else chose: account, model, channel, service tier, request id.
///
/// Opaque bytes, compared bytewise: `String ==` would call two different UTF-8 spellings of "é" equal, and merge two
/// accounts. One to 255 bytes of UTF-8 without NUL, the same limits as in the store.
public struct Identifier: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The longest id, in bytes of UTF-8.
    public static let maximumByteCount = 255

    /// The text as it came.
    public let text: String

    /// Why a text is not an id.
    public enum Invalid: Error, Equatable, CustomStringConvertible {
        /// No bytes at all.
        case empty
        /// More bytes than ``Identifier/maximumByteCount``.
        case tooLong(byteCount: Int)
        /// Contains U+0000, at which C strings and PostgreSQL's text would cut.
        case containsNUL

        /// What was expected, and what was found.
        public var description: String {
            switch self {
            case .empty: "is empty; expected 1 to \(Identifier.maximumByteCount) bytes"
            case .tooLong(let count): "has \(count) bytes; expected at most \(Identifier.maximumByteCount)"
            case .containsNUL: "contains a NUL character"
            }
        }
    }

    /// An id of these characters.
    ///
    /// - Throws: ``Invalid`` when it is empty, too long, or contains NUL.
    public init(_ text: String) throws(Invalid) {
        let bytes = text.utf8
        if bytes.isEmpty { throw .empty }
        if bytes.count > Self.maximumByteCount { throw .tooLong(byteCount: bytes.count) }
        if bytes.contains(0) { throw .containsNUL }
        self.text = text
    }

    init(unchecked text: String) { self.text = text }

    /// The text itself.
    public var description: String { text }

    /// Whether both are the same bytes.
    public static func == (left: Self, right: Self) -> Bool {
        // As spans rather than through iterators: this runs several times for every event that is stored.
        let one = left.text.utf8Span.span
        let other = right.text.utf8Span.span
        guard one.count == other.count else { return false }
        for index in one.indices where one[index] != other[index] { return false }
        return true
    }

    /// Whether the left bytes sort before the right ones, as `COLLATE "C"` does.
    public static func < (left: Self, right: Self) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    /// Equal bytes hash alike. So do different spellings of the same characters, which `==` then tells apart.
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
