-- What was used and earned, and what serving cost, by UTC hour: the two sides that every margin view joins. The margin
-- job has written both, allocated to the last unit; views only add them up.

CREATE OR REPLACE FUNCTION taximeter.interface_version() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 1;
COMMENT ON FUNCTION taximeter.interface_version IS
    'The version of the views and functions that readers use: it grows when one of them goes, or a column goes or comes to mean something else. New views and columns do not change it.';

CREATE OR REPLACE FUNCTION taximeter.gross_margin(revenue numeric, cost numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN revenue > 0 THEN round((revenue - cost) / revenue, 6) END;
COMMENT ON FUNCTION taximeter.gross_margin IS '(revenue - cost) / revenue. NULL without revenue, or where the cost is not known.';

CREATE OR REPLACE FUNCTION taximeter.cost_profit_margin(revenue numeric, cost numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN cost > 0 THEN round((revenue - cost) / cost, 6) END;
COMMENT ON FUNCTION taximeter.cost_profit_margin IS '(revenue - cost) / cost. NULL without cost, or where the cost is not known.';

CREATE OR REPLACE FUNCTION taximeter.per_million(amount numeric, tokens numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN round(amount * 1000000 / nullif(tokens, 0), 6);
COMMENT ON FUNCTION taximeter.per_million IS 'An amount by the tokens that it is for, in currency units per million, to six places. NULL without tokens.';

CREATE OR REPLACE FUNCTION taximeter.add_months(instant timestamptz, months integer) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (instant AT TIME ZONE 'UTC' + make_interval(months => months)) AT TIME ZONE 'UTC';
COMMENT ON FUNCTION taximeter.add_months IS 'So many months later in UTC, whatever the time zone of the session.';

CREATE OR REPLACE VIEW taximeter.usage_hourly AS
SELECT
    h.hour,
    m.name AS model,
    nullif(h.currency, '') AS currency,
    sum(h.events) AS events,
    sum(h.requests) AS requests,
    sum(h.cache_hit_tokens) AS cache_hit_tokens,
    sum(h.cache_miss_tokens) AS cache_miss_tokens,
    sum(h.cache_write_tokens) AS cache_write_tokens,
    sum(h.cache_write_1h_tokens) AS cache_write_1h_tokens,
    sum(h.output_tokens) AS output_tokens,
    sum(h.theoretical_amount) AS theoretical_revenue,
    sum(h.list_amount) AS list_revenue,
    sum(h.monetised_amount) AS monetised_revenue,
    sum(h.scheduled_amount) AS scheduled_revenue,
    sum(h.net_amount) AS revenue,
    sum(h.unpriced_events) AS unpriced_events,
    sum(h.tiered_amount) AS tiered_revenue,
    sum(h.contracted_amount) AS contracted_revenue
FROM taximeter.margin_hour AS h
INNER JOIN taximeter.model AS m ON m.model_key = h.model_key
WHERE h.events <> 0
GROUP BY h.hour, m.name, h.currency;
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
    c.use,
    p.gpu,
    c.node_microseconds::numeric * c.gpus_per_node AS gpu_microseconds
FROM taximeter.gpu_cost_hourly AS c
INNER JOIN taximeter.gpu_pool AS p USING (gpu_pool_key);
COMMENT ON VIEW taximeter.cost_hourly IS
    'GPU cost by UTC hour, pool, phase (prefill, decode, both), use (serving, headroom, lent) and (where nodes are assigned to one) model. Lent nodes are no cost of serving and in no margin. Sum gpu_microseconds where hours must be exact.';

-- One row a pair of model and channel; where the cost of an hour was nobody's, both are NULL.
CREATE OR REPLACE VIEW taximeter.margin_hourly_by_model_and_channel AS
SELECT
    h.hour,
    m.name AS model,
    c.name AS channel,
    nullif(h.currency, '') AS currency,
    h.events,
    h.requests,
    h.cache_hit_tokens,
    h.cache_miss_tokens,
    h.cache_write_tokens,
    h.cache_write_1h_tokens,
    h.output_tokens,
    h.theoretical_amount AS theoretical_revenue,
    h.list_amount AS list_revenue,
    h.monetised_amount AS monetised_revenue,
    h.scheduled_amount AS scheduled_revenue,
    h.tiered_amount AS tiered_revenue,
    h.contracted_amount AS contracted_revenue,
    h.net_amount AS revenue,
    h.unpriced_events,
    h.cache_hit_cost,
    h.cache_miss_cost,
    h.cache_write_cost,
    h.cache_write_1h_cost,
    h.output_cost,
    h.cache_hit_cost + h.cache_miss_cost + h.cache_write_cost + h.cache_write_1h_cost + h.output_cost AS serving_cost,
    h.idle_cost,
    h.headroom_cost,
    h.cache_hit_cost + h.cache_miss_cost + h.cache_write_cost + h.cache_write_1h_cost + h.output_cost
    + h.idle_cost + h.headroom_cost AS cost,
    h.cache_hit_amount AS cache_hit_revenue,
    h.cache_miss_amount AS cache_miss_revenue,
    h.cache_write_amount AS cache_write_revenue,
    h.cache_write_1h_amount AS cache_write_1h_revenue,
    h.output_amount AS output_revenue
FROM taximeter.margin_hour AS h
LEFT JOIN taximeter.model AS m ON m.model_key = h.model_key
LEFT JOIN taximeter.channel AS c ON c.channel_key = h.channel_key;
COMMENT ON VIEW taximeter.margin_hourly_by_model_and_channel IS
    'Usage, revenue at each step and of each token class, the serving cost of each token class, idle and headroom cost, by UTC hour, model, channel and currency: the finest margins there are, of which the others are sums. Model and channel are NULL for cost that no usage caused; cost is NULL where the hour has no occupancy.';

CREATE OR REPLACE VIEW taximeter.cost_hourly_by_model AS
SELECT hour, model, currency, sum(cost) AS cost
FROM taximeter.margin_hourly_by_model_and_channel
WHERE cost IS NOT NULL
GROUP BY hour, model, currency;
COMMENT ON VIEW taximeter.cost_hourly_by_model IS
    'GPU cost by UTC hour and model, as the allocation policy in force has it; model NULL for what no model caused. Sums to the serving and headroom cost of cost_hourly exactly.';
