import PostgresWire
import Taximeter

/// A final invoice on its way into its account's chain.
struct InvoiceLink {
    let accountKey: Int64
    let invoice: Invoice
    let document: String
    let sequence: Int64
    let position: Int64
}

/// Takes the next numbers of an issuing entity; no row when it is not known.
struct TakeNumbers: Statement {
    let sql: SQL

    init(entity: Identifier, count: Int) {
        sql = """
            UPDATE taximeter.issuing_entity SET last_sequence = last_sequence + \(Int64(count))
            WHERE entity = \(entity.text) RETURNING number_prefix, last_sequence, \(Int64(count))
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> TakenNumbers {
        TakenNumbers(prefix: try row.get(0), last: try row.get(1), count: Int(try row.get(2, as: Int64.self)))
    }
}

/// Makes an issuing entity known, unless another has its prefix.
enum InsertEntity {
    static func sql(_ entity: Identifier) -> SQL {
        """
        INSERT INTO taximeter.issuing_entity (entity, number_prefix) VALUES (\(entity.text), \(entity.text + "-"))
        ON CONFLICT DO NOTHING
        """
    }
}

/// How many invoices have closed some periods, voided ones included.
struct CountIssues: Statement {
    struct Row {
        let key: PeriodKey
        let count: Int64
    }

    let sql: SQL

    init(_ periods: [AccountPeriod]) {
        sql = """
            SELECT i.account_key, i.period_start, count(*)
            FROM unnest(\(periods.map(\.accountKey)), \(periods.map { Timestamp($0.start) })) AS p (account_key, period_start)
            INNER JOIN taximeter.invoice AS i ON i.account_key = p.account_key AND i.period_start = p.period_start
            GROUP BY 1, 2
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(key: PeriodKey(accountKey: try row.get(0), start: try row.instant(1)), count: try row.get(2))
    }
}

/// What was billed ahead and is not earned yet, when some periods are closed.
struct ReadDeferred: Statement {
    struct Row {
        let accountKey: Int64
        /// The latest end of the account's billed periods, with the one that is closed.
        let closedThrough: Instant
        /// What is earned by then, or less than nothing where that much is earned no longer; nil for nothing.
        let earned: Money?
    }

    let sql: SQL

    init(_ periods: [AccountPeriod]) {
        sql = """
            SELECT p.account_key, c.closed_through, e.currency, e.amount
            FROM unnest(\(periods.map(\.accountKey)), \(periods.map { Timestamp($0.end) })) AS p (account_key, period_end)
            CROSS JOIN LATERAL (
                SELECT greatest(p.period_end, max(a.period_end)) AS closed_through
                FROM taximeter.account_period AS a
                WHERE a.account_key = p.account_key AND a.billed_revision IS NOT NULL
            ) AS c
            LEFT JOIN LATERAL (
                SELECT m.currency, sum(m.amount) AS amount
                FROM (
                    SELECT b.currency, -b.balance AS amount FROM taximeter.ledger_balance AS b
                    WHERE b.account_key = p.account_key AND b.ledger_account = 'deferred_revenue'
                    UNION ALL
                    SELECT i.currency, -l.amount FROM taximeter.standing_lines AS l
                    INNER JOIN taximeter.invoice AS i ON i.account_key = l.account_key AND i.number = l.number
                    WHERE l.account_key = p.account_key AND l.period_start >= c.closed_through AND l.kind <> 'tax'
                ) AS m
                GROUP BY m.currency HAVING sum(m.amount) <> 0
            ) AS e ON true
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        let isEarned = try row.get(2, as: String?.self) != nil
        return Row(
            accountKey: try row.get(0), closedThrough: try row.instant(1),
            earned: isEarned ? Money(units: try row.units(3), try row.currency(2)) : nil)
    }
}

/// Adds invoices to the chains of their accounts. The server hashes, so that it is the same everywhere.
enum InsertInvoices {
    static func sql(_ links: [InvoiceLink]) -> SQL {
        let invoices = links.map(\.invoice)
        let issued = invoices.map { $0.issued ?? Invoice.Issued(number: "", issue: 0, finalizedAt: .earliest) }
        return """
            WITH linked AS (
                INSERT INTO taximeter.invoice (
                    account_key, number, issuing_entity, sequence, kind, period_start, period_end, issue, currency, total,
                    due, finalized_at, document, chain_position, previous_hash, hash)
                SELECT i.account_key, i.number, i.issuing_entity, i.sequence, i.kind, i.period_start, i.period_end,
                    i.issue, i.currency, i.total, i.due, i.finalized_at, i.document, i.position, c.hash,
                    sha256(c.hash || convert_to(i.document, 'UTF8'))
                FROM unnest(
                    \(links.map(\.accountKey)), \(issued.map(\.number)), \(invoices.map(\.issuingEntity.text)),
                    \(links.map(\.sequence)), \(invoices.map(\.kind.rawValue)),
                    \(invoices.map { Timestamp($0.period.start) }), \(invoices.map { Timestamp($0.period.end) }),
                    \(issued.map(\.issue)), \(invoices.map(\.currency.code)),
                    \(invoices.map { Numeric(units: $0.total.units) }), \(invoices.map { Numeric(units: $0.due.units) }),
                    \(issued.map { Timestamp($0.finalizedAt) }), \(links.map(\.document)), \(links.map(\.position)))
                    AS i (account_key, number, issuing_entity, sequence, kind, period_start, period_end, issue, currency,
                        total, due, finalized_at, document, position)
                INNER JOIN taximeter.invoice_chain AS c ON c.account_key = i.account_key
                RETURNING account_key, chain_position, hash
            )
            UPDATE taximeter.invoice_chain AS c SET position = l.chain_position, hash = l.hash FROM linked AS l
            WHERE c.account_key = l.account_key
            """
    }
}

/// Writes the lines of invoices, through binary COPY.
enum CopyInvoiceLines {
    static func write(_ links: [InvoiceLink], _ connection: Connection) throws {
        let copy: SQL = """
            COPY taximeter.invoice_line (
            account_key, number, line, kind, line_id, period_start, period_end, adjusts, description, quantity, unit_price,
            fees, exact_amount, amount, \(unsafe: UsageKeyColumns.list)) FROM STDIN (FORMAT binary)
            """
        try connection.copyIn(copy) { writer in
            for link in links {
                let number = link.invoice.issued?.number ?? ""
                for (index, line) in link.invoice.lines.enumerated() {
                    try append(line, Int32(index + 1), number, link.accountKey, to: &writer)
                }
            }
        }
    }

    private static func append(
        _ line: InvoiceLine, _ place: Int32, _ number: String, _ accountKey: Int64, to writer: inout CopyWriter
    ) throws {
        try writer.beginRow(columns: 14 + UsageKeyColumns.names.count)
        writer.append(accountKey)
        try writer.append(number)
        writer.append(int32: place)
        try writer.append(line.kind.rawValue)
        try writer.append(line.id)
        try writer.append(Timestamp(line.period.start))
        try writer.append(Timestamp(line.period.end))
        try writer.append(line.adjusts)
        try writer.append(line.description)
        writer.append(line.quantity)
        try writer.append(line.unitPrice.map { Numeric(units: $0.units) })
        for amount in [line.fees, line.exact, line.amount] { try writer.append(Numeric(units: amount.units)) }
        try writer.append(line.usage)
    }
}
