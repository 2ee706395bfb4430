import PostgresWire
import Taximeter

/// Transfers of an invoice that were not reversed.
struct ReadInvoiceTransfers: Statement {
    let accountKey: Int64
    let number: String

    var sql: SQL {
        """
        SELECT t.transfer_id, t.kind, t.debit, t.credit, t.amount, t.currency, t.occurred_at, t.invoice_number, t.grant_id
        FROM taximeter.ledger_transfer AS t
        WHERE t.account_key = \(accountKey) AND t.invoice_number = \(number) AND t.reverses IS NULL
            AND NOT EXISTS (
                SELECT FROM taximeter.ledger_transfer AS r
                WHERE r.account_key = t.account_key AND r.reverses = t.transfer_id)
        ORDER BY t.transfer_id
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> LedgerTransfer { try row.transfer() }
}

/// A transfer by its id.
struct ReadTransfer: Statement {
    let accountKey: Int64
    let id: String

    var sql: SQL {
        """
        SELECT transfer_id, kind, debit, credit, amount, currency, occurred_at, invoice_number, grant_id
        FROM taximeter.ledger_transfer WHERE account_key = \(accountKey) AND transfer_id = \(id)
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> LedgerTransfer { try row.transfer() }
}

extension ResultRow {
    /// A transfer from nine columns.
    fileprivate func transfer() throws(PostgresError) -> LedgerTransfer {
        let (id, kind) = (try get(0, as: String.self), try get(1, as: String.self))
        let (debit, credit) = (try get(2, as: String.self), try get(3, as: String.self))
        let amount = Money(units: try units(4), try currency(5))
        let (occurredAt, invoice) = (try instant(6), try get(7, as: String?.self))
        let grant = try optionalIdentifier(8)
        guard let kind = LedgerTransfer.Kind(rawValue: kind), let debit = LedgerAccount(rawValue: debit),
            let credit = LedgerAccount(rawValue: credit), amount.units > 0,
            let transfer = try? LedgerTransfer(
                id: id, kind: kind, debit: debit, credit: credit, amount: amount, occurredAt: occurredAt,
                invoice: invoice, grant: grant)
        else { throw .badValue("a transfer", id) }
        return transfer
    }
}
