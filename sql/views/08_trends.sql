-- How a month compares with the one before, and what this one is heading for.

DO $views$
DECLARE
    view record;
BEGIN
    FOR view IN
        SELECT v.name, v.model, v.source
        FROM (VALUES
            ('month_over_month', '', 'margin_monthly'),
            ('month_over_month_by_model', 'model, ', 'margin_monthly_by_model')
        ) AS v (name, model, source)
    LOOP
        EXECUTE format($sql$
            CREATE OR REPLACE VIEW taximeter.%1$I AS
            SELECT
                month, %2$s currency, output_tokens, revenue, cost, profit, gross_margin,
                CASE WHEN follows THEN lag(output_tokens) OVER w END AS previous_output_tokens,
                CASE WHEN follows THEN lag(revenue) OVER w END AS previous_revenue,
                CASE WHEN follows THEN lag(cost) OVER w END AS previous_cost,
                CASE WHEN follows THEN lag(profit) OVER w END AS previous_profit,
                CASE WHEN follows THEN round(output_tokens / nullif(lag(output_tokens) OVER w, 0) - 1, 6) END
                    AS output_tokens_growth,
                CASE WHEN follows THEN round(revenue / nullif(lag(revenue) OVER w, 0) - 1, 6) END AS revenue_growth,
                CASE WHEN follows THEN round(cost / nullif(lag(cost) OVER w, 0) - 1, 6) END AS cost_growth,
                CASE WHEN follows THEN gross_margin - lag(gross_margin) OVER w END AS gross_margin_change
            FROM (
                SELECT
                    *, lag(month) OVER (PARTITION BY %2$s currency ORDER BY month) = taximeter.add_months(month, -1)
                        AS follows
                FROM taximeter.%3$I
            ) AS months
            WINDOW w AS (PARTITION BY %2$s currency ORDER BY month)
            $sql$, view.name, view.model, view.source);
        EXECUTE format('COMMENT ON VIEW taximeter.%I IS %L', view.name, format(
            'Each UTC month%s and currency beside the month before: growth is a fraction of that month, gross_margin_change a difference of fractions. NULL where that month has nothing.',
            CASE view.model WHEN '' THEN '' ELSE ', model' END));
    END LOOP;
END
$views$;

CREATE OR REPLACE FUNCTION taximeter.forecast_month(as_of timestamptz)
RETURNS TABLE (
    month timestamptz, currency text, through timestamptz, hours_so_far numeric, hours_to_come numeric,
    revenue_so_far numeric, cost_so_far numeric, revenue_per_hour numeric, cost_per_hour numeric, revenue numeric,
    cost numeric, profit numeric, gross_margin numeric, cost_profit_margin numeric
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    -- Up to the last hour that has margins: a run that is late must not look like a fall in revenue.
    WITH known AS (
        SELECT
            date_trunc('month', as_of, 'UTC') AS starts,
            taximeter.add_months(date_trunc('month', as_of, 'UTC'), 1) AS ends,
            max(h.hour) + interval '1 hour' AS through
        FROM taximeter.margin_hourly_by_model_and_channel AS h
        WHERE h.hour >= date_trunc('month', as_of, 'UTC') AND h.hour + interval '1 hour' <= as_of
    ),
    recent AS (
        SELECT k.*, greatest(min(h.hour), k.through - interval '168 hours') AS recent_from
        FROM known AS k
        INNER JOIN taximeter.margin_hourly_by_model_and_channel AS h
        ON h.hour >= k.through - interval '168 hours' AND h.hour < k.through
        GROUP BY k.starts, k.ends, k.through
    ),
    sums AS (
        SELECT
            r.starts, r.ends, r.through, r.recent_from, h.currency,
            coalesce(sum(h.revenue) FILTER (WHERE h.hour >= r.starts), 0) AS revenue,
            sum(h.cost) FILTER (WHERE h.hour >= r.starts) AS cost,
            sum(h.revenue) FILTER (WHERE h.hour >= r.recent_from)
            / (extract(epoch FROM r.through - r.recent_from) / 3600) AS revenue_rate,
            sum(h.cost) FILTER (WHERE h.hour >= r.recent_from)
            / (extract(epoch FROM r.through - r.recent_from) / 3600) AS cost_rate,
            extract(epoch FROM r.ends - r.through) / 3600 AS hours_to_come
        FROM recent AS r
        INNER JOIN taximeter.margin_hourly_by_model_and_channel AS h
        ON h.hour >= least(r.starts, r.recent_from) AND h.hour < r.through
        GROUP BY r.starts, r.ends, r.through, r.recent_from, h.currency
    ),
    forecast AS (
        SELECT
            s.*, round(s.revenue + coalesce(s.revenue_rate, 0) * s.hours_to_come, 6) AS month_revenue,
            round(s.cost + s.cost_rate * s.hours_to_come, 6) AS month_cost
        FROM sums AS s
    )
    SELECT
        f.starts, f.currency, f.through, round(extract(epoch FROM f.through - f.starts) / 3600, 2),
        round(f.hours_to_come, 2), f.revenue, f.cost, round(f.revenue_rate, 6), round(f.cost_rate, 6),
        f.month_revenue, f.month_cost, f.month_revenue - f.month_cost,
        taximeter.gross_margin(f.month_revenue, f.month_cost),
        taximeter.cost_profit_margin(f.month_revenue, f.month_cost)
    FROM forecast AS f
    ORDER BY f.currency;
END;
COMMENT ON FUNCTION taximeter.forecast_month IS
    'Where the UTC month of an instant is heading: what it has come to in the hours that were over by then, and for the rest the hourly mean of the last 168 hours (or of as many as there are, into the month before). through is the end of the last hour that has margins.';

CREATE OR REPLACE VIEW taximeter.month_forecast AS
SELECT * FROM taximeter.forecast_month(now());
COMMENT ON VIEW taximeter.month_forecast IS 'forecast_month now: the current UTC month at its current run rate.';
