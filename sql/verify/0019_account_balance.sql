-- A kept balance that nobody may rely on would be worse than none: only the functions write it, and they run as their owner.
DO $$
BEGIN
    IF 3 <> (
        SELECT count(*) FROM pg_catalog.pg_proc
        WHERE pronamespace = 'taximeter'::regnamespace AND proname IN ('balance', 'balances_at', 'keep_balances')
            AND prosecdef AND 'search_path=pg_catalog, pg_temp' = ANY (proconfig))
    THEN
        RAISE EXCEPTION 'the functions of balances must run as their owner, with a search_path of their own';
    END IF;
    IF 3 <> (
        SELECT count(*) FROM pg_catalog.pg_proc
        WHERE pronamespace = 'taximeter'::regnamespace
            AND proname IN ('reserve', 'settle_reservation', 'release_reservation') AND prosrc LIKE '%keep_balances%')
    THEN
        RAISE EXCEPTION 'the functions of reservations must keep the balance';
    END IF;
END
$$;
