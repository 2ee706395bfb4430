import PostgresWire
import Taximeter

/// Hours whose events may be summed. Of those before the instant up to which events and their keys were dropped, only late
/// ones would be found: the sums that were made of all of them stand for ever, and the marks of late ones with them.
let isRetained: SQL = """
    hour >= coalesce((SELECT dropped_before FROM taximeter.event_key_state), '-infinity')
    """

/// The hours that have events which no bucket holds yet.
struct ReadDirtyHours: Statement {
    var sql: SQL { "SELECT DISTINCT hour FROM taximeter.dirty_hour WHERE \(isRetained)" }

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
            WHERE price_generation < \(generation) AND \(isRetained) ORDER BY hour
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

/// Makes the partitions of some UTC days, which stand by their numbers, where they are not there yet: in a transaction of its
/// own, before anything is written to them.
enum EnsureBucketPartitions {
    static func sql(_ days: [Int64]) -> SQL {
        let dates = days.map { CivilDate(daysSinceEpoch: $0).description }
        return "SELECT taximeter.ensure_bucket_partitions(\(dates)::date[])"
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
        let instant: SQL = "e.\(unsafe: prices.ratingInstant.rawValue)"
        let isOfHours: SQL =
            hours.map { "AND date_trunc('hour', \(instant), 'UTC') = ANY(\($0.map(Timestamp.init)))" } ?? ""
        let input: SQL = "e.cache_hit_tokens + e.cache_miss_tokens + e.cache_write_tokens + e.cache_write_1h_tokens"
        let slot: SQL = "(\(slots))[width_bucket(\(instant), \(slots))]"
        let ownSlot: SQL = "greatest(\(slot), own.cuts[width_bucket(\(instant), own.cuts)])"
        let ownCuts: SQL = """
            LEFT JOIN (
                SELECT c.account_key, array_agg(DISTINCT c.cut) AS cuts FROM (\(ReadOwnCuts.cuts(span))) AS c GROUP BY 1
            ) AS own ON own.account_key = e.account_key
            """
        let sums = BucketRow.sums.map { "s.\($0)" }.joined(separator: ", ")
        let heldSums = BucketRow.sums.map { "CASE WHEN s.below_zero THEN 0 ELSE s.\($0) END AS \($0)" }
        // A bucket from which more was reversed than used counts as nothing, marked, and stops no other; see the audit.
        // Whether it is one is told once a bucket: OFFSET 0 keeps it apart from its eight uses.
        // Events are stored by completed_at, which is never before started_at: so a lower bound on it holds for both.
        return """
            SELECT \(unsafe: ChargeKey.columns), \(unsafe: heldSums.joined(separator: ", ")), s.below_zero
            FROM (
                SELECT s.*, s.requests < s.events OR least(\(unsafe: sums)) < 0 AS below_zero
                FROM (
                    SELECT
                        e.account_key, \(hasOwnCuts ? ownSlot : slot) AS slot_start,
                        e.model_key, e.channel_key, e.service_tier_key,
                        \(sizeClass(input, prices.sizes.input)) AS input_floor,
                        \(sizeClass("e.output_tokens", prices.sizes.output)) AS output_floor,
                        \(unsafe: classesInUse(of: prices.sizes.unratedClasses)) AS unrated_classes,
                        taximeter.total(e.sign) AS events, taximeter.total(e.sign * e.requests) AS requests,
                        taximeter.total(e.sign * e.cache_hit_tokens) AS cache_hit_tokens,
                        taximeter.total(e.sign * e.cache_miss_tokens) AS cache_miss_tokens,
                        taximeter.total(e.sign * e.cache_write_tokens) AS cache_write_tokens,
                        taximeter.total(e.sign * e.cache_write_1h_tokens) AS cache_write_1h_tokens,
                        taximeter.total(e.sign * e.output_tokens) AS output_tokens
                    FROM taximeter.usage_event AS e \(hasOwnCuts ? ownCuts : "")
                    WHERE e.completed_at >= \(span.start) AND \(instant) >= \(span.start)
                        AND \(instant) < \(span.end) \(isOfHours)
                    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
                ) AS s
                OFFSET 0
            ) AS s
            """
    }

