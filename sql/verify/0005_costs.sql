-- Rates of a pool cannot overlap.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint
        WHERE conrelid = 'taximeter.gpu_rate'::regclass AND contype = 'x')
    THEN
        RAISE EXCEPTION 'gpu_rate does not exclude overlapping rates';
    END IF;
END
$$;
