-- What keeps accounts apart: a tenant reads views alone, each of which is a barrier, and no table.
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_catalog.pg_class
        WHERE relnamespace = 'taximeter'::regnamespace AND relkind IN ('r', 'p', 'v')
            AND has_table_privilege('taximeter_tenant', oid, 'SELECT')
            AND NOT (relname LIKE 'tenant\_%' AND relkind = 'v' AND coalesce(reloptions @> ARRAY['security_barrier=true'], false)))
    THEN
        RAISE EXCEPTION 'taximeter_tenant may read only the views made for it, which must be security barriers';
    END IF;
END
$$;
