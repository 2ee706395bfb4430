import PostgresWire
public import Taximeter

/// Something that an embedder is told of an account.
public struct OutboxEvent: Sendable, Hashable {
    /// The account.
    public let account: Identifier
    /// Its place among the events of the account: 1, 2, 3, ...
    public let sequence: Int64
    /// What it tells: `spend_threshold`, `low_balance`, `balance_exhausted`. More may come.
    public let kind: String
    /// The particulars, as JSON: amounts are decimals in text. docs/credits.md has them.
    public let payload: String
    /// When it was found.
    public let madeAt: Instant
}

extension Store {
    /// Reads events that were not acknowledged, in their order for each account, and leaves them: whoever reads and is killed
    /// reads them again. At most `limit`.
    public func readOutbox(limit: Int = 100) throws -> [OutboxEvent] {
        try transaction(as: .biller) { try $0.query(ReadOutbox(limit: limit)) }
    }

    /// Removes the events of an account up to a sequence, once they were dealt with; returns how many there were.
    @discardableResult
    public func acknowledge(_ account: Identifier, through sequence: Int64) throws -> Int {
        try transaction(as: .biller) { connection in
            let accountKey = try Self.key(of: account, connection)
            return try connection.execute(
                "DELETE FROM taximeter.outbox WHERE account_key = \(accountKey) AND sequence <= \(sequence)")
        }
    }
}

/// Events that were not acknowledged.
struct ReadOutbox: Statement {
    let limit: Int

    var sql: SQL {
        """
        SELECT a.external_id, o.sequence, o.kind, o.payload::text, o.made_at
        FROM taximeter.outbox AS o INNER JOIN taximeter.account AS a ON a.account_key = o.account_key
        ORDER BY o.account_key, o.sequence LIMIT \(Int64(max(0, limit)))
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> OutboxEvent {
        OutboxEvent(
            account: try row.identifier(0), sequence: try row.get(1), kind: try row.get(2), payload: try row.get(3),
            madeAt: try row.instant(4))
    }
}
