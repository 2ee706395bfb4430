-- What an account used and what it comes to, by the days of its own calendar.

CREATE OR REPLACE VIEW taximeter.usage_statement AS
SELECT
    a.external_id AS account,
    (c.slot_start AT TIME ZONE a.time_zone)::date AS day,
    m.name AS model,
    ch.name AS channel,
    t.name AS service_tier,
    c.currency,
    sum(c.events)::numeric AS events,
    sum(c.requests)::numeric AS requests,
    sum(c.cache_hit_tokens)::numeric AS cache_hit_tokens,
    sum(c.cache_miss_tokens)::numeric AS cache_miss_tokens,
    sum(c.cache_write_tokens)::numeric AS cache_write_tokens,
    sum(c.cache_write_1h_tokens)::numeric AS cache_write_1h_tokens,
    sum(c.output_tokens)::numeric AS output_tokens,
    coalesce(sum(c.list_amount), 0) AS list_amount,
    coalesce(sum(c.net_amount), 0) AS net_amount,
    coalesce(sum(c.events) FILTER (WHERE c.unpriced_reason IS NOT NULL), 0)::numeric AS unpriced_events
FROM taximeter.charge AS c
INNER JOIN taximeter.account AS a USING (account_key)
INNER JOIN taximeter.model AS m USING (model_key)
INNER JOIN taximeter.channel AS ch USING (channel_key)
INNER JOIN taximeter.service_tier AS t USING (service_tier_key)
GROUP BY 1, 2, 3, 4, 5, 6;
COMMENT ON VIEW taximeter.usage_statement IS
    'Usage and its exact amounts by account, day, model, channel and service tier. Days are those of the account''s time zone; hours are cut at midnight there, so that usage belongs to the day of its instant. Amounts are before invoices round and before fees, taxes and credits.';
