-- A month's margins by account are kept by adding the days that are computed and taking out what they were before, so that a
-- day costs the same whatever is in its month. What is left when all days are taken out is no row, and the cost is not
-- known where it is of no day: so each row counts its days.

ALTER TABLE taximeter.margin_account_month
    ADD COLUMN days integer NOT NULL DEFAULT 0,
    ADD COLUMN costed_days integer NOT NULL DEFAULT 0;
COMMENT ON TABLE taximeter.margin_account_month IS
    'The days of margin_account_day by UTC month, which starts at month: changed with them, in the same transaction.';
COMMENT ON COLUMN taximeter.margin_account_month.days IS 'Rows of margin_account_day that are in it.';
COMMENT ON COLUMN taximeter.margin_account_month.costed_days IS 'Those of them whose cost is known; without any, the cost is NULL.';

-- Some months may have been waiting to be summed.
DELETE FROM taximeter.margin_account_month;
INSERT INTO taximeter.margin_account_month (
    month, account_key, model_key, channel_key, currency, events, requests, cache_hit_tokens, cache_miss_tokens,
    cache_write_tokens, cache_write_1h_tokens, output_tokens, theoretical_amount, list_amount, monetised_amount,
    scheduled_amount, tiered_amount, contracted_amount, net_amount, unpriced_events, cache_hit_cost, cache_miss_cost,
    cache_write_cost, cache_write_1h_cost, output_cost, idle_cost, headroom_cost, cache_hit_amount, cache_miss_amount,
    cache_write_amount, cache_write_1h_amount, output_amount, days, costed_days)
SELECT
    date_trunc('month', day, 'UTC'), account_key, model_key, channel_key, currency, sum(events), sum(requests),
    sum(cache_hit_tokens), sum(cache_miss_tokens), sum(cache_write_tokens), sum(cache_write_1h_tokens),
    sum(output_tokens), sum(theoretical_amount), sum(list_amount), sum(monetised_amount), sum(scheduled_amount),
    sum(tiered_amount), sum(contracted_amount), sum(net_amount), sum(unpriced_events), sum(cache_hit_cost),
    sum(cache_miss_cost), sum(cache_write_cost), sum(cache_write_1h_cost), sum(output_cost), sum(idle_cost),
    sum(headroom_cost), sum(cache_hit_amount), sum(cache_miss_amount), sum(cache_write_amount),
    sum(cache_write_1h_amount), sum(output_amount), count(*), count(output_cost)
FROM taximeter.margin_account_day
GROUP BY 1, account_key, model_key, channel_key, currency
ORDER BY 1, account_key;
