-- Roles belong to the whole server. They are made once, have no login, and are granted to whoever runs the programs.
-- Whoever runs this needs CREATEROLE the first time, and then membership of taximeter_owner.

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY[
        'taximeter_owner', 'taximeter_writer', 'taximeter_biller', 'taximeter_reader', 'taximeter_tenant']
    LOOP
        IF to_regrole(wanted) IS NULL THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- Another database of this server was migrated at the same moment.
            END;
        END IF;
    END LOOP;
    IF NOT pg_has_role(current_user, 'taximeter_owner', 'MEMBER') THEN
        EXECUTE format('GRANT taximeter_owner TO %I', current_user);
    END IF;
    IF NOT has_database_privilege('taximeter_owner', current_database(), 'CREATE') THEN
        EXECUTE format('GRANT CREATE ON DATABASE %I TO taximeter_owner', current_database());
    END IF;
END
$$;
