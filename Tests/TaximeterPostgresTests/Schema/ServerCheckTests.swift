import PostgresWire
import TestKit
import Testing

@testable import TaximeterPostgres

/// Settings of a server that can be trusted, but for what a case changes.
private func server(
    fsync: String = "on", fullPageWrites: String = "on", isInRecovery: Bool = false, encoding: String = "UTF8",
    version: Int32 = 150_000
) -> ServerCheck {
    ServerCheck(
        settings: .init(
            fsync: fsync, fullPageWrites: fullPageWrites, isInRecovery: isInRecovery, encoding: encoding,
            version: version))
}

@Suite struct ServerCheckTests {
    @Test(arguments: [150_000, 150_018, 180_001] as [Int32])
    func acceptsASafeServer(_ version: Int32) throws {
        try server(version: version).verify()
    }

    @Test(arguments: [
        (server(fsync: "off"), "the server has fsync = off: a crash could lose what was billed; set fsync = on"),
        (
            server(fullPageWrites: "off"),
            "the server has full_page_writes = off: a crash could lose what was billed; set full_page_writes = on"
        ),
        (server(isInRecovery: true), "the server is a standby (in recovery): connect to the primary"),
        (server(encoding: "SQL_ASCII"), "the database's encoding is SQL_ASCII: create it with UTF8"),
        (server(version: 149_999), "the server is PostgreSQL 14: 15 or newer is needed"),
    ])
    func refuses(_ check: ServerCheck, _ text: String) {
        let error = #expect(throws: StoreError.self) { try check.verify() }
        #expect(error?.code == .unsafeServer)
        #expect(error?.description == text)
    }

    @Test(arguments: [
        (0, StoreError.Code.schemaMissing, "the database has no Taximeter schema: run taximeter db migrate"),
        (
            1, .schemaOld,
            "the database's schema is version 1, this taximeter needs \(SchemaScript.latestVersion): run taximeter db migrate"
        ),
        (
            SchemaScript.latestVersion + 1, .schemaNew,
            "the database's schema is version \(SchemaScript.latestVersion + 1), this taximeter knows versions up to \(SchemaScript.latestVersion): upgrade it"
        ),
    ])
    func refusesSchema(_ version: Int32, _ code: StoreError.Code, _ text: String) {
        let error = #expect(throws: StoreError.self) { try SchemaState.verify(version: version) }
        #expect(error == StoreError(code, text))
    }

    /// The same answers from real databases, at the first thing that is asked of the store.
    @Test(arguments: [
        ("DROP SCHEMA taximeter CASCADE", StoreError.Code.schemaMissing),
        ("DELETE FROM taximeter.schema_migration WHERE version > 2", .schemaOld),
        ("INSERT INTO taximeter.schema_migration VALUES (99, 'later', '')", .schemaNew),
    ])
    func refusesTheDatabase(_ sql: String, _ code: StoreError.Code) throws {
        let database = try TestDatabase()
        try database.psql(sql)
        #expect(#expect(throws: StoreError.self) { try database.store.run() }?.code == code)
        #expect(#expect(throws: StoreError.self) { try database.store.record([event("1")]) }?.code == code)
    }

    @Test func refusesAnotherEncoding() throws {
        let cluster = try TestCluster.shared()
        let name = try cluster.createDatabase().database + "_ascii"
        try cluster.psql(
            "postgres",
            sql: "CREATE DATABASE \(name) ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
        let options = ConnectionOptions(cluster.address.with(database: name).connectionString)
        let error = #expect(throws: StoreError.self) { try Store.migrate(options) }
        #expect(error?.description == "the database's encoding is SQL_ASCII: create it with UTF8")
    }

    /// The user's own session-init hook comes first, so that what it sets is judged too.
    @Test func judgesWhatTheOwnHookSets() throws {
        var options = try TestDatabase().options
        options.sessionInit = { _ in throw StoreError(.privilege, "the hook ran") }
        let store = Store(options)
        #expect(throws: StoreError(.privilege, "the hook ran")) { try store.verify() }
    }
}
