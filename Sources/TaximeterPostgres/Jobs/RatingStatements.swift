import PostgresWire
import Taximeter

/// An account and billing period that is locked by this transaction.
struct AccountPeriod {
    let accountKey: Int64
    let start: Instant
    let end: Instant

    var key: PeriodKey { PeriodKey(accountKey: accountKey, start: start) }

    /// In the order in which periods are locked.
    func precedes(_ other: AccountPeriod) -> Bool {
        (accountKey, start) < (other.accountKey, other.start)
    }
}

/// An account and the start of its period.
struct PeriodKey: Hashable {
    let accountKey: Int64
    let start: Instant
}

/// How many periods wait to be rated.
struct CountStalePeriods: Statement {
    var sql: SQL { "SELECT count(*) FROM taximeter.account_period WHERE stale" }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int64 { try row.get(0) }
}

/// Locks some periods that wait to be rated, until the transaction's end.
struct TakeStalePeriods: Statement {
    let limit: Int
    /// Only those that come later than this one.
    var after: AccountPeriod?
    /// Whether to wait for those that another transaction has locked, rather than to leave them to it.
    let waits: Bool

    var sql: SQL {
        """
        SELECT account_key, period_start, period_end FROM taximeter.account_period WHERE stale \(isAfter)
        ORDER BY account_key, period_start LIMIT \(Int64(limit)) FOR UPDATE \(unsafe: waits ? "" : "SKIP LOCKED")
        """
    }

    private var isAfter: SQL {
        after.map { "AND (account_key, period_start) > (\($0.accountKey), \($0.start))" } ?? ""
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> AccountPeriod {
        AccountPeriod(accountKey: try row.get(0), start: try row.instant(1), end: try row.instant(2))
    }
}

/// Buckets of some periods.
struct ReadBuckets: Statement {
    let sql: SQL

    /// Those of some accounts in a period, in the order of the primary key.
    init(_ accountKeys: [Int64], _ period: BillingPeriod) {
        let sums = BucketRow.sums.joined(separator: ", ")
        sql = """
            SELECT \(unsafe: ChargeKey.columns), \(period.start), \(unsafe: sums) FROM taximeter.usage_bucket
            WHERE account_key = ANY(\(accountKeys)) AND slot_start >= \(period.start) AND slot_start < \(period.end)
            ORDER BY \(unsafe: ChargeKey.columns)
            """
    }

