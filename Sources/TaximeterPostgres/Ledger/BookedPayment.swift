import PostgresWire
public import Taximeter

/// A payment or a write-off, as it was booked.
public struct BookedPayment: Sendable, Hashable {
    /// Its id among the account's payments, or its write-offs.
    public let id: String
    /// ``LedgerTransfer/Kind/payment`` or ``LedgerTransfer/Kind/writeOff``.
    public let kind: LedgerTransfer.Kind
    /// How much.
    public let amount: Money
    /// When it was booked for.
    public let occurredAt: Instant
    /// The invoice that it is for.
    public let invoice: String?
    /// Whether it was taken back: a write-off, with its invoice.
    public let isReversed: Bool
}

extension Store {
    /// What was paid and written off of an account's invoices, by time, and what it owes; nil where it has no invoices and
    /// no payments.
    ///
    /// - Throws: ``StoreError`` when the account is not known.
    public func payments(of account: Identifier) throws -> (booked: [BookedPayment], owed: Money?) {
        try transaction(as: .biller) { connection in
            guard let key = try connection.query(ReadAccountKeys([account])).first?.key else {
                throw StoreError(.account, "there is no account \(account): no usage of it was recorded")
            }
            let booked = try connection.query(ReadPayments(accountKey: key))
            return (booked, try connection.query(ReadReceivable(accountKey: key)).first)
        }
    }
}

/// Payments and write-offs of an account.
struct ReadPayments: Statement {
    let accountKey: Int64

    var sql: SQL {
        """
        SELECT t.transfer_id, t.kind, t.amount, t.currency, t.occurred_at, t.invoice_number,
            EXISTS (
                SELECT FROM taximeter.ledger_transfer AS r
                WHERE r.account_key = t.account_key AND r.reverses = t.transfer_id)
        FROM taximeter.ledger_transfer AS t
        WHERE t.account_key = \(accountKey) AND t.kind IN ('payment', 'write_off') AND t.reverses IS NULL
        ORDER BY t.occurred_at, t.transfer_id
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> BookedPayment {
        let (id, name) = (try row.get(0, as: String.self), try row.get(1, as: String.self))
        guard let kind = LedgerTransfer.Kind(rawValue: name) else { throw .badValue("a kind of transfer", name) }
        return BookedPayment(
            id: Identifier.name(ofPart: String(id.dropFirst(name.count + 1))), kind: kind,
            amount: Money(units: try row.units(2), try row.currency(3)), occurredAt: try row.instant(4),
            invoice: try row.get(5), isReversed: try row.get(6))
    }
}

/// What an account owes by its invoices.
struct ReadReceivable: Statement {
    let accountKey: Int64

    var sql: SQL {
        """
        SELECT balance, currency FROM taximeter.ledger_balance
        WHERE account_key = \(accountKey) AND ledger_account = 'receivable' ORDER BY currency
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Money {
        Money(units: try row.units(0), try row.currency(1))
    }
}
