import PostgresWire

/// Whether invoices are what they were when they became final, and say what was used.
public struct InvoiceAudit: Sendable, Hashable {
    /// The last link of an account's chain, as it was at some time.
    public struct Head: Sendable, Hashable {
        /// The account.
        public let account: String
        /// The link's place in the chain, from 1.
        public let position: Int64
        /// Its SHA-256, in hexadecimal digits.
        public let hash: String

        /// A head.
        public init(account: String, position: Int64, hash: String) {
            self.account = account
            self.position = position
            self.hash = hash
        }
    }

    /// How much was looked at.
    public struct Totals: Sendable, Hashable {
        /// Final invoices and credit notes, voided ones among them.
        public let invoices: Int64
        /// Those that were voided.
        public let voided: Int64
        /// Their lines.
        public let lines: Int64
        /// Periods that are billed as they are rated.
        public let billed: Int64
        /// Periods that wait for the next run.
        public let pending: Int64
        /// Periods that somebody has to look at.
        public let parked: Int64
    }

    /// How much was looked at.
    public let totals: Totals
    /// How many differences there are.
    public let differences: Int
}

extension Store {
    /// Compares invoices with their documents, hashes, numbers and lines, and lines with rated usage; as the reader and
    /// at one instant.
    ///
    /// - Parameters:
    ///   - heads: Ends of chains that were kept elsewhere: each must still be a link of its chain.
    ///   - each: Called with every difference, in no order.
    public func auditInvoices(
        against heads: [InvoiceAudit.Head] = [], _ each: (AuditFinding) throws -> Void
    ) throws -> InvoiceAudit {
        try reading { connection in
            guard let totals = try connection.query(ReadInvoiceTotals()).first else {
                throw PostgresError(.protocolViolation, "invoice_totals has no row")
            }
            var differences = 0
            func tell(_ finding: AuditFinding) throws {
                differences += 1
                try each(finding)
            }
            try connection.forEach(ReadFindings.ofInvoices, tell)
            if !heads.isEmpty { try connection.forEach(ReadMissingHeads(heads), tell) }
            return InvoiceAudit(totals: totals, differences: differences)
        }
    }

    /// The last link of each account's chain, to be kept elsewhere: it proves later that nothing was taken away.
    public func invoiceChainHeads(_ each: (InvoiceAudit.Head) throws -> Void) throws {
        try reading { try $0.forEach(ReadChainHeads(), each) }
    }

    /// Compares the ledger's balances with its transfers, these with invoices, and grants of credits with theirs; as the
    /// reader and at one instant.
    ///
    /// - Parameter each: Called with every difference, in no order.
    /// - Returns: How many differences there are.
    public func auditLedger(_ each: (AuditFinding) throws -> Void) throws -> Int {
        try reading { connection in
            var differences = 0
            func tell(_ finding: AuditFinding) throws {
                differences += 1
                try each(finding)
            }
            try connection.forEach(ReadFindings.ofLedger, tell)
            try connection.forEach(ReadFindings.ofCredits, tell)
            return differences
        }
    }

    /// The ledger's balances over all accounts: currency, ledger account, debits less credits.
    public func trialBalance() throws -> [TrialBalanceRow] { try reading { try $0.query(ReadTrialBalance()) } }
}

/// The balance of a ledger account over all accounts, in one currency.
public struct TrialBalanceRow: Sendable, Hashable {
    /// The currency's code.
    public let currency: String
    /// The ledger account.
    public let ledgerAccount: String
    /// Debits less credits, as a decimal.
    public let balance: String
}

/// How much there is to look at.
struct ReadInvoiceTotals: Statement {
    var sql: SQL {
        "SELECT invoices, voided, lines, periods_billed, periods_pending, periods_parked FROM taximeter.invoice_totals"
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> InvoiceAudit.Totals {
        InvoiceAudit.Totals(
            invoices: try row.get(0), voided: try row.get(1), lines: try row.get(2), billed: try row.get(3),
            pending: try row.get(4), parked: try row.get(5))
    }
}

/// The ends of all chains.
struct ReadChainHeads: Statement {
    var sql: SQL { "SELECT account, chain_position, hash FROM taximeter.invoice_chain_heads ORDER BY account" }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> InvoiceAudit.Head {
        InvoiceAudit.Head(account: try row.get(0), position: try row.get(1), hash: try row.get(2))
    }
}

/// Ends of chains that are not links of them any more.
struct ReadMissingHeads: Statement {
    let sql: SQL

    init(_ heads: [InvoiceAudit.Head]) {
        sql = """
            SELECT 'head', 'account ' || h.account, 'link ' || h.position || ' ' || h.hash,
                coalesce('link ' || l.chain_position || ' ' || encode(l.hash, 'hex'), 'no link ' || h.position)
            FROM unnest(\(heads.map(\.account)), \(heads.map(\.position)), \(heads.map(\.hash)))
                AS h (account, position, hash)
            LEFT JOIN taximeter.invoice_chain_links AS l
            ON l.account = h.account AND l.chain_position = h.position
            WHERE encode(l.hash, 'hex') IS DISTINCT FROM h.hash
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> AuditFinding {
        try ReadFindings.decode(row)
    }
}

/// Balances by ledger account.
struct ReadTrialBalance: Statement {
    var sql: SQL {
        """
        SELECT currency, ledger_account, trim_scale(balance)::text FROM taximeter.trial_balance
        ORDER BY currency, ledger_account
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> TrialBalanceRow {
        TrialBalanceRow(currency: try row.get(0), ledgerAccount: try row.get(1), balance: try row.get(2))
    }
}
