import CLibPQ

/// One row of a result, while it lasts. Columns are read by their index, in the type that the caller expects.
public struct ResultRow: ~Copyable {
    let result: OpaquePointer
    let row: Int32

    /// How many columns it has.
    public var columnCount: Int { Int(PQnfields(result)) }

    /// A column that cannot be NULL.
    ///
    /// - Throws: A decoding error naming the column, when there is none of that index, its type is another, or it is NULL.
    public func get<T: PostgresValue>(_ column: Int, as type: T.Type = T.self) throws(PostgresError) -> T {
        guard let value = try get(column, as: T?.self) else {
            throw .decoding("column \(name(column)) is NULL; expected \(T.self)")
        }
        return value
    }

    /// A column that can be NULL.
    ///
    /// - Throws: A decoding error naming the column, when there is none of that index, or its type is another.
    public func get<T: PostgresValue>(_ column: Int, as type: T?.Type = T?.self) throws(PostgresError) -> T? {
        guard (0..<columnCount).contains(column) else {
            throw .decoding("there is no column \(column): the row has \(columnCount)")
        }
        let index = Int32(column)
        let typeOID = PQftype(result, index)
        guard T.reads(typeOID: typeOID) else {
            throw .decoding("column \(name(column)) has the type with oid \(typeOID); expected \(T.self)")
        }
        if PQgetisnull(result, row, index) == 1 { return nil }
        let bytes = UnsafeRawBufferPointer(
            start: PQgetvalue(result, row, index), count: Int(PQgetlength(result, row, index)))
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
