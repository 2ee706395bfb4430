-- Partitions are attached under a lock that writers wait for.
DO $$
BEGIN
    IF pg_get_functiondef('taximeter.ensure_usage_partition(date)'::regprocedure)
        NOT LIKE '%LOCK TABLE ONLY taximeter.usage_event IN SHARE ROW EXCLUSIVE MODE%ATTACH PARTITION%'
    THEN
        RAISE EXCEPTION 'taximeter.ensure_usage_partition attaches partitions while others write';
    END IF;
END
$$;
