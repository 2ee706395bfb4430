-- Buckets in partitions by UTC day. A roll-up takes a day, and sums of one day lie all over an index that is ordered by
-- account: of a month with 100,000 accounts it read and wrote nearly every page of it, day after day. A day's own index is
-- small, and a new day fills it from end to end. Whoever asks for some hours reads the partitions of these days alone.

-- Made again with the new table in their place.
DROP VIEW IF EXISTS taximeter.event_audit, taximeter.charge_audit, taximeter.reconcile_usage;
ALTER TABLE taximeter.usage_bucket RENAME TO usage_bucket_undivided;
ALTER INDEX taximeter.usage_bucket_pkey RENAME TO usage_bucket_undivided_pkey;

CREATE TABLE taximeter.usage_bucket (
    LIKE taximeter.usage_bucket_undivided INCLUDING CONSTRAINTS INCLUDING DEFAULTS INCLUDING COMMENTS,
    PRIMARY KEY (
        account_key, slot_start, model_key, channel_key, service_tier_key, input_floor, output_floor, unrated_classes)
) PARTITION BY RANGE (slot_start);
COMMENT ON TABLE taximeter.usage_bucket IS
    'The sum of the events of one account, model, channel, service tier, slot and size class: all of one rate. A partition per UTC day of slot_start.';

CREATE FUNCTION taximeter.ensure_bucket_partitions(days date[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    day date;
    partition text;
    made integer := 0;
BEGIN
    -- As in ensure_usage_partition: the lock before the look, and nobody writes while a partition is attached. A roll-up keeps
    -- others waiting for as long as it takes a day.
    PERFORM pg_advisory_xact_lock(hashtextextended('taximeter.usage_bucket', 0));
    FOR day, partition IN
        SELECT DISTINCT d.day, n.partition
        FROM unnest(days) AS d (day), format('usage_bucket_%s', to_char(d.day, 'YYYY_MM_DD')) AS n (partition)
        WHERE NOT EXISTS (
            SELECT FROM pg_catalog.pg_class AS c
            WHERE c.relnamespace = 'taximeter'::regnamespace AND c.relname = n.partition)
        ORDER BY d.day
    LOOP
        -- Room for sums that grow with late events.
        EXECUTE format(
            'CREATE TABLE taximeter.%I (LIKE taximeter.usage_bucket INCLUDING DEFAULTS INCLUDING CONSTRAINTS) '
            'WITH (fillfactor = 80)', partition);
        IF made = 0 THEN
            LOCK TABLE ONLY taximeter.usage_bucket IN SHARE ROW EXCLUSIVE MODE;
        END IF;
        EXECUTE format(
            'ALTER TABLE taximeter.usage_bucket ATTACH PARTITION taximeter.%I FOR VALUES FROM (%L) TO (%L)',
            partition, to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00', to_char(day + 1, 'YYYY-MM-DD') || ' 00:00:00+00');
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;
COMMENT ON FUNCTION taximeter.ensure_bucket_partitions IS
    'Makes the partitions of usage_bucket for UTC days that have none; how many it made.';

SELECT taximeter.ensure_bucket_partitions(
    ARRAY(SELECT DISTINCT (slot_start AT TIME ZONE 'UTC')::date FROM taximeter.usage_bucket_undivided));
INSERT INTO taximeter.usage_bucket SELECT * FROM taximeter.usage_bucket_undivided
ORDER BY date_trunc('day', slot_start, 'UTC'), account_key, slot_start;
DROP TABLE taximeter.usage_bucket_undivided;
