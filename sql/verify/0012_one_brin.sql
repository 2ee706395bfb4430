-- Every partition has the index on both instants.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_index
        WHERE indexrelid = 'taximeter.usage_event_times'::regclass AND indrelid = 'taximeter.usage_event'::regclass
            AND indisvalid AND indnatts = 2)
    THEN
        RAISE EXCEPTION 'taximeter.usage_event_times is missing, or not valid on every partition';
    END IF;
END
$$;
