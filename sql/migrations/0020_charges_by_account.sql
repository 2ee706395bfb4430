-- Charges of everybody at some time are looked up account by account, in the primary key, where those of an account lie in
-- order of time: some microseconds an account, next to what an index by time alone cost every charge that was written.
DROP INDEX taximeter.charge_slot_start;

CREATE OR REPLACE FUNCTION taximeter.replace_unused_version(
    version_key integer, new_definition text, unused_from timestamptz
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- OFFSET 0 keeps the look-up by account, whatever the planner knows of the table.
    IF EXISTS (
        SELECT FROM taximeter.account AS a CROSS JOIN LATERAL (
            SELECT FROM taximeter.charge AS c
            WHERE c.account_key = a.account_key AND c.slot_start >= unused_from AND c.tariff_version_key = version_key
            OFFSET 0) AS c)
    THEN
        RETURN false;
    END IF;
    UPDATE taximeter.tariff_version SET definition = new_definition, loaded_at = now()
    WHERE tariff_version_key = version_key;
    RETURN FOUND;
END
$$;
