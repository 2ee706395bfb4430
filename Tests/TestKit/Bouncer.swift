import Foundation
import Glibc
public import PostgresWire
public import TaximeterPostgres

/// A pgbouncer in transaction pooling in front of the tests' cluster, gone with the process.
public final class Bouncer: Sendable {
    /// How many connections it keeps to the server, however many clients it has.
    public static let poolSize = 3

    static let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// Whether there is one on this machine.
    public static let isInstalled = program != nil

    private static let running = Result { try Bouncer() }

    /// How to connect to a database of the tests' cluster through the one that all tests share, started when first asked
    /// for.
    public static func options(_ database: ClusterAddress) throws -> ConnectionOptions {
        try running.get().options(database)
    }

    /// How to connect to a database of the tests' cluster through this one.
    public func options(_ database: ClusterAddress) -> ConnectionOptions {
        ConnectionOptions("\(connectionString) dbname=\(database.database)")
    }

    private let connectionString: String
    private let folder: String
    /// Its shell reads from this pipe, and stops it when the pipe closes: also when this process is killed.
    private let lifeline: Pipe

    /// Kills it, and starts another in its place at once; in between nobody listens.
    public func restart() { lifeline.fileHandleForWriting.write(Data("again\n".utf8)) }

    deinit { try? lifeline.fileHandleForWriting.close() }

    /// Starts one.
    public init() throws {
        let server = try TestCluster.shared().address
        folder = "/tmp/bouncer-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        guard chmod(folder, 0o777) == 0 else { throw POSIXError(.EPERM) }
        let configuration = """
            [databases]
            * = host=\(server.socketDirectory) port=\(server.port) user=\(server.user)
            [pgbouncer]
            listen_addr =
            listen_port = 6432
            unix_socket_dir = \(folder)
            pool_mode = transaction
            auth_type = any
            default_pool_size = \(Self.poolSize)
            max_client_conn = 200
            """
        try configuration.write(toFile: folder + "/bouncer.ini", atomically: true, encoding: .utf8)
        lifeline = Pipe()
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        // Signals are blocked in the thread that this runs on, and so in what it starts, but for the last of them.
        // pgbouncer refuses to run as root.
        let user = getuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --clear-groups" : ""
        shell.arguments = [
            "-c",
            """
            run() { \(user) \(Self.program ?? "pgbouncer") \(folder)/bouncer.ini >>\(folder)/log 2>&1 & }
            run
            while read -r line; do kill -KILL $!; run; done
            kill -KILL $!; rm -rf \(folder)
            """,
        ]
        shell.standardInput = lifeline
        try shell.run()
        connectionString = "host=\(folder) port=6432 user=someone"
        let end = ContinuousClock.now + .seconds(20)
        while true {
            do {
                _ = try Connection.open(ConnectionOptions(connectionString + " dbname=postgres"))
                return
            } catch  where ContinuousClock.now < end {
                usleep(50_000)
            }
        }
    }
}
