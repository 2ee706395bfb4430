#if Server
import Foundation
import Synchronization
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// A database of a test's own, and the built `taximeter serve` before it, as a process.
final class ServedDatabase: @unchecked Sendable {
    let database: TestDatabase
    let port: UInt16
    private let server: ChildProcess
    /// Those that run, to be ended with the tests: one that is shared by a suite is never given up.
    private static let running = Mutex<[Int: ChildProcess]>([:])
    private static let endsWithTheTests = atexit { running.withLock { $0.values.forEach { $0.send(SIGKILL) } } }
    private var isEnded = false

    /// Started with these options; `--port 0` when none is given.
    init(_ options: [String] = [], port: UInt16 = 0, of database: TestDatabase? = nil) throws {
        self.database = try database ?? TestDatabase()
        let output = FileManager.default.temporaryDirectory.appending(path: "taximeter-serve-\(UUID().uuidString)")
        _ = FileManager.default.createFile(atPath: output.path, contents: nil)
        defer { try? FileManager.default.removeItem(at: output) }
        // Not the tests' own errors: who waits for their end would wait for the server's.
        let log = try FileHandle(forWritingTo: output)
        let descriptors = [FileHandle.nullDevice, log, log]
        server = try ChildProcess(
            program: CommandLineTool.path, arguments: ["serve", "--port", "\(port)"] + options,
            environment: [
                "TAXIMETER_DATABASE_URL=\(self.database.address.connectionString)", "PATH=/usr/bin:/bin",
            ],
            descriptors: descriptors.map(\.fileDescriptor))
        _ = Self.endsWithTheTests
        var found: UInt16?
        for _ in 0..<3_000 where found == nil {
            let text = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
            found = text.firstMatch(of: /:(\d+)\n/).flatMap { UInt16($0.output.1) }
            if found == nil { usleep(10_000) }
        }
        self.port = try #require(
            found,
            "taximeter serve says its port within half a minute: \((try? String(contentsOf: output, encoding: .utf8)) ?? "")"
        )
        let server = server
        Self.running.withLock { $0[Int(self.port)] = server }
    }

    deinit { if !isEnded { _ = end(with: SIGKILL) } }

    /// Sends a signal and waits for the end.
    ///
    /// - Returns: The exit code, or 128 and the signal's number; nil when it goes on for a minute.
    func end(with signal: Int32) -> Int32? {
        isEnded = true
        Self.running.withLock { $0[Int(port)] = nil }
        server.send(signal)
        return server.wait(until: .now + .seconds(60))
    }

    /// Sends a signal and does not wait.
    func send(_ signal: Int32) { server.send(signal) }

    /// What a query gives, without the line's end.
    func query(_ sql: String) throws -> String { try database.psql(sql).trimmingCharacters(in: .newlines) }

    /// A token with these scopes.
    func token(
        _ scopes: Set<TokenScope> = Set(TokenScope.allCases), account: String? = nil, expiresAt: Instant? = nil,
        at now: Instant = SystemClock.now
    ) throws -> String {
        try database.store.makeToken(
            named: Identifier("test"), scopes: scopes, account: account.map { try Identifier($0) }, at: now,
            expiresAt: expiresAt
        ).text
    }

    /// One request on a connection of its own.
    func send(
        _ method: String, _ path: String, token: String? = nil, type: String = "application/json",
        body: String? = nil, headers: [String] = []
    ) throws -> HTTPAnswer {
        let connection = try HTTPConnection(port: port)
        try connection.send(
            HTTPConnection.request(method, path, token: token, type: type, body: body, headers: headers))
        let answer = try connection.answer()
        return try #require(answer, "an answer to \(method) \(path)")
    }
}
#endif
