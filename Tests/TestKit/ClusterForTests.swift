import Glibc
import Synchronization
public import TaximeterPostgres

/// The one cluster of a test process, started when first asked for, in memory, gone at the end.
public final class TestCluster: Sendable {
    /// Where the server listens, with the database `postgres`.
    public let address: ClusterAddress

    private let psql: Psql
    private let counter = Atomic(0)
    private static let started = Mutex<Result<TestCluster, any Error>?>(nil)

    /// The cluster; the first call takes a few seconds, the others wait for it.
    public static func shared() throws -> TestCluster {
        try started.withLock { started in
            let result = started ?? Result { try TestCluster() }
            started = result
            return try result.get()
        }
    }

    private init() throws {
        let cluster = EmbeddedCluster(
            home: try ClusterHomes.make("shared"), settings: .forTests, timeoutSeconds: 120)
        address = try cluster.start().with(database: "postgres")
        psql = try cluster.psql()
    }

    /// Creates a database under a name of its own, as a copy of another one if so asked.
    public func createDatabase(template: String? = nil) throws -> ClusterAddress {
        let name = "test_\(getpid())_\(counter.wrappingAdd(1, ordering: .relaxed).newValue)"
        try psql("postgres", sql: "CREATE DATABASE \(name)" + (template.map { " TEMPLATE \(Self.quoted($0))" } ?? ""))
        return address.with(database: name)
    }

    /// Creates a database that compares text as a language does, not by its bytes.
    public func createDatabase(language: String) throws -> ClusterAddress {
        let name = "test_\(getpid())_\(counter.wrappingAdd(1, ordering: .relaxed).newValue)"
        try psql(
            "postgres",
            sql: "CREATE DATABASE \(name) TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE '\(language)'")
        return address.with(database: name)
    }

    /// Removes a database, breaking its connections off.
    public func dropDatabase(_ database: ClusterAddress) throws {
        try psql("postgres", sql: "DROP DATABASE IF EXISTS \(Self.quoted(database.database)) WITH (FORCE)")
    }

    /// Runs statements in a database and gives their rows: one a line, columns parted by `|`.
    @discardableResult
    public func psql(_ database: String, sql: String) throws -> String {
        try psql.run(sql, at: address.with(database: database))
    }

    private static func quoted(_ name: String) -> String {
        "\"" + name.flatMap { $0 == "\"" ? [$0, $0] : [$0] } + "\""
    }
}

extension ClusterSettings {
    /// Small, and many connections. It syncs like the real thing (the store refuses a server that does not), which
    /// costs nothing in memory.
    public static var forTests: ClusterSettings {
        ClusterSettings(
            parameters: [
                "shared_buffers": "64MB", "max_connections": "200", "max_wal_size": "256MB", "min_wal_size": "32MB",
                "checkpoint_timeout": "30min", "max_locks_per_transaction": "256", "jit": "off",
            ], syncsNewCluster: false)
    }
}
