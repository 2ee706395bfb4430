import PostgresWire
public import Taximeter

/// What became of voiding an invoice.
public enum VoidAnswer: Sendable, Hashable {
    /// It is void now.
    case voided
    /// It was void already.
    case alreadyVoid
}

extension Store {
    /// Voids an invoice: what it moved in the ledger is moved back, credits included, and its period can be billed again.
    ///
    /// Nothing is changed or removed: voiding is a link of the account's chain. What it said of other periods is billed
    /// with the next invoice.
    ///
    /// - Parameter reason: For the books; not empty.
    /// - Throws: ``StoreError`` when there is no invoice of that number, or no reason.
    @discardableResult
    public func voidInvoice(_ number: String, reason: String, at now: Instant) throws -> VoidAnswer {
        if reason.allSatisfy(\.isWhitespace) {
            throw StoreError(.invoice, "voiding \(number) needs a reason, for the books; found \"\(reason)\"")
        }
        return try transaction(as: .biller, .job) { connection in
            guard let accountKey = try connection.query(ReadInvoiceAccount(number: number)).first else {
                throw StoreError(.invoice, "there is no invoice \(number)")
            }
            let position = try connection.query(LockChains(accountKeys: [accountKey])).first?.position ?? 0
            let periods = try connection.query(LockInvoicedPeriods(accountKey: accountKey, number: number))
            if try connection.query(ReadIsVoid(accountKey: accountKey, number: number)).first == true {
                return .alreadyVoid
            }
            try connection.execute(
                InsertVoid.sql(accountKey, number: number, reason: reason, position: position + 1, at: now))
            try connection.execute(UnsettlePeriods.sql(accountKey, number: number, periods))
            try connection.execute(KeepInvoicedMonths.sql([(accountKey, number)], isVoid: true))
            let transfers = try connection.query(ReadInvoiceTransfers(accountKey: accountKey, number: number))
            try LedgerWriter.write(
                transfers.filter { $0.kind != .payment }.map { (accountKey, $0.reversed(at: now)) }, connection)
            try recognise(voiding: number, of: accountKey, at: now, connection)
            // It may have enough again, so that its next end is news.
            try connection.execute(Tell.sql(accountKeys: [accountKey], at: now))
            try connection.execute(KeepBalances.sql([accountKey]))
            return .voided
        }
    }

    /// Fees that are billed ahead by other invoices, or were earned without one, are deferred and earned as if the voided
    /// invoice had never been.
    private func recognise(
        voiding number: String, of accountKey: Int64, at now: Instant, _ connection: Connection
    ) throws {
        let nothing = AccountPeriod(accountKey: accountKey, start: .earliest, end: .earliest)
        guard let earned = try connection.query(ReadDeferred([nothing])).first?.earned,
            let transfer = try LedgerTransfer.recognition(of: earned, voiding: number, at: now)
        else { return }
        try LedgerWriter.write([(accountKey, transfer)], connection)
    }
}

/// The account of an invoice.
struct ReadInvoiceAccount: Statement {
    let number: String

    var sql: SQL { "SELECT account_key FROM taximeter.invoice WHERE number = \(number)" }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int64 { try row.get(0) }
}

/// Whether an invoice was voided.
struct ReadIsVoid: Statement {
    let accountKey: Int64
    let number: String

    var sql: SQL {
        """
        SELECT EXISTS (
            SELECT FROM taximeter.invoice_void WHERE account_key = \(accountKey) AND number = \(number))
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Bool { try row.get(0) }
}

/// Locks the periods of which an invoice says something, in the order of their keys.
struct LockInvoicedPeriods: Statement {
    let accountKey: Int64
    let number: String

    var sql: SQL {
        """
        SELECT account_key, period_start, period_end FROM taximeter.account_period
        WHERE account_key = \(accountKey) AND period_start IN (
            SELECT l.period_start FROM taximeter.invoice_line AS l
            WHERE l.account_key = \(accountKey) AND l.number = \(number)
            UNION ALL
            SELECT i.period_start FROM taximeter.invoice AS i
            WHERE i.account_key = \(accountKey) AND i.number = \(number))
        ORDER BY account_key, period_start FOR UPDATE
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> AccountPeriod {
        AccountPeriod(accountKey: try row.get(0), start: try row.instant(1), end: try row.instant(2))
    }
}

/// Adds a void to the account's chain.
enum InsertVoid {
    static func sql(
        _ accountKey: Int64, number: String, reason: String, position: Int64, at now: Instant
    ) -> SQL {
        """
        WITH linked AS (
            INSERT INTO taximeter.invoice_void (
                account_key, number, reason, voided_at, document, chain_position, previous_hash, hash)
            SELECT c.account_key, \(number), \(reason), \(now), d.document, \(position), c.hash,
                sha256(c.hash || convert_to(d.document, 'UTF8'))
            FROM taximeter.invoice_chain AS c
            CROSS JOIN (SELECT \(VoidDocument.text(number: number, reason: reason, at: now)) AS document) AS d
            WHERE c.account_key = \(accountKey)
            RETURNING account_key, chain_position, hash
        )
        UPDATE taximeter.invoice_chain AS c SET position = l.chain_position, hash = l.hash FROM linked AS l
        WHERE c.account_key = l.account_key
        """
    }
}

/// Has periods billed again: the voided invoice's own anew, others with the next invoice.
enum UnsettlePeriods {
    static func sql(_ accountKey: Int64, number: String, _ periods: [AccountPeriod]) -> SQL {
        """
        UPDATE taximeter.account_period AS a SET
            billed_revision = CASE
                WHEN a.period_start = i.period_start OR a.billed_revision IS NULL THEN NULL ELSE -1
            END,
            invoiced_amount = coalesce((
                SELECT sum(l.exact_amount) FROM taximeter.standing_lines AS l
                WHERE l.account_key = a.account_key AND l.period_start = a.period_start AND l.kind = 'usage'
            ), 0)
        FROM taximeter.invoice AS i
        WHERE i.account_key = \(accountKey) AND i.number = \(number) AND a.account_key = \(accountKey)
            AND a.period_start = ANY(\(periods.map { Timestamp($0.start) }))
        """
    }
}
