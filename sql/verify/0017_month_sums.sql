-- Without the counts of days, a month could not tell an unknown cost from none.
DO $$
BEGIN
    IF (
        SELECT count(*) FROM pg_catalog.pg_attribute
        WHERE attrelid = 'taximeter.margin_account_month'::regclass AND attname IN ('days', 'costed_days') AND attnotnull
    ) <> 2
    THEN
        RAISE EXCEPTION 'taximeter.margin_account_month does not count its days';
    END IF;
END
$$;
