import PostgresWire
import TaximeterPostgres
import TestKit
import Testing

/// Nothing of it needs a superuser: a role that may create roles and owns the database is enough.
@Suite struct DeployTests {
    @Test func anOwnerOfTheDatabaseCanMigrate() throws {
        let cluster = try TestCluster.shared()
        // The roles exist on this server from here on, as they would on a server with another store.
        _ = try TestDatabase()
        let address = try cluster.createDatabase()
        let deployer = "deployer_of_\(address.database)"
        try cluster.psql(
            "postgres",
            sql: "CREATE ROLE \(deployer) LOGIN CREATEROLE; ALTER DATABASE \(address.database) OWNER TO \(deployer)")
        var options = ConnectionOptions(address.connectionString)
        options.sessionInit = { try $0.execute("SET SESSION AUTHORIZATION \(unsafe: deployer)") }
        #expect(try !Store.migrate(options).isEmpty)
        #expect(try Store.migrate(options) == [])
        // Whoever deploys does not own what was made.
        let owners = try cluster.psql(
            address.database,
            sql: """
                SELECT DISTINCT relowner::regrole FROM pg_class WHERE relnamespace = 'taximeter'::regnamespace
                UNION SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'taximeter'
                UNION SELECT proowner::regrole FROM pg_proc WHERE pronamespace = 'taximeter'::regnamespace
                """)
        #expect(owners == "taximeter_owner\n")
        try cluster.dropDatabase(address)
        try cluster.psql("postgres", sql: "DROP OWNED BY \(deployer); DROP ROLE \(deployer)")
    }
}
