import PostgresWire
import Synchronization
import Taximeter

/// A dictionary table: it gives integer keys to names, and remembers those it has given.
final class NameTable: Sendable {
    /// More than this many remembered names are forgotten and read again.
    static let maximumRemembered = 1_000_000

    let table: String
    let nameColumn: String
    private let keys = Mutex<[Identifier: Int64]>([:])
    /// How often all names were forgotten. Changed, and compared, while ``keys`` is locked.
    private let forgotten = Atomic<Int>(0)

    init(table: String, nameColumn: String = "name") {
        self.table = table
        self.nameColumn = nameColumn
    }

    /// Forgets all names: the server may be another one, which does not have the last of them.
    func forget() {
        keys.withLock { keys in
            keys = [:]
            forgotten.add(1, ordering: .relaxed)
        }
    }

    /// The key of a name among those that ``keys(of:in:)`` gave.
    func key(_ name: Identifier, _ keys: [Identifier: Int64]) throws(StoreError) -> Int64 {
        guard let key = keys[name] else {
            throw StoreError(.privilege, "taximeter.\(table) gave no key for \(name): its rows cannot be read")
        }
        return key
    }

    /// The key of each name, in order, made for those that have none yet.
    func keys(of names: some Collection<Identifier>, in store: Store) throws -> [Int64] {
        if let found = remembered(names) { return found }
        let known = try keys(of: Set(names), in: store)
        return try names.map { try key($0, known) }
    }

    /// The keys when all of them are remembered. Neighbours mostly have the same name, which is looked up once.
    private func remembered(_ names: some Collection<Identifier>) -> [Int64]? {
        keys.withLock { remembered in
            var found: [Int64] = []
            found.reserveCapacity(names.count)
            var last: (name: Identifier, key: Int64)?
            for name in names {
                if let last, last.name == name {
                    found.append(last.key)
                    continue
                }
                guard let key = remembered[name] else { return nil }
                found.append(key)
                last = (name, key)
            }
            return found
        }
    }

    /// The key of each name, made for those that have none yet.
    ///
    /// Keys are committed at once, in their own transaction: one that no event uses in the end does no harm.
    func keys(of names: Set<Identifier>, in store: Store) throws -> [Identifier: Int64] {
        let (remembered, begun) = keys.withLock { remembered in
            let known = names.reduce(into: [Identifier: Int64](minimumCapacity: names.count)) {
                $0[$1] = remembered[$1]
            }
            return (known, forgotten.load(ordering: .relaxed))
        }
        var known = remembered
        let unknown = names.filter { known[$0] == nil }.sorted()
        if unknown.isEmpty { return known }

        let texts = unknown.map(\.text)
        let found = try store.transaction(as: .writer) { connection in
            var found = try connection.query(ReadKeys(table: self, names: texts))
            if found.count < texts.count {
                let there = Set(found.map(\.name))
                let missing = unknown.filter { !there.contains($0) }.map(\.text)
                try connection.execute(
                    """
                    INSERT INTO taximeter.\(unsafe: table) (\(unsafe: nameColumn))
                    SELECT t.name FROM unnest(\(missing)) AS t (name) ORDER BY t.name COLLATE "C"
                    ON CONFLICT (\(unsafe: nameColumn)) DO NOTHING
                    """)
                found = try connection.query(ReadKeys(table: self, names: texts))
            }
            return found
        }
        for row in found { known[row.name] = row.key }
        keys.withLock { remembered in
            // What an old connection has said is not remembered behind a new one.
            if forgotten.load(ordering: .relaxed) != begun { return }
            if remembered.count > Self.maximumRemembered { remembered = [:] }
            for row in found { remembered[row.name] = row.key }
        }
        return known
    }
}

/// Keys of names that are in a dictionary table.
struct ReadKeys: Statement {
    struct Row {
        let name: Identifier
        let key: Int64
    }

    let sql: SQL

    init(table: NameTable, names: [String]) {
        sql = """
            SELECT \(unsafe: table.nameColumn), \(unsafe: table.table)_key::int8 FROM taximeter.\(unsafe: table.table)
            WHERE \(unsafe: table.nameColumn) = ANY(\(names))
            """
    }

    /// The names of some keys.
    init(table: NameTable, keys: [Int64]) {
        sql = """
            SELECT \(unsafe: table.nameColumn), \(unsafe: table.table)_key::int8 FROM taximeter.\(unsafe: table.table)
            WHERE \(unsafe: table.table)_key = ANY(\(keys))
            """
    }

    /// All names of a table.
    init(allOf table: NameTable) {
        sql = """
            SELECT \(unsafe: table.nameColumn), \(unsafe: table.table)_key::int8 FROM taximeter.\(unsafe: table.table)
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(name: try row.identifier(0), key: try row.get(1))
    }
}
