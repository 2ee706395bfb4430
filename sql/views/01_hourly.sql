-- What was used and earned, and what serving cost, by UTC hour and model: the two sides that every margin view joins.

CREATE OR REPLACE FUNCTION taximeter.gross_margin(revenue numeric, cost numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN revenue > 0 THEN round((revenue - cost) / revenue, 6) END;
COMMENT ON FUNCTION taximeter.gross_margin IS '(revenue - cost) / revenue. NULL without revenue, or where the cost is not known.';

CREATE OR REPLACE FUNCTION taximeter.cost_profit_margin(revenue numeric, cost numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN cost > 0 THEN round((revenue - cost) / cost, 6) END;
COMMENT ON FUNCTION taximeter.cost_profit_margin IS '(revenue - cost) / cost. NULL without cost, or where the cost is not known.';

CREATE OR REPLACE VIEW taximeter.usage_hourly AS
SELECT
    date_trunc('hour', c.slot_start, 'UTC') AS hour,
    m.name AS model,
    c.currency,
    sum(c.events)::numeric AS events,
    sum(c.requests)::numeric AS requests,
    sum(c.cache_hit_tokens)::numeric AS cache_hit_tokens,
    sum(c.cache_miss_tokens)::numeric AS cache_miss_tokens,
    sum(c.cache_write_tokens)::numeric AS cache_write_tokens,
    sum(c.cache_write_1h_tokens)::numeric AS cache_write_1h_tokens,
    sum(c.output_tokens)::numeric AS output_tokens,
    coalesce(sum(c.theoretical_amount), 0) AS theoretical_revenue,
    coalesce(sum(c.list_amount), 0) AS list_revenue,
    coalesce(sum(c.monetised_amount), 0) AS monetised_revenue,
    coalesce(sum(c.scheduled_amount), 0) AS scheduled_revenue,
    coalesce(sum(c.net_amount), 0) AS revenue,
    coalesce(sum(c.events) FILTER (WHERE c.unpriced_reason IS NOT NULL), 0)::numeric AS unpriced_events,
    coalesce(sum(c.tiered_amount), 0) AS tiered_revenue,
    coalesce(sum(c.contracted_amount), 0) AS contracted_revenue
FROM taximeter.charge AS c
INNER JOIN taximeter.model AS m USING (model_key)
GROUP BY 1, 2, 3;
COMMENT ON VIEW taximeter.usage_hourly IS
    'Usage and revenue by UTC hour (of the rating instant), model and currency. Unpriced usage has tokens and no revenue.';

CREATE OR REPLACE VIEW taximeter.cost_hourly AS
SELECT
    c.hour,
    p.name AS pool,
    nullif(c.model, '') AS model,
    c.currency,
    round(c.node_microseconds / 3600000000.0, 9) AS node_hours,
    round(c.node_microseconds / 3600000000.0 * c.gpus_per_node, 9) AS gpu_hours,
    c.peak_nodes,
    c.cost,
    c.phase,
    c.use
FROM taximeter.gpu_cost_hourly AS c
INNER JOIN taximeter.gpu_pool AS p USING (gpu_pool_key);
COMMENT ON VIEW taximeter.cost_hourly IS
    'GPU cost by UTC hour, pool, (where nodes are assigned to one) model, phase and use: serving, headroom, or lent, which is no cost of serving.';

-- Nodes that serve one model cost that model. The cost of shared nodes goes to the models of the hour by their tokens,
-- input and output alike; differences of a rounded running total, so that the parts sum to the cost to the last digit.
-- An hour with cost and without tokens stays with no model: idle.
CREATE OR REPLACE VIEW taximeter.cost_hourly_by_model AS
WITH tokens AS (
    SELECT
        hour,
        model,
        sum(cache_hit_tokens + cache_miss_tokens + cache_write_tokens + cache_write_1h_tokens + output_tokens) AS weight
    FROM taximeter.usage_hourly
    GROUP BY hour, model
),
running AS (
    SELECT
        hour,
        model,
        weight,
        sum(weight) OVER (PARTITION BY hour) AS total,
        sum(weight) OVER (PARTITION BY hour ORDER BY model ROWS UNBOUNDED PRECEDING) AS up_to_here
    FROM tokens
    WHERE weight > 0
)
SELECT
    c.hour,
    coalesce(c.model, r.model) AS model,
    c.currency,
    CASE
        WHEN r.model IS NULL THEN c.cost
        ELSE round(c.cost * r.up_to_here / r.total, 18) - round(c.cost * (r.up_to_here - r.weight) / r.total, 18)
    END AS cost
FROM (
    SELECT
        hour,
        model,
        currency,
        sum(cost) AS cost
    FROM taximeter.cost_hourly
    WHERE use <> 'lent'
    GROUP BY hour, model, currency
) AS c
LEFT JOIN running AS r ON c.model IS NULL AND c.hour = r.hour;
COMMENT ON VIEW taximeter.cost_hourly_by_model IS
    'GPU cost by UTC hour and model: assigned nodes by assignment, shared nodes by tokens; model NULL where nothing was served. Sums to cost_hourly exactly, lent nodes left out.';
