-- What must hold for the store to be distributable by account, and for facts to be partitioned by UTC day.
DO $$
DECLARE
    wrong text;
BEGIN
    SELECT string_agg(DISTINCT c.relname, ', ') INTO wrong
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_index AS i ON i.indrelid = c.oid AND i.indisunique
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
    WHERE c.relnamespace = 'taximeter'::regnamespace
        AND EXISTS (
            SELECT FROM pg_catalog.pg_attribute AS k WHERE k.attrelid = c.oid AND k.attname = 'account_key')
        AND c.relname <> 'account'
        AND a.attname <> 'account_key';
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'account_key does not lead every unique key of: %', wrong;
    END IF;

    SELECT string_agg(c.relname, ', ') INTO wrong
    FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
    WHERE c.relnamespace = 'taximeter'::regnamespace AND a.attname = 'account_key'
        AND (a.atttypid <> 'bigint'::regtype OR NOT a.attnotnull);
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'account_key is not bigint NOT NULL in: %', wrong;
    END IF;

    SELECT string_agg(c.relname || '.' || a.attname, ', ') INTO wrong
    FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
    WHERE c.relnamespace = 'taximeter'::regnamespace AND a.attidentity <> '';
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'identity columns cannot be distributed: %', wrong;
    END IF;

    -- What makes an event count once.
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint
        WHERE conrelid = 'taximeter.event_key'::regclass AND contype = 'p'
            AND pg_catalog.pg_get_constraintdef(oid) = 'PRIMARY KEY (account_key, request_id)')
    THEN
        RAISE EXCEPTION 'event_key is not unique by account_key, request_id';
    END IF;

    IF EXISTS (
        SELECT FROM pg_catalog.pg_constraint
        WHERE conrelid = 'taximeter.usage_event'::regclass AND contype IN ('f', 'p', 'u'))
    THEN
        RAISE EXCEPTION 'usage_event must have neither a foreign key nor a unique one';
    END IF;
    IF pg_catalog.pg_get_partkeydef('taximeter.usage_event'::regclass) IS DISTINCT FROM 'RANGE (completed_at)' THEN
        RAISE EXCEPTION 'usage_event is not partitioned by completed_at';
    END IF;
END
$$;
