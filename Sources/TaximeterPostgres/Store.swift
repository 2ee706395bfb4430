public import CoreMetrics
internal import Foundation
public import PostgresWire

/// The PostgreSQL store: one database, reached through a pool of checked connections.
///
/// Every connection, when it is opened, is refused unless the server can be trusted with money and the schema is of
/// this library's version. Every transaction runs under the least role that can do its work.
public final class Store: Sendable {
    /// Whose privileges a transaction has; see `sql/roles/grants.sql`.
    enum Role: String {
        case writer = "taximeter_writer"
        case biller = "taximeter_biller"
        case reader = "taximeter_reader"
    }

    let pool: ConnectionPool
    let recorder: EventRecorder
    let metrics: any MetricsFactory
    let recordMetrics: RecordMetrics
    /// How many connections a job uses at once: others find one while it runs.
    let workers: Int
    /// How often a transaction is tried before its error is thrown.
    private let attempts: Int

    /// A store in a database; connects when first used.
    ///
    /// - Parameters:
    ///   - options: The server, the database, time-outs. A session-init hook of yours runs before the checks.
    ///   - connections: How many connections it may have open at once; jobs use half of them.
    ///   - metrics: Where it says what became of the events of each ``record(_:reversing:)``, and what has no price, after
    ///     each ``run(progress:)``.
    public init(
        _ options: ConnectionOptions, connections: Int = 4, metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.metrics = metrics
        workers = max(1, min(connections / 2, ProcessInfo.processInfo.activeProcessorCount))
        recordMetrics = RecordMetrics(metrics)
        let recorder = EventRecorder()
        self.recorder = recorder
        pool = ConnectionPool(
            Self.checked(options, schema: true) { recorder.forget() }, limit: connections)
        attempts = 8
    }

    private init(_ other: Store, attempts: Int) {
        metrics = other.metrics
        recordMetrics = other.recordMetrics
        workers = other.workers
        recorder = other.recorder
        pool = other.pool
        self.attempts = attempts
    }

    /// The same store, whose transactions are tried once: for callers that know by themselves when to come again.
    var withoutRetries: Store { Store(self, attempts: 1) }

    /// Closes all connections; those in use, when they are given back.
    public func close() { pool.close() }

    /// Creates or upgrades the schema.
    ///
    /// - Returns: The names of the scripts that were applied; empty when the database was up to date.
    /// - Throws: ``StoreError`` when the database is newer than this library, was migrated with other texts, or is on
    ///   a server that cannot be trusted; `PostgresError` from the server.
    @discardableResult
    public static func migrate(_ options: ConnectionOptions) throws -> [String] {
        try Migrator(connection: Connection.open(checked(options, schema: false))).migrate()
    }

    /// Proves that the server can be trusted and that the schema is what the migrations should have made.
    public func verify() throws {
        try pool.withConnection { connection in
            try connection.withTransaction { try Migrator(connection: connection).verify() }
        }
    }

    /// Whether the server answers and is what every connection asks for: to be trusted, with the schema of this version.
    ///
    /// - Throws: As ``verify()``, at once: nothing is tried again.
    public func checkReady() throws {
        // On a connection that was there before, the schema may have been changed since.
        try pool.withConnection { try SchemaState.verify(version: SchemaState.version($0)) }
    }

    /// Runs a transaction with the privileges of a role, again from its start when it failed for a passing reason.
    ///
    /// The body must be idempotent: it is also repeated when nobody can tell whether its COMMIT took effect. What is
    /// written is durable when this returns, whatever the server's default.
    ///
    /// - Parameter failed: Is called when it is going to be tried again.
    func transaction<R>(
        as role: Role, _ settings: TransactionSettings = TransactionSettings(), failed: () -> Void = {},
        _ body: (Connection) throws -> R
    ) throws -> R {
        var settings = settings
        settings.synchronousCommit = role != .reader
        return try pool.withRetriedTransaction(settings, attempts: attempts, failed: failed) { connection in
            try connection.execute("SET LOCAL ROLE \(unsafe: role.rawValue)")
            return try body(connection)
        }
    }

    private static func checked(
        _ options: ConnectionOptions, schema: Bool, then opened: @escaping @Sendable () -> Void = {}
    ) -> ConnectionOptions {
        var checked = options
        let own = options.sessionInit
        checked.sessionInit = { connection in
            try own?(connection)
            guard let settings = try connection.query(ReadServerSettings()).first else { return }
            try ServerCheck(settings: settings).verify()
            if schema { try SchemaState.verify(version: SchemaState.version(connection)) }
            opened()
        }
        return checked
    }
}

extension TransactionSettings {
    /// For jobs: an hour for a statement, so that a server that hangs is noticed some day, and as long for a lock, because
    /// another run of the same job may hold it.
    static let job = TransactionSettings(
        statementTimeoutMilliseconds: 3_600_000, lockTimeoutMilliseconds: 3_600_000, synchronousCommit: true)
}
