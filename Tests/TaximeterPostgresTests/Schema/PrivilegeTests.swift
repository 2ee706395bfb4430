import Foundation
import PostgresWire
import Taximeter
import TaximeterPostgres
import TestKit
import Testing

@Suite struct PrivilegeTests {
    static let roles = ["taximeter_writer", "taximeter_biller", "taximeter_reader", "taximeter_tenant", "public"]

    /// Role × object × privilege, complete: one line each, as the server itself answers for every role.
    @Test func theMatrixIsTheGoldenOne() throws {
        let database = try TestDatabase()
        let roles = Self.roles.map { "('\($0)')" }.joined(separator: ", ")
        let matrix = try database.psql(
            """
            WITH role (name) AS (VALUES \(roles)),
            held AS (
                SELECT r.name AS role, 1 AS rank, n.nspname::text AS object, p.name AS privilege
                FROM role AS r, pg_namespace AS n, unnest(ARRAY['USAGE', 'CREATE']) AS p (name)
                WHERE n.nspname = 'taximeter' AND has_schema_privilege(r.name, n.oid, p.name)
                UNION ALL
                SELECT r.name, 2, c.relname, p.name
                FROM role AS r, pg_class AS c,
                    unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])
                        AS p (name)
                WHERE c.relnamespace = 'taximeter'::regnamespace AND c.relkind IN ('r', 'p', 'v')
                    AND has_table_privilege(r.name, c.oid, p.name)
                UNION ALL
                SELECT r.name, 2, c.relname || '.' || a.attname, p.name
                FROM role AS r, pg_class AS c, pg_attribute AS a, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) AS p (name)
                WHERE c.relnamespace = 'taximeter'::regnamespace AND c.relkind IN ('r', 'p', 'v')
                    AND a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                    AND NOT has_table_privilege(r.name, c.oid, p.name)
                    AND has_column_privilege(r.name, c.oid, a.attnum, p.name)
                UNION ALL
                SELECT r.name, 3, c.relname, p.name
                FROM role AS r, pg_class AS c, unnest(ARRAY['USAGE', 'SELECT', 'UPDATE']) AS p (name)
                WHERE c.relnamespace = 'taximeter'::regnamespace AND c.relkind = 'S'
                    AND has_sequence_privilege(r.name, c.oid, p.name)
                UNION ALL
                SELECT r.name, 4, f.oid::regprocedure::text, 'EXECUTE'
                FROM role AS r, pg_proc AS f
                WHERE f.pronamespace = 'taximeter'::regnamespace AND has_function_privilege(r.name, f.oid, 'EXECUTE')
            )
            SELECT role || ' ' || object || ': ' || string_agg(privilege, ', ' ORDER BY privilege)
            FROM held GROUP BY role, rank, object ORDER BY role, rank, object;
            """)
        try Golden(file: Fixtures.packageRoot.appending(path: "sql/roles/privileges.txt")).check(matrix)
    }

