-- What sums events must neither wrap around nor lose a row.
DO $$
BEGIN
    IF (SELECT taximeter.total(n) FROM unnest(ARRAY[1, -3, NULL, 7]::bigint[]) AS n) IS DISTINCT FROM 5
        OR (SELECT taximeter.total(n) FROM unnest(ARRAY[]::bigint[]) AS n) IS DISTINCT FROM 0
    THEN
        RAISE EXCEPTION 'taximeter.total does not sum';
    END IF;
    BEGIN
        PERFORM taximeter.total(n) FROM unnest(ARRAY[9223372036854775807, 1]) AS n;
    EXCEPTION WHEN numeric_value_out_of_range THEN
        RETURN;
    END;
    RAISE EXCEPTION 'taximeter.total wraps around';
END
$$;
