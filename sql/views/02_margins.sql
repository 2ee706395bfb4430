-- Margins. Currencies never meet in a sum: an hour that earned yuan and cost dollars has a row for each, and no margin.
-- theoretical_* are at the reference list price, as DeepSeek published its day; the others are of what is charged for
-- usage. Every view has the same columns over keys of its own, so their text is written once.

DO $views$
DECLARE
    -- The columns that add up, then those that they make.
    sums constant text := $$
        sum(events) AS events,
        sum(requests) AS requests,
        sum(cache_hit_tokens) AS cache_hit_tokens,
        sum(cache_miss_tokens) AS cache_miss_tokens,
        sum(cache_write_tokens) AS cache_write_tokens,
        sum(cache_write_1h_tokens) AS cache_write_1h_tokens,
        sum(output_tokens) AS output_tokens,
        sum(theoretical_revenue) AS theoretical_revenue,
        sum(list_revenue) AS list_revenue,
        sum(monetised_revenue) AS monetised_revenue,
        sum(scheduled_revenue) AS scheduled_revenue,
        sum(revenue) AS revenue,
        sum(unpriced_events) AS unpriced_events,
        sum(cost) AS cost,
        sum(revenue) - sum(cost) AS profit,
        taximeter.gross_margin(sum(revenue), sum(cost)) AS gross_margin,
        taximeter.cost_profit_margin(sum(revenue), sum(cost)) AS cost_profit_margin,
        taximeter.gross_margin(sum(theoretical_revenue), sum(cost)) AS theoretical_gross_margin,
        taximeter.cost_profit_margin(sum(theoretical_revenue), sum(cost)) AS theoretical_cost_profit_margin,
        sum(tiered_revenue) AS tiered_revenue,
        sum(contracted_revenue) AS contracted_revenue,
        sum(serving_cost) AS serving_cost,
        sum(idle_cost) AS idle_cost,
        sum(headroom_cost) AS headroom_cost$$;
    hourly constant text := 'taximeter.margin_hourly_by_model_and_channel';
    -- The accounts' rows, named as the hours' are.
    by_account constant text := $$(
        SELECT
            r.%s,
            a.external_id AS account,
            m.name AS model,
            nullif(r.currency, '') AS currency,
            events, requests, cache_hit_tokens, cache_miss_tokens, cache_write_tokens, cache_write_1h_tokens,
            output_tokens, theoretical_amount AS theoretical_revenue, list_amount AS list_revenue,
            monetised_amount AS monetised_revenue, scheduled_amount AS scheduled_revenue,
            tiered_amount AS tiered_revenue, contracted_amount AS contracted_revenue, net_amount AS revenue,
            unpriced_events,
            cache_hit_cost + cache_miss_cost + cache_write_cost + cache_write_1h_cost + output_cost AS serving_cost,
            idle_cost, headroom_cost,
            cache_hit_cost + cache_miss_cost + cache_write_cost + cache_write_1h_cost + output_cost
            + idle_cost + headroom_cost AS cost
        FROM taximeter.margin_account_%s AS r
        LEFT JOIN taximeter.account AS a ON a.account_key = r.account_key
        LEFT JOIN taximeter.model AS m ON m.model_key = r.model_key
    ) AS accounts$$;
    view record;
BEGIN
    FOR view IN
        SELECT
            v.name,
            v.keys,
            CASE WHEN v.is_by_account OR v.unit = 'hour' THEN v.unit
            ELSE format('date_trunc(%L, hour, ''UTC'') AS %s', v.unit, v.unit) END AS period,
            CASE WHEN v.is_by_account THEN format(by_account, v.unit, v.unit) ELSE hourly END AS source,
            concat_ws(', ', v.unit, nullif(v.keys, '')) AS about
        FROM (VALUES
            ('margin_hourly_by_model', 'hour', 'model', false),
            ('margin_daily_by_model', 'day', 'model', false),
            ('margin_monthly_by_model', 'month', 'model', false),
            ('margin_hourly_by_channel', 'hour', 'channel', false),
            ('margin_daily_by_channel', 'day', 'channel', false),
            ('margin_monthly_by_channel', 'month', 'channel', false),
            ('margin_hourly', 'hour', '', false),
            ('margin_daily', 'day', '', false),
            ('margin_monthly', 'month', '', false),
            ('margin_daily_by_account', 'day', 'account', true),
            ('margin_daily_by_account_and_model', 'day', 'account, model', true),
            ('margin_monthly_by_account', 'month', 'account', true),
            ('margin_monthly_by_account_and_model', 'month', 'account, model', true)
        ) AS v (name, unit, keys, is_by_account)
    LOOP
        EXECUTE format(
            'CREATE OR REPLACE VIEW taximeter.%I AS SELECT %s, currency, %s FROM %s GROUP BY 1, %s', view.name,
            concat_ws(', ', view.period, nullif(view.keys, '')), sums, view.source,
            concat_ws(', ', nullif(view.keys, ''), 'currency'));
        EXECUTE format('COMMENT ON VIEW taximeter.%I IS %L', view.name, format(
            'Usage, revenue at each step, cost and both margins, by UTC %s and currency. %s', view.about,
            CASE WHEN view.keys = '' THEN 'Cost is all of it, whoever caused it.'
            ELSE 'Rows without a name have the cost that no usage caused.' END));
    END LOOP;
END
$views$;
