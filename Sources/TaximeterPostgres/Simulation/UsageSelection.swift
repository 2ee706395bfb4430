import PostgresWire
import Taximeter

/// Where the usage of some hours comes from, so that it can be rated as it is now and by another book: the stored sums where
/// they are cut finely enough, else sums of the events.
struct UsageSelection {
    /// Usage cut in one way.
    struct Source {
        /// The cuts that the sums must have.
        let prices: PriceSnapshot
        /// Hours whose stored sums will not do, in order.
        let hoursFromEvents: [Instant]
    }

    let span: HourSpan
    /// One for both sides; two where the books take another instant of a request.
    let sources: [Source]
    /// Whether a roll-up has work to do in these hours.
    let hasPendingWork: Bool

    init(span: HourSpan, sources: [Source], hasPendingWork: Bool) {
        self.span = span
        self.sources = sources
        self.hasPendingWork = hasPendingWork
    }

    /// - Throws: ``StoreError`` with the hours whose events are needed and are gone.
    init(_ span: HourSpan, stored: PriceSnapshot, tried: PriceSnapshot, _ connection: Connection) throws {
        let rolled = try connection.query(ReadRolledHours(in: span))
        let dirty = Set(try connection.query(ReadDirtyHours()).filter { $0 >= span.start && $0 < span.end })
        var cuts = [stored, tried]
        if stored.ratingInstant == tried.ratingInstant {
            cuts = [
                PriceSnapshot(
                    generation: stored.generation, books: stored.books + tried.books, defaultBookKey: nil,
                    ratingInstant: stored.ratingInstant, plans: stored.plans, zones: stored.zones)
            ]
        }
        func hours(for prices: PriceSnapshot) -> Set<Instant> {
            dirty.union(rolled.filter { !$0.cuts.include(prices.cuts(ofHour: $0.hour)) }.map(\.hour))
        }
        self.init(
            span: span, sources: cuts.map { Source(prices: $0, hoursFromEvents: hours(for: $0).sorted()) },
            hasPendingWork: !hours(for: stored).isEmpty)
        try ensureEvents(rolled, dirty, connection)
    }

    /// The place of a side's source; the sides are today's prices and the book that is tried out.
    func source(ofSide side: Int) -> Int { min(side, sources.count - 1) }

    /// Compares the events of hours that are to be summed again with the sums that were once made of them.
    private func ensureEvents(
        _ rolled: [ReadRolledHours.Row], _ dirty: Set<Instant>, _ connection: Connection
    ) throws {
        let wanted = Set(sources.flatMap(\.hoursFromEvents))
        var gone: [Instant] = []
        for ratingInstant in RatingInstant.allCases {
            let hours = rolled.filter { wanted.contains($0.hour) && $0.cuts.ratingInstant == ratingInstant.rawValue }
            if hours.isEmpty { continue }
            gone += try connection.query(
                ReadLostHours(hours.map(\.hour).sorted(), dirty: dirty.sorted(), by: ratingInstant))
        }
        if gone.isEmpty { return }
        let named = gone.sorted().prefix(3).map(\.description).joined(separator: ", ")
        throw StoreError(
            .eventsGone,
            "the events of \(gone.count) hours are gone (\(named)\(gone.count > 3 ? ", …" : "")), and their stored sums are "
                + "cut otherwise than the price book needs: choose a range in later billing periods, or a book that cuts "
                + "time and request sizes as the stored ones do")
    }
}

/// The usage of a selection, account by account, source by source, in order of time.
struct ReadUsage: Statement {
    struct Row {
        let source: Int
        let bucket: BucketRow
    }

    let sql: SQL

    init(_ usage: UsageSelection) {
        var parts: [SQL] = []
        for (place, source) in usage.sources.enumerated() {
            parts.append(Self.buckets(usage.span, without: source.hoursFromEvents, place: Int64(place)))
            if source.hoursFromEvents.isEmpty { continue }
            parts.append(Self.events(source, place: Int64(place)))
        }
        let all = parts.dropFirst().reduce(parts.first ?? "") { "\($0) UNION ALL \($1)" }
        sql = "SELECT * FROM (\(all)) AS u ORDER BY u.account_key, u.source, u.slot_start"
    }

