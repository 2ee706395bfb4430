import PostgresWire
public import Taximeter

/// An event of a bucket, as it is stored.
public struct BucketEvent: Sendable, Hashable {
    /// The request's id.
    public let requestID: Identifier
    /// When the request started.
    public let startedAt: Instant
    /// When it finished.
    public let completedAt: Instant
    /// How many requests it is the sum of.
    public let requests: Int64
    /// Its tokens.
    public let tokens: TokenCounts
    /// Whether this is the reversal of an event of the same id, so that its tokens are subtracted.
    public let isReversal: Bool
    /// Whether it was reversed.
    public let isReversed: Bool
}

extension Store {
    /// The stored events of a bucket, reversals among them, by their instants: their tokens, those of reversals subtracted,
    /// are the bucket's where none were dropped.
    public func events(of bucket: BucketKey, _ each: (BucketEvent) throws -> Void) throws {
        let keys = { (table: NameTable, name: Identifier, connection: Connection) in
            try connection.query(ReadKeys(table: table, names: [name.text])).first?.key
        }
        let events = try transaction(as: .biller, .job) { connection in
            guard let account = try keys(recorder.accounts, bucket.account, connection),
                let model = try keys(NameTable(table: "model"), bucket.model, connection),
                let channel = try keys(NameTable(table: "channel"), bucket.channel, connection),
                let serviceTier = try keys(NameTable(table: "service_tier"), bucket.serviceTier, connection)
            else { return [BucketEvent]() }
            let ratingInstant = try PriceSnapshot.read(connection, lock: nil).ratingInstant
            return try connection.query(
                ReadBucketEvents(
                    bucket, account: account, model: model, channel: channel, serviceTier: serviceTier, ratingInstant))
        }
        for event in events { try each(event) }
    }
}

/// The bucket that stored events of an account are in, as their hours were rolled up last.
private enum EventBuckets {
    static let columns =
        "e.account_key, s.slot_start, e.model_key, e.channel_key, e.service_tier_key, s.input_floor, "
        + "s.output_floor, s.unrated_classes"

    /// - Parameter range: Slots from its start on, and before its end.
    static func source(_ accountKey: Int64, _ range: Range<Instant>, _ ratingInstant: RatingInstant) -> SQL {
        let instant: SQL = "e.\(unsafe: ratingInstant.rawValue)"
        let input: SQL = "e.cache_hit_tokens + e.cache_miss_tokens + e.cache_write_tokens + e.cache_write_1h_tokens"
        let classes = TokenClass.allCases.map { tokenClass in
            "CASE WHEN e.\(BucketRow.column(of: tokenClass)) > 0 THEN \(1 << tokenClass.rawValue) ELSE 0 END"
        }.joined(separator: " + ")
        return """
            taximeter.usage_event AS e
            INNER JOIN taximeter.usage_hour AS h ON h.hour = date_trunc('hour', \(instant), 'UTC')
            CROSS JOIN LATERAL (
                SELECT
                    greatest(h.cuts[width_bucket(\(instant), h.cuts)], (
                        SELECT max(c.cut)
                        FROM taximeter.subscription AS s
                        CROSS JOIN LATERAL (VALUES (s.effective_from), (s.effective_until)) AS c (cut)
                        WHERE s.account_key = \(accountKey) AND c.cut <= \(instant) AND c.cut >= h.hour)) AS slot_start,
                    CASE WHEN e.requests > 1 THEN -1 ELSE h.input_cuts[width_bucket(\(input), h.input_cuts)] END
                        AS input_floor,
                    CASE WHEN e.requests > 1 THEN -1 ELSE h.output_cuts[width_bucket(e.output_tokens, h.output_cuts)] END
                        AS output_floor,
                    (h.unrated_classes::integer & (\(unsafe: classes)))::smallint AS unrated_classes
            ) AS s
            WHERE e.account_key = \(accountKey) AND e.completed_at >= \(range.lowerBound)
                AND \(instant) >= \(range.lowerBound) AND \(instant) < \(range.upperBound)
            """
    }
}

/// How many events of each bucket of a period are stored.
struct CountBucketEvents: Statement {
    struct Row {
        let key: ChargeKey
        let events: Int64
    }

    let sql: SQL

    init(_ accountKey: Int64, _ period: BillingPeriod, _ ratingInstant: RatingInstant) {
        sql = """
            SELECT \(unsafe: EventBuckets.columns), sum(e.sign)::bigint
            FROM \(EventBuckets.source(accountKey, period.range, ratingInstant))
            GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(key: try ChargeKey(row), events: try row.get(8))
    }
}

/// The events of a bucket.
struct ReadBucketEvents: Statement {
    let sql: SQL

    init(
        _ bucket: BucketKey, account: Int64, model: Int64, channel: Int64, serviceTier: Int64,
        _ ratingInstant: RatingInstant
    ) {
        // No slot goes beyond its hour.
        let end = bucket.slotStart.startOfHour.advanced(byMicroseconds: Instant.hour) ?? .latest
        sql = """
            SELECT e.request_id, e.started_at, e.completed_at, e.requests, e.cache_hit_tokens, e.cache_miss_tokens,
                e.cache_write_tokens, e.cache_write_1h_tokens, e.output_tokens, e.sign < 0,
                e.sign > 0 AND EXISTS (
                    SELECT FROM taximeter.usage_event AS r
                    WHERE r.completed_at = e.completed_at AND r.account_key = e.account_key
                        AND r.request_id = e.request_id AND r.sign < 0)
            FROM \(EventBuckets.source(account, bucket.slotStart..<end, ratingInstant))
                AND s.slot_start = \(bucket.slotStart) AND e.model_key = \(model) AND e.channel_key = \(channel)
                AND e.service_tier_key = \(serviceTier) AND s.input_floor = \(bucket.inputFloor)
                AND s.output_floor = \(bucket.outputFloor) AND s.unrated_classes = \(Int64(bucket.unratedClasses))
            ORDER BY e.completed_at, e.request_id, e.sign DESC
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> BucketEvent {
        BucketEvent(
            requestID: try row.identifier(0), startedAt: try row.instant(1), completedAt: try row.instant(2),
            requests: try row.get(3),
            tokens: TokenCounts(
                cacheHit: try row.get(4), cacheMiss: try row.get(5), cacheWrite: try row.get(6),
                cacheWrite1h: try row.get(7), output: try row.get(8)),
            isReversal: try row.get(9), isReversed: try row.get(10))
    }
}
