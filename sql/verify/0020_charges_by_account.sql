-- With no index by time, whoever asks for charges of everybody has to ask account by account.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_proc
        WHERE pronamespace = 'taximeter'::regnamespace AND proname = 'replace_unused_version'
            AND prosrc LIKE '%CROSS JOIN LATERAL%')
    THEN
        RAISE EXCEPTION 'taximeter.replace_unused_version must look charges up by account';
    END IF;
END
$$;
