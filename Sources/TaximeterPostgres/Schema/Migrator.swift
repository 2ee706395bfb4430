import PostgresWire

/// Brings a database's schema to the version of this library, forward only.
///
/// All of it is one transaction under a lock: two runs at once do the work once, and a run that is killed leaves the
/// database as it was.
struct Migrator {
    let connection: Connection

    /// Applies what is missing, then proves the result with the verify scripts.
    ///
    /// - Returns: The names of the scripts that were applied; empty when the database was up to date.
    /// - Throws: ``StoreError`` when the database is newer than this library or was migrated with other texts;
    ///   `PostgresError` from the server, a failed verify script included.
    func migrate() throws -> [String] {
        try connection.withTransaction(.job) {
            try connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('taximeter.migrate', 0))")
            let applied = try SchemaState.read(connection)
            try applied.verify(checksums: checksums(of: SchemaScript.migrations))
            if applied.isLatest(repeatable: try checksums(of: SchemaScript.repeatable)) { return [] }

            try connection.runScript(SchemaScript.roles.map(\.text).joined())
            try connection.execute("SET LOCAL ROLE taximeter_owner")
            var done: [String] = []
            for script in SchemaScript.migrations where script.version > applied.version {
                try connection.runScript(script.text)
                try connection.execute(
                    """
                    INSERT INTO taximeter.schema_migration (version, name, checksum)
                    VALUES (\(script.version), \(script.name), encode(sha256(convert_to(\(script.text), 'UTF8')), 'hex'))
                    """)
                done.append(script.name)
            }
            for script in SchemaScript.repeatable {
                if script.name.hasPrefix("guards/"), applied.isDistributed { continue }
                try connection.runScript(script.text)
                try connection.execute(
                    """
                    INSERT INTO taximeter.schema_script (name, checksum)
                    VALUES (\(script.name), encode(sha256(convert_to(\(script.text), 'UTF8')), 'hex'))
                    ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, applied_at = excluded.applied_at
                    """)
                done.append(script.name)
            }
            try verify()
            return done
        }
    }

    /// Runs the verify scripts, each of which raises when the database is not as it should be.
    func verify() throws {
        for script in SchemaScript.verify { try connection.runScript(script.text) }
    }

    /// SHA-256 by script name, as the server computes it.
    private func checksums(of scripts: [SchemaScript]) throws -> [String: String] {
        let rows = try connection.query(ReadChecksums(texts: scripts.map(\.text)))
        return Dictionary(zip(scripts.map(\.name), rows)) { first, _ in first }
    }
}

/// The SHA-256 of each text, in order.
struct ReadChecksums: Statement {
    let texts: [String]

    var sql: SQL {
        """
        SELECT encode(sha256(convert_to(t.text, 'UTF8')), 'hex')
        FROM unnest(\(texts)) WITH ORDINALITY AS t (text, position) ORDER BY t.position
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> String { try row.get(0) }
}
