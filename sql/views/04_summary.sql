-- One row for any range of hours: the headline figures of DeepSeek's published day, for your own.

CREATE OR REPLACE FUNCTION taximeter.margin_summary(from_hour timestamptz, until_hour timestamptz)
RETURNS TABLE (
    currency text, events numeric, requests numeric, cache_hit_tokens numeric, cache_miss_tokens numeric,
    cache_write_tokens numeric, cache_write_1h_tokens numeric, output_tokens numeric,
    theoretical_revenue numeric, list_revenue numeric, monetised_revenue numeric, scheduled_revenue numeric,
    revenue numeric, unpriced_events numeric, cost numeric, profit numeric,
    gross_margin numeric, cost_profit_margin numeric,
    theoretical_gross_margin numeric, theoretical_cost_profit_margin numeric,
    node_hours numeric, gpu_hours numeric, peak_nodes numeric,
    output_tokens_per_second numeric, output_tokens_per_node_second numeric, breakeven_multiplier numeric
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH nodes AS (
        SELECT
            c.currency, sum(c.node_hours) AS node_hours, sum(c.gpu_hours) AS gpu_hours,
            max(c.peak_nodes) AS peak_nodes
        FROM (
            SELECT
                h.currency, h.hour, sum(h.node_hours) AS node_hours, sum(h.gpu_hours) AS gpu_hours,
                sum(h.peak_nodes)::numeric AS peak_nodes
            FROM taximeter.cost_hourly AS h
            WHERE h.hour >= from_hour AND h.hour < until_hour AND h.use = 'serving'
            GROUP BY h.currency, h.hour
        ) AS c
        GROUP BY c.currency
    ),
    margins AS (
        SELECT
            m.currency, sum(m.events) AS events, sum(m.requests) AS requests,
            sum(m.cache_hit_tokens) AS cache_hit_tokens, sum(m.cache_miss_tokens) AS cache_miss_tokens,
            sum(m.cache_write_tokens) AS cache_write_tokens, sum(m.cache_write_1h_tokens) AS cache_write_1h_tokens,
            sum(m.output_tokens) AS output_tokens, sum(m.theoretical_revenue) AS theoretical_revenue,
            sum(m.list_revenue) AS list_revenue, sum(m.monetised_revenue) AS monetised_revenue,
            sum(m.scheduled_revenue) AS scheduled_revenue, sum(m.revenue) AS revenue,
            sum(m.unpriced_events) AS unpriced_events, sum(m.cost) AS cost
        FROM taximeter.margin_hourly AS m
        WHERE m.hour >= from_hour AND m.hour < until_hour
        GROUP BY m.currency
    )
    SELECT
        m.currency, m.events, m.requests, m.cache_hit_tokens, m.cache_miss_tokens, m.cache_write_tokens,
        m.cache_write_1h_tokens, m.output_tokens, m.theoretical_revenue, m.list_revenue, m.monetised_revenue,
        m.scheduled_revenue, m.revenue, m.unpriced_events, m.cost, m.revenue - m.cost,
        taximeter.gross_margin(m.revenue, m.cost), taximeter.cost_profit_margin(m.revenue, m.cost),
        taximeter.gross_margin(m.theoretical_revenue, m.cost),
        taximeter.cost_profit_margin(m.theoretical_revenue, m.cost),
        n.node_hours, n.gpu_hours, n.peak_nodes,
        round(m.output_tokens / nullif(extract(epoch FROM until_hour - from_hour), 0), 4),
        round(m.output_tokens / nullif(n.node_hours * 3600, 0), 4),
        round(m.cost / nullif(m.theoretical_revenue, 0), 6)
    FROM margins AS m
    LEFT JOIN nodes AS n ON m.currency = n.currency
    ORDER BY m.currency;
END;
COMMENT ON FUNCTION taximeter.margin_summary IS
    'Totals, both margins, node-hours, throughput and the breakeven price multiplier over [from_hour, until_hour), a row a currency. Ratios are ratios of sums. Tokens per second are means over the whole range; peak_nodes is the sum over pools of an hour''s peaks.';

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
    (SELECT count(*) FROM taximeter.account_period WHERE stale) AS account_periods_to_rate;
COMMENT ON VIEW taximeter.pending_work IS 'What the next taximeter run will do. All zero: the charges hold every event.';
