-- Every hour's cost is known whole or not at all, a node that has a name is one node at most, and days and months sum what hours
-- hold: the same columns, so that no step of the waterfall and no line of cost gets lost between them.
DO $$
DECLARE
    wrong text;
BEGIN
    SELECT string_agg(w.name, ', ' ORDER BY w.name) INTO wrong
    FROM (VALUES
        ('margin_hour_cost_is_known_or_not'), ('margin_account_day_cost_is_known_or_not'),
        ('margin_account_month_cost_is_known_or_not'), ('gpu_occupancy_node_is_one_at_most'),
        ('gpu_occupancy_provisioned_is_of_the_pool')) AS w (name)
    WHERE NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint AS c
        WHERE c.connamespace = 'taximeter'::regnamespace AND c.conname = w.name AND c.contype = 'c' AND c.convalidated);
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'a check of margins or occupancy is missing or not valid: %', wrong;
    END IF;
    SELECT string_agg(t.name || '.' || h.attname, ', ' ORDER BY t.name, h.attnum) INTO wrong
    FROM (VALUES ('margin_account_day'), ('margin_account_month')) AS t (name)
    CROSS JOIN pg_catalog.pg_attribute AS h
    WHERE h.attrelid = 'taximeter.margin_hour'::regclass AND h.attnum > 0 AND NOT h.attisdropped
        AND h.attname <> 'hour'
        AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = ('taximeter.' || t.name)::regclass AND a.attname = h.attname
                AND a.atttypid = h.atttypid AND NOT a.attisdropped);
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'margins by account lack: %', wrong;
    END IF;
END
$$;
