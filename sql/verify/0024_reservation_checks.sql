-- No reservation holds less than nothing, or lacks an id.
DO $$
BEGIN
    IF 2 <> (
        SELECT count(*) FROM pg_catalog.pg_constraint
        WHERE conrelid = 'taximeter.reservation'::regclass AND convalidated
            AND conname IN ('reservation_amount_is_zero_or_more', 'reservation_id_has_1_to_255_bytes'))
    THEN
        RAISE EXCEPTION 'a check of taximeter.reservation is missing or not valid';
    END IF;
END
$$;
