-- What an account's whole billing period decides: volume tiers, the contract discount, allowances.

ALTER TABLE taximeter.price_book ADD COLUMN terms text;
COMMENT ON COLUMN taximeter.price_book.terms IS
    'What holds for an account and a billing period whatever the model: the price-book format as canonical JSON; NULL for none.';

-- Until now nothing came between the schedule and what is billed, so both new steps are known for every charge.
ALTER TABLE taximeter.charge ADD COLUMN tiered_amount numeric, ADD COLUMN contracted_amount numeric;
UPDATE taximeter.charge SET tiered_amount = scheduled_amount, contracted_amount = scheduled_amount;
ALTER TABLE taximeter.charge
    DROP CONSTRAINT charge_priced_or_not,
    DROP CONSTRAINT charge_amounts_not_negative,
    ADD CONSTRAINT charge_priced_or_not CHECK (
        CASE WHEN unpriced_reason IS NULL
        THEN num_nulls(
            currency, tariff_version_key, theoretical_amount, list_amount, monetised_amount, scheduled_amount,
            tiered_amount, contracted_amount, net_amount, cache_hit_amount, cache_miss_amount, cache_write_amount,
            cache_write_1h_amount, output_amount) = 0
        ELSE num_nonnulls(
            tariff_version_key, theoretical_amount, list_amount, monetised_amount, scheduled_amount, tiered_amount,
            contracted_amount, net_amount, cache_hit_amount, cache_miss_amount, cache_write_amount,
            cache_write_1h_amount, output_amount) = 0
        END),
    -- With an upper bound, because NaN >= 0 is true.
    ADD CONSTRAINT charge_amounts_not_negative CHECK (
        theoretical_amount >= 0 AND theoretical_amount < 'Infinity'
        AND list_amount >= 0 AND list_amount < 'Infinity'
        AND monetised_amount >= 0 AND monetised_amount < 'Infinity'
        AND scheduled_amount >= 0 AND scheduled_amount < 'Infinity'
        AND tiered_amount >= 0 AND tiered_amount < 'Infinity'
        AND contracted_amount >= 0 AND contracted_amount < 'Infinity'
        AND net_amount >= 0 AND net_amount < 'Infinity'
        AND cache_hit_amount >= 0 AND cache_miss_amount >= 0 AND cache_write_amount >= 0
        AND cache_write_1h_amount >= 0 AND output_amount >= 0);
COMMENT ON COLUMN taximeter.charge.tiered_amount IS 'Scheduled, with volume tiers, their flat fees and packages.';
COMMENT ON COLUMN taximeter.charge.contracted_amount IS 'Tiered, after the contract discount.';
COMMENT ON COLUMN taximeter.charge.net_amount IS
    'What is to be billed, before rounding to the minor unit: contracted, after allowances and with quantities rounded up. The sum of the five class amounts.';

CREATE INDEX charge_unpriced ON taximeter.charge (unpriced_reason) WHERE unpriced_reason IS NOT NULL;

-- Made again with the new steps in their place.
DROP VIEW IF EXISTS taximeter.waterfall_daily, taximeter.waterfall_hourly;

CREATE TABLE taximeter.allowance_use (
    account_key bigint NOT NULL,
    period_start timestamptz NOT NULL,
    allowance text COLLATE "C" NOT NULL CHECK (octet_length(allowance) BETWEEN 1 AND 255),
    tokens bigint NOT NULL CHECK (tokens > 0),
    PRIMARY KEY (account_key, period_start, allowance)
);
COMMENT ON TABLE taximeter.allowance_use IS
    'Free tokens that the charges of an account and period have used, by the allowance''s name. Written with the charges.';

-- What has priced nothing may still be put right: a whole version, or from some instant on its end. Run by the biller, who
-- cannot change prices otherwise; the caller holds price_state, so no job is using prices meanwhile.
CREATE FUNCTION taximeter.replace_unused_version(
    version_key integer, new_definition text, unused_from timestamptz
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM taximeter.charge AS c
        WHERE c.tariff_version_key = version_key AND c.slot_start >= unused_from)
    THEN
        RETURN false;
    END IF;
    UPDATE taximeter.tariff_version SET definition = new_definition, loaded_at = now()
    WHERE tariff_version_key = version_key;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION taximeter.replace_unused_version IS
    'Gives a tariff version another definition, which differs in nothing before unused_from, unless a charge from then on was priced by it; false, and no change, when one was.';
COMMENT ON TABLE taximeter.tariff_version IS
    'Prices of one model from effective_from until its own end, or until the next version. Nothing in it that priced a charge ever changes.';
