-- Margins. Currencies never meet in a sum: an hour that earned yuan and cost dollars has a row for each, and no margin.
-- theoretical_* are at the reference list price, as DeepSeek published its day; the others are of what is billed.

CREATE OR REPLACE VIEW taximeter.margin_hourly_by_model AS
WITH both_sides AS (
    SELECT
        hour, model, currency, events, requests, cache_hit_tokens, cache_miss_tokens, cache_write_tokens,
        cache_write_1h_tokens, output_tokens, theoretical_revenue, list_revenue, monetised_revenue, scheduled_revenue,
        revenue, unpriced_events, NULL::numeric AS cost
    FROM taximeter.usage_hourly
    UNION ALL
    SELECT hour, model, currency, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, cost
    FROM taximeter.cost_hourly_by_model
)
SELECT
    hour,
    model,
    currency,
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
    taximeter.cost_profit_margin(sum(theoretical_revenue), sum(cost)) AS theoretical_cost_profit_margin
FROM both_sides
GROUP BY hour, model, currency;
COMMENT ON VIEW taximeter.margin_hourly_by_model IS 'Usage, revenue at each step, cost and both margins, by UTC hour, model and currency.';

CREATE OR REPLACE VIEW taximeter.margin_daily_by_model AS
SELECT
    date_trunc('day', hour, 'UTC') AS day,
    model,
    currency,
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
    taximeter.cost_profit_margin(sum(theoretical_revenue), sum(cost)) AS theoretical_cost_profit_margin
FROM taximeter.margin_hourly_by_model
GROUP BY 1, 2, 3;
COMMENT ON VIEW taximeter.margin_daily_by_model IS 'Usage, revenue at each step, cost and both margins, by UTC day, model and currency.';

CREATE OR REPLACE VIEW taximeter.margin_hourly AS
SELECT
    hour,
    currency,
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
    taximeter.cost_profit_margin(sum(theoretical_revenue), sum(cost)) AS theoretical_cost_profit_margin
FROM taximeter.margin_hourly_by_model
GROUP BY 1, 2;
COMMENT ON VIEW taximeter.margin_hourly IS 'Usage, revenue at each step, cost and both margins, by UTC hour and currency.';

CREATE OR REPLACE VIEW taximeter.margin_daily AS
SELECT
    date_trunc('day', hour, 'UTC') AS day,
    currency,
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
    taximeter.cost_profit_margin(sum(theoretical_revenue), sum(cost)) AS theoretical_cost_profit_margin
FROM taximeter.margin_hourly_by_model
GROUP BY 1, 2;
COMMENT ON VIEW taximeter.margin_daily IS 'Usage, revenue at each step, cost and both margins, by UTC day and currency.';
