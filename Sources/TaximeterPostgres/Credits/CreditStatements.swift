import PostgresWire
import Taximeter

/// Keeps everybody else who changes or reserves the credits of an account waiting until the transaction's end.
enum LockCredits {
    static func sql(_ accountKey: Int64) -> SQL {
        "SELECT pg_advisory_xact_lock(hashtextextended('taximeter.credits', \(accountKey)))"
    }
}

/// The key of an account, if it is known.
struct ReadAccountKey: Statement {
    let account: Identifier

    var sql: SQL { "SELECT account_key FROM taximeter.account WHERE external_id = \(account.text)" }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int64 { try row.get(0) }
}

/// Stores a grant, unless its id is taken.
enum InsertGrant {
    static func sql(_ grant: CreditGrant, _ accountKey: Int64) -> SQL {
        """
        INSERT INTO taximeter.credit_grant (
            account_key, grant_id, kind, amount, currency, priority, effective_from, expires_at, models, channels)
        VALUES (\(accountKey), \(grant.id.text), \(grant.kind.rawValue), \(Numeric(units: grant.amount.units)), \
        \(grant.amount.currency.code), \(grant.priority), \(grant.effective.from), \
        \(grant.effective.until.map(Timestamp.init)), \(grant.models.sorted().map(\.text)), \
        \(grant.channels.sorted().map(\.text)))
        ON CONFLICT (account_key, grant_id) DO NOTHING
        """
    }
}

/// Begins to keep what is left of a grant.
enum InsertGrantBalance {
    static func sql(_ grant: CreditGrant, _ accountKey: Int64) -> SQL {
        """
        INSERT INTO taximeter.grant_balance (account_key, grant_id, remaining, effective_from, expires_at)
        VALUES (\(accountKey), \(grant.id.text), 0, \(grant.effective.from), \(grant.effective.until.map(Timestamp.init)))
        """
    }
}

/// Begins to keep an account that has credits, and tells its currency. One that is kept already is not locked: whoever
/// tells the outbox locks it last, with grants and the ledger's balances in hand.
struct EnsureCreditAccount: Statement {
    let accountKey: Int64
    let currency: Currency

    var sql: SQL {
        """
        WITH added AS (
            INSERT INTO taximeter.credit_account (account_key, currency) VALUES (\(accountKey), \(currency.code))
            ON CONFLICT (account_key) DO NOTHING RETURNING currency
        )
        SELECT currency FROM added
        UNION ALL SELECT currency FROM taximeter.credit_account WHERE account_key = \(accountKey)
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> String { try row.get(0) }
}

/// The amount of a transfer of an account.
struct ReadTransferAmount: Statement {
    let accountKey: Int64
    let id: String

    var sql: SQL {
        """
        SELECT amount, currency FROM taximeter.ledger_transfer
        WHERE account_key = \(accountKey) AND transfer_id = \(id)
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Money { try row.money(0, currency: 1) }
}

/// Grants with what is left of each.
struct ReadGrants: Statement {
    struct Row {
        let accountKey: Int64
        let open: OpenGrant
    }

    let sql: SQL

    private static let columns: SQL = """
        SELECT g.account_key, a.external_id, g.grant_id, g.kind, g.amount, g.currency, g.priority, g.effective_from,
            g.expires_at, g.models, g.channels, b.remaining
        FROM taximeter.credit_grant AS g
        INNER JOIN taximeter.grant_balance AS b ON b.account_key = g.account_key AND b.grant_id = g.grant_id
        INNER JOIN taximeter.account AS a ON a.account_key = g.account_key
        """

    /// One, or all, of an account.
    init(accountKey: Int64, id: Identifier? = nil) {
        let isWanted: SQL = id.map { "AND g.grant_id = \($0.text)" } ?? ""
        sql = "\(Self.columns) WHERE g.account_key = \(accountKey) \(isWanted) ORDER BY g.grant_id"
    }

    /// Those of some accounts of which something is left.
    init(openOf accountKeys: [Int64]) {
        sql = "\(Self.columns) WHERE b.account_key = ANY(\(accountKeys)) AND b.remaining > 0"
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        let kind = try row.get(3, as: String.self)
        guard let kind = CreditGrant.Kind(rawValue: kind) else { throw .badValue("kind", kind) }
        let from = try row.instant(7)
        guard let effective = EffectivePeriod(from: from, until: try row.optionalInstant(8)) else {
            throw .badValue("effective_from", from.description)
        }
        let amount = try row.money(4, currency: 5)
        let grant: CreditGrant
        do {
            grant = try CreditGrant(
                account: row.identifier(1), id: row.identifier(2), kind: kind, amount: amount, priority: row.get(6),
                effective: effective, models: row.identifiers(9), channels: row.identifiers(10))
        } catch let error as PostgresError {
            throw error
        } catch {
            throw .badValue("a credit grant", "\(error)")
        }
        return Row(
            accountKey: try row.get(0),
            open: OpenGrant(grant: grant, left: Money(units: try row.units(11), amount.currency)))
    }
}

extension ResultRow {
    /// An amount with its currency's code in another column.
    func money(_ column: Int, currency codeColumn: Int) throws(PostgresError) -> Money {
        let code = try get(codeColumn, as: String.self)
        guard let currency = Currency(code: code) else { throw .badValue("currency", code) }
        return Money(units: try units(column), currency)
    }

    /// A set of names.
    fileprivate func identifiers(_ column: Int) throws -> Set<Identifier> {
        Set(try get(column, as: [String].self).map { try Identifier($0) })
    }
}
