import PostgresWire
public import Taximeter

/// Where a line of an invoice comes from, down to what was recorded.
public struct LineExplanation: Sendable {
    /// What an invoice said of the line, in the order of the account's invoices.
    public struct Statement: Sendable, Hashable {
        /// The invoice.
        public let number: String
        /// Whether it was voided, and so counts for nothing.
        public let isVoid: Bool
        /// What it said.
        public let quantity: Int64
        /// Exact, in the invoice's currency.
        public let exact: Money
        /// Rounded.
        public let amount: Money
    }

    /// What a bucket of usage gives to the line: the tokens of the line's class that fall into its tier step and allowance.
    /// The parts sum to the line of rated usage: tokens, charged tokens, fees and net.
    public struct Part: Sendable, Hashable {
        /// The bucket, whose charge this is a part of.
        public let bucket: UsageBucket
        /// What the bucket's charge says for the line's class.
        public let charge: Money
        /// Tokens of the class that are on the line.
        public let tokens: Int64
        /// Those that are charged.
        public let chargedTokens: Int64
        /// What each costs.
        public let unitPrice: Money
        /// Flat fees and packages of tiers that they started.
        public let fees: Money
        /// What they come to: `chargedTokens × unitPrice + fees`, exact.
        public let net: Money
        /// How many events of the bucket are still stored, reversals subtracted; fewer than it has where partitions were
        /// dropped.
        public let storedEvents: Int64
    }

    /// The line.
    public let line: InvoiceLine
    /// Its place in the invoice, from 1.
    public let place: Int
    /// What invoices said of it, up to this one.
    public internal(set) var statements: [Statement] = []
    /// What it is made of, as usage is rated now, in the order in which tokens are counted. None for fees and taxes.
    public internal(set) var parts: [Part] = []

    /// The statements that count: those of invoices that were not voided, and this invoice's own.
    public var standing: [Statement] { statements.filter { !$0.isVoid || $0.number == statements.last?.number } }
}

extension Store {
    /// Explains an invoice, or one line of it, down to charges and buckets; ``events(of:_:)`` has what is below these.
    ///
    /// - Parameter place: Which line, from 1; nil for all.
    /// - Throws: ``StoreError`` when there is no such invoice or line.
    public func explain(
        _ number: String, line place: Int? = nil, _ each: (LineExplanation) throws -> Void
    ) throws -> Invoice {
        let invoice = try invoice(number).invoice
        if let place, !invoice.lines.indices.contains(place - 1) {
            throw StoreError(.invoice, "invoice \(number) has no line \(place): it has \(invoice.lines.count)")
        }
        let wanted = invoice.lines.indices.filter { index in place.map { $0 == index + 1 } ?? true }
        let keys = Dictionary(grouping: wanted.map { invoice.lines[$0] }, by: \.period).mapValues {
            Set($0.compactMap(\.usage))
        }
        // A period is rated once, for all lines of it.
        var traces: [BillingPeriod: LineTrace] = [:]
        for index in wanted {
            let line = invoice.lines[index]
            let explanation = try transaction(as: .biller, .job) { connection in
                guard let key = try connection.query(ReadInvoiceAccount(number: number)).first else {
                    throw StoreError(.invoice, "there is no invoice \(number)")
                }
                var explanation = LineExplanation(line: line, place: index + 1)
                let statements = ReadStatements(accountKey: key, line: line, until: number)
                explanation.statements = try connection.query(statements)
                guard let usage = line.usage else { return explanation }
                let trace =
                    try traces[line.period]
                    ?? LineTrace(
                        of: keys[line.period] ?? [], in: line.period, (key, invoice.account), connection)
                traces[line.period] = trace
                explanation.parts = trace.parts[usage] ?? []
                return explanation
            }
            try each(explanation)
        }
        return invoice
    }
}

/// What invoices said of a line, up to one of them.
struct ReadStatements: Statement {
    let accountKey: Int64
    let line: InvoiceLine
    let until: String

    var sql: SQL {
        """
        SELECT l.number, v.number IS NOT NULL, l.quantity, l.exact_amount, l.amount, i.currency
        FROM taximeter.invoice_line AS l
        INNER JOIN taximeter.invoice AS i ON i.account_key = l.account_key AND i.number = l.number
        LEFT JOIN taximeter.invoice_void AS v ON v.account_key = l.account_key AND v.number = l.number
        WHERE l.account_key = \(accountKey) AND l.period_start = \(line.period.start) AND l.line_id = \(line.id)
            AND i.chain_position <= (
                SELECT chain_position FROM taximeter.invoice WHERE account_key = \(accountKey) AND number = \(until))
        ORDER BY i.chain_position
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> LineExplanation.Statement {
        let currency = try row.currency(5)
        return LineExplanation.Statement(
            number: try row.get(0), isVoid: try row.get(1), quantity: try row.get(2),
            exact: Money(units: try row.units(3), currency), amount: Money(units: try row.units(4), currency))
    }
}
