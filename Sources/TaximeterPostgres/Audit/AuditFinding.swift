import PostgresWire

/// A difference that an audit found.
public struct AuditFinding: Sendable, Hashable, CustomStringConvertible {
    /// What was compared; the audit's view says which kinds there are.
    public let kind: String
    /// What of: producer and batch, account and hour, invoice, grant.
    public let subject: String
    /// What the one side says.
    public let expected: String
    /// What the other says.
    public let found: String

    /// One line.
    public var description: String { "\(kind): \(subject): expected \(expected); found \(found)" }
}

/// Every difference that the view of an audit has.
struct ReadFindings: Statement {
    let sql: SQL

    /// Between batches, events, keys, reversals and buckets.
    static let ofEvents = ReadFindings("event_audit")
    /// Between buckets, charges and what periods come to.
    static let ofCharges = ReadFindings("charge_audit")
    /// Between charges, the cost of nodes and the margin tables.
    static let ofMargins = ReadFindings("margin_audit")
    /// Of invoices: chains, numbers, documents, lines, rated usage.
    static let ofInvoices = ReadFindings("invoice_audit")
    /// Between balances, transfers and invoices.
    static let ofLedger = ReadFindings("ledger_audit")
    /// Between grants, their transfers, what is kept as left of them, and the ledger's balance of credits; between kept
    /// balances and their parts.
    static let ofCredits = ReadFindings("credit_audit")

    private init(_ view: String) {
        sql = "SELECT finding, subject, expected, found FROM taximeter.\(unsafe: view)"
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> AuditFinding {
        AuditFinding(kind: try row.get(0), subject: try row.get(1), expected: try row.get(2), found: try row.get(3))
    }
}
