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

    /// Buckets of a store from before they were kept by day are the same rows afterwards, each in its day.
    @Test func bucketsMoveIntoTheirDays() throws {
        let address = try TestCluster.shared().createDatabase()
        let options = ConnectionOptions(address.connectionString)
        let connection = try Connection.open(options)
        try connection.withTransaction(.job) {
            try connection.runScript(SchemaScript.roles.map(\.text).joined())
            try connection.execute("SET LOCAL ROLE taximeter_owner")
            for script in SchemaScript.migrations where script.version < 21 {
                try connection.runScript(script.text)
                try connection.execute(
                    """
                    INSERT INTO taximeter.schema_migration (version, name, checksum)
                    VALUES (\(script.version), \(script.name), encode(sha256(convert_to(\(script.text), 'UTF8')), 'hex'))
                    """)
            }
            // As they were: a draft did not say what is due.
            for script in SchemaScript.repeatable where script.name.hasPrefix("views/") {
                try connection.runScript(script.text.replacing("d.due", with: "d.total"))
            }
            // 22:30 on the ninth to 01:00 on the eleventh, every half hour.
            try connection.execute(
                """
                INSERT INTO taximeter.usage_bucket
                SELECT account, timestamptz '2025-03-09 22:30:00+00' + interval '30 minutes' * slot, 1, 1, 1, 0, 0, 0, slot + 1,
                    slot + 2, slot, account, 5, 6, 7, slot = 3
                FROM generate_series(1, 20) AS account, generate_series(0, 53) AS slot
                """)
        }
        func psql(_ sql: String) throws -> String { try TestCluster.shared().psql(address.database, sql: sql) }
        let rows = "SELECT count(*), md5(string_agg(b::text, ',' ORDER BY b)) FROM taximeter.usage_bucket AS b"
        let before = try psql(rows)
        #expect(before.hasPrefix("1080|"))
        _ = try Store.migrate(options)
        #expect(try psql(rows) == before)
        let days = """
            SELECT (SELECT c.relname FROM pg_class AS c WHERE c.oid = b.tableoid), count(*) FROM taximeter.usage_bucket AS b
            GROUP BY b.tableoid ORDER BY 1
            """
        #expect(
            try psql(days) == "usage_bucket_2025_03_09|60\nusage_bucket_2025_03_10|960\nusage_bucket_2025_03_11|60\n")
        #expect(try psql("SELECT count(*) FROM taximeter.event_audit WHERE finding = 'below zero'") == "20\n")
        #expect(try Store.migrate(options) == [])
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
