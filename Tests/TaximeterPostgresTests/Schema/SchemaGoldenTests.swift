import Foundation
import TestKit
import Testing

@testable import TaximeterPostgres

@Suite struct SchemaGoldenTests {
    /// `sql/schema.sql` is what the migrations make: to be read, and to see in a review what a migration changes.
    @Test func schemaIsTheGoldenOne() throws {
        let database = try TestDatabase()
        let psql = try #require(ServerPrograms.installed(environment: ProcessInfo.processInfo.environment).first)
        let dump = try Command(
            program: psql.path("pg_dump"),
            arguments: [
                "--schema-only", "-n", "taximeter", "--no-owner", "--no-privileges", "-d",
                database.address.connectionString,
            ], environment: ServerAccount.environment
        ).run()
        #expect(dump.succeeded, "\(dump.errors)")
        try Golden(file: Fixtures.packageRoot.appending(path: "sql/schema.sql")).check(
            Self.withoutPreamble(dump.output))
    }

    /// Without what depends on the programs' versions: comments that are not the schema's, settings, `\restrict`.
    static func withoutPreamble(_ dump: String) -> String {
        var text = "-- Made by pg_dump --schema-only from a migrated database; a test keeps it so.\n"
        var isBlank = false
        for line in dump.split(separator: "\n", omittingEmptySubsequences: false) {
            if ["--", "SET ", "SELECT pg_catalog.set_config", "\\"].contains(where: line.hasPrefix) { continue }
            if line.isEmpty {
                isBlank = true
                continue
            }
            text += (isBlank ? "\n" : "") + line + "\n"
            isBlank = false
        }
        return text
    }

    /// What a DBA sees in `\d+`: every table, view and function says what it is.
    @Test func everythingHasAComment() throws {
        let missing = try TestDatabase().psql(
            """
            SELECT relname FROM pg_class
            WHERE relnamespace = 'taximeter'::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT relispartition
                AND obj_description(oid, 'pg_class') IS NULL
            UNION ALL
            SELECT proname FROM pg_proc
            WHERE pronamespace = 'taximeter'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL
            """)
        #expect(missing == "")
    }

    /// The same columns, constraints and defaults in a partition as in its table, so that attaching one reads nothing.
    @Test func aPartitionIsMadeOnceAndInOneDay() throws {
        let database = try TestDatabase()
        let make = "SELECT taximeter.ensure_usage_partition('2025-03-30')"
        #expect(try database.psql("SET TimeZone = 'Europe/Berlin'; \(make)") == "t\n")
        #expect(try database.psql(make) == "f\n")
        #expect(
            try database.psql(
                """
                SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_class AS c
                WHERE c.relispartition AND c.relkind = 'r'
                """)
                == "usage_event_2025_03_30|FOR VALUES FROM ('2025-03-30 00:00:00+00') TO ('2025-03-31 00:00:00+00')\n")
    }

    /// The same of buckets, whose days are made together.
    @Test func bucketPartitionsAreMadeOnceAndInTheirDays() throws {
        let database = try TestDatabase()
        let make = "SELECT taximeter.ensure_bucket_partitions('{2025-03-30,2024-12-31,2025-03-30}')"
        #expect(try database.psql("SET TimeZone = 'Europe/Berlin'; \(make)") == "2\n")
        #expect(try database.psql(make) == "0\n")
        #expect(
            try database.psql(
                """
                SELECT c.relname, pg_get_expr(c.relpartbound, c.oid), c.reloptions FROM pg_class AS c
                WHERE c.relispartition AND c.relkind = 'r' ORDER BY 1
                """)
                    == """
                    usage_bucket_2024_12_31|FOR VALUES FROM ('2024-12-31 00:00:00+00') TO ('2025-01-01 00:00:00+00')|{fillfactor=80}
                    usage_bucket_2025_03_30|FOR VALUES FROM ('2025-03-30 00:00:00+00') TO ('2025-03-31 00:00:00+00')|{fillfactor=80}

                    """)
    }
}
