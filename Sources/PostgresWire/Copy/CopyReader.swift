import CLibPQ

/// One row of a binary COPY, while it lasts; columns are read in order.
public struct CopyRow: ~Copyable {
    private var reader: WireReader
    private var left: Int

    static let signature: [UInt8] = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00]

    /// The row in a message of COPY; nil for the message that ends it.
    fileprivate static func parse(_ bytes: UnsafeRawBufferPointer, isFirst: Bool) throws(PostgresError) -> CopyRow? {
        var reader = WireReader(bytes)
        if isFirst {
            // Signature and flags, then an extension that says how long it is.
            guard bytes.starts(with: signature) else {
                throw PostgresError(.usage, "this COPY is not in binary format: say (FORMAT binary)")
            }
            _ = try reader.take(signature.count + 4)
            let extensionLength = try reader.read(Int32.self)
            _ = try reader.take(Int(extensionLength))
            if reader.remaining.isEmpty { return nil }
        }
        let columns = try reader.read(Int16.self)
        return columns < 0 ? nil : CopyRow(reader: reader, left: Int(columns))
    }

    /// The next column, which cannot be NULL.
    public mutating func next<T: PostgresValue>(_ type: T.Type = T.self) throws(PostgresError) -> T {
        guard let value = try next(T?.self) else { throw .decoding("a column of COPY is NULL; expected \(T.self)") }
        return value
    }

    /// The next column, which can be NULL.
    public mutating func next<T: PostgresValue>(_ type: T?.Type = T?.self) throws(PostgresError) -> T? {
        if left == 0 { throw .decoding("the row of COPY has no further column") }
        left -= 1
        let length = try reader.read(Int32.self)
        return length < 0 ? nil : try T.decode(reader.take(Int(length)))
    }
}

extension Connection {
    /// Runs `COPY … TO STDOUT (FORMAT binary)` and gives its rows one by one, in constant memory.
    ///
    /// An error that the body throws cancels the COPY and is thrown on.
    ///
    /// - Returns: How many rows were read.
    @discardableResult
    public func copyOut(_ copy: SQL, _ body: (inout CopyRow) throws -> Void) throws -> Int {
        try begin(copy, expecting: PGRES_COPY_OUT)
        var rows = 0
        var isFirst = true
        var failure: (any Error)?
        defer { isCancelling = false }
        do {
            while try receiveCopyData({ bytes in
                if failure != nil { return }
                do {
                    let row = try CopyRow.parse(bytes, isFirst: isFirst)
                    isFirst = false
                    guard var row else { return }
                    try body(&row)
                    rows += 1
                } catch {
                    failure = error
                    cancelStatement()
                }
            }) {}
            try eachResult { _ in }
        } catch {
            throw failure ?? error
        }
        if let failure { throw failure }
        return rows
    }

    private func receiveCopyData(_ body: (UnsafeRawBufferPointer) -> Void) throws(PostgresError) -> Bool {
        do {
            return try session.getCopyData(until: replyDeadline, body)
        } catch {
            throw abandon(error)
        }
    }
}
