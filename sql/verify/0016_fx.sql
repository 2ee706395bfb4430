-- A rate is more than zero, of two currencies, and one a pair and day: else an amount could be converted in two ways.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint AS c
        WHERE c.conrelid = 'taximeter.fx_rate'::regclass AND c.conname = 'fx_rate_is_of_two_currencies' AND c.convalidated)
    THEN
        RAISE EXCEPTION 'taximeter.fx_rate lacks its check of two currencies';
    END IF;
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint AS c
        WHERE c.conrelid = 'taximeter.fx_rate'::regclass AND c.contype = 'p'
            AND pg_catalog.pg_get_constraintdef(c.oid) = 'PRIMARY KEY (base, quote, day)')
    THEN
        RAISE EXCEPTION 'taximeter.fx_rate is not unique by pair and day';
    END IF;
END
$$;
