-- Names are compared bytewise, whatever the database's own collation.
DO $$
DECLARE
    wrong text;
BEGIN
    SELECT string_agg(format('%s.%s', c.relname, a.attname), ', ') INTO wrong
    FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'taximeter'::regnamespace
        AND (c.relname, a.attname) IN (
            ('account', 'external_id'), ('model', 'name'), ('channel', 'name'), ('service_tier', 'name'))
        AND a.attcollation <> 'pg_catalog."C"'::regcollation;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'not compared bytewise: %', wrong;
    END IF;
    IF 4 <> (
        SELECT count(*) FROM pg_catalog.pg_class AS c
        WHERE c.relnamespace = 'taximeter'::regnamespace
            AND c.relname IN ('account', 'model', 'channel', 'service_tier'))
    THEN
        RAISE EXCEPTION 'a dictionary table is missing';
    END IF;
END
$$;
