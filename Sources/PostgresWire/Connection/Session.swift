import CLibPQ
import Glibc

/// A libpq connection: owned here, closed at the end. All waiting for the server is in this file, always with a deadline.
struct Session: ~Copyable {
    let pointer: OpaquePointer

    deinit { PQfinish(pointer) }

    private init(_ pointer: OpaquePointer) { self.pointer = pointer }

    /// Connects, address by address, until the deadline.
    static func connect(_ options: ConnectionOptions) throws(PostgresError) -> Session {
        let parameters = try options.parameters()
        let started = withCStrings(parameters.map(\.keyword)) { keywords in
            withCStrings(parameters.map(\.value)) { values in PQconnectStartParams(keywords, values, 0) }
        }
        guard let started else { throw PostgresError(.connectionFailed, "libpq is out of memory") }
        let session = Session(started)
        let deadline = Deadline(milliseconds: options.connectTimeoutMilliseconds)
        var state = PGRES_POLLING_WRITING
        while state != PGRES_POLLING_OK {
            if state == PGRES_POLLING_FAILED || PQstatus(started) == CONNECTION_BAD { throw session.connectionError() }
            if try !waitForSocket(PQsocket(started), toWrite: state == PGRES_POLLING_WRITING, until: deadline) {
                throw PostgresError(
                    .deadlineExceeded,
                    "the server did not answer within \(options.connectTimeoutMilliseconds) ms of connecting")
            }
            state = PQconnectPoll(started)
        }
        PQsetnonblocking(started, 1)
        return session
    }

    private func connectionError() -> PostgresError {
        // libpq gives no SQLSTATE for a refused connection: its text names host, database and user, no password.
        PostgresError(.connectionFailed, trimmed(String(cString: PQerrorMessage(pointer))).replacing("\n", with: "; "))
    }

    var isBroken: Bool { PQstatus(pointer) != CONNECTION_OK }

    /// Sends what libpq has buffered.
    func flush(until deadline: Deadline) throws(PostgresError) {
        while true {
            let pending = PQflush(pointer)
            if pending == 0 { return }
            if pending < 0 { throw lost() }
            if try !waitForSocket(PQsocket(pointer), toWrite: true, until: deadline) { throw Self.late() }
            if PQconsumeInput(pointer) == 0 { throw lost() }
        }
    }

    /// The next result of what was sent, or nil at its end. The caller clears it.
    func nextResult(until deadline: Deadline) throws(PostgresError) -> OpaquePointer? {
        while PQisBusy(pointer) == 1 {
            if try !waitForSocket(PQsocket(pointer), toWrite: false, until: deadline) { throw Self.late() }
            if PQconsumeInput(pointer) == 0 { throw lost() }
        }
        return PQgetResult(pointer)
    }

    /// How long an answer is waited for awake: longer than a server of this machine takes to find a row, and about as long
    /// as two processors take to wake up.
    private static let awakeMicroseconds = 150

    /// Waits for an answer without sleeping, where the server is on this machine: until the answer comes, the condition
    /// ends, or it has taken too long; whoever waits on sleeps.
    ///
    /// It does not yield either: a scheduler can let whoever yields wait for milliseconds.
    func waitAwake(while condition: () -> Bool) {
        guard isLocal else { return }
        let end = Deadline(microseconds: Self.awakeMicroseconds)
        let now = Deadline(milliseconds: 0)
        // What fails here fails again where the answer is read.
        func isAnswered() -> Bool { (try? waitForSocket(PQsocket(pointer), toWrite: false, until: now)) != false }
        while !isAnswered(), condition(), !end.hasPassed {}
    }

    /// Whether the server is on this machine, over a Unix socket.
    private var isLocal: Bool { PQhost(pointer).map { $0.pointee == CChar(UInt8(ascii: "/")) } ?? false }

    /// Sends a piece of COPY data.
    func putCopyData(_ bytes: UnsafeRawBufferPointer, until deadline: Deadline) throws(PostgresError) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        while true {
            let sent = PQputCopyData(
                pointer, start.assumingMemoryBound(to: CChar.self), Int32(truncatingIfNeeded: bytes.count))
            if sent < 0 { throw lost() }
            try flush(until: deadline)
            if sent == 1 { return }
        }
    }

    /// Ends COPY; with a reason, as a failure.
    func endCopy(failure: String?, until deadline: Deadline) throws(PostgresError) {
        while true {
            let sent = PQputCopyEnd(pointer, failure)
            if sent < 0 { throw lost() }
            try flush(until: deadline)
            if sent == 1 { return }
        }
    }

    /// A row of COPY TO, lent to the body; false at the end.
    func getCopyData(
        until deadline: Deadline, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(PostgresError) -> Bool {
        while true {
            var buffer: UnsafeMutablePointer<CChar>?
            let count = PQgetCopyData(pointer, &buffer, 1)
            if count > 0 {
                defer { PQfreemem(buffer) }
                body(UnsafeRawBufferPointer(start: buffer, count: Int(count)))
                return true
            }
            if count == -1 { return false }
            if count < -1 { throw lost() }
            if try !waitForSocket(PQsocket(pointer), toWrite: false, until: deadline) { throw Self.late() }
            if PQconsumeInput(pointer) == 0 { throw lost() }
        }
    }

    func lost() -> PostgresError {
        PostgresError(.connectionLost, trimmed(String(cString: PQerrorMessage(pointer))).replacing("\n", with: "; "))
    }

    private static func late() -> PostgresError {
        PostgresError(.deadlineExceeded, "the server did not answer in time; the connection was given up")
    }
}

/// Lends C strings, ended by a null pointer as libpq wants its lists.
private func withCStrings<R>(_ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> R) -> R {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies.map { UnsafePointer($0) } + [nil])
}
