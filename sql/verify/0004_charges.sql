-- The checks that keep a charge honest are there and valid.
DO $$
BEGIN
    IF 3 <> (
        SELECT count(*) FROM pg_catalog.pg_constraint
        WHERE conrelid = 'taximeter.charge'::regclass AND convalidated
            AND conname IN ('charge_priced_or_not', 'charge_classes_sum_to_net', 'charge_amounts_not_negative'))
    THEN
        RAISE EXCEPTION 'a check of taximeter.charge is missing or not valid';
    END IF;
END
$$;
