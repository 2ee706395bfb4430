import CLibPQ

/// Writes rows of a binary COPY. Rows are gathered in one buffer, which is sent whenever it is full.
public struct CopyWriter: ~Copyable {
    @usableFromInline static let flushSize = 65_536
    private let connection: Connection
    @usableFromInline var buffer: WireBuffer
    @usableFromInline var rows = 0
    /// Set when a value was written by half: what the buffer holds means nothing any more.
    @usableFromInline var failure: PostgresError?

    init(_ connection: Connection) {
        self.connection = connection
        buffer = WireBuffer(capacity: Self.flushSize + 4_096)
        // Signature, flags, length of the header's extension (none).
        for byte in CopyRow.signature { buffer.write(byte) }
        buffer.write(Int32(0))
        buffer.write(Int32(0))
    }

    /// Begins a row of so many columns, all of which must then be appended.
    @inlinable
    public mutating func beginRow(columns: Int) throws(PostgresError) {
        if buffer.count >= Self.flushSize { try send() }
        buffer.write(Int16(truncatingIfNeeded: columns))
        rows += 1
    }

    /// Appends a column.
    public mutating func append(_ value: some PostgresValue) throws(PostgresError) {
        do {
            try buffer.writeField(value)
        } catch {
            failure = error
            throw error
        }
    }

    /// Appends a column of eight bytes; the same as the general form, faster.
    @inlinable @inline(__always)
    public mutating func append(_ value: Int64) { buffer.writeColumn(value) }

    /// Appends a column of four bytes; the same as the general form, faster.
    @inlinable @inline(__always)
    public mutating func append(int32 value: Int32) { buffer.writeColumn(value) }

    /// Appends a column of two bytes; the same as the general form, faster.
    @inlinable @inline(__always)
    public mutating func append(int16 value: Int16) { buffer.writeColumn(value) }

    /// Appends a timestamp; the same as the general form, faster.
    @inlinable @inline(__always)
    public mutating func append(_ value: Timestamp) throws(PostgresError) {
        do {
            buffer.writeColumn(try value.sinceServerEpoch)
        } catch {
            failure = error
            throw error
        }
    }

    /// Appends a numeric; the same as the general form, faster.
    public mutating func append(_ value: Numeric) throws(PostgresError) {
        do {
            try buffer.writeField(value)
        } catch {
            failure = error
            throw error
        }
    }

    /// Appends a text that stands as UTF-8 in an array. The server refuses a NUL in it, or what is not UTF-8.
    ///
    /// - Throws: `encoding` when the range reaches outside the array.
    @inlinable
    public mutating func append(utf8 bytes: [UInt8], from start: Int, count: Int) throws(PostgresError) {
        guard start >= 0, count >= 0, count <= bytes.count, start <= bytes.count - count else {
            let error = PostgresError.encoding("a text reaches outside its bytes")
            failure = error
            throw error
        }
        buffer.write(Int32(truncatingIfNeeded: count))
        bytes.withUnsafeBytes { buffer.write(UnsafeRawBufferPointer(rebasing: $0[start..<start + count])) }
    }

    /// Appends a column or NULL.
    public mutating func append<T: PostgresValue>(_ value: T?) throws(PostgresError) {
        if let value { try append(value) } else { appendNull() }
    }

    /// Appends NULL.
    public mutating func appendNull() { buffer.write(Int32(-1)) }

    fileprivate mutating func finish() throws(PostgresError) {
        buffer.write(Int16(-1))
        try send()
    }

    @usableFromInline
    mutating func send() throws(PostgresError) {
        if let failure { throw failure }
        do {
            try connection.session.putCopyData(buffer.bytes, until: connection.replyDeadline)
        } catch {
            throw connection.abandon(error)
        }
        buffer.removeAll()
    }
}

extension Connection {
    /// Runs `COPY … FROM STDIN (FORMAT binary)`; the body writes the rows.
    ///
    /// An error that the body throws ends the COPY without a row stored, and is thrown on.
    ///
    /// - Returns: How many rows the server has stored.
    @discardableResult
    public func copyIn(_ copy: SQL, _ body: (inout CopyWriter) throws -> Void) throws -> Int {
        try begin(copy, expecting: PGRES_COPY_IN)
        var writer = CopyWriter(self)
        do {
            try body(&writer)
            try writer.finish()
        } catch {
            if isUsable {
                try? endCopy(failure: "the client gave up")
                _ = try? eachResult { _ in }
            }
            throw error
        }
        try endCopy(failure: nil)
        var stored = 0
        try eachResult { result throws(PostgresError) in
            stored = PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
        }
        return stored
    }

    private func endCopy(failure: String?) throws(PostgresError) {
        guard isUsable else { return }
        do {
            try session.endCopy(failure: failure, until: replyDeadline)
        } catch {
            throw abandon(error)
        }
    }

    /// Sends a COPY and waits until the server is ready for it.
    func begin(_ copy: SQL, expecting status: ExecStatusType) throws(PostgresError) {
        try send(copy)
        guard let result = try nextResult() else {
            throw PostgresError(.protocolViolation, "the server gave no answer to COPY")
        }
        defer { PQclear(result) }
        if PQresultStatus(result) == status { return }
        let failure =
            PQresultStatus(result) == PGRES_FATAL_ERROR
            ? ServerReport(result: result).error
            : PostgresError(.usage, "this is not the COPY statement that was expected")
        if failure.code == .connectionLost { throw abandon(failure) }
        _ = try? eachResult { _ in }
        throw failure
    }
}