    /// Statements that a role must not get through, and the SQLSTATE that says so. 42501: no privilege.
    @Test(
        arguments: [
            ("taximeter_writer", "UPDATE taximeter.usage_event SET output_tokens = 0", "42501"),
            ("taximeter_writer", "DELETE FROM taximeter.usage_event", "42501"),
            ("taximeter_writer", "UPDATE taximeter.api_token SET revoked_at = NULL", "42501"),
            ("taximeter_biller", "SELECT hash FROM taximeter.api_token", "42501"),
            ("taximeter_biller", "UPDATE taximeter.api_token SET scopes = '{report}'", "42501"),
            ("taximeter_reader", "SELECT id FROM taximeter.api_token", "42501"),
            ("taximeter_writer", "TRUNCATE taximeter.usage_event", "42501"),
            ("taximeter_writer", "DELETE FROM taximeter.event_key", "42501"),
            ("taximeter_writer", "SELECT taximeter.drop_event_keys('2030-01-01')", "42501"),
            ("taximeter_writer", "UPDATE taximeter.event_key_state SET dropped_before = NULL", "42501"),
            ("taximeter_writer", "DELETE FROM taximeter.ingest_batch", "42501"),
            ("taximeter_writer", "UPDATE taximeter.ingest_batch SET events = 0", "42501"),
            ("taximeter_writer", "DELETE FROM taximeter.quarantined_event", "42501"),
            ("taximeter_writer", "DELETE FROM taximeter.event_reversal", "42501"),
            ("taximeter_reader", "SELECT FROM taximeter.ingest_batch", "42501"),
            (nil, "TRUNCATE taximeter.ingest_batch", "23001"), (nil, "TRUNCATE taximeter.event_reversal", "23001"),
            (nil, "TRUNCATE taximeter.quarantined_event", "23001"),
            ("taximeter_writer", "DELETE FROM taximeter.dirty_hour", "42501"),
            ("taximeter_writer", "SELECT FROM taximeter.charge", "42501"),
            ("taximeter_writer", "SELECT FROM taximeter.usage_event", "42501"),
            ("taximeter_writer", "DROP TABLE taximeter.usage_event", "42501"),
            ("taximeter_writer", "CREATE TABLE taximeter.mine ()", "42501"),
            ("taximeter_biller", "INSERT INTO taximeter.usage_event SELECT", "42501"),
            ("taximeter_biller", "UPDATE taximeter.usage_event SET output_tokens = 0", "42501"),
            ("taximeter_biller", "DELETE FROM taximeter.event_key", "42501"),
            ("taximeter_biller", "UPDATE taximeter.tariff_version SET definition = ''", "42501"),
            ("taximeter_biller", "DELETE FROM taximeter.tariff_version", "42501"),
            ("taximeter_biller", "INSERT INTO taximeter.price_state DEFAULT VALUES", "42501"),
            ("taximeter_reader", "SELECT FROM taximeter.usage_event", "42501"),
            ("taximeter_reader", "SELECT FROM taximeter.charge", "42501"),
            ("taximeter_reader", "SELECT FROM taximeter.account", "42501"),
            ("taximeter_reader", "SELECT taximeter.ensure_usage_partition('2025-01-01')", "42501"),
            ("taximeter_tenant", "SELECT FROM taximeter.margin_hourly", "42501"),
            ("taximeter_tenant", "SELECT FROM taximeter.schema_migration", "42501"),
            // The second line: whoever owns the tables, or owns the server, is refused by the guard (23001).
            ("taximeter_owner", "UPDATE taximeter.usage_event SET output_tokens = 0", "23001"),
            ("taximeter_owner", "DELETE FROM taximeter.event_key", "23001"),
            (nil, "UPDATE taximeter.usage_event SET output_tokens = 0", "23001"),
            (nil, "DELETE FROM taximeter.usage_event", "23001"),
            (nil, "TRUNCATE taximeter.usage_event", "23001"),
            (nil, "UPDATE taximeter.event_key SET payload_hash = ''", "23001"),
            (nil, "DELETE FROM taximeter.event_key", "23001"),
            (nil, "TRUNCATE taximeter.credit_grant", "23001"),
            ("taximeter_biller", "UPDATE taximeter.credit_grant SET amount = 1", "42501"),
            ("taximeter_biller", "DELETE FROM taximeter.credit_grant", "42501"),
            ("taximeter_biller", "UPDATE taximeter.ledger_transfer SET amount = 1", "42501"),
            ("taximeter_reader", "SELECT FROM taximeter.balances('{}', now())", "42501"),
            (nil, "TRUNCATE taximeter.event_key", "23001"),
            (nil, "UPDATE taximeter.usage_event_2025_03_10 SET output_tokens = 0", "23001"),
            (nil, "DELETE FROM taximeter.usage_event_2025_03_10", "23001"),
            (nil, "TRUNCATE taximeter.usage_event_2025_03_10", "23001"),
        ] as [(String?, String, SQLState)])
    func refuses(_ role: String?, _ sql: String, _ state: SQLState) throws {
        let database = try Self.databaseWithAnEvent.get()
        let connection = try Connection.open(database.options)
        if let role { try connection.execute("SET ROLE \(unsafe: role)") }
        let error = #expect(throws: PostgresError.self) { try connection.execute(SQL(unsafe: sql)) }
        #expect(error?.sqlState == state)
    }

    private static let databaseWithAnEvent = Result {
        let database = try TestDatabase()
        _ = try database.store.record([event("1")])
        return database
    }

    /// Retention works by partition, which the guard lets pass.
    @Test func aPartitionCanBeDropped() throws {
        let database = try TestDatabase()
        _ = try database.store.record([event("1")])
        try database.psql("DROP TABLE taximeter.usage_event_2025_03_10")
        #expect(try database.psql("SELECT count(*) FROM taximeter.usage_event") == "0\n")
    }

    /// What runs with its owner's privileges finds its objects by itself, wherever the caller's search_path points.
    @Test func privilegedFunctionsPinTheirSearchPath() throws {
        let functions = try TestDatabase().psql(
            """
            SELECT proname, proconfig[1:1] FROM pg_proc
            WHERE pronamespace = 'taximeter'::regnamespace AND prosecdef ORDER BY 1
            """)
        let path = "{\"search_path=pg_catalog, pg_temp\"}"
        let names = [
            "balance", "balances", "balances_at", "drop_event_keys", "ensure_bucket_partitions",
            "ensure_usage_partition",
            "keep_balances", "originals", "own_balance", "release_reservation", "replace_unused_version", "reserve",
            "settle_reservation",
        ]
        #expect(functions == names.map { "\($0)|\(path)\n" }.joined())
    }

    /// Programs run as an ordinary login that was granted the three roles, never as the owner.
    @Test func anOrdinaryLoginCanDoEverything() throws {
        let database = try TestDatabase()
        let login = "login_of_\(database.address.database)"
        try database.psql(
            "CREATE ROLE \(login) LOGIN; GRANT taximeter_writer, taximeter_biller, taximeter_reader TO \(login)")
        var options = database.options
        options.sessionInit = { try $0.execute("SET SESSION AUTHORIZATION \(unsafe: login)") }
        let store = Store(options)
        #expect(try store.record([event("1")]) == [.accepted])
        #expect(try store.run().rating.unpriced == 1)
        let hour = try (instant("2025-03-10T10:00:00Z"), instant("2025-03-10T11:00:00Z"))
        #expect(try store.marginSummary(from: hour.0, until: hour.1).map { $0["unpriced_events"] } == ["1"])
        try store.verify()
        store.close()
        try database.psql("DROP ROLE \(login)")
    }
}
