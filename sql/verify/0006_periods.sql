-- The checks that keep a charge honest are there and valid, with the steps of the period in them.
DO $$
BEGIN
    IF 3 <> (
        SELECT count(*) FROM pg_catalog.pg_constraint
        WHERE conrelid = 'taximeter.charge'::regclass AND convalidated
            AND (conname = 'charge_classes_sum_to_net'
                OR conname IN ('charge_priced_or_not', 'charge_amounts_not_negative')
                AND pg_get_constraintdef(oid) LIKE '%contracted_amount%'))
    THEN
        RAISE EXCEPTION 'a check of taximeter.charge is missing, old or not valid';
    END IF;
    IF EXISTS (
        SELECT FROM pg_catalog.pg_proc
        WHERE oid = 'taximeter.replace_unused_version(integer, text, timestamptz)'::regprocedure
            AND (NOT prosecdef OR proconfig IS DISTINCT FROM ARRAY['search_path=pg_catalog, pg_temp']))
    THEN
        RAISE EXCEPTION 'taximeter.replace_unused_version must run as its owner, with a search_path of its own';
    END IF;
END
$$;
