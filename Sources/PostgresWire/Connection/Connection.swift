import CLibPQ

/// A connection to a server, for one thread at a time: every call blocks until the server has answered, or until its
/// deadline.
///
/// It works behind a pooler in transaction pooling: no session state, and no named statement that it depends on. Values
/// travel in binary.
public final class Connection {
    let session: Session
    let options: ConnectionOptions
    /// Whether what the server still sends is only waited for to get in step again.
    var isCancelling = false
    /// Whether a transaction is open, and the server's limit on its statements.
    var transactionTimeoutMilliseconds: Int?
    /// The statements that were prepared, see ``queryPrepared(_:)``.
    var prepared = PreparedStatements()
    /// Set when the connection can no longer be trusted to be in step with the server.
    private var isAbandoned = false
    private let noticeBox: NoticeBox?

    /// Connects, and calls the session-init hook.
    ///
    /// - Throws: ``PostgresError`` of kind `connectionFailed` or `deadlineExceeded`; whatever the hook throws.
    public static func open(_ options: ConnectionOptions) throws -> Connection {
        let connection = try Connection(options)
        try options.sessionInit?(connection)
        return connection
    }

    private init(_ options: ConnectionOptions) throws(PostgresError) {
        session = try Session.connect(options)
        self.options = options
        noticeBox = options.onNotice.map(NoticeBox.init)
        // Without a receiver, libpq would print notices to stderr.
        let context = noticeBox.map { Unmanaged.passUnretained($0).toOpaque() }
        PQsetNoticeReceiver(
            session.pointer,
            { context, result in
                guard let context, let result else { return }
                Unmanaged<NoticeBox>.fromOpaque(context).takeUnretainedValue().receive(
                    ServerReport(result: result).notice)
            }, context)
    }

    /// The server's version, such as 150018 for 15.18.
    public var serverVersion: Int { Int(PQserverVersion(session.pointer)) }

    /// Whether another statement can be sent.
    public var isUsable: Bool { !isAbandoned && !session.isBroken }

    /// Whether no transaction is open, and no statement runs.
    var isIdle: Bool { PQtransactionStatus(session.pointer) == PQTRANS_IDLE }

    /// Whether an idle connection still seems to be there: the server has neither closed it nor said anything unasked.
    var isAlive: Bool {
        guard isUsable else { return false }
        let passed = Deadline(milliseconds: 0)
        // A server that ends a session says so before it closes: to be readable is enough to be given up.
        return (try? waitForSocket(PQsocket(session.pointer), toWrite: false, until: passed)) == false
    }

    /// A handle to cancel what this connection is doing, from another thread.
    public func canceller() -> Canceller? { PQgetCancel(session.pointer).map(Canceller.init) }

    /// Runs a statement that gives no rows that matter.
    ///
    /// - Returns: How many rows it affected.
    @discardableResult
    public func execute(_ sql: SQL) throws(PostgresError) -> Int {
        var affected = 0
        try send(sql)
        try eachResult { result throws(PostgresError) in
            affected = PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
        }
        return affected
    }

    /// Runs a statement and reads all its rows.
    public func query<S: Statement>(_ statement: S) throws(PostgresError) -> [S.Row] {
        try send(statement.sql)
        return try rows(of: S.self)
    }

    /// All rows of a statement that was sent.
    func rows<S: Statement>(of statement: S.Type) throws(PostgresError) -> [S.Row] {
        var rows: [S.Row] = []
        try eachResult { result throws(PostgresError) in
            let count = PQntuples(result)
            rows.reserveCapacity(rows.count + Int(count))
            for row in 0..<count { rows.append(try S.decode(ResultRow(result: result, row: row))) }
        }
        return rows
    }

    /// Runs a statement and gives its rows one by one as they arrive, in constant memory.
    ///
    /// An error that the body throws stops the statement and is thrown on.
    public func forEach<S: Statement>(_ statement: S, _ body: (S.Row) throws -> Void) throws {
        try send(statement.sql)
        PQsetSingleRowMode(session.pointer)
        var bodyError: (any Error)?
        defer { isCancelling = false }
        do {
            try eachResult { result throws(PostgresError) in
                guard bodyError == nil else { return }
                do {
                    for row in 0..<PQntuples(result) { try body(S.decode(ResultRow(result: result, row: row))) }
                } catch {
                    bodyError = error
                    cancelStatement()
                }
            }
        } catch {
            throw bodyError ?? error
        }
        if let bodyError { throw bodyError }
    }