    /// The lower bound of an event's size class; every event pays for what is asked here.
    private static func sizeClass(_ tokens: SQL, _ cuts: [Int64]) -> SQL {
        let floor: SQL = cuts == [0] ? "0::bigint" : "(\(cuts))[width_bucket(\(tokens), \(cuts))]"
        return "CASE WHEN e.requests > 1 THEN -1::bigint ELSE \(floor) END"
    }

    /// The token classes that an event uses, of some, as bits.
    private static func classesInUse(of classes: Int16) -> String {
        let bits = TokenClass.allCases.compactMap { tokenClass in
            let bit = Int16(1) << Int16(tokenClass.rawValue)
            if classes & bit == 0 { return nil as String? }
            return "CASE WHEN e.\(BucketRow.column(of: tokenClass)) > 0 THEN \(bit) ELSE 0 END"
        }
        return bits.isEmpty ? "0::smallint" : "(\(bits.joined(separator: " + ")))::smallint"
    }
}

/// Sums the events of some hours into buckets, and notes whose buckets changed. With `isFirst` the span must have no
/// buckets yet: there is nothing to compare with.
enum SumBuckets {
    static func sql(
        _ span: HourSpan, cuts: [Instant], sizes prices: PriceSnapshot, hasOwnCuts: Bool, isFirst: Bool
    ) -> SQL {
        let period = BillingPeriod(containing: span.start)
        // A period that is stale already is only locked: which is what makes the mark wait for a rater that is about to
        // take it away.
        return """
            \(changes(span, cuts: cuts, sizes: prices, hasOwnCuts: hasOwnCuts, isFirst: isFirst))
            INSERT INTO taximeter.account_period AS p (account_key, period_start, period_end, stale)
            SELECT DISTINCT c.account_key, \(period.start), \(period.end), true FROM changed AS c ORDER BY 1
            ON CONFLICT (account_key, period_start) DO UPDATE SET stale = true WHERE NOT p.stale
            """
    }

    /// Sums into buckets, and names those that changed.
    static func changes(
        _ span: HourSpan, cuts: [Instant], sizes prices: PriceSnapshot, hasOwnCuts: Bool, isFirst: Bool
    ) -> SQL {
        let columns = BucketRow.sums + ["below_zero"]
        let list = columns.joined(separator: ", ")
        let settings = columns.map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
        let old = columns.map { "b.\($0)" }.joined(separator: ", ")
        let new = columns.map { "excluded.\($0)" }.joined(separator: ", ")
        let onConflict = """
            ON CONFLICT (\(ChargeKey.columns)) DO UPDATE SET \(settings) WHERE (\(old)) IS DISTINCT FROM (\(new))
            """
        // In the order of the primary key, so that each page of its index is visited once.
        return """
            WITH changed AS (
                INSERT INTO taximeter.usage_bucket AS b (\(unsafe: ChargeKey.columns), \(unsafe: list))
                SELECT * FROM (\(SumEvents.sql(span, cuts: cuts, sizes: prices, hasOwnCuts: hasOwnCuts))) AS fresh
                ORDER BY \(unsafe: ChargeKey.columns)
                \(unsafe: isFirst ? "" : onConflict)
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
    let isFirst: Bool

    var sql: SQL {
        let period = BillingPeriod(containing: span.start)
        // Stored periods do not overlap: they cover the slots when their parts add up to all of the time between.
        return """
            \(SumBuckets.changes(span, cuts: cuts, sizes: prices, hasOwnCuts: hasOwnCuts, isFirst: isFirst)), whose AS (
                SELECT c.account_key, min(c.slot_start) AS first, max(c.slot_start) AS last,
                    a.time_zone <> 'UTC' OR EXISTS (
                        SELECT FROM taximeter.subscription AS s
                        WHERE s.account_key = c.account_key AND s.plan = ANY(\(prices.plansWithOwnPeriods))) AS is_own
                FROM changed AS c INNER JOIN taximeter.account AS a ON a.account_key = c.account_key
                GROUP BY c.account_key, a.time_zone
            ), months AS (
                INSERT INTO taximeter.account_period AS p (account_key, period_start, period_end, stale)
                SELECT w.account_key, \(period.start), \(period.end), true FROM whose AS w WHERE NOT w.is_own ORDER BY 1
                ON CONFLICT (account_key, period_start) DO UPDATE SET stale = true WHERE NOT p.stale
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
