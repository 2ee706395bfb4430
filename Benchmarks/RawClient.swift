import CLibPQ
import Glibc

/// The plainest client there is: libpq, one connection, no checks but for success.
final class RawClient {
    struct Failure: Error { let text: String }

    private let connection: OpaquePointer

    init(_ connectionString: String) throws {
        guard let connection = PQconnectdb(connectionString), PQstatus(connection) == CONNECTION_OK else {
            throw Failure(text: "the raw client cannot connect")
        }
        self.connection = connection
    }

    deinit { PQfinish(connection) }

    func execute(_ sql: String) throws { try check(PQexec(connection, sql), PGRES_COMMAND_OK) }

    /// One COPY, which is its own transaction, of rows that were encoded before.
    func copy(_ sql: String, _ bytes: [UInt8]) throws {
        try check(PQexec(connection, sql), PGRES_COPY_IN)
        let sent = bytes.withUnsafeBytes {
            PQputCopyData(connection, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count))
        }
        guard sent == 1, PQputCopyEnd(connection, nil) == 1 else { throw failure() }
        while let result = PQgetResult(connection) { try check(result, PGRES_COMMAND_OK) }
    }

    func prepare(_ sql: String) throws { try check(PQprepare(connection, "naive", sql, 0, nil), PGRES_COMMAND_OK) }

    /// The prepared statement, with parameters as text: a transaction of its own.
    func executePrepared(_ values: [String]) throws {
        let copies = values.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        let result = PQexecPrepared(
            connection, "naive", Int32(values.count), copies.map { UnsafePointer($0) }, nil, nil, 0)
        try check(result, PGRES_COMMAND_OK)
    }

    private func check(_ result: OpaquePointer?, _ expected: ExecStatusType) throws {
        defer { PQclear(result) }
        if PQresultStatus(result) != expected { throw failure() }
    }

    private func failure() -> Failure { Failure(text: String(cString: PQerrorMessage(connection))) }
}
