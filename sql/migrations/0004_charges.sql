-- Charges: what the rater wrote. No amount in this schema is made from a price; SQL only sums these.

CREATE TABLE taximeter.charge (
    account_key bigint NOT NULL,
    slot_start timestamptz NOT NULL,
    model_key integer NOT NULL,
    channel_key integer NOT NULL,
    service_tier_key integer NOT NULL,
    input_floor bigint NOT NULL,
    output_floor bigint NOT NULL,
    unrated_classes smallint NOT NULL,
    period_start timestamptz NOT NULL,
    events bigint NOT NULL,
    requests bigint NOT NULL,
    cache_hit_tokens bigint NOT NULL,
    cache_miss_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    cache_write_1h_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    currency text,
    tariff_version_key integer,
    unpriced_reason text,
    theoretical_amount numeric,
    list_amount numeric,
    monetised_amount numeric,
    scheduled_amount numeric,
    net_amount numeric,
    cache_hit_amount numeric,
    cache_miss_amount numeric,
    cache_write_amount numeric,
    cache_write_1h_amount numeric,
    output_amount numeric,
    PRIMARY KEY (
        account_key, slot_start, model_key, channel_key, service_tier_key, input_floor, output_floor, unrated_classes),
    CONSTRAINT charge_priced_or_not CHECK (
        CASE WHEN unpriced_reason IS NULL
        THEN num_nulls(
            currency, tariff_version_key, theoretical_amount, list_amount, monetised_amount, scheduled_amount, net_amount,
            cache_hit_amount, cache_miss_amount, cache_write_amount, cache_write_1h_amount, output_amount) = 0
        ELSE num_nonnulls(
            tariff_version_key, theoretical_amount, list_amount, monetised_amount, scheduled_amount, net_amount,
            cache_hit_amount, cache_miss_amount, cache_write_amount, cache_write_1h_amount, output_amount) = 0
        END),
    CONSTRAINT charge_classes_sum_to_net CHECK (
        net_amount = cache_hit_amount + cache_miss_amount + cache_write_amount + cache_write_1h_amount + output_amount),
    -- With an upper bound, because NaN >= 0 is true.
    CONSTRAINT charge_amounts_not_negative CHECK (
        theoretical_amount >= 0 AND theoretical_amount < 'Infinity'
        AND list_amount >= 0 AND list_amount < 'Infinity'
        AND monetised_amount >= 0 AND monetised_amount < 'Infinity'
        AND scheduled_amount >= 0 AND scheduled_amount < 'Infinity'
        AND net_amount >= 0 AND net_amount < 'Infinity'
        AND cache_hit_amount >= 0 AND cache_miss_amount >= 0 AND cache_write_amount >= 0
        AND cache_write_1h_amount >= 0 AND output_amount >= 0)
);
CREATE INDEX charge_slot_start ON taximeter.charge (slot_start);
COMMENT ON TABLE taximeter.charge IS
    'A priced bucket: its tokens, and its amount at each step of the waterfall, exact. Without a price, unpriced_reason says why and there are no amounts.';
COMMENT ON COLUMN taximeter.charge.theoretical_amount IS 'At the list price of the price book''s reference model.';
COMMENT ON COLUMN taximeter.charge.list_amount IS 'Base rate, band and multipliers: no schedule, no discount.';
COMMENT ON COLUMN taximeter.charge.monetised_amount IS 'List, or zero on a free channel.';
COMMENT ON COLUMN taximeter.charge.scheduled_amount IS 'Monetised, at the off-peak window in force.';
COMMENT ON COLUMN taximeter.charge.net_amount IS 'What is to be billed, before rounding. The sum of the five class amounts.';
