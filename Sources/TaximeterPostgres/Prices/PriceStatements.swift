import PostgresWire
import Taximeter

/// The row that counts loads of prices.
struct ReadPriceState: Statement {
    enum Lock: String {
        case forShare = "FOR SHARE"
        case forUpdate = "FOR UPDATE"
    }

    struct Row {
        let generation: Int64
        let defaultBookKey: Int32?
    }

    /// Nil where the transaction's own snapshot is enough.
    let lock: Lock?

    var sql: SQL {
        "SELECT generation, default_price_book_key FROM taximeter.price_state \(unsafe: lock?.rawValue ?? "")"
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(generation: try row.get(0), defaultBookKey: try row.get(1))
    }
}

/// Stores a book's header.
struct InsertPriceBook: Statement {
    let header: PriceBook.Header

    var sql: SQL {
        """
        INSERT INTO taximeter.price_book (name, currency, rating_instant, reference_model, terms)
        VALUES (\(header.name.text), \(header.currency.code), \(header.ratingInstant.rawValue), \
        \(header.reference?.text), \(header.terms == .none ? nil : header.terms.canonicalText))
        RETURNING price_book_key
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int32 { try row.get(0) }
}

/// Gives a version another content from an instant on, unless a charge from then on was priced by it.
struct ReplaceUnusedVersion: Statement {
    let key: Int32
    let definition: String
    let unusedFrom: Instant

    var sql: SQL { "SELECT taximeter.replace_unused_version(\(key), \(definition), \(unusedFrom))" }

    /// Whether it was replaced.
    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Bool { try row.get(0) }
}

/// Has the periods rated again that a change of prices reaches; locked in key order, as everywhere.
enum MarkPeriods {
    static func sql(from instant: Instant) -> SQL {
        """
        WITH reached AS (
            SELECT account_key, period_start FROM taximeter.account_period WHERE period_end > \(instant)
            ORDER BY account_key, period_start FOR UPDATE
        )
        UPDATE taximeter.account_period AS p SET stale = true FROM reached AS r
        WHERE p.account_key = r.account_key AND p.period_start = r.period_start
        """
    }
}

/// How many periods that a change of prices reaches were billed.
struct CountBilledPeriods: Statement {
    let from: Instant

    var sql: SQL {
        """
        SELECT count(*) FROM taximeter.account_period WHERE period_end > \(from) AND billed_revision IS NOT NULL
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int {
        Int(truncatingIfNeeded: try row.get(0, as: Int64.self))
    }
}
