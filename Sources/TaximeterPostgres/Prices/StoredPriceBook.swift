import PostgresWire
import Taximeter

/// A price book as the store has it: put together from its stored versions, with their keys.
struct StoredPriceBook: Sendable {
    let key: Int32
    let book: PriceBook
    /// Keys of the tariff versions, by model and start.
    let versionKeys: [VersionID: Int32]

    struct VersionID: Hashable {
        let model: Identifier
        let from: Instant
    }

    /// A book as if it were stored, under a key that no stored book has.
    init(unstored book: PriceBook) {
        key = 0
        self.book = book
        versionKeys = [:]
    }

    /// Reads all books, in order of their keys.
    static func readAll(_ connection: Connection) throws -> [StoredPriceBook] {
        let books = try connection.query(ReadPriceBooks())
        let versions = Dictionary(grouping: try connection.query(ReadTariffVersions()), by: \.bookKey)
        let aliases = Dictionary(grouping: try connection.query(ReadModelAliases()), by: \.bookKey)
        return try books.map { row in
            try StoredPriceBook(row, versions: versions[row.key] ?? [], aliases: aliases[row.key] ?? [])
        }
    }

    private init(
        _ row: ReadPriceBooks.Row, versions: [ReadTariffVersions.Row], aliases: [ReadModelAliases.Row]
    ) throws {
        let aliasesByModel = Dictionary(grouping: aliases, by: \.model)
        let tariffs = Dictionary(grouping: versions, by: \.model).sorted { $0.key < $1.key }.map { model, versions in
            StoredTariff(
                model: model, aliases: (aliasesByModel[model] ?? []).map(\.alias),
                versions: versions.sorted { $0.from < $1.from }.map(\.definition))
        }
        key = row.key
        book = try PriceBook(header: row.header, stored: tariffs)
        versionKeys = Dictionary(versions.map { (VersionID(model: $0.model, from: $0.from), $0.key) }) { first, _ in
            first
        }
    }
}

/// Books without their tariffs.
struct ReadPriceBooks: Statement {
    struct Row {
        let key: Int32
        let header: PriceBook.Header
    }

    var sql: SQL {
        """
        SELECT price_book_key, name, currency, rating_instant, reference_model, terms FROM taximeter.price_book
        ORDER BY price_book_key
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        let currency = try row.get(2, as: String.self)
        let instant = try row.get(3, as: String.self)
        guard let currency = Currency(code: currency) else { throw .badValue("currency", currency) }
        guard let instant = RatingInstant(rawValue: instant) else { throw .badValue("rating_instant", instant) }
        let text = try row.get(5, as: String?.self)
        let terms: Terms
        do {
            terms = try text.map { text throws(FileErrors) in try Terms(canonicalText: text) } ?? .none
        } catch {
            throw .badValue("terms", error.description)
        }
        return Row(
            key: try row.get(0),
            header: PriceBook.Header(
                name: try row.identifier(1), currency: currency, ratingInstant: instant,
                reference: try row.optionalIdentifier(4), terms: terms))
    }
}

/// Versions of all tariffs.
struct ReadTariffVersions: Statement {
    struct Row {
        let key: Int32
        let bookKey: Int32
        let model: Identifier
        let from: Instant
        let definition: String
    }

    var sql: SQL {
        """
        SELECT tariff_version_key, price_book_key, model, effective_from, definition FROM taximeter.tariff_version
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(
            key: try row.get(0), bookKey: try row.get(1), model: try row.identifier(2), from: try row.instant(3),
            definition: try row.get(4))
    }
}

/// Other names of models.
struct ReadModelAliases: Statement {
    struct Row {
        let bookKey: Int32
        let model: Identifier
        let alias: ModelAlias
    }

    var sql: SQL {
        """
        SELECT price_book_key, model, alias, effective_from, effective_until FROM taximeter.model_alias
        ORDER BY price_book_key, alias, effective_from
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        let from = try row.instant(3)
        guard let effective = EffectivePeriod(from: from, until: try row.optionalInstant(4)) else {
            throw .badValue("effective_from", from.description)
        }
        return Row(
            bookKey: try row.get(0), model: try row.identifier(1),
            alias: ModelAlias(name: try row.identifier(2), effective: effective))
    }
}
