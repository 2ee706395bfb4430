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

    /// A priced bucket of the line's model, version, channel, service tier and class.
    public struct Bucket: Sendable, Hashable {
        /// Where its slot begins.
        public let start: Instant
        /// Its requests.
        public let events: Int64
        /// Its tokens of the class.
        public let tokens: Int64
        /// What these come to.
        public let net: Money
    }

    /// A line of rated usage that shares the buckets: of another schedule, tier or allowance.
    public struct Share: Sendable, Hashable {
        /// Its id.
        public let id: String
        /// Its tokens.
        public let tokens: Int64
        /// Those that are charged.
        public let chargedTokens: Int64
        /// What it comes to.
        public let net: Money
    }

    /// The line.
    public let line: InvoiceLine
    /// Its place in the invoice, from 1.
    public let place: Int
    /// What invoices said of it, up to this one.
    public internal(set) var statements: [Statement] = []
    /// As usage is rated now: the buckets, and the lines that they are shared out over. None for fees and taxes.
    public internal(set) var buckets: [Bucket] = []
    /// The lines that share the buckets: their tokens are those of the buckets.
    public internal(set) var shares: [Share] = []
    /// Stored events of these buckets, by their completion; fewer where events were dropped with their partitions.
    public internal(set) var storedEvents: Int64 = 0
}

extension Store {
    /// Explains an invoice, or one line of it, down to buckets and stored events.
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
        for (index, line) in invoice.lines.enumerated() where place.map({ $0 == index + 1 }) ?? true {
            let explanation = try transaction(as: .biller, .job) { connection in
                guard let key = try connection.query(ReadInvoiceAccount(number: number)).first else {
                    throw StoreError(.invoice, "there is no invoice \(number)")
                }
                var explanation = LineExplanation(line: line, place: index + 1)
                let statements = ReadStatements(accountKey: key, line: line, until: number)
                explanation.statements = try connection.query(statements)
                guard let usage = line.usage else { return explanation }
                explanation.buckets = try connection.query(ReadLineBuckets(key, line.period, usage))
                explanation.shares = try connection.query(ReadLineShares(key, line.period, usage))
                explanation.storedEvents =
                    try connection.query(CountLineEvents(key, line.period, usage)).first ?? 0
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

/// The buckets of a line's model, version, channel, service tier and class.
struct ReadLineBuckets: Statement {
    let sql: SQL

    init(_ accountKey: Int64, _ period: BillingPeriod, _ usage: UsageLine.Key) {
        sql = """
            SELECT c.slot_start, sum(c.events)::bigint, sum(c.\(unsafe: usage.tokenClass.name)_tokens)::bigint,
                sum(c.\(unsafe: usage.tokenClass.name)_amount), c.currency
            \(Self.charges(accountKey, period, usage))
            GROUP BY c.slot_start, c.currency HAVING sum(c.\(unsafe: usage.tokenClass.name)_tokens) > 0
            ORDER BY c.slot_start
            """
    }

    /// The charges that they are the sums of.
    static func charges(_ accountKey: Int64, _ period: BillingPeriod, _ usage: UsageLine.Key) -> SQL {
        """
        FROM taximeter.charge AS c
        INNER JOIN taximeter.tariff_version AS v ON v.tariff_version_key = c.tariff_version_key
        INNER JOIN taximeter.channel AS h ON h.channel_key = c.channel_key
        INNER JOIN taximeter.service_tier AS t ON t.service_tier_key = c.service_tier_key
        WHERE c.account_key = \(accountKey) AND c.slot_start >= \(max(period.start, usage.segmentStart))
            AND c.slot_start < \(period.end) AND v.model = \(usage.model.text)
            AND v.effective_from = \(usage.versionFrom) AND h.name = \(usage.channel.text)
            AND t.name = \(usage.serviceTier.text)
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> LineExplanation.Bucket {
        LineExplanation.Bucket(
            start: try row.instant(0), events: try row.get(1), tokens: try row.get(2),
            net: Money(units: try row.units(3), try row.currency(4)))
    }
}

/// The lines of rated usage that share the buckets of one.
struct ReadLineShares: Statement {
    let sql: SQL

    init(_ accountKey: Int64, _ period: BillingPeriod, _ usage: UsageLine.Key) {
        sql = """
            SELECT line_id, tokens, charged_tokens, net_amount, currency FROM taximeter.usage_line
            WHERE account_key = \(accountKey) AND period_start = \(period.start) AND model = \(usage.model.text)
                AND segment_start >= \(usage.segmentStart) AND version_from = \(usage.versionFrom)
                AND channel = \(usage.channel.text) AND service_tier = \(usage.serviceTier.text)
                AND token_class = \(usage.tokenClass.name)
            ORDER BY line_id
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> LineExplanation.Share {
        LineExplanation.Share(
            id: try row.get(0), tokens: try row.get(1), chargedTokens: try row.get(2),
            net: Money(units: try row.units(3), try row.currency(4)))
    }
}

/// How many events of a line's model, channel, service tier and class, completed in its period, are still stored.
struct CountLineEvents: Statement {
    let sql: SQL

    init(_ accountKey: Int64, _ period: BillingPeriod, _ usage: UsageLine.Key) {
        sql = """
            SELECT coalesce(sum(e.sign), 0)::bigint FROM taximeter.usage_event AS e
            WHERE e.account_key = \(accountKey) AND e.completed_at >= \(max(period.start, usage.segmentStart))
                AND e.completed_at < \(period.end) AND e.\(unsafe: usage.tokenClass.name)_tokens > 0
                AND (e.model_key, e.channel_key, e.service_tier_key) IN (
                    SELECT c.model_key, c.channel_key, c.service_tier_key
                    \(ReadLineBuckets.charges(accountKey, period, usage)))
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int64 { try row.get(0) }
}
