import Dispatch
import PostgresWire
import Synchronization
import TestKit
import Testing

@testable import TaximeterPostgres

@Suite struct MigrationTests {
    @Test func appliesEverythingOnceAndThenNothing() throws {
        let address = try TestCluster.shared().createDatabase()
        let options = ConnectionOptions(address.connectionString)
        let all = (SchemaScript.migrations + SchemaScript.repeatable).map(\.name)
        #expect(try Store.migrate(options) == all)
        #expect(try Store.migrate(options) == [])
        try Store(options).verify()
    }

    /// A hundred scripts at once would do the work once: the lock is taken before anything is looked at.
    @Test func manyAtOnceDoTheWorkOnce() throws {
        let address = try TestCluster.shared().createDatabase()
        let applied = Mutex<[Result<[String], any Error>]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            let result = Result { try Store.migrate(ConnectionOptions(address.connectionString)) }
            applied.withLock { $0.append(result) }
        }
        let names = try applied.withLock { $0 }.map { try $0.get() }.filter { !$0.isEmpty }
        #expect(names == [(SchemaScript.migrations + SchemaScript.repeatable).map(\.name)])
    }

    @Test func aRepeatableScriptThatChangedIsAppliedAgain() throws {
        let database = try TestDatabase()
        try database.psql(
            """
            DROP VIEW taximeter.pending_work;
            UPDATE taximeter.schema_script SET checksum = 'of another text' WHERE name LIKE 'views/04%';
            """)
        #expect(try Store.migrate(database.options) == SchemaScript.repeatable.map(\.name))
        #expect(try database.psql("SELECT hours_to_roll_up FROM taximeter.pending_work") == "0\n")
        #expect(try Store.migrate(database.options) == [])
    }

    /// Databases that this library has to leave alone, and what it says of them.
    @Test(arguments: [
        (
            "INSERT INTO taximeter.schema_migration VALUES (99, 'migrations/0099_later.sql', '')",
            StoreError.Code.schemaNew,
            "the database's schema is version 99, this taximeter knows versions up to \(SchemaScript.latestVersion)"
        ),
        (
            "UPDATE taximeter.schema_migration SET checksum = 'x' WHERE version = 2", .schemaChanged,
            "the database was migrated with another text of migrations/0002_usage.sql"
        ),
        (
            "UPDATE taximeter.schema_migration SET name = 'migrations/0002_other.sql' WHERE version = 2",
            .schemaChanged,
            "the database was migrated with another text of migrations/0002_other.sql"
        ),
    ])
    func refusesToMigrate(_ sql: String, _ code: StoreError.Code, _ text: String) throws {
        let database = try TestDatabase()
        try database.psql(sql)
        let error = #expect(throws: StoreError.self) { try Store.migrate(database.options) }
        #expect(error?.code == code)
        #expect(error?.description.contains(text) == true, "\(String(describing: error))")
    }

    /// A migration that fails leaves nothing behind: all of it is one transaction.
    @Test func aFailedMigrationLeavesTheDatabaseAsItWas() throws {
        let address = try TestCluster.shared().createDatabase()
        let options = ConnectionOptions(address.connectionString)
        // The schema is there already, made by somebody else: the first migration fails.
        try TestCluster.shared().psql(address.database, sql: "CREATE SCHEMA taximeter")
        #expect(throws: PostgresError.self) { try Store.migrate(options) }
        let tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'taximeter'::regnamespace"
        #expect(try TestCluster.shared().psql(address.database, sql: tables) == "0\n")
        try TestCluster.shared().psql(address.database, sql: "DROP SCHEMA taximeter")
        #expect(try !Store.migrate(options).isEmpty)
    }
}
