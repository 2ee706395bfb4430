import CLibPQ

/// One row of a result, while it lasts. Columns are read by their index, in the type that the caller expects.
public struct ResultRow: ~Copyable {
    private let result: OpaquePointer
    private let row: Int32
    /// How many columns it has.
    public let columnCount: Int

    init(result: OpaquePointer, row: Int32) {
        self.result = result
        self.row = row
        columnCount = Int(PQnfields(result))
    }

    /// A column that cannot be NULL.
    ///
    /// - Throws: A decoding error naming the column, when there is none of that index, its type is another, or it is NULL.
    public func get<T: PostgresValue>(_ column: Int, as type: T.Type = T.self) throws(PostgresError) -> T {
        try required(column)
    }

    /// A column that can be NULL.
    ///
    /// - Throws: A decoding error naming the column, when there is none of that index, or its type is another.
    public func get<T: PostgresValue>(_ column: Int, as type: T?.Type = T?.self) throws(PostgresError) -> T? {
        guard let bytes = try bytes(column, as: T.self) else { return nil }
        return try decode(bytes, column)
    }

    /// A `bigint` that cannot be NULL; the same as the general form, faster.
    public func get(_ column: Int, as type: Int64.Type = Int64.self) throws(PostgresError) -> Int64 {
        try required(column)
    }

    /// An `integer` that cannot be NULL; the same as the general form, faster.
    public func get(_ column: Int, as type: Int32.Type = Int32.self) throws(PostgresError) -> Int32 {
        try required(column)
    }

    /// A `smallint` that cannot be NULL; the same as the general form, faster.
    public func get(_ column: Int, as type: Int16.Type = Int16.self) throws(PostgresError) -> Int16 {
        try required(column)
    }

    /// A `timestamptz` that cannot be NULL; the same as the general form, faster.
    public func get(_ column: Int, as type: Timestamp.Type = Timestamp.self) throws(PostgresError) -> Timestamp {
        try required(column)
    }

    /// A `numeric` that cannot be NULL; the same as the general form, faster.
    public func get(_ column: Int, as type: Numeric.Type = Numeric.self) throws(PostgresError) -> Numeric {
        try required(column)
    }

    /// Specialised in this module for the types of the fast forms, which the general one is not for other modules.
    @inline(__always)
    private func required<T: PostgresValue>(_ column: Int) throws(PostgresError) -> T {
        guard let bytes = try bytes(column, as: T.self) else {
            throw .decoding("column \(name(column)) is NULL; expected \(T.self)")
        }
        return try decode(bytes, column)
    }

    /// The value's bytes; nil for NULL.
    @inline(__always)
    private func bytes<T: PostgresValue>(
        _ column: Int, as type: T.Type
    ) throws(PostgresError) -> UnsafeRawBufferPointer? {
        guard (0..<columnCount).contains(column) else {
            throw .decoding("there is no column \(column): the row has \(columnCount)")
        }
        let index = Int32(column)
        let typeOID = PQftype(result, index)
        guard T.reads(typeOID: typeOID) else {
            throw .decoding("column \(name(column)) has the type with oid \(typeOID); expected \(T.self)")
        }
        let length = Int(PQgetlength(result, row, index))
        if length == 0, PQgetisnull(result, row, index) == 1 { return nil }
        return UnsafeRawBufferPointer(start: PQgetvalue(result, row, index), count: length)
    }

    @inline(__always)
    private func decode<T: PostgresValue>(_ bytes: UnsafeRawBufferPointer, _ column: Int) throws(PostgresError) -> T {
        do {
            return try T.decode(bytes)
        } catch {
            var named = error
            named.message = "column \(name(column)): \(error.message)"
            throw named
        }
    }

    private func name(_ column: Int) -> String {
        PQfname(result, Int32(column)).map { "\"\(String(cString: $0))\"" } ?? String(column)
    }
}
