-- Charges by name, and what each account used and earned by UTC hour.

CREATE OR REPLACE VIEW taximeter.charges AS
SELECT
    c.slot_start,
    date_trunc('hour', c.slot_start, 'UTC') AS hour,
    a.external_id AS account,
    m.name AS model,
    ch.name AS channel,
    t.name AS service_tier,
    c.currency,
    c.events,
    c.requests,
    c.cache_hit_tokens,
    c.cache_miss_tokens,
    c.cache_write_tokens,
    c.cache_write_1h_tokens,
    c.output_tokens,
    c.theoretical_amount AS theoretical_revenue,
    c.list_amount AS list_revenue,
    c.monetised_amount AS monetised_revenue,
    c.scheduled_amount AS scheduled_revenue,
    c.tiered_amount AS tiered_revenue,
    c.contracted_amount AS contracted_revenue,
    c.net_amount AS revenue,
    c.unpriced_reason
FROM taximeter.charge AS c
INNER JOIN taximeter.account AS a ON a.account_key = c.account_key
INNER JOIN taximeter.model AS m ON m.model_key = c.model_key
INNER JOIN taximeter.channel AS ch ON ch.channel_key = c.channel_key
INNER JOIN taximeter.service_tier AS t ON t.service_tier_key = c.service_tier_key;
COMMENT ON VIEW taximeter.charges IS
    'What usage was priced at, by the slots of time in which every price holds throughout: usage, and revenue at each step, NULL without a price. Ask for an account or a range of slot_start: it has a row for each account and slot.';

CREATE OR REPLACE FUNCTION taximeter.usage_by_account_and_hour(from_hour timestamptz, until_hour timestamptz)
RETURNS TABLE (
    account text, hour timestamptz, model text, channel text, currency text, events numeric, requests numeric,
    cache_hit_tokens numeric, cache_miss_tokens numeric, cache_write_tokens numeric, cache_write_1h_tokens numeric,
    output_tokens numeric, theoretical_revenue numeric, list_revenue numeric, monetised_revenue numeric,
    scheduled_revenue numeric, tiered_revenue numeric, contracted_revenue numeric, revenue numeric,
    unpriced_events numeric
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT
        c.account, c.hour, c.model, c.channel, c.currency, sum(c.events), sum(c.requests), sum(c.cache_hit_tokens),
        sum(c.cache_miss_tokens), sum(c.cache_write_tokens), sum(c.cache_write_1h_tokens), sum(c.output_tokens),
        coalesce(sum(c.theoretical_revenue), 0), coalesce(sum(c.list_revenue), 0),
        coalesce(sum(c.monetised_revenue), 0), coalesce(sum(c.scheduled_revenue), 0),
        coalesce(sum(c.tiered_revenue), 0), coalesce(sum(c.contracted_revenue), 0), coalesce(sum(c.revenue), 0),
        coalesce(sum(c.events) FILTER (WHERE c.unpriced_reason IS NOT NULL), 0)
    FROM taximeter.charges AS c
    WHERE c.slot_start >= from_hour AND c.slot_start < until_hour
    GROUP BY c.account, c.hour, c.model, c.channel, c.currency;
END;
COMMENT ON FUNCTION taximeter.usage_by_account_and_hour IS
    'Usage, and revenue at each step, over [from_hour, until_hour) by account, UTC hour, model and channel: one account of a month, or everybody of a night. Over all accounts it sums to margin_hourly_by_model_and_channel exactly. What serving it cost is split anew for each question: taximeter margins --by account,hour.';
