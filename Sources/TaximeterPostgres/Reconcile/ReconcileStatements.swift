import PostgresWire
import Taximeter

/// The usage of a span of UTC hours, a row a stage.
struct ReadStageUsage: Statement {
    let span: Range<Instant>

    var sql: SQL {
        """
        SELECT stage, sum(events)::text, sum(requests)::text,
            sum(cache_hit_tokens + cache_miss_tokens + cache_write_tokens + cache_write_1h_tokens)::text,
            sum(output_tokens)::text
        FROM taximeter.reconcile_usage
        WHERE hour >= \(span.lowerBound) AND hour < \(span.upperBound)
        GROUP BY position, stage
        ORDER BY position
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Reconciliation.Usage {
        Reconciliation.Usage(
            stage: try row.get(0), events: try row.get(1), requests: try row.get(2), inputTokens: try row.get(3),
            outputTokens: try row.get(4))
    }
}

/// Which periods and invoices are a month's: those that end in it, on the account's clock.
private func ends(in month: String, before next: String) -> SQL {
    """
    period_end > (\(month)::date::timestamp AT TIME ZONE time_zone)
    AND period_end <= (\(next)::date::timestamp AT TIME ZONE time_zone)
    """
}

/// What a month's periods come to, a row a currency.
struct ReadPeriodTotals: Statement {
    let month: String
    let next: String

    var sql: SQL {
        """
        SELECT currency, count(*), trim_scale(sum(charged_amount))::text, trim_scale(sum(rated_amount))::text,
            trim_scale(sum(billed_amount))::text
        FROM taximeter.reconcile_periods
        WHERE currency IS NOT NULL AND \(ends(in: month, before: next))
        GROUP BY currency
        ORDER BY currency
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Reconciliation.Periods {
        Reconciliation.Periods(
            currency: try row.get(0), count: try row.get(1), charged: try row.get(2), rated: try row.get(3),
            billed: try row.get(4))
    }
}

/// A month's invoices, a row a currency.
struct ReadInvoicedTotals: Statement {
    let month: String
    let next: String

    var sql: SQL {
        """
        SELECT currency, count(*), trim_scale(sum(line_amount))::text, trim_scale(sum(total))::text,
            trim_scale(sum(booked_amount))::text
        FROM taximeter.reconcile_invoices
        WHERE \(ends(in: month, before: next))
        GROUP BY currency
        ORDER BY currency
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Reconciliation.Invoiced {
        Reconciliation.Invoiced(
            currency: try row.get(0), count: try row.get(1), lines: try row.get(2), total: try row.get(3),
            booked: try row.get(4))
    }
}

/// A month's periods that are not rated, not billed, or have usage without a price: what the audits do not compare.
struct ReadOpenPeriods: Statement {
    let month: String
    let next: String

    var sql: SQL {
        """
        SELECT o.kind, 'account ' || p.account || ' period '
            || to_char(p.period_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), o.expected, o.found
        FROM taximeter.reconcile_periods AS p
        CROSS JOIN LATERAL (
            SELECT 'unrated', 'rated as its usage is now', 'waiting' WHERE p.state = 'unrated'
            UNION ALL
            SELECT 'parked', concat_ws(' ', trim_scale(p.rated_amount), p.currency, 'billed'),
                concat_ws(' ', trim_scale(p.billed_amount), p.currency, 'billed (' || p.parked_reason || ')')
            WHERE p.state = 'parked'
            UNION ALL
            SELECT 'unbilled', concat_ws(' ', trim_scale(p.rated_amount), p.currency, 'billed'),
                concat_ws(' ', trim_scale(p.billed_amount), p.currency, 'billed')
            WHERE p.state = 'unbilled'
            UNION ALL
            SELECT 'unpriced', '0 events without a price', p.unpriced_events || ' events without a price'
            WHERE p.unpriced_events > 0
        ) AS o (kind, expected, found)
        WHERE \(ends(in: month, before: next))
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> AuditFinding {
        try ReadFindings.decode(row)
    }
}

/// A span's hours that wait to be summed, which the audits do not compare.
struct ReadWaitingHours: Statement {
    let span: Range<Instant>

    var sql: SQL {
        """
        SELECT 'roll-up', 'hour ' || to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"'), 'summed', 'waiting'
        FROM taximeter.reconcile_waiting
        WHERE hour >= \(span.lowerBound) AND hour < \(span.upperBound)
        ORDER BY hour
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> AuditFinding {
        try ReadFindings.decode(row)
    }
}

/// A span's days whose margins wait to be computed, and its months that wait to be summed.
struct ReadWaitingMargins: Statement {
    let span: Range<Instant>

    var sql: SQL {
        """
        SELECT 'margins', grain || ' ' || to_char(start AT TIME ZONE 'UTC', 'YYYY-MM-DD'),
            CASE grain WHEN 'day' THEN 'computed' ELSE 'summed' END, 'waiting'
        FROM taximeter.reconcile_waiting_margins
        WHERE start >= \(span.lowerBound) AND start < \(span.upperBound)
        ORDER BY start, grain
        """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> AuditFinding {
        try ReadFindings.decode(row)
    }
}
