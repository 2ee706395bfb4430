-- What keeps credits from being spent twice: what is left never goes below zero, and the functions that the serving process
-- calls run as their owner.
DO $$
BEGIN
    IF 1 <> (
        SELECT count(*) FROM pg_catalog.pg_constraint
        WHERE conrelid = 'taximeter.grant_balance'::regclass AND contype = 'c' AND convalidated
            AND pg_catalog.pg_get_constraintdef(oid) LIKE '%remaining >= %')
    THEN
        RAISE EXCEPTION 'the check of taximeter.grant_balance is missing or not valid';
    END IF;
    IF 4 <> (
        SELECT count(*) FROM pg_catalog.pg_proc
        WHERE pronamespace = 'taximeter'::regnamespace
            AND proname IN ('balances', 'reserve', 'settle_reservation', 'release_reservation')
            AND prosecdef AND 'search_path=pg_catalog, pg_temp' = ANY (proconfig))
    THEN
        RAISE EXCEPTION 'the functions of credits must run as their owner, with a search_path of their own';
    END IF;
END
$$;
