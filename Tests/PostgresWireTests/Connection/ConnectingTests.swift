import Glibc
@testable import PostgresWire
import Synchronization
import TestKit
import Testing

/// Connecting: to whom, with what proof, and what is said when it fails.
struct ConnectingTests {
    // MARK: Failures

    @Test func aRefusedConnectionSaysWhereAndKeepsThePassword() throws {
        let (descriptor, port) = try DeafListener.boundPort()
        defer { close(descriptor) }
        let options = ConnectionOptions(
            "host=127.0.0.1 port=\(port) user=someone dbname=some password=\(Leaks.password)")
        let error = try #require(throws: PostgresError.self) { try Connection.open(options) }
        #expect(error.code == .connectionFailed)
        #expect(error.isRetryable)
        #expect(error.message.contains("127.0.0.1"))
        #expect(error.message.contains(String(port)))
        #expect(!Leaks.canary(in: error))
        #expect(!Leaks.canary(in: options))
        #expect(!Leaks.canary(in: [options]))
        #expect(!Leaks.canary(in: ConnectionPool(options, limit: 1)))
        // The control: the text that was given does hold it.
        #expect(Leaks.canary(in: Leaks.password))
    }

    @Test(arguments: [
        "postgres://user:\(Leaks.password)/x@localhost/db", "postgres://user:p@\(Leaks.password)@localhost/db",
        "postgres://user:100%zz\(Leaks.password)@localhost/db", "password=a \(Leaks.password) host=localhost",
        "postgres://localhost:\(Leaks.password)/db", "password='\(Leaks.password) host=localhost",
        "postgres://user:1,\(Leaks.password)/x@localhost", "host=localhost pasword=\(Leaks.password)",
    ])
    func aConnectionStringThatCannotBeReadIsNotQuoted(text: String) throws {
        let error = try #require(throws: PostgresError.self) { try Connection.open(ConnectionOptions(text)) }
        #expect(error.code == .usage && !error.isRetryable)
        #expect(error.message.hasPrefix("the connection string cannot be read"))
        #expect(!Leaks.canary(in: error))
    }

