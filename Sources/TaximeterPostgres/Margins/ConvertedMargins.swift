import PostgresWire
public import Taximeter

/// Margins in one currency, and the exchange rates that made them so.
public struct ConvertedMargins: Sendable {
    /// A row a group, in order. Of the columns, `currency` is the one asked for.
    public let rows: [MarginRow]
    /// The totals of the same hours; none without any.
    public let totals: [MarginSummary]
    /// The rates of each row, in the order of ``rows``: `1 EUR = 1.0478 USD on 2025-02-28 (ECB)`.
    public let ratesOfRows: [[String]]
    /// All rates, each once, by pair and day.
    public let rates: [String]
}

extension Store {
    /// What the margin views say of the hours in `[from, until)`, all of it in one currency: each hour at the rate of its
    /// UTC day, to 18 decimals, and then summed. Nothing that is stored changes.
    ///
    /// - Throws: `FXError` naming the pair and the first day without a rate.
    public func margins(
        from: Instant, until: Instant, by grouping: MarginGrouping, in currency: Currency
    ) throws -> ConvertedMargins {
        try transaction(as: .reader) { connection in
            try connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return try ConvertedMargins.read(from: from, until: until, by: grouping, in: currency, connection)
        }
    }
}

extension ConvertedMargins {
    /// - Throws: `FXError` naming the pair and the first day without a rate.
    static func read(
        from: Instant, until: Instant, by grouping: MarginGrouping, in currency: Currency, _ connection: Connection
    ) throws -> ConvertedMargins {
        let table = FXTable(try connection.query(ReadFXRates(day: nil)))
        try connection.forEach(ReadMarginDays(from: from, until: until)) { found in
            if found.currency != currency, table.rate(from: found.currency, to: currency, on: found.day) == nil {
                throw FXError.noRate(from: found.currency, to: currency, found.day)
            }
        }
        func read(_ group: SQL) throws -> [ReadConvertedMargins.Row] {
            try connection.query(
                ReadConvertedMargins(from: from, until: until, group: group, currency: currency))
        }
        let rows = try read(grouping.expression)
        let total = try read("'total'").first
        return ConvertedMargins(
            rows: rows.map(\.margins), totals: [total].compactMap { $0.map { MarginSummary($0.margins) } },
            ratesOfRows: rows.map(\.rates), rates: total?.rates ?? [])
    }
}

extension MarginSummary {
    /// The columns that a row has.
    fileprivate init(_ row: MarginRow) {
        let values = zip(MarginRow.columns, row.values)
        self.init(values: Dictionary(uniqueKeysWithValues: values).compactMapValues(\.self))
    }
}

/// The currencies of the margins of some hours, by UTC day.
struct ReadMarginDays: Statement {
    let sql: SQL

    init(from: Instant, until: Instant) {
        sql = """
            SELECT DISTINCT ((hour AT TIME ZONE 'UTC')::date - date '1970-01-01')::bigint, currency
            FROM taximeter.margin_hourly_by_model
            WHERE hour >= \(from) AND hour < \(until) AND currency IS NOT NULL ORDER BY 1, 2
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> (day: CivilDate, currency: Currency) {
        (CivilDate(daysSinceEpoch: try row.get(0)), try row.currency(1))
    }
}

/// Reads margins over a range of hours in one currency, grouped.
struct ReadConvertedMargins: Statement {
    struct Row {
        let margins: MarginRow
        let rates: [String]
    }

    let sql: SQL

    init(from: Instant, until: Instant, group: SQL, currency: Currency) {
        let sums = MarginRow.columns[1..<14].map { "sum(\($0))::text" }.joined(separator: ", ")
        sql = """
            SELECT \(group), \(currency.code)::text, \(unsafe: sums), sum(cost)::text, (sum(revenue) - sum(cost))::text,
                taximeter.gross_margin(sum(revenue), sum(cost))::text,
                taximeter.cost_profit_margin(sum(revenue), sum(cost))::text,
                taximeter.gross_margin(sum(theoretical_revenue), sum(cost))::text,
                taximeter.cost_profit_margin(sum(theoretical_revenue), sum(cost))::text,
                coalesce(array_agg(DISTINCT converted_at ORDER BY converted_at)
                    FILTER (WHERE converted_at IS NOT NULL), '{}')
            FROM taximeter.margins_in(\(currency.code), \(from), \(until))
            GROUP BY 1 ORDER BY 1
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        var values: [String?] = []
        for column in 1...MarginRow.columns.count { values.append(try row.get(column)) }
        return Row(
            margins: MarginRow(group: try row.get(0), values: values),
            rates: try row.get(MarginRow.columns.count + 1))
    }
}
