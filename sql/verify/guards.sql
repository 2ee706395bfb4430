-- Events, their keys, invoices and the ledger refuse changes, in every partition. Where the tables are distributed there are no triggers.
DO $$
DECLARE
    wrong text;
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'citus') THEN
        RETURN;
    END IF;
    SELECT string_agg(format('%s (%s)', c.relname, wanted.name), ', ' ORDER BY c.relname, wanted.name) INTO wrong
    FROM pg_catalog.pg_class AS c
    CROSS JOIN (VALUES ('append_only'), ('no_truncate')) AS wanted (name)
    WHERE c.relnamespace = 'taximeter'::regnamespace AND c.relkind IN ('r', 'p')
        AND (c.relname IN ('credit_grant', 'event_key', 'event_reversal', 'ingest_batch', 'quarantined_event', 'usage_event',
                'invoice', 'invoice_line', 'invoice_void', 'ledger_transfer')
            OR c.oid IN (SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i
                WHERE i.inhparent = 'taximeter.usage_event'::regclass))
        AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_trigger AS t
            WHERE t.tgrelid = c.oid AND t.tgname = wanted.name AND t.tgenabled IN ('O', 'A'));
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'not guarded against changes: %', wrong;
    END IF;
END
$$;
