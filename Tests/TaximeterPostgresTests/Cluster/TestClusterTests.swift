import Foundation
import TaximeterPostgres
import TestKit
import Testing

@Suite struct TestClusterTests {
    @Test func databasesAreCopiesAndApart() throws {
        let cluster = try TestCluster.shared()
        let template = try cluster.createDatabase()
        try cluster.psql(template.database, sql: "CREATE TABLE fact AS SELECT 42 AS answer")
        let copy = try cluster.createDatabase(template: template.database)
        try cluster.psql(template.database, sql: "UPDATE fact SET answer = 0")
        #expect(try cluster.psql(copy.database, sql: "SELECT answer FROM fact") == "42\n")
        for database in [copy, template] { try cluster.dropDatabase(database) }
        #expect(throws: ClusterError.self) { try cluster.psql(copy.database, sql: "SELECT 1") }
    }

    /// What the store insists on holds on the tests' server too, and the settings for tests have taken effect.
    @Test(arguments: [
        ("fsync", "on"), ("full_page_writes", "on"), ("synchronous_commit", "on"), ("data_checksums", "on"),
        ("server_encoding", "UTF8"), ("lc_collate", "C"), ("TimeZone", "UTC"), ("listen_addresses", ""),
        ("max_connections", "200"), ("shared_buffers", "64MB"),
    ])
    func setting(_ name: String, _ value: String) throws {
        #expect(try TestCluster.shared().psql("postgres", sql: "SHOW \(name)") == value + "\n")
    }

    /// By the server's own list of what it was built with.
    @Test func theLogIsCompressedByTheFastestMethod() throws {
        let isFastest = try TestCluster.shared().psql(
            "postgres",
            sql: """
                SELECT setting = CASE WHEN 'lz4' = ANY (enumvals) THEN 'lz4' ELSE 'pglz' END
                FROM pg_settings WHERE name = 'wal_compression'
                """)
        #expect(isFastest == "t\n")
    }

    @Test func namesTheFailedStatement() throws {
        let error = #expect(throws: ClusterError.self) {
            try TestCluster.shared().psql("postgres", sql: "SELECT 1;\nSELECT nonsense;")
        }
        #expect(error?.code == .programFailed)
        #expect(error?.description.contains(#"psql:<stdin>:2: ERROR:  column "nonsense" does not exist"#) == true)
    }
}
