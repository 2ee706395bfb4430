import PostgresWire
import Taximeter

/// The hours that have events which no bucket holds yet.
struct ReadDirtyHours: Statement {
    var sql: SQL { "SELECT DISTINCT hour FROM taximeter.dirty_hour" }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Instant { try row.instant(0) }
}

/// Hours that were rolled up, and how they were cut.
struct ReadRolledHours: Statement {
    struct Row {
        let hour: Instant
        let cuts: HourCuts
    }

    let sql: SQL

    /// Those whose cuts were last compared with an earlier state of the prices.
    init(before generation: Int64) {
        sql = """
            SELECT hour, rating_instant, cuts, input_cuts, output_cuts, unrated_classes FROM taximeter.usage_hour
            WHERE price_generation < \(generation) ORDER BY hour
            """
    }

    init(in span: HourSpan) {
        sql = """
            SELECT hour, rating_instant, cuts, input_cuts, output_cuts, unrated_classes FROM taximeter.usage_hour
            WHERE hour >= \(span.start) AND hour < \(span.end)
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(
            hour: try row.instant(0),
            cuts: HourCuts(
                ratingInstant: try row.get(1), slots: try row.instants(2), input: try row.get(3),
                output: try row.get(4), unratedClasses: try row.get(5)))
    }
}

/// Removes the buckets of hours that are cut elsewhere now, or only some accounts' there; their periods are rated again.
enum RemoveBuckets {
    static func sql(_ span: HourSpan, of recut: [TakeDirtyHours.Row]? = nil) -> SQL {
        let isRecut: SQL =
            recut.map { recut in
                """
                AND (b.account_key, date_trunc('hour', b.slot_start, 'UTC')) IN (
                    SELECT * FROM unnest(\(recut.map(\.accountKey)), \(recut.map { Timestamp($0.hour) })))
                """
            } ?? ""
        return """
            WITH removed AS (
                DELETE FROM taximeter.usage_bucket AS b USING taximeter.account_period AS p
                WHERE p.period_start < \(span.end) AND p.period_end > \(span.start)
                    AND b.account_key = p.account_key AND b.slot_start >= \(span.start) AND b.slot_start < \(span.end)
                    AND b.slot_start >= p.period_start AND b.slot_start < p.period_end \(isRecut)
                RETURNING p.account_key, p.period_start
            ), touched AS (
                SELECT p.account_key, p.period_start FROM taximeter.account_period AS p
                WHERE (p.account_key, p.period_start) IN (SELECT r.account_key, r.period_start FROM removed AS r)
                ORDER BY 1, 2 FOR UPDATE
            )
            UPDATE taximeter.account_period AS p SET stale = true FROM touched AS t
            WHERE p.account_key = t.account_key AND p.period_start = t.period_start
            """
    }
}

/// Takes the marks of a span's hours away.
struct TakeDirtyHours: Statement {
    /// An account that is cut elsewhere in an hour than before.
    struct Row {
        let accountKey: Int64
        let hour: Instant
    }

    let span: HourSpan

    var sql: SQL {
        """
        WITH taken AS (
            DELETE FROM taximeter.dirty_hour WHERE hour >= \(span.start) AND hour < \(span.end)
            RETURNING recut_account, hour
        )
        SELECT DISTINCT recut_account, hour FROM taken WHERE recut_account IS NOT NULL
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(accountKey: try row.get(0), hour: try row.instant(1))
    }
}

/// Whether some account's subscriptions begin or end within an hour of a span.
struct ReadOwnCuts: Statement {
    let span: HourSpan

    var sql: SQL { "SELECT EXISTS (\(Self.cuts(span)))" }

