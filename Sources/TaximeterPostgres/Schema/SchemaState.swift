import PostgresWire

/// What has been applied to a database so far.
struct SchemaState {
    /// The last migration; 0 for a database without the schema.
    let version: Int32
    let migrations: [String: String]
    let scripts: [String: String]
    /// Whether the tables are distributed over nodes (Citus), where triggers are not allowed.
    let isDistributed: Bool

    static func read(_ connection: Connection) throws -> SchemaState {
        let isDistributed = try connection.query(ReadExists(extensionName: "citus")).first ?? false
        guard try connection.query(ReadExists(table: "taximeter.schema_migration")).first == true else {
            return SchemaState(version: 0, migrations: [:], scripts: [:], isDistributed: isDistributed)
        }
        let migrations = try connection.query(ReadMigrations())
        let scripts = try connection.query(ReadScripts())
        return SchemaState(
            version: migrations.map(\.version).max() ?? 0,
            migrations: Dictionary(migrations.map { ($0.name, $0.checksum) }) { first, _ in first },
            scripts: Dictionary(scripts.map { ($0.name, $0.checksum) }) { first, _ in first },
            isDistributed: isDistributed)
    }

    /// The last migration alone, which every role may read; 0 for a database without the schema.
    static func version(_ connection: Connection) throws -> Int32 {
        guard try connection.query(ReadExists(table: "taximeter.schema_migration")).first == true else { return 0 }
        return try connection.query(ReadMigrations()).map(\.version).max() ?? 0
    }

    /// Whether nothing is left to apply.
    func isLatest(repeatable: [String: String]) -> Bool {
        version == SchemaScript.latestVersion
            && repeatable.allSatisfy { name, checksum in
                scripts[name] == checksum || (isDistributed && name.hasPrefix("guards/"))
            }
    }

    /// Refuses a database that another version of the library has shaped.
    func verify(checksums: [String: String]) throws(StoreError) {
        try Self.verify(version: version, orNothing: true)
        for (name, checksum) in migrations.sorted(by: { $0.key < $1.key }) where checksums[name] != checksum {
            throw StoreError(
                .schemaChanged,
                "the database was migrated with another text of \(name) than this version of taximeter has; use the "
                    + "version that made it")
        }
    }

    /// Refuses to work on a schema of another version.
    static func verify(version: Int32, orNothing: Bool = false) throws(StoreError) {
        let latest = SchemaScript.latestVersion
        if version > latest {
            throw StoreError(
                .schemaNew,
                "the database's schema is version \(version), this taximeter knows versions up to \(latest): upgrade it"
            )
        }
        if orNothing || version == latest { return }
        throw version == 0
            ? StoreError(.schemaMissing, "the database has no Taximeter schema: run taximeter db migrate")
            : StoreError(
                .schemaOld,
                "the database's schema is version \(version), this taximeter needs \(latest): run taximeter db migrate")
    }
}

/// Whether a table or an extension is there.
struct ReadExists: Statement {
    let sql: SQL

    init(table: String) { sql = "SELECT to_regclass(\(table)) IS NOT NULL" }
    init(extensionName: String) {
        sql = "SELECT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = \(extensionName))"
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Bool { try row.get(0) }
}

/// The migrations that were applied.
struct ReadMigrations: Statement {
    struct Row {
        let version: Int32
        let name: String
        let checksum: String
    }

    var sql: SQL { "SELECT version, name, checksum FROM taximeter.schema_migration" }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(version: try row.get(0), name: try row.get(1), checksum: try row.get(2))
    }
}

/// The repeatable scripts that were applied.
struct ReadScripts: Statement {
    struct Row {
        let name: String
        let checksum: String
    }

    var sql: SQL { "SELECT name, checksum FROM taximeter.schema_script" }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(name: try row.get(0), checksum: try row.get(1))
    }
}
