-- What makes a batch count once, and a reversal.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint
        WHERE conrelid = 'taximeter.ingest_batch'::regclass AND contype = 'p'
            AND pg_catalog.pg_get_constraintdef(oid) = 'PRIMARY KEY (producer_id, sequence)')
    THEN
        RAISE EXCEPTION 'ingest_batch is not unique by producer_id, sequence';
    END IF;
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint
        WHERE conrelid = 'taximeter.event_reversal'::regclass AND contype = 'p'
            AND pg_catalog.pg_get_constraintdef(oid) = 'PRIMARY KEY (account_key, request_id)')
    THEN
        RAISE EXCEPTION 'event_reversal is not unique by account_key, request_id';
    END IF;
    IF 1 <> (SELECT count(*) FROM taximeter.event_key_state) THEN
        RAISE EXCEPTION 'event_key_state must have exactly one row';
    END IF;
    IF EXISTS (
        SELECT FROM pg_catalog.pg_proc
        WHERE oid IN (
                'taximeter.originals(bigint[], text[], timestamptz[])'::regprocedure,
                'taximeter.drop_event_keys(timestamptz)'::regprocedure)
            AND (NOT prosecdef OR proconfig IS DISTINCT FROM ARRAY['search_path=pg_catalog, pg_temp']))
    THEN
        RAISE EXCEPTION 'taximeter.originals and taximeter.drop_event_keys must run as their owner, with a search_path of their own';
    END IF;
END
$$;
