import Foundation
import Glibc
import PostgresWire
import TestKit
import Testing

/// A server that hangs does not hang its clients: every wait ends at its deadline.
struct DeadlineTests {
    /// What the connection does when its server's process is stopped, as by a debugger or a dying disk.
    enum Work: CaseIterable { case statement, rows, script, commit, copyIn, copyOut }

    @Test(arguments: Work.allCases)
    func aStoppedBackendIsGivenUp(work: Work) throws {
        let connection = try Wire.connect {
            $0.statementTimeoutMilliseconds = 1_000
            $0.replyGraceMilliseconds = 1_000
        }
        let pid = try connection.backendPID()
        try connection.execute("CREATE TEMP TABLE t (id int8)")
        // The control: with a server that runs, all of it is done in time.
        #expect(throws: Never.self) { try run(work, on: connection) {} }
        defer { kill(pid, SIGCONT) }
        let begin = ContinuousClock.now
        let error = try #require(throws: PostgresError.self) {
            try run(work, on: connection) { #expect(kill(pid, SIGSTOP) == 0) }
        }
        #expect(error.code == .deadlineExceeded)
        #expect(error.isRetryable)
        #expect(error.commitOutcomeUnknown == (work == .commit))
        #expect(!connection.isUsable)
        let passed = ContinuousClock.now - begin
        #expect(passed >= .milliseconds(1_900))
        #expect(passed < .seconds(15))
        let next = try #require(throws: PostgresError.self) { try connection.execute("SELECT 1") }
        #expect(next.code == .connectionLost)
    }

    private func run(_ work: Work, on connection: Connection, stopping stop: () -> Void) throws {
        switch work {
        case .statement:
            stop()
            try connection.execute("SELECT 1")
        case .rows:
            stop()
            try connection.forEach(One<Int32>("SELECT 1")) { _ in }
        case .script:
            stop()
            try connection.runScript("SELECT 1")
        case .commit:
            try connection.withTransaction {
                try connection.execute("INSERT INTO t VALUES (1)")
                stop()
            }
        case .copyIn:
            // More than the socket holds, so that the server has to read.
            try connection.copyIn("COPY t FROM STDIN (FORMAT binary)") { writer in
                stop()
                for id in 0..<200_000 as Range<Int64> {
                    try writer.beginRow(columns: 1)
                    writer.append(id)
                }
            }
        case .copyOut:
            var isFirst = true
            try connection.copyOut("COPY (SELECT generate_series(1, 200000)) TO STDOUT (FORMAT binary)") { _ in
                if isFirst { stop() }
                isFirst = false
            }
        }
    }

    @Test func aHugeLimitIsNoOverflow() throws {
        let connection = try Wire.connect {
            $0.connectTimeoutMilliseconds = .max
            $0.replyGraceMilliseconds = .max
        }
        #expect(try connection.value("SELECT 1::int4") == Int32(1))
    }

    // MARK: Servers that are none

    @Test func aListenerThatNeverAnswersIsGivenUp() throws {
        let tcp = try DeafListener.tcp()
        let unix = try DeafListener.unix()
        for listener in [tcp, unix] {
            var options = ConnectionOptions(listener.connectionString)
            options.connectTimeoutMilliseconds = 500
            let begin = ContinuousClock.now
            let error = try #require(throws: PostgresError.self) { try Connection.open(options) }
            #expect(error.code == .deadlineExceeded)
            #expect(error.isRetryable)
            #expect(ContinuousClock.now - begin < .seconds(10))
            #expect(!Leaks.canary(in: error))
        }
    }

    @Test func aListenerThatHangsUpIsAFailedConnection() throws {
        for answer in ["", "HTTP/1.1 400 Bad Request\r\n\r\n"] {
            let listener = try DeafListener.unix()
            Thread.detachNewThread { listener.answerOnce(answer) }
            let error = try #require(throws: PostgresError.self) {
                try Connection.open(ConnectionOptions(listener.connectionString))
            }
            #expect(error.code == .connectionFailed)
            #expect(!Leaks.canary(in: error))
        }
    }
}

/// A socket that takes connections and says nothing: the kernel accepts them, nobody reads.
final class DeafListener: Sendable {
    let connectionString: String
    private let descriptor: Int32
    private let path: String?

    private init(_ connectionString: String, _ descriptor: Int32, path: String?) {
        self.connectionString = connectionString + " user=nobody dbname=none password=\(Leaks.password)"
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        close(descriptor)
        if let path { try? FileManager.default.removeItem(atPath: path) }
    }

    static func tcp() throws -> DeafListener {
        let (descriptor, port) = try boundPort()
        guard listen(descriptor, 8) == 0 else { throw POSIXError(.EIO) }
        return DeafListener("host=127.0.0.1 port=\(port)", descriptor, path: nil)
    }

    static func unix() throws -> DeafListener {
        let folder = "/tmp/deaf-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: (folder + "/.s.PGSQL.5432").utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, listen(descriptor, 8) == 0 else { throw POSIXError(.EIO) }
        return DeafListener("host=\(folder) port=5432", descriptor, path: folder)
    }

    /// A port of this machine that is bound, and on which nobody listens: connections are refused.
    static func boundPort() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let done = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard done else { throw POSIXError(.EIO) }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    /// Takes one connection, answers what it asks with a text, and hangs up.
    func answerOnce(_ text: String) {
        let client = accept(descriptor, nil, nil)
        guard client >= 0 else { return }
        var asked = [UInt8](repeating: 0, count: 512)
        _ = recv(client, &asked, asked.count, 0)
        if !text.isEmpty { _ = send(client, Array(text.utf8), text.utf8.count, Int32(MSG_NOSIGNAL)) }
        close(client)
    }
}

/// A password that must be seen nowhere.
enum Leaks {
    static let password = "c4n4ry-p4ssw0rd"

    static func canary(in value: Any) -> Bool {
        var dumped = ""
        dump(value, to: &dumped)
        return [String(describing: value), String(reflecting: value), dumped, "\(value)"]
            .contains { $0.contains("c4n4ry") || $0.contains("p4ssw0rd") }
    }
}
