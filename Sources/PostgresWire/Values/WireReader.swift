/// Reads network-order integers from a value's bytes, never beyond their end.
struct WireReader {
    private var bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var remaining: UnsafeRawBufferPointer { bytes }

    mutating func read<T: FixedWidthInteger>(_ type: T.Type = T.self) throws(PostgresError) -> T {
        let size = MemoryLayout<T>.size
        guard bytes.count >= size else {
            throw .decoding("a value ends after \(bytes.count) bytes; expected \(size) more")
        }
        let value = T(bigEndian: bytes.loadUnaligned(as: T.self))
        bytes = UnsafeRawBufferPointer(rebasing: bytes[size...])
        return value
    }

    mutating func take(_ count: Int) throws(PostgresError) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= bytes.count else {
            throw .decoding("a value of \(count) bytes stands where \(bytes.count) are left")
        }
        let taken = UnsafeRawBufferPointer(rebasing: bytes[..<count])
        bytes = UnsafeRawBufferPointer(rebasing: bytes[count...])
        return taken
    }

    func end() throws(PostgresError) {
        if !bytes.isEmpty { throw .decoding("a value has \(bytes.count) bytes too many") }
    }
}

extension PostgresError {
    static func decoding(_ message: String) -> PostgresError { PostgresError(.decoding, message) }
    @usableFromInline static func encoding(_ message: String) -> PostgresError { PostgresError(.encoding, message) }

    /// A stored value that should not be there: what it is, and its text, which only `String(reflecting:)` shows.
    public static func badValue(_ what: String, _ value: String) -> PostgresError {
        var error = PostgresError(.decoding, "\(what) is stored as something that it cannot be")
        error.detail = "it is stored as \"\(value)\""
        return error
    }

    /// Something that will most likely be different when done again; treated like a serialization failure.
    public static func retryable(_ message: String) -> PostgresError {
        PostgresError(.server, message, sqlState: .serializationFailure)
    }
}
