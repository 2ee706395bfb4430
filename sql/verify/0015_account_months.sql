-- Accounts' months are one row each, and ranked by an index.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint
        WHERE conrelid = 'taximeter.account_month'::regclass AND contype = 'p'
            AND pg_catalog.pg_get_constraintdef(oid) = 'PRIMARY KEY (account_key, month, currency)')
        OR to_regclass('taximeter.account_month_profit') IS NULL
    THEN
        RAISE EXCEPTION 'taximeter.account_month lacks its primary key or the index of profits';
    END IF;
END
$$;