    /// Runs a script of many statements, without parameters.
    ///
    /// Outside a transaction, the server makes the script one transaction.
    public func runScript(_ text: String) throws(PostgresError) {
        try ensureSendable(text)
        guard PQsendQuery(session.pointer, text) == 1 else { throw notSent() }
        try flush()
        var completed = 0
        var failure: PostgresError?
        let loss = drain { result in
            let status = PQresultStatus(result)
            if status == PGRES_FATAL_ERROR {
                let report = ServerReport(result: result)
                failure = report.error
                failure?.scriptPosition = .init(
                    statement: completed + 1, line: report.position.map { Self.line(of: $0, in: text) })
            }
            if Self.isCopy(status), failure == nil {
                failure = PostgresError(.usage, "a script cannot COPY; use copyIn and copyOut")
            }
            completed += 1
        }
        try end(failure, loss)
    }

    private static func line(of position: Int, in text: String) -> Int {
        1 + text.unicodeScalars.prefix(max(0, position - 1)).count { $0 == "\n" }
    }

    // MARK: Sending and receiving

    func send(_ sql: SQL) throws(PostgresError) {
        let text = sql.text
        try ensureSendable(text)
        let parameters = try EncodedParameters(sql)
        try send { parameters.send(text, to: session.pointer) }
    }

    /// Sends what the body hands to libpq, which says 1 when it took it.
    func send(_ body: () -> Int32) throws(PostgresError) {
        guard body() == 1 else { throw notSent() }
        try flush()
    }

    /// Why libpq did not take a statement: the connection is gone, or the caller asked for what cannot be.
    private func notSent() -> PostgresError {
        session.isBroken ? abandon(session.lost()) : PostgresError(.usage, session.lost().message)
    }

    /// libpq takes C strings: what follows a NUL would silently be left out.
    func ensureSendable(_ text: String) throws(PostgresError) {
        try ensureUsable()
        if text.utf8.contains(0) { throw .encoding("a statement contains a NUL character") }
    }

    private static func isCopy(_ status: ExecStatusType) -> Bool {
        status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH
    }

    private func flush() throws(PostgresError) {
        do {
            try session.flush(until: replyDeadline)
        } catch {
            throw abandon(error)
        }
    }

    /// Gives each result to the body until there are no more; the first error, the server's or the body's, is thrown
    /// after the last, so that the connection is in step again.
    func eachResult(_ body: (OpaquePointer) throws(PostgresError) -> Void) throws(PostgresError) {
        var failure: PostgresError?
        let loss = drain { result in
            if failure != nil { return }
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE, PGRES_EMPTY_QUERY:
                do throws(PostgresError) { try body(result) } catch { failure = error }
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                failure = PostgresError(.usage, "COPY goes through copyIn and copyOut")
            default: failure = ServerReport(result: result).error
            }
        }
        try end(failure, loss)
    }

    /// Throws the failure, or the loss of the connection that came after it. A server that ends a session says why, and
    /// then closes: the reason is the better answer.
    private func end(_ failure: PostgresError?, _ loss: PostgresError?) throws(PostgresError) {
        if let failure, loss == nil || failure.code == .connectionLost {
            if failure.code == .connectionLost || session.isBroken { isAbandoned = true }
            throw failure
        }
        if let loss { throw loss }
    }

    /// Gives each result to the body.
    ///
    /// - Returns: Why there were no more, when it was not their end.
    private func drain(_ body: (OpaquePointer) -> Void) -> PostgresError? {
        do throws(PostgresError) {
            while let result = try nextResult() {
                defer { PQclear(result) }
                body(result)
                // A COPY that nobody serves would never end.
                if Self.isCopy(PQresultStatus(result)) {
                    isAbandoned = true
                    return nil
                }
            }
            return nil
        } catch {
            return error
        }
    }

    func nextResult() throws(PostgresError) -> OpaquePointer? {
        do {
            return try session.nextResult(until: replyDeadline)
        } catch {
            throw abandon(error)
        }
    }

    /// Stops the statement whose rows nobody wants any more. What the server still sends is then waited for no longer
    /// than the grace, whatever the statement's own limit.
    func cancelStatement() {
        isCancelling = true
        canceller()?.cancel()
    }

    /// When the server must have answered: its own limit, and some grace. Without a limit of the server's, the
    /// connection's default stands in outside transactions, and there is none inside.
    var replyDeadline: Deadline {
        if isCancelling { return Deadline(milliseconds: options.replyGraceMilliseconds) }
        let limit = transactionTimeoutMilliseconds ?? options.statementTimeoutMilliseconds
        let (sum, overflow) = limit.addingReportingOverflow(options.replyGraceMilliseconds)
        return Deadline(milliseconds: limit == 0 || overflow ? nil : sum)
    }

    func abandon(_ error: PostgresError) -> PostgresError {
        isAbandoned = true
        return error
    }

    func ensureUsable() throws(PostgresError) {
        if !isUsable { throw PostgresError(.connectionLost, "the connection is no longer usable; open another") }
    }
}

/// Keeps the notice hook alive for libpq.
private final class NoticeBox {
    let receive: @Sendable (PostgresNotice) -> Void
    init(_ receive: @escaping @Sendable (PostgresNotice) -> Void) { self.receive = receive }
}