    /// The cuts and their accounts.
    static func cuts(_ span: HourSpan) -> SQL {
        """
        SELECT s.account_key, c.cut
        FROM taximeter.subscription AS s CROSS JOIN LATERAL (VALUES (s.effective_from), (s.effective_until)) AS c (cut)
        WHERE c.cut > \(span.start) AND c.cut < \(span.end) AND c.cut <> date_trunc('hour', c.cut, 'UTC')
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Bool { try row.get(0) }
}

/// The sums of the events of a span, or only of some of its hours, by bucket: for the roll-up, and for whoever cuts usage
/// otherwise.
enum SumEvents {
    static func sql(
        _ span: HourSpan, cuts: [Instant], sizes prices: PriceSnapshot, only hours: [Instant]? = nil,
        hasOwnCuts: Bool = false
    ) -> SQL {
        let slots = cuts.map(Timestamp.init)
        let isOfHours: SQL =
            hours.map { hours in
                """
                AND date_trunc('hour', e.\(unsafe: prices.ratingInstant.rawValue), 'UTC') \
                = ANY(\(hours.map(Timestamp.init)))
                """
            } ?? ""
        let slot: SQL = "(\(slots))[width_bucket(e.\(unsafe: prices.ratingInstant.rawValue), \(slots))]"
        let ownSlot: SQL = """
            greatest(\(slot), own.cuts[width_bucket(e.\(unsafe: prices.ratingInstant.rawValue), own.cuts)])
            """
        let ownCuts: SQL = """
            LEFT JOIN (
                SELECT c.account_key, array_agg(DISTINCT c.cut) AS cuts FROM (\(ReadOwnCuts.cuts(span))) AS c GROUP BY 1
            ) AS own ON own.account_key = e.account_key
            """
        // A bucket from which more was reversed than used counts as nothing, marked, and stops no other; see the audit.
        // Events are stored by completed_at, which is never before started_at: so a lower bound on it holds for both.
        return """
            WITH summed AS (
                SELECT
                    e.account_key,
                    \(hasOwnCuts ? ownSlot : slot) AS slot_start,
                    e.model_key, e.channel_key, e.service_tier_key,
                    CASE WHEN e.requests > 1 THEN -1 ELSE (\(prices.sizes.input))[width_bucket(
                        e.cache_hit_tokens + e.cache_miss_tokens + e.cache_write_tokens + e.cache_write_1h_tokens,
                        \(prices.sizes.input))] END AS input_floor,
                    CASE WHEN e.requests > 1 THEN -1 ELSE
                        (\(prices.sizes.output))[width_bucket(e.output_tokens, \(prices.sizes.output))]
                    END AS output_floor,
                    ((CASE WHEN e.cache_hit_tokens > 0 THEN 1 ELSE 0 END
                        + CASE WHEN e.cache_miss_tokens > 0 THEN 2 ELSE 0 END
                        + CASE WHEN e.cache_write_tokens > 0 THEN 4 ELSE 0 END
                        + CASE WHEN e.cache_write_1h_tokens > 0 THEN 8 ELSE 0 END
                        + CASE WHEN e.output_tokens > 0 THEN 16 ELSE 0 END)
                        & \(Int32(prices.sizes.unratedClasses)))::smallint AS unrated_classes,
                    sum(e.sign)::bigint AS events, sum(e.sign * e.requests)::bigint AS requests,
                    sum(e.sign * e.cache_hit_tokens)::bigint AS cache_hit_tokens,
                    sum(e.sign * e.cache_miss_tokens)::bigint AS cache_miss_tokens,
                    sum(e.sign * e.cache_write_tokens)::bigint AS cache_write_tokens,
                    sum(e.sign * e.cache_write_1h_tokens)::bigint AS cache_write_1h_tokens,
                    sum(e.sign * e.output_tokens)::bigint AS output_tokens
                FROM taximeter.usage_event AS e \(hasOwnCuts ? ownCuts : "")
                WHERE e.completed_at >= \(span.start)
                    AND e.\(unsafe: prices.ratingInstant.rawValue) >= \(span.start)
                    AND e.\(unsafe: prices.ratingInstant.rawValue) < \(span.end) \(isOfHours)
                GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
            )
                SELECT
                    s.account_key, s.slot_start, s.model_key, s.channel_key, s.service_tier_key, s.input_floor,
                    s.output_floor, s.unrated_classes, f.events, f.requests, f.cache_hit_tokens, f.cache_miss_tokens,
                    f.cache_write_tokens, f.cache_write_1h_tokens, f.output_tokens, f.below_zero
                FROM summed AS s
                CROSS JOIN LATERAL (
                    SELECT s.events, s.requests, s.cache_hit_tokens, s.cache_miss_tokens, s.cache_write_tokens,
                        s.cache_write_1h_tokens, s.output_tokens, false AS below_zero
                    WHERE s.requests >= s.events AND least(s.events, s.requests, s.cache_hit_tokens, s.cache_miss_tokens,
                        s.cache_write_tokens, s.cache_write_1h_tokens, s.output_tokens) >= 0
                    UNION ALL
                    SELECT 0, 0, 0, 0, 0, 0, 0, true
                    WHERE s.requests < s.events OR least(s.events, s.requests, s.cache_hit_tokens, s.cache_miss_tokens,
                        s.cache_write_tokens, s.cache_write_1h_tokens, s.output_tokens) < 0
                ) AS f
            """
    }
}

/// Sums the events of some hours into buckets, and notes whose buckets changed.
enum SumBuckets {
    static func sql(_ span: HourSpan, cuts: [Instant], sizes prices: PriceSnapshot, hasOwnCuts: Bool) -> SQL {
        let period = BillingPeriod(containing: span.start)
        return """
            \(changes(span, cuts: cuts, sizes: prices, hasOwnCuts: hasOwnCuts))
            INSERT INTO taximeter.account_period (account_key, period_start, period_end, stale)
            SELECT DISTINCT c.account_key, \(period.start), \(period.end), true FROM changed AS c ORDER BY 1
            ON CONFLICT (account_key, period_start) DO UPDATE SET stale = true
            """
    }

    /// Sums into buckets, and names those that changed.
    static func changes(
        _ span: HourSpan, cuts: [Instant], sizes prices: PriceSnapshot, hasOwnCuts: Bool
    ) -> SQL {
        """
            WITH fresh AS (
            \(SumEvents.sql(span, cuts: cuts, sizes: prices, hasOwnCuts: hasOwnCuts))
            ), changed AS (
                INSERT INTO taximeter.usage_bucket AS b (
                    account_key, slot_start, model_key, channel_key, service_tier_key, input_floor, output_floor,
                    unrated_classes, events, requests, cache_hit_tokens, cache_miss_tokens, cache_write_tokens, cache_write_1h_tokens,
                    output_tokens, below_zero)
                SELECT * FROM fresh
                ON CONFLICT (
                    account_key, slot_start, model_key, channel_key, service_tier_key, input_floor, output_floor,
                    unrated_classes)
                DO UPDATE SET
                    events = excluded.events, requests = excluded.requests,
                    cache_hit_tokens = excluded.cache_hit_tokens, cache_miss_tokens = excluded.cache_miss_tokens,
                    cache_write_tokens = excluded.cache_write_tokens,
                    cache_write_1h_tokens = excluded.cache_write_1h_tokens, output_tokens = excluded.output_tokens,
                    below_zero = excluded.below_zero
                WHERE (b.events, b.requests, b.cache_hit_tokens, b.cache_miss_tokens, b.cache_write_tokens,
                        b.cache_write_1h_tokens, b.output_tokens, b.below_zero)
                    IS DISTINCT FROM (excluded.events, excluded.requests, excluded.cache_hit_tokens,
                        excluded.cache_miss_tokens, excluded.cache_write_tokens, excluded.cache_write_1h_tokens,
                        excluded.output_tokens, excluded.below_zero)
                RETURNING b.account_key, b.slot_start
            )
        """
    }
}

/// The same where some accounts have billing periods of their own: names those that lack one for their usage.
struct SumBucketsOfOwnPeriods: Statement {
    /// An account, and the first and last slot that changed.
    struct Row {
        let accountKey: Int64
        let first: Instant
        let last: Instant
    }

    let span: HourSpan
    let cuts: [Instant]
    let prices: PriceSnapshot
    let hasOwnCuts: Bool

    var sql: SQL {
        let period = BillingPeriod(containing: span.start)
        // Stored periods do not overlap: they cover the slots when their parts add up to all of the time between.
        return """
            \(SumBuckets.changes(span, cuts: cuts, sizes: prices, hasOwnCuts: hasOwnCuts)), whose AS (
                SELECT c.account_key, min(c.slot_start) AS first, max(c.slot_start) AS last,
                    a.time_zone <> 'UTC' OR EXISTS (
                        SELECT FROM taximeter.subscription AS s
                        WHERE s.account_key = c.account_key AND s.plan = ANY(\(prices.plansWithOwnPeriods))) AS is_own
                FROM changed AS c INNER JOIN taximeter.account AS a ON a.account_key = c.account_key
                GROUP BY c.account_key, a.time_zone
            ), months AS (
                INSERT INTO taximeter.account_period (account_key, period_start, period_end, stale)
                SELECT w.account_key, \(period.start), \(period.end), true FROM whose AS w WHERE NOT w.is_own ORDER BY 1
                ON CONFLICT (account_key, period_start) DO UPDATE SET stale = true
            ), own AS (
                SELECT p.account_key, p.period_start, p.period_end, w.first, w.last
                FROM whose AS w INNER JOIN taximeter.account_period AS p
                ON p.account_key = w.account_key AND p.period_start <= w.last AND p.period_end > w.first
                WHERE w.is_own ORDER BY 1, 2 FOR UPDATE OF p
            ), marked AS (
                UPDATE taximeter.account_period AS p SET stale = true FROM own AS o
                WHERE p.account_key = o.account_key AND p.period_start = o.period_start
            )
            SELECT w.account_key, w.first, w.last FROM whose AS w
            WHERE w.is_own AND w.last - w.first + interval '1 microsecond' > (
                SELECT coalesce(sum(
                    least(o.period_end, w.last + interval '1 microsecond') - greatest(o.period_start, w.first)), '0')
                FROM own AS o WHERE o.account_key = w.account_key)
            ORDER BY 1
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(accountKey: try row.get(0), first: try row.instant(1), last: try row.instant(2))
    }
}

/// Notes how an hour was cut.
enum RememberHour {
    static func sql(_ hour: Instant, _ cuts: HourCuts, _ prices: PriceSnapshot) -> SQL {
        """
        INSERT INTO taximeter.usage_hour (
            hour, rating_instant, cuts, input_cuts, output_cuts, unrated_classes, price_generation)
        VALUES (\(hour), \(cuts.ratingInstant), \(cuts.slots.map(Timestamp.init)), \(cuts.input), \(cuts.output), \
        \(cuts.unratedClasses), \(prices.generation))
        ON CONFLICT (hour) DO UPDATE SET
            rating_instant = excluded.rating_instant, cuts = excluded.cuts, input_cuts = excluded.input_cuts,
            output_cuts = excluded.output_cuts, unrated_classes = excluded.unrated_classes,
            price_generation = excluded.price_generation
        """
    }
}
