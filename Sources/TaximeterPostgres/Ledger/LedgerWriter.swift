import PostgresWire
import Taximeter

/// Writes movements of money, and what they add up to: the only writer of the ledger.
enum LedgerWriter {
    /// Inserts the transfers, and keeps the balances of ledger accounts and grants, and what was collected of accounts'
    /// months, with them, inside the caller's transaction. Rows are locked in the order of their keys: grants before
    /// ledger accounts before months.
    ///
    /// A transfer that is there already fails the transaction (SQLSTATE 23505): who calls has looked before, under a lock.
    static func write(
        _ transfers: [(accountKey: Int64, transfer: LedgerTransfer)], _ connection: Connection
    ) throws {
        if transfers.isEmpty { return }
        try connection.execute(InsertTransfers.sql(transfers))
        try connection.execute(KeepGrantBalances.sql(transfers.filter { $0.transfer.grant != nil }))
        try connection.execute(KeepLedgerBalances.sql(transfers))
        let settling = transfers.filter { [.payment, .writeOff].contains($0.transfer.kind) }
        if !settling.isEmpty { try connection.execute(KeepCollectedMonths.sql(settling)) }
    }
}

/// Inserts transfers.
enum InsertTransfers {
    static func sql(_ rows: [(accountKey: Int64, transfer: LedgerTransfer)]) -> SQL {
        let transfers = rows.map(\.transfer)
        return """
            INSERT INTO taximeter.ledger_transfer (
                account_key, transfer_id, kind, debit, credit, amount, currency, occurred_at, invoice_number, grant_id,
                reverses)
            SELECT t.account_key, t.id, t.kind, t.debit, t.credit, t.amount, t.currency, t.occurred_at,
                nullif(t.invoice, ''), nullif(t.grant_id, ''), nullif(t.reverses, '')
            FROM unnest(
                \(rows.map(\.accountKey)), \(transfers.map(\.id)), \(transfers.map(\.kind.rawValue)),
                \(transfers.map(\.debit.rawValue)), \(transfers.map(\.credit.rawValue)),
                \(transfers.map { Numeric(units: $0.amount.units) }), \(transfers.map(\.amount.currency.code)),
                \(transfers.map { Timestamp($0.occurredAt) }), \(transfers.map { $0.invoice ?? "" }),
                \(transfers.map { $0.grant?.text ?? "" }), \(transfers.map { $0.reverses ?? "" }))
            AS t (account_key, id, kind, debit, credit, amount, currency, occurred_at, invoice, grant_id, reverses)
            """
    }
}

/// Adds transfers to what is left of their grants.
enum KeepGrantBalances {
    static func sql(_ rows: [(accountKey: Int64, transfer: LedgerTransfer)]) -> SQL {
        """
        WITH moved AS (
            SELECT t.account_key, t.grant_id, sum(t.units) AS amount
            FROM unnest(\(rows.map(\.accountKey)), \(rows.map { $0.transfer.grant?.text ?? "" }), \
        \(rows.map { Numeric(units: $0.transfer.creditUnits) })) AS t (account_key, grant_id, units)
            GROUP BY 1, 2
        ), locked AS (
            SELECT b.account_key, b.grant_id, m.amount
            FROM taximeter.grant_balance AS b
            INNER JOIN moved AS m ON m.account_key = b.account_key AND m.grant_id = b.grant_id
            ORDER BY 1, 2 FOR UPDATE OF b
        )
        UPDATE taximeter.grant_balance AS b SET remaining = b.remaining + l.amount FROM locked AS l
        WHERE b.account_key = l.account_key AND b.grant_id = l.grant_id
        """
    }
}

/// Adds transfers to the balances of ledger accounts.
enum KeepLedgerBalances {
    static func sql(_ rows: [(accountKey: Int64, transfer: LedgerTransfer)]) -> SQL {
        let sides = rows.flatMap { row in
            [
                (row.accountKey, row.transfer.amount.currency.code, row.transfer.debit, row.transfer.amount.units),
                (row.accountKey, row.transfer.amount.currency.code, row.transfer.credit, -row.transfer.amount.units),
            ]
        }
        return """
            INSERT INTO taximeter.ledger_balance AS b (account_key, currency, ledger_account, balance)
            SELECT t.account_key, t.currency, t.ledger_account, sum(t.units)
            FROM unnest(\(sides.map(\.0)), \(sides.map(\.1)), \(sides.map(\.2.rawValue)), \
            \(sides.map { Numeric(units: $0.3) })) AS t (account_key, currency, ledger_account, units)
            GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            ON CONFLICT (account_key, currency, ledger_account) DO UPDATE SET balance = b.balance + excluded.balance
            """
    }
}

extension LedgerTransfer {
    /// What it adds to the credits of the account, in 10⁻¹⁸ units.
    fileprivate var creditUnits: Int128 { credit == .credits ? amount.units : debit == .credits ? -amount.units : 0 }
}
