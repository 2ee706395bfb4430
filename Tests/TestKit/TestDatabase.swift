public import PostgresWire
import Synchronization
public import TaximeterPostgres

/// A migrated database of a test's own, in the process's cluster.
public struct TestDatabase: Sendable {
    /// Where it is, as the cluster's superuser.
    public let address: ClusterAddress
    /// How to connect.
    public var options: ConnectionOptions { ConnectionOptions(address.connectionString) }
    /// A store in it.
    public let store: Store

    private static let template = Mutex<Result<ClusterAddress, any Error>?>(nil)

    /// A copy of a database that was migrated once.
    public init() throws {
        let template = try Self.template.withLock { template in
            let result =
                template
                ?? Result {
                    let address = try TestCluster.shared().createDatabase()
                    try Store.migrate(ConnectionOptions(address.connectionString))
                    return address
                }
            template = result
            return try result.get()
        }
        self.init(address: try TestCluster.shared().createDatabase(template: template.database))
    }

    /// A database that compares text as a language does.
    public init(language: String) throws {
        let address = try TestCluster.shared().createDatabase(language: language)
        try Store.migrate(ConnectionOptions(address.connectionString))
        self.init(address: address)
    }

    private init(address: ClusterAddress) {
        self.address = address
        store = Store(ConnectionOptions(address.connectionString))
    }

    /// A copy of it as it is now; nobody may be connected.
    public func copy() throws -> TestDatabase {
        TestDatabase(address: try TestCluster.shared().createDatabase(template: address.database))
    }

    /// A store in it that is reached through pgbouncer, where each transaction may run on another connection.
    public func bouncedStore(connections: Int = 4) throws -> Store {
        Store(try Bouncer.options(address), connections: connections)
    }

    /// Runs statements as the superuser and gives their rows: one a line, columns parted by `|`.
    @discardableResult
    public func psql(_ sql: String) throws -> String {
        try TestCluster.shared().psql(address.database, sql: sql)
    }
}
