-- A day's partition is attached while nobody writes.

-- Attaching alone waits for no writer, and a writer who asks for the partitions of the table in that moment may remember
-- them without the new one, and go on to find no place for its rows (seen on PostgreSQL 15.18 with eight writers who meet
-- new days, once in some thousand). So it waits for those who write, for the time of their transactions, once a day.
CREATE OR REPLACE FUNCTION taximeter.ensure_usage_partition(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    partition text := format('usage_event_%s', to_char(day, 'YYYY_MM_DD'));
    day_start timestamptz := day::timestamp AT TIME ZONE 'UTC';
    day_end timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    -- The lock before the look, which is at the catalogue and not by to_regclass: that answers from a cache which waiting
    -- does not refresh.
    PERFORM pg_advisory_xact_lock(hashtextextended('taximeter.usage_event', 0));
    IF EXISTS (
        SELECT FROM pg_catalog.pg_class AS c
        WHERE c.relnamespace = 'taximeter'::regnamespace AND c.relname = partition)
    THEN
        RETURN false;
    END IF;
    EXECUTE format(
        'CREATE TABLE taximeter.%I (LIKE taximeter.usage_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
    LOCK TABLE ONLY taximeter.usage_event IN SHARE ROW EXCLUSIVE MODE;
    EXECUTE format(
        'ALTER TABLE taximeter.usage_event ATTACH PARTITION taximeter.%I FOR VALUES FROM (%L) TO (%L)',
        partition, to_char(day_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS+00'),
        to_char(day_end AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS+00'));
    -- Triggers on rows come with the table's; the one on TRUNCATE does not.
    IF EXISTS (
        SELECT FROM pg_catalog.pg_trigger AS t
        WHERE t.tgrelid = 'taximeter.usage_event'::regclass AND t.tgname = 'no_truncate')
    THEN
        EXECUTE format(
            'CREATE TRIGGER no_truncate BEFORE TRUNCATE ON taximeter.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION taximeter.refuse_change()', partition);
    END IF;
    RETURN true;
END
$$;
