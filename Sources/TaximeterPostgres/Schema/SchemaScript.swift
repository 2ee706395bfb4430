/// One SQL file of the schema, as it travels inside the binary.
struct SchemaScript: Sendable {
    /// The path inside `sql/`, such as `migrations/0001_dictionaries.sql`.
    let name: String
    let text: String

    /// The number at the start of a migration's file name.
    var version: Int32 { Int32(name.split(separator: "/").last?.prefix(4) ?? "") ?? 0 }

    /// Creates the roles, as whoever runs the migration.
    static let roles = folder("roles/roles")
    /// Forward only, in order, each once.
    static let migrations = folder("migrations/")
    /// Applied again whenever the text of one has changed: views, guards, privileges.
    static let repeatable = folder("views/") + folder("guards/") + folder("roles/grants")
    /// Raise an exception where the database is not what the migrations should have made.
    static let verify = folder("verify/")

    /// The schema version that this library reads and writes.
    static var latestVersion: Int32 { migrations.last?.version ?? 0 }

    private static func folder(_ prefix: String) -> [SchemaScript] {
        EmbeddedText.files.compactMap { file in
            let name = file.path.dropFirst("sql/".count)
            return name.hasPrefix(prefix) ? SchemaScript(name: String(name), text: file.text) : nil
        }
    }
}