    private static let columns = """
        account_key, slot_start, model_key, channel_key, service_tier_key, input_floor, output_floor, unrated_classes, \
        slot_start AS period_start, events, requests, cache_hit_tokens, cache_miss_tokens, cache_write_tokens, \
        cache_write_1h_tokens, output_tokens
        """

    private static func buckets(_ span: HourSpan, without hours: [Instant], place: Int64) -> SQL {
        """
        SELECT \(unsafe: columns), \(place)::int8 AS source FROM taximeter.usage_bucket
        WHERE slot_start >= \(span.start) AND slot_start < \(span.end)
            AND date_trunc('hour', slot_start, 'UTC') <> ALL(\(hours.map(Timestamp.init)))
        """
    }

    private static func events(_ source: UsageSelection.Source, place: Int64) -> SQL {
        let hours = source.hoursFromEvents
        let cuts = hours.flatMap { source.prices.cuts(ofHour: $0).slots }
        let sums = SumEvents.sql(.covering(hours), cuts: cuts, sizes: source.prices, only: hours, hasOwnCuts: true)
        return "SELECT \(unsafe: columns), \(place)::int8 AS source FROM (\(sums)) AS fresh"
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        let source = try row.get(16, as: Int64.self)
        return Row(source: Int(source), bucket: try BucketRow(row))
    }
}

/// Hours whose sums hold events that are not there any more.
struct ReadLostHours: Statement {
    let sql: SQL

    /// - Parameters:
    ///   - hours: Hours that were rolled up, in order.
    ///   - dirty: Those with events that came later: only that some are there can be told of them, and of hours from which
    ///     more was reversed than used.
    ///   - ratingInstant: What their sums went by.
    init(_ hours: [Instant], dirty: [Instant], by ratingInstant: RatingInstant) {
        let span = HourSpan.covering(hours)
        let whole = PriceSnapshot(generation: 0, books: [], defaultBookKey: nil, ratingInstant: ratingInstant)
        sql = """
            SELECT stored.hour FROM (
                SELECT date_trunc('hour', b.slot_start, 'UTC') AS hour, sum(b.events) AS events,
                    bool_or(b.below_zero) AS below_zero
                FROM taximeter.usage_bucket AS b
                WHERE b.slot_start >= \(span.start) AND b.slot_start < \(span.end)
                    AND date_trunc('hour', b.slot_start, 'UTC') = ANY(\(hours.map(Timestamp.init)))
                GROUP BY 1
            ) AS stored
            LEFT JOIN (
                SELECT f.slot_start AS hour, sum(f.events) AS events
                FROM (\(SumEvents.sql(span, cuts: hours, sizes: whole, only: hours))) AS f
                GROUP BY 1
            ) AS there ON there.hour = stored.hour
            WHERE CASE WHEN stored.below_zero OR stored.hour = ANY(\(dirty.map(Timestamp.init)))
                THEN there.hour IS NULL
                ELSE there.events IS DISTINCT FROM stored.events END
            ORDER BY 1
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Instant { try row.instant(0) }
}

/// What else a simulation has to know of the database.
struct ReadSimulationState: Statement {
    struct Row {
        /// Whether charges of these hours' periods are to be made anew.
        let isStale: Bool
        let lastAccountKey: Int64
    }

    let span: HourSpan

    init(_ span: HourSpan) { self.span = span }

    var sql: SQL {
        """
        SELECT
            EXISTS (
                SELECT FROM taximeter.account_period
                WHERE stale AND period_start < \(span.end) AND period_end > \(span.start)),
            (SELECT coalesce(max(account_key), 0) FROM taximeter.account)
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(isStale: try row.get(0), lastAccountKey: try row.get(1))
    }
}

extension HourSpan {
    /// The span from the first to the last of sorted hours.
    static func covering(_ hours: [Instant]) -> HourSpan {
        guard let first = hours.first, let last = hours.last else { return HourSpan(start: .earliest, count: 0) }
        return HourSpan(from: first, until: last.advanced(byMicroseconds: Instant.hour) ?? last)
    }
}
