import PostgresWire
import Taximeter

/// Events without a price that stored periods have had, as they were last rated.
struct ReadUnpricedCounts: Statement {
    struct Row {
        let period: AccountPeriod
        let events: Int64
    }

    let periods: [AccountPeriod]

    var sql: SQL {
        """
        SELECT p.account_key, p.period_start, p.period_end, p.unpriced_events
        FROM unnest(\(periods.map(\.accountKey)), \(periods.map { Timestamp($0.start) })) AS k (account_key, period_start)
        INNER JOIN taximeter.account_period AS p ON p.account_key = k.account_key AND p.period_start = k.period_start
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(
            period: AccountPeriod(accountKey: try row.get(0), start: try row.instant(1), end: try row.instant(2)),
            events: try row.get(3))
    }
}

/// The usage lines of some periods.
struct ReadUsageLines: Statement {
    struct Row {
        let period: AccountPeriod
        let line: UsageLine
    }

    let sql: SQL

    init(_ periods: [AccountPeriod]) {
        sql = """
            SELECT l.account_key, l.period_start, k.period_end, \(unsafe: Self.columns)
            FROM unnest(
                \(periods.map(\.accountKey)), \(periods.map { Timestamp($0.start) }), \(periods.map { Timestamp($0.end) }))
                AS k (account_key, period_start, period_end)
            INNER JOIN taximeter.usage_line AS l ON l.account_key = k.account_key AND l.period_start = k.period_start
            """
    }

    private static let columns = """
        l.segment_start, l.plan, l.price_book, l.model, l.version_from, l.channel, l.service_tier, l.band, l.schedule, \
        l.token_class, l.tier_table, l.tier_step, l.allowance, l.tokens, l.charged_tokens, l.unit_price, l.fees, \
        l.list_amount, l.net_amount, l.currency
        """

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        let (name, code) = (try row.get(12, as: String.self), try row.get(22, as: String.self))
        guard let tokenClass = TokenClass(name: name) else { throw .badValue("token_class", name) }
        guard let currency = Currency(code: code) else { throw .badValue("currency", code) }
        var tier: RatedSlice.Tier?
        if let table = try row.get(13, as: Int32?.self), let step = try row.get(14, as: Int32?.self) {
            tier = RatedSlice.Tier(table: Int(table), step: Int(step))
        }
        let key = UsageLine.Key(
            segmentStart: try row.instant(3), plan: try row.optionalIdentifier(4), priceBook: try row.identifier(5),
            model: try row.identifier(6), versionFrom: try row.instant(7), channel: try row.identifier(8),
            serviceTier: try row.identifier(9), band: try row.optionalIdentifier(10),
            schedule: try row.optionalIdentifier(11), tokenClass: tokenClass, tier: tier,
            allowance: try row.optionalIdentifier(15))
        let line = UsageLine(
            key: key, tokens: try row.get(16), chargedTokens: try row.get(17),
            unitPrice: UnitPrice(unitsPerToken: try row.units(18)), fees: Money(units: try row.units(19), currency),
            list: Money(units: try row.units(20), currency), net: Money(units: try row.units(21), currency))
        let period = AccountPeriod(accountKey: try row.get(0), start: try row.instant(1), end: try row.instant(2))
        return Row(period: period, line: line)
    }
}

/// Removes the lines of periods that are to be written anew.
enum RemoveUsageLines {
    static func sql(_ periods: [AccountPeriod]) -> SQL {
        """
        DELETE FROM taximeter.usage_line AS l
        USING unnest(\(periods.map(\.accountKey)), \(periods.map { Timestamp($0.start) })) AS k (account_key, period_start)
        WHERE l.account_key = k.account_key AND l.period_start = k.period_start
        """
    }
}

/// Writes usage lines, through binary COPY.
enum CopyUsageLines {
    static func write(_ periods: [(period: AccountPeriod, lines: [UsageLine])], _ connection: Connection) throws {
        let copy: SQL = """
            COPY taximeter.usage_line (
            account_key, period_start, line_id, segment_start, plan, price_book, model, version_from, channel,
            service_tier, band, schedule, token_class, tier_table, tier_step, allowance, tokens, charged_tokens,
            unit_price, fees, list_amount, net_amount, currency) FROM STDIN (FORMAT binary)
            """
        try connection.copyIn(copy) { writer in
            for (period, lines) in periods {
                for line in lines { try append(line, period, to: &writer) }
            }
        }
    }

    private static func append(_ line: UsageLine, _ period: AccountPeriod, to writer: inout CopyWriter) throws {
        let key = line.key
        try writer.beginRow(columns: 23)
        writer.append(period.accountKey)
        try writer.append(Timestamp(period.start))
        try writer.append(line.id)
        try writer.append(Timestamp(key.segmentStart))
        try writer.append(key.plan?.text)
        try writer.append(key.priceBook.text)
        try writer.append(key.model.text)
        try writer.append(Timestamp(key.versionFrom))
        try writer.append(key.channel.text)
        try writer.append(key.serviceTier.text)
        try writer.append(key.band?.text)
        try writer.append(key.schedule?.text)
        try writer.append(key.tokenClass.name)
        try writer.append(key.tier.map { Int32(clamping: $0.table) })
        try writer.append(key.tier.map { Int32(clamping: $0.step) })
        try writer.append(key.allowance?.text)
        writer.append(line.tokens)
        writer.append(line.chargedTokens)
        for units in [line.unitPrice.unitsPerToken, line.fees.units, line.list.units, line.net.units] {
            try writer.append(Numeric(units: units))
        }
        try writer.append(line.net.currency.code)
    }
}
