import PostgresWire
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// The margin tables made by plain SQL from charges and costs: every hour's cost over its tokens, whatever their class,
/// model, channel and account, in parts that sum to it exactly.
enum MarginTables {
    static func fill(_ database: TestDatabase) throws {
        try database.psql(sql)
        let connection = try Connection.open(database.options)
        for month in try database.psql("SELECT DISTINCT extract(epoch FROM month) FROM taximeter.margin_account_month")
            .split(separator: "\n").compactMap({ Int64($0.prefix { $0 != "." }) })
        {
            let month = try #require(Instant(microseconds: month * 1_000_000))
            try connection.execute(SumAccountMonth.sql(month))
        }
    }

    private static let sql = #"""
        TRUNCATE taximeter.margin_hour, taximeter.margin_account_day, taximeter.margin_account_month;
        CREATE TEMP TABLE atom AS
        SELECT date_trunc('hour', slot_start, 'UTC') AS hour, account_key, model_key, channel_key, coalesce(currency, '') AS currency,
            sum(events)::numeric AS events, sum(requests)::numeric AS requests, sum(cache_hit_tokens)::numeric AS cache_hit_tokens,
            sum(cache_miss_tokens)::numeric AS cache_miss_tokens, sum(cache_write_tokens)::numeric AS cache_write_tokens,
            sum(cache_write_1h_tokens)::numeric AS cache_write_1h_tokens, sum(output_tokens)::numeric AS output_tokens,
            coalesce(sum(theoretical_amount), 0) AS theoretical_amount, coalesce(sum(list_amount), 0) AS list_amount,
            coalesce(sum(monetised_amount), 0) AS monetised_amount, coalesce(sum(scheduled_amount), 0) AS scheduled_amount,
            coalesce(sum(tiered_amount), 0) AS tiered_amount, coalesce(sum(contracted_amount), 0) AS contracted_amount,
            coalesce(sum(net_amount), 0) AS net_amount, coalesce(sum(cache_hit_amount), 0) AS cache_hit_amount,
            coalesce(sum(cache_miss_amount), 0) AS cache_miss_amount,
            coalesce(sum(cache_write_amount), 0) AS cache_write_amount,
            coalesce(sum(cache_write_1h_amount), 0) AS cache_write_1h_amount,
            coalesce(sum(output_amount), 0) AS output_amount,
            coalesce(sum(events) FILTER (WHERE unpriced_reason IS NOT NULL), 0)::numeric AS unpriced_events
        FROM taximeter.charge GROUP BY 1, 2, 3, 4, 5;
        CREATE TEMP TABLE share AS
        WITH class AS (
            SELECT a.hour, a.account_key, a.model_key, a.channel_key, c.class, sum(c.tokens) AS tokens
            FROM atom AS a, LATERAL (VALUES (1, cache_hit_tokens), (2, cache_miss_tokens), (3, cache_write_tokens),
                (4, cache_write_1h_tokens), (5, output_tokens)) AS c (class, tokens)
            GROUP BY 1, 2, 3, 4, 5 HAVING sum(c.tokens) > 0
        ), running AS (
            SELECT *, sum(tokens) OVER (PARTITION BY hour) AS total,
                sum(tokens) OVER (PARTITION BY hour ORDER BY model_key, channel_key, account_key, class) AS upto
            FROM class
        ), cost AS (
            SELECT hour, currency, sum(cost) FILTER (WHERE use = 'serving') AS serving,
                coalesce(sum(cost) FILTER (WHERE use = 'headroom'), 0) AS headroom
            FROM taximeter.gpu_cost_hourly GROUP BY 1, 2
        ), parts AS (
            SELECT c.hour, r.account_key, r.model_key, r.channel_key, c.currency, r.class,
                round(c.serving * r.upto / r.total, 18) - round(c.serving * (r.upto - r.tokens) / r.total, 18) AS cost, 0 AS headroom
            FROM cost AS c JOIN running AS r USING (hour)
            UNION ALL
            SELECT c.hour, 0, 0, 0, c.currency, 0, CASE WHEN EXISTS (SELECT FROM running AS r WHERE r.hour = c.hour) THEN 0 ELSE c.serving END, c.headroom FROM cost AS c
            WHERE c.headroom > 0 OR NOT EXISTS (SELECT FROM running AS r WHERE r.hour = c.hour)
        )
        SELECT hour, account_key, model_key, channel_key, currency,
            coalesce(sum(cost) FILTER (WHERE class = 1), 0) AS cache_hit_cost, coalesce(sum(cost) FILTER (WHERE class = 2), 0) AS cache_miss_cost,
            coalesce(sum(cost) FILTER (WHERE class = 3), 0) AS cache_write_cost, coalesce(sum(cost) FILTER (WHERE class = 4), 0) AS cache_write_1h_cost,
            coalesce(sum(cost) FILTER (WHERE class = 5), 0) AS output_cost, coalesce(sum(cost) FILTER (WHERE class = 0), 0) AS idle_cost, sum(headroom) AS headroom_cost
        FROM parts GROUP BY 1, 2, 3, 4, 5;
        CREATE TEMP VIEW both_sides AS
        SELECT hour, account_key, model_key, channel_key, currency,
            coalesce(events, 0) AS events, coalesce(requests, 0) AS requests, coalesce(cache_hit_tokens, 0) AS cache_hit_tokens,
            coalesce(cache_miss_tokens, 0) AS cache_miss_tokens, coalesce(cache_write_tokens, 0) AS cache_write_tokens,
            coalesce(cache_write_1h_tokens, 0) AS cache_write_1h_tokens, coalesce(output_tokens, 0) AS output_tokens,
            coalesce(theoretical_amount, 0) AS theoretical_amount, coalesce(list_amount, 0) AS list_amount,
            coalesce(monetised_amount, 0) AS monetised_amount, coalesce(scheduled_amount, 0) AS scheduled_amount,
            coalesce(tiered_amount, 0) AS tiered_amount, coalesce(contracted_amount, 0) AS contracted_amount,
            coalesce(net_amount, 0) AS net_amount, coalesce(cache_hit_amount, 0) AS cache_hit_amount,
            coalesce(cache_miss_amount, 0) AS cache_miss_amount, coalesce(cache_write_amount, 0) AS cache_write_amount,
            coalesce(cache_write_1h_amount, 0) AS cache_write_1h_amount, coalesce(output_amount, 0) AS output_amount,
            coalesce(unpriced_events, 0) AS unpriced_events,
            cache_hit_cost, cache_miss_cost, cache_write_cost, cache_write_1h_cost, output_cost, idle_cost, headroom_cost
        FROM atom FULL JOIN share USING (hour, account_key, model_key, channel_key, currency);
        DO $$
        DECLARE
            sums text := (SELECT string_agg(format('sum(%I)', column_name), ', ' ORDER BY ordinal_position)
                FROM information_schema.columns WHERE table_name = 'both_sides' AND ordinal_position > 5);
            names text := (SELECT string_agg(column_name, ', ' ORDER BY ordinal_position)
                FROM information_schema.columns WHERE table_name = 'both_sides' AND ordinal_position > 5);
            k text := 'model_key, channel_key, currency';
        BEGIN
            EXECUTE format('INSERT INTO taximeter.margin_hour (hour, %1$s, %2$s) SELECT hour, %1$s, %3$s FROM both_sides GROUP BY hour, %1$s', k, names, sums);
            EXECUTE format('INSERT INTO taximeter.margin_account_day (account_key, day, %1$s, %2$s) SELECT account_key, date_trunc(''day'', hour, ''UTC''), %1$s, %3$s FROM both_sides GROUP BY 1, 2, %1$s', k, names, sums);
            EXECUTE format('INSERT INTO taximeter.margin_account_month (account_key, month, %1$s, %2$s) SELECT account_key, date_trunc(''month'', hour, ''UTC''), %1$s, %3$s FROM both_sides GROUP BY 1, 2, %1$s', k, names, sums);
        END $$;
        DROP VIEW both_sides; DROP TABLE atom, share;
        """#
}
