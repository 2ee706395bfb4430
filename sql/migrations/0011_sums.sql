-- Sums that are made of many events fast. sum(bigint) counts in numeric, to be safe from overflow; this one counts in
-- bigint and says so when that overflows, in a fraction of the time and memory.
CREATE AGGREGATE taximeter.total(bigint) (
    SFUNC = int8pl, STYPE = bigint, INITCOND = '0', COMBINEFUNC = int8pl, PARALLEL = SAFE);
COMMENT ON AGGREGATE taximeter.total(bigint) IS 'The sum, 0 of no rows; an error where it does not fit in bigint.';
