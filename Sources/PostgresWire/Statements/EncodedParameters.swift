import CLibPQ

/// The parameters of a statement, as libpq takes them.
struct EncodedParameters: ~Copyable {
    /// Oids of their types.
    private(set) var types: [UInt32] = []
    private var buffer = WireBuffer()
    private var lengths: [Int32] = []
    /// Where each begins in the buffer; nil for NULL.
    private var offsets: [Int?] = []

    init(_ sql: SQL) throws(PostgresError) {
        for piece in sql.pieces {
            switch piece {
            case .text: continue
            case .null(let typeOID):
                types.append(typeOID)
                lengths.append(0)
                offsets.append(nil)
            case .parameter(let value, let typeOID):
                let start = buffer.count
                try value.encode(into: &buffer)
                types.append(typeOID)
                lengths.append(Int32(truncatingIfNeeded: buffer.count - start))
                offsets.append(start)
            }
        }
    }

    /// Hands a statement with them to libpq.
    ///
    /// - Returns: 1 when it took it.
    func send(_ text: String, to connection: OpaquePointer) -> Int32 {
        PQsendQueryParams(connection, text, Int32(types.count), types, values, lengths, formats, 1)
    }

    /// Hands a prepared statement with them to libpq.
    ///
    /// - Returns: 1 when it took it.
    func send(prepared name: String, to connection: OpaquePointer) -> Int32 {
        PQsendQueryPrepared(connection, name, Int32(types.count), values, lengths, formats, 1)
    }

    private var values: [UnsafePointer<CChar>?] {
        let start = buffer.bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        return offsets.map { offset in offset.flatMap { start?.advanced(by: $0) } }
    }

    /// All in binary.
    private var formats: [Int32] { Array(repeating: 1, count: types.count) }
}
