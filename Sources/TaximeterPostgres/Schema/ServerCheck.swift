import PostgresWire

/// What a server must be like before money is written to it: one that acknowledges before it has written can lose what
/// was billed, a standby cannot be written to, and another encoding would change ids.
struct ServerCheck {
    static let oldestVersion: Int32 = 150_000

    let settings: ReadServerSettings.Row

    /// Refuses a server that cannot be trusted with money.
    func verify() throws(StoreError) {
        for (name, value) in [("fsync", settings.fsync), ("full_page_writes", settings.fullPageWrites)]
        where value != "on" {
            throw StoreError(
                .unsafeServer, "the server has \(name) = \(value): a crash could lose what was billed; set \(name) = on"
            )
        }
        if settings.isInRecovery {
            throw StoreError(.unsafeServer, "the server is a standby (in recovery): connect to the primary")
        }
        if settings.encoding != "UTF8" {
            throw StoreError(.unsafeServer, "the database's encoding is \(settings.encoding): create it with UTF8")
        }
        if settings.version < Self.oldestVersion {
            throw StoreError(
                .unsafeServer,
                "the server is PostgreSQL \(settings.version / 10_000): \(Self.oldestVersion / 10_000) or newer is needed"
            )
        }
    }
}

/// The settings that ``ServerCheck`` judges.
struct ReadServerSettings: Statement {
    struct Row {
        let fsync: String
        let fullPageWrites: String
        let isInRecovery: Bool
        let encoding: String
        let version: Int32
    }

    var sql: SQL {
        """
        SELECT current_setting('fsync'), current_setting('full_page_writes'), pg_catalog.pg_is_in_recovery(), \
        current_setting('server_encoding'), current_setting('server_version_num')::int4
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(
            fsync: try row.get(0), fullPageWrites: try row.get(1), isInRecovery: try row.get(2),
            encoding: try row.get(3), version: try row.get(4))
    }
}
