-- Only a whole SHA-256 tells who calls, and a token without scopes would say nothing.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['api_token_hash_is_sha256', 'api_token_has_scopes'] LOOP
        IF NOT EXISTS (
            SELECT FROM pg_catalog.pg_constraint AS c
            WHERE c.conrelid = 'taximeter.api_token'::regclass AND c.conname = name AND c.convalidated)
        THEN
            RAISE EXCEPTION 'taximeter.api_token lacks its check %', name;
        END IF;
    END LOOP;
END
$$;
