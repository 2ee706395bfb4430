-- The day in one row. 21 is the published mean of output tokens a second and stream (20 to 22).
SELECT
    cache_hit_tokens,
    cache_miss_tokens,
    output_tokens,
    round(node_hours, 2) AS node_hours,
    round(cost, 2) AS cost,
    round(theoretical_revenue, 2) AS theoretical_revenue,
    theoretical_cost_profit_margin,
    theoretical_gross_margin,
    round(output_tokens_per_node_second) AS output_tokens_per_node_second,
    round(output_tokens_per_second / 21) AS concurrent_streams,
    round(breakeven_multiplier, 4) AS breakeven_multiplier
FROM taximeter.margin_summary('2025-02-27 04:00:00+00', '2025-02-28 04:00:00+00');
