-- Exchange rates, for people and programs that read.

CREATE OR REPLACE VIEW taximeter.fx_rates AS
SELECT base, quote, day, rate, source
FROM taximeter.fx_rate;
COMMENT ON VIEW taximeter.fx_rates IS 'What one unit of base cost in quote on a day, and who says so.';

-- As FXTable in the library, which the tests hold these two against: the day's rate, or else the last before it, at most 7
-- days old; a pair that is quoted both ways is used in the direction that was asked for.
CREATE OR REPLACE FUNCTION taximeter.fx_rate_on(from_currency text, to_currency text, on_day date)
RETURNS TABLE (rate numeric, is_inverse boolean, rate_day date, source text, converted_at text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT
        r.rate, r.base <> from_currency, r.day, r.source,
        format('1 %s = %s %s on %s (%s)',
            r.base, trim_scale(r.rate), r.quote, to_char(r.day, 'YYYY-MM-DD'), r.source)
    FROM taximeter.fx_rates AS r
    WHERE ((r.base = from_currency AND r.quote = to_currency) OR (r.base = to_currency AND r.quote = from_currency))
        AND r.day > on_day - 8 AND r.day <= on_day
    ORDER BY r.base <> from_currency, r.day DESC
    LIMIT 1;
    -- Not no row: what is not converted would be missing from a sum without a word.
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no rate from % to % of % or the 7 days before it', from_currency, to_currency,
            to_char(on_day, 'YYYY-MM-DD')
            USING ERRCODE = 'no_data_found', HINT = 'Load one with taximeter fx load.';
    END IF;
END
$$;
COMMENT ON FUNCTION taximeter.fx_rate_on IS
    'The rate between two currencies on a day: the day''s, or the last before it, at most 7 days old. is_inverse tells that an amount is divided by it. An error when there is none.';

-- div() is exact, / is not.
CREATE OR REPLACE FUNCTION taximeter.fx_converted(amount numeric, rate numeric, is_inverse boolean)
RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN trim_scale(CASE
    WHEN is_inverse THEN
        sign(amount) * div(2 * abs(amount) * 1e18 + rate, 2 * rate) * 0.000000000000000001
    ELSE round(amount * rate, 18) END);
COMMENT ON FUNCTION taximeter.fx_converted IS
    'An amount at a rate, or divided by it, to 18 decimals, from the middle away from zero.';

CREATE OR REPLACE FUNCTION taximeter.margins_in(in_currency text, from_hour timestamptz, until_hour timestamptz)
RETURNS TABLE (
    hour timestamptz, model text, original_currency text, rate numeric, is_inverse boolean, rate_day date,
    rate_source text, converted_at text, events numeric, requests numeric, cache_hit_tokens numeric,
    cache_miss_tokens numeric, cache_write_tokens numeric, cache_write_1h_tokens numeric, output_tokens numeric,
    theoretical_revenue numeric, list_revenue numeric, monetised_revenue numeric, scheduled_revenue numeric,
    revenue numeric, unpriced_events numeric, cost numeric
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH margins AS (
        SELECT m.*, (m.hour AT TIME ZONE 'UTC')::date AS day FROM taximeter.margin_hourly_by_model AS m
        WHERE m.hour >= from_hour AND m.hour < until_hour
    ),
    rates AS MATERIALIZED (
        SELECT d.currency, d.day, f.rate, f.is_inverse, f.rate_day, f.source, f.converted_at
        -- In order, so that it is always the same missing rate that is told of.
        FROM (
            SELECT DISTINCT m.day, m.currency FROM margins AS m WHERE m.currency <> in_currency
            ORDER BY m.day, m.currency
        ) AS d
        CROSS JOIN LATERAL taximeter.fx_rate_on(d.currency, in_currency, d.day) AS f
    )
    SELECT
        m.hour, m.model, m.currency, r.rate, r.is_inverse, r.rate_day, r.source, r.converted_at, m.events, m.requests,
        m.cache_hit_tokens, m.cache_miss_tokens, m.cache_write_tokens, m.cache_write_1h_tokens, m.output_tokens,
        CASE WHEN r.rate IS NULL THEN m.theoretical_revenue
        ELSE taximeter.fx_converted(m.theoretical_revenue, r.rate, r.is_inverse) END,
        CASE WHEN r.rate IS NULL THEN m.list_revenue
        ELSE taximeter.fx_converted(m.list_revenue, r.rate, r.is_inverse) END,
        CASE WHEN r.rate IS NULL THEN m.monetised_revenue
        ELSE taximeter.fx_converted(m.monetised_revenue, r.rate, r.is_inverse) END,
        CASE WHEN r.rate IS NULL THEN m.scheduled_revenue
        ELSE taximeter.fx_converted(m.scheduled_revenue, r.rate, r.is_inverse) END,
        CASE WHEN r.rate IS NULL THEN m.revenue
        ELSE taximeter.fx_converted(m.revenue, r.rate, r.is_inverse) END,
        m.unpriced_events,
        CASE WHEN r.rate IS NULL THEN m.cost
        ELSE taximeter.fx_converted(m.cost, r.rate, r.is_inverse) END
    FROM margins AS m
    LEFT JOIN rates AS r ON m.currency = r.currency AND m.day = r.day
    ORDER BY m.hour, m.model, m.currency;
END;
COMMENT ON FUNCTION taximeter.margins_in IS
    'Usage, revenue and cost of margin_hourly_by_model in one currency: each row at the rate of its UTC day, and which that is; no rate where the amount was in the currency already. An error when a rate is missing.';
