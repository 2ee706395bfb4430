-- One row for any range of hours: the headline figures of DeepSeek's published day, for your own.

-- Dropped first, because it has gained columns.
DROP FUNCTION IF EXISTS taximeter.margin_summary(timestamptz, timestamptz);
CREATE FUNCTION taximeter.margin_summary(from_hour timestamptz, until_hour timestamptz)
RETURNS TABLE (
    currency text, events numeric, requests numeric, cache_hit_tokens numeric, cache_miss_tokens numeric,
    cache_write_tokens numeric, cache_write_1h_tokens numeric, output_tokens numeric,
    theoretical_revenue numeric, list_revenue numeric, monetised_revenue numeric, scheduled_revenue numeric,
    revenue numeric, unpriced_events numeric, cost numeric, profit numeric,
    gross_margin numeric, cost_profit_margin numeric,
    theoretical_gross_margin numeric, theoretical_cost_profit_margin numeric,
    node_hours numeric, gpu_hours numeric, peak_nodes numeric,
    output_tokens_per_second numeric, output_tokens_per_node_second numeric, breakeven_multiplier numeric,
    serving_cost numeric, idle_cost numeric, headroom_cost numeric, headroom_node_hours numeric,
    lent_node_hours numeric, mean_nodes numeric, peak_to_mean_nodes numeric, peak_to_mean_output numeric,
    cost_at_peak_nodes numeric, revenue_without_cost numeric
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH node_hours AS (
        SELECT
            h.currency, h.hour, sum(h.node_hours) FILTER (WHERE h.use = 'serving') AS node_hours,
            sum(h.gpu_hours) FILTER (WHERE h.use = 'serving') AS gpu_hours,
            sum(h.peak_nodes) FILTER (WHERE h.use = 'serving')::numeric AS peak_nodes,
            sum(h.cost) FILTER (WHERE h.use = 'serving') AS cost,
            sum(h.node_hours) FILTER (WHERE h.use = 'headroom') AS headroom_node_hours,
            sum(h.node_hours) FILTER (WHERE h.use = 'lent') AS lent_node_hours
        FROM taximeter.cost_hourly AS h
        WHERE h.hour >= from_hour AND h.hour < until_hour
        GROUP BY h.currency, h.hour
    ),
    nodes AS (
        SELECT
            n.currency, sum(n.node_hours) AS node_hours, sum(n.gpu_hours) AS gpu_hours,
            max(n.peak_nodes) AS peak_nodes, sum(n.cost) AS cost,
            coalesce(sum(n.headroom_node_hours), 0) AS headroom_node_hours,
            coalesce(sum(n.lent_node_hours), 0) AS lent_node_hours
        FROM node_hours AS n
        GROUP BY n.currency
    ),
    margins AS (
        SELECT
            m.currency, sum(m.events) AS events, sum(m.requests) AS requests,
            sum(m.cache_hit_tokens) AS cache_hit_tokens, sum(m.cache_miss_tokens) AS cache_miss_tokens,
            sum(m.cache_write_tokens) AS cache_write_tokens, sum(m.cache_write_1h_tokens) AS cache_write_1h_tokens,
            sum(m.output_tokens) AS output_tokens, max(m.output_tokens) AS peak_output_tokens,
            sum(m.theoretical_revenue) AS theoretical_revenue,
            sum(m.list_revenue) AS list_revenue, sum(m.monetised_revenue) AS monetised_revenue,
            sum(m.scheduled_revenue) AS scheduled_revenue, sum(m.revenue) AS revenue,
            sum(m.unpriced_events) AS unpriced_events, sum(m.cost) AS cost, sum(m.serving_cost) AS serving_cost,
            sum(m.idle_cost) AS idle_cost, sum(m.headroom_cost) AS headroom_cost,
            coalesce(sum(m.revenue) FILTER (WHERE m.cost IS NULL), 0) AS revenue_without_cost
        FROM taximeter.margin_hourly AS m
        WHERE m.hour >= from_hour AND m.hour < until_hour
        GROUP BY m.currency
    ),
    hours AS (SELECT extract(epoch FROM until_hour - from_hour) / 3600 AS hours)
    SELECT
        m.currency, m.events, m.requests, m.cache_hit_tokens, m.cache_miss_tokens, m.cache_write_tokens,
        m.cache_write_1h_tokens, m.output_tokens, m.theoretical_revenue, m.list_revenue, m.monetised_revenue,
        m.scheduled_revenue, m.revenue, m.unpriced_events, m.cost, m.revenue - m.cost,
        taximeter.gross_margin(m.revenue, m.cost), taximeter.cost_profit_margin(m.revenue, m.cost),
        taximeter.gross_margin(m.theoretical_revenue, m.cost),
        taximeter.cost_profit_margin(m.theoretical_revenue, m.cost),
        n.node_hours, n.gpu_hours, n.peak_nodes,
        round(m.output_tokens / nullif(h.hours * 3600, 0), 4),
        round(m.output_tokens / nullif(n.node_hours * 3600, 0), 4),
        round(m.cost / nullif(m.theoretical_revenue, 0), 6),
        m.serving_cost, m.idle_cost, m.headroom_cost, n.headroom_node_hours, n.lent_node_hours,
        round(n.node_hours / nullif(h.hours, 0), 6),
        round(n.peak_nodes * h.hours / nullif(n.node_hours, 0), 6),
        round(m.peak_output_tokens * h.hours / nullif(m.output_tokens, 0), 6),
        round(n.cost * n.peak_nodes * h.hours / nullif(n.node_hours, 0), 6),
        m.revenue_without_cost
    FROM margins AS m
    CROSS JOIN hours AS h
    LEFT JOIN nodes AS n ON m.currency = n.currency
    ORDER BY m.currency;
END;
COMMENT ON FUNCTION taximeter.margin_summary IS
    'Totals, both margins, node-hours, throughput and the breakeven price multiplier over [from_hour, until_hour), a row a currency. Ratios are ratios of sums. Tokens per second and mean nodes are means over the whole range; node_hours, gpu_hours and nodes are of those that served; peak_nodes is the sum over pools of an hour''s peaks, and cost_at_peak_nodes what they would have cost all the time; revenue_without_cost is that of hours whose cost is not known.';

CREATE OR REPLACE VIEW taximeter.unpriced_usage AS
SELECT
    a.external_id AS account,
    m.name AS model,
    ch.name AS channel,
    t.name AS service_tier,
    c.unpriced_reason AS reason,
    min(c.slot_start) AS first_slot,
    max(c.slot_start) AS last_slot,
    sum(c.events)::numeric AS events,
    sum(c.requests)::numeric AS requests,
    sum(c.cache_hit_tokens)::numeric AS cache_hit_tokens,
    sum(c.cache_miss_tokens)::numeric AS cache_miss_tokens,
    sum(c.cache_write_tokens)::numeric AS cache_write_tokens,
    sum(c.cache_write_1h_tokens)::numeric AS cache_write_1h_tokens,
    sum(c.output_tokens)::numeric AS output_tokens
FROM taximeter.charge AS c
INNER JOIN taximeter.account AS a USING (account_key)
INNER JOIN taximeter.model AS m USING (model_key)
INNER JOIN taximeter.channel AS ch USING (channel_key)
INNER JOIN taximeter.service_tier AS t USING (service_tier_key)
WHERE c.unpriced_reason IS NOT NULL
GROUP BY 1, 2, 3, 4, 5;
COMMENT ON VIEW taximeter.unpriced_usage IS 'Usage for which there is no price, and why. It is never billed as 0.';

CREATE OR REPLACE VIEW taximeter.pending_work AS
SELECT
    (SELECT count(DISTINCT hour) FROM taximeter.dirty_hour) AS hours_to_roll_up,
    (SELECT min(hour) FROM taximeter.dirty_hour) AS oldest_hour_to_roll_up,
    (SELECT count(*) FROM taximeter.account_period WHERE stale) AS account_periods_to_rate,
    (SELECT count(DISTINCT day) FROM taximeter.margin_dirty) AS margin_days_to_compute,
    (SELECT min(day) FROM taximeter.margin_dirty) AS oldest_margin_day_to_compute,
    (SELECT count(DISTINCT month) FROM taximeter.margin_dirty_month) AS margin_months_to_sum;
COMMENT ON VIEW taximeter.pending_work IS
    'What the next taximeter run will do. All zero: the charges hold every event, and the margins every charge and cost.';