    @Test func aDatabaseThatIsNotThereIsAFailedConnection() throws {
        let error = try #require(throws: PostgresError.self) {
            try Connection.open(ConnectionOptions("\(try Wire.serverAddress()) dbname=no_such_database"))
        }
        #expect(error.code == .connectionFailed)
        #expect(error.message.contains("does not exist"))
    }

    // MARK: TLS

    struct Proof: Sendable, CustomTestStringConvertible {
        var text: String
        var mode: String?
        var testDescription: String { text }
        init(_ text: String, _ mode: String?) { (self.text, self.mode) = (text, mode) }
    }

    /// Off this machine the server has to prove its name before it is given a password, unless told otherwise.
    @Test(arguments: [
        Proof("host=db.example.com", "verify-full"), Proof("postgres://user:secret@db.example.com/db", "verify-full"),
        Proof("host=10.0.0.1", "verify-full"), Proof("host=127.example.com", "verify-full"),
        Proof("host=localhost.example.com", "verify-full"), Proof("host=localhost,db.example.com", "verify-full"),
        Proof("hostaddr=10.0.0.1", "verify-full"), Proof("host=localhost hostaddr=10.0.0.1", "verify-full"),
        Proof("service=somewhere", "verify-full"), Proof("host=2001:db8::1", "verify-full"),
        Proof("host=localhost", nil), Proof("host=127.0.0.1", nil), Proof("host=127.8.9.10", nil),
        Proof("host=::1", nil), Proof("postgres://[::1]:5433/db", nil), Proof("host=/var/run/postgresql", nil),
        Proof("host=@abstract", nil), Proof("host=localhost,127.0.0.1", nil), Proof("postgres:///db", nil),
        Proof("host=db.example.com sslmode=disable", "disable"),
        Proof("host=db.example.com sslmode=prefer", "prefer"),
        Proof("postgres://db.example.com/db?sslmode=require", "require"),
        Proof("host=localhost sslmode=verify-full", "verify-full"),
    ])
    func theServerProvesItsName(proof: Proof) throws {
        let parameters = try ConnectionOptions(proof.text).parameters()
        #expect(parameters.first { $0.keyword == "sslmode" }?.value == proof.mode)
    }

    @Test func whatTheLibraryDecidesAndWhatTheUserMay() throws {
        var options = ConnectionOptions("host=localhost client_encoding=latin1 application_name=mine")
        options.tcpUserTimeoutMilliseconds = 1_234
        let parameters = Dictionary(uniqueKeysWithValues: try options.parameters().map { ($0.keyword, $0.value) })
        #expect(parameters["client_encoding"] == "UTF8")
        #expect(parameters["application_name"] == "mine")
        #expect(parameters["tcp_user_timeout"] == "1234")
        let connection = try Wire.connect { $0.applicationName = "shown" }
        #expect(try connection.value("SELECT current_setting('application_name')") == "shown")
        #expect(connection.serverVersion >= 150_000)
    }

    // MARK: Hooks

    @Test func noticesReachTheHook() throws {
        let seen = Collected<PostgresNotice>()
        let connection = try Wire.connect { $0.onNotice = { seen.append($0) } }
        try connection.execute(
            "DO $$ BEGIN RAISE NOTICE 'one' USING DETAIL = 'why', HINT = 'how'; RAISE WARNING SQLSTATE '01007'; END $$")
        #expect(seen.values.map(\.severity) == ["NOTICE", "WARNING"])
        #expect(seen.values.map(\.sqlState) == ["00000", "01007"])
        #expect(seen.values.first?.message == "one")
        #expect(seen.values.first?.detail == "why")
        #expect(seen.values.first?.hint == "how")
    }

    @Test func theSessionHookRunsOnceAConnectionBeforeItsFirstUse() throws {
        let calls = Collected<Int32>()
        let pool = ConnectionPool(
            try Wire.options().with {
                $0.sessionInit = { connection in
                    try connection.execute("SET application_name = 'initialised'")
                    calls.append(try connection.backendPID())
                }
            }, limit: 2)
        defer { pool.close() }
        for _ in 0..<5 {
            try pool.withConnection { outer in
                #expect(try outer.value("SELECT current_setting('application_name')") == "initialised")
                _ = try pool.withConnection { try $0.backendPID() }
            }
        }
        #expect(calls.values.count == 2)
        #expect(Set(calls.values).count == 2)
    }

    @Test func anErrorOfTheSessionHookClosesTheConnection() throws {
        struct Refused: Error {}
        let opened = Collected<Int32>()
        #expect(throws: Refused.self) {
            try Wire.connect {
                $0.sessionInit = { connection in
                    opened.append(try connection.backendPID())
                    throw Refused()
                }
            }
        }
        let pid = try #require(opened.values.first)
        let other = try Wire.connect()
        try Eventually.holds {
            try other.value("SELECT count(*) FROM pg_stat_activity WHERE pid = \(pid)") == Int64(0)
        }
    }
}

/// What hooks have been given.
final class Collected<T: Sendable>: Sendable {
    private let storage = Mutex<[T]>([])
    var values: [T] { storage.withLock { $0 } }
    func append(_ value: T) { storage.withLock { $0.append(value) } }
}

/// What another process does in its own time.
enum Eventually {
    static func holds(
        within limit: Duration = .seconds(30), sourceLocation: SourceLocation = #_sourceLocation,
        _ condition: () throws -> Bool
    ) throws {
        let end = ContinuousClock.now + limit
        while try !condition() {
            if ContinuousClock.now > end {
                Issue.record("it did not come about within \(limit)", sourceLocation: sourceLocation)
                return
            }
            usleep(20_000)
        }
    }
}

extension ConnectionOptions {
    func with(_ change: (inout ConnectionOptions) -> Void) -> ConnectionOptions {
        var options = self
        change(&options)
        return options
    }
}