    /// All buckets whose slots start in `[from, until)`; the period's start is the slot's own.
    init(from: Instant, until: Instant) {
        sql = """
            SELECT b.account_key, b.slot_start, b.model_key, b.channel_key, b.service_tier_key, b.input_floor,
                b.output_floor, b.unrated_classes, b.slot_start, b.events, b.requests, b.cache_hit_tokens, b.cache_miss_tokens,
                b.cache_write_tokens, b.cache_write_1h_tokens, b.output_tokens
            FROM taximeter.usage_bucket AS b
            WHERE b.slot_start >= \(from) AND b.slot_start < \(until)
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> BucketRow { try BucketRow(row) }
}

/// Charges of some periods.
struct ReadCharges: Statement {
    let sql: SQL

    init(_ periods: [AccountPeriod]) {
        let amounts = ChargeRow.amountColumns.map { "c.\($0)" }.joined(separator: ", ")
        sql = """
            SELECT c.account_key, c.slot_start, c.model_key, c.channel_key, c.service_tier_key, c.input_floor,
                c.output_floor, c.unrated_classes, c.period_start, c.events, c.requests, c.cache_hit_tokens, c.cache_miss_tokens,
                c.cache_write_tokens, c.cache_write_1h_tokens, c.output_tokens, c.currency, c.tariff_version_key,
                c.unpriced_reason, \(unsafe: amounts)
            FROM unnest(
                \(periods.map(\.accountKey)), \(periods.map { Timestamp($0.start) }), \(periods.map { Timestamp($0.end) }))
                AS p (account_key, period_start, period_end)
            INNER JOIN taximeter.charge AS c
            ON c.account_key = p.account_key AND c.slot_start >= p.period_start AND c.slot_start < p.period_end
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> ChargeRow {
        let unpriced = try row.get(18, as: String?.self)
        var amounts: [12 of Int128]?
        if unpriced == nil {
            amounts = try InlineArray { place throws(PostgresError) in try row.units(19 + place) }
        }
        return ChargeRow(
            bucket: try BucketRow(row), currency: try row.get(16), tariffVersionKey: try row.get(17),
            unpricedReason: unpriced, amounts: amounts)
    }
}

/// Removes charges that are to be written anew, or whose buckets are gone.
enum RemoveCharges {
    static func sql(_ keys: [ChargeKey]) -> SQL {
        """
        DELETE FROM taximeter.charge AS c
        USING unnest(
            \(keys.map(\.accountKey)), \(keys.map { Timestamp($0.slotStart) }), \(keys.map(\.modelKey)),
            \(keys.map(\.channelKey)), \(keys.map(\.serviceTierKey)), \(keys.map(\.inputFloor)),
            \(keys.map(\.outputFloor)), \(keys.map(\.unratedClasses))) AS k (
            account_key, slot_start, model_key, channel_key, service_tier_key, input_floor, output_floor,
            unrated_classes)
        WHERE c.account_key = k.account_key AND c.slot_start = k.slot_start AND c.model_key = k.model_key
            AND c.channel_key = k.channel_key AND c.service_tier_key = k.service_tier_key
            AND c.input_floor = k.input_floor AND c.output_floor = k.output_floor
            AND c.unrated_classes = k.unrated_classes
        """
    }
}

/// Writes charges, through binary COPY.
enum CopyCharges {
    static func write(_ charges: [ChargeRow], _ connection: Connection) throws {
        let amounts = ChargeRow.amountColumns.joined(separator: ", ")
        let copy: SQL = """
            COPY taximeter.charge (
            \(unsafe: ChargeKey.columns), \(unsafe: BucketRow.columns), currency, tariff_version_key, unpriced_reason,
            \(unsafe: amounts)) FROM STDIN (FORMAT binary)
            """
        try connection.copyIn(copy) { writer in
            for charge in charges { try append(charge, to: &writer) }
        }
    }

    private static func append(_ charge: ChargeRow, to writer: inout CopyWriter) throws {
        let bucket = charge.bucket
        try writer.beginRow(columns: 19 + ChargeRow.amountColumns.count)
        writer.append(bucket.key.accountKey)
        try writer.append(Timestamp(bucket.key.slotStart))
        writer.append(int32: bucket.key.modelKey)
        writer.append(int32: bucket.key.channelKey)
        writer.append(int32: bucket.key.serviceTierKey)
        writer.append(bucket.key.inputFloor)
        writer.append(bucket.key.outputFloor)
        writer.append(int16: bucket.key.unratedClasses)
        try writer.append(Timestamp(bucket.periodStart))
        writer.append(bucket.events)
        writer.append(bucket.requests)
        for tokenClass in TokenClass.allCases { writer.append(bucket.tokens[tokenClass]) }
        try writer.append(charge.currency)
        if let key = charge.tariffVersionKey { writer.append(int32: key) } else { writer.appendNull() }
        try writer.append(charge.unpricedReason)
        guard let amounts = charge.amounts else {
            for _ in ChargeRow.amountColumns { writer.appendNull() }
            return
        }
        for index in amounts.indices { try writer.append(Numeric(units: amounts[index])) }
    }
}

/// Marks periods as rated, and says what they came to.
enum SettlePeriods {
    static func sql(_ periods: [PeriodTotals]) -> SQL {
        """
        UPDATE taximeter.account_period AS a SET
            stale = false, revision = a.revision + (CASE WHEN t.is_changed THEN 1 ELSE 0 END),
            currency = nullif(t.currency, ''), net_amount = t.net_amount, unpriced_events = t.unpriced_events
        FROM unnest(
            \(periods.map(\.period.accountKey)), \(periods.map { Timestamp($0.period.start) }),
            \(periods.map(\.isChanged)), \(periods.map { $0.currency?.code ?? "" }),
            \(periods.map { Numeric(units: $0.net) }), \(periods.map(\.unpricedEvents)))
            AS t (account_key, period_start, is_changed, currency, net_amount, unpriced_events)
        WHERE a.account_key = t.account_key AND a.period_start = t.period_start
        """
    }
}
