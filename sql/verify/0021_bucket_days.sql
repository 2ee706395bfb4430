-- Buckets are kept by day, with room for sums to grow, and partitions are attached under a lock that roll-ups wait for.
DO $$
DECLARE
    partition text;
BEGIN
    IF 'RANGE (slot_start)' IS DISTINCT FROM pg_get_partkeydef('taximeter.usage_bucket'::regclass) THEN
        RAISE EXCEPTION 'taximeter.usage_bucket is not partitioned by slot_start';
    END IF;
    SELECT c.relname INTO partition
    FROM pg_catalog.pg_inherits AS i INNER JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'taximeter.usage_bucket'::regclass AND 'fillfactor=80' <> ALL (coalesce(c.reloptions, '{}'));
    IF FOUND THEN
        RAISE EXCEPTION 'taximeter.% leaves no room for sums to grow', partition;
    END IF;
    IF pg_get_functiondef('taximeter.ensure_bucket_partitions(date[])'::regprocedure)
        NOT LIKE '%LOCK TABLE ONLY taximeter.usage_bucket IN SHARE ROW EXCLUSIVE MODE%ATTACH PARTITION%'
    THEN
        RAISE EXCEPTION 'taximeter.ensure_bucket_partitions attaches partitions while others write';
    END IF;
END
$$;
