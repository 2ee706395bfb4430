import PostgresWire

/// Every difference between grants, their transfers, what is kept as left of them, and the ledger's balance of credits.
struct ReadCreditAudit: Statement {
    struct Finding: CustomStringConvertible {
        /// What was compared: `grant`, `left`, `credits`, `validity`.
        let kind: String
        /// Which account, grant or currency.
        let subject: String
        /// What the transfers say.
        let expected: String
        /// What is stored.
        let found: String

        var description: String { "\(kind): \(subject): expected \(expected); found \(found)" }
    }

    var sql: SQL { "SELECT finding, subject, expected, found FROM taximeter.credit_audit" }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Finding {
        Finding(kind: try row.get(0), subject: try row.get(1), expected: try row.get(2), found: try row.get(3))
    }
}
