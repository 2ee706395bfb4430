-- The published day by hour: tokens, what they are worth at the reference list, what serving them cost.
SELECT
    to_char(hour AT TIME ZONE 'UTC', 'MM-DD HH24:MI') AS hour_utc,
    cache_hit_tokens + cache_miss_tokens AS input_tokens,
    output_tokens,
    round(theoretical_revenue, 2) AS theoretical,
    round(revenue, 2) AS revenue,
    round(cost, 2) AS cost,
    theoretical_cost_profit_margin,
    cost_profit_margin
FROM taximeter.margin_hourly
WHERE hour >= '2025-02-27 04:00:00+00' AND hour < '2025-02-28 04:00:00+00'
ORDER BY hour;
