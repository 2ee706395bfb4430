-- Usage: the facts, their keys, and the sums made from them.

CREATE TABLE taximeter.usage_event (
    account_key bigint NOT NULL,
    completed_at timestamptz NOT NULL,
    started_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    cache_hit_tokens bigint NOT NULL,
    cache_miss_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    cache_write_1h_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    requests bigint NOT NULL,
    model_key integer NOT NULL,
    channel_key integer NOT NULL,
    service_tier_key integer NOT NULL,
    request_id text COLLATE "C" NOT NULL,
    CONSTRAINT usage_event_instants CHECK (
        started_at >= '1970-01-01 00:00:00+00' AND started_at <= completed_at
        AND completed_at <= '2200-01-01 00:00:00+00'),
    CONSTRAINT usage_event_tokens CHECK (
        cache_hit_tokens BETWEEN 0 AND 1000000000000000
        AND cache_miss_tokens BETWEEN 0 AND 1000000000000000
        AND cache_write_tokens BETWEEN 0 AND 1000000000000000
        AND cache_write_1h_tokens BETWEEN 0 AND 1000000000000000
        AND output_tokens BETWEEN 0 AND 1000000000000000),
    CONSTRAINT usage_event_requests CHECK (requests BETWEEN 1 AND 1000000000000),
    CONSTRAINT usage_event_request_id CHECK (octet_length(request_id) BETWEEN 1 AND 255)
) PARTITION BY RANGE (completed_at);
CREATE INDEX usage_event_completed_at ON taximeter.usage_event USING brin (completed_at);
CREATE INDEX usage_event_started_at ON taximeter.usage_event USING brin (started_at);
COMMENT ON TABLE taximeter.usage_event IS
    'One finished request, or usage that arrived already summed (requests > 1). Append-only, a partition per UTC day.';
COMMENT ON COLUMN taximeter.usage_event.completed_at IS 'When the request finished, on the clock of the source.';
COMMENT ON COLUMN taximeter.usage_event.recorded_at IS 'When the store took it in, on the clock of the server.';
COMMENT ON COLUMN taximeter.usage_event.cache_hit_tokens IS 'Input read from the prompt cache; classes are disjoint.';
COMMENT ON COLUMN taximeter.usage_event.requests IS '1, or the number of requests that the counts are the sum of.';

CREATE TABLE taximeter.event_key (
    account_key bigint NOT NULL,
    request_id text COLLATE "C" NOT NULL,
    payload_hash bytea NOT NULL,
    PRIMARY KEY (account_key, request_id)
);
COMMENT ON TABLE taximeter.event_key IS
    'A request id is used once per account, for ever. The hash (SHA-256 of what was sent) tells a repeat from a conflict.';

-- Marks are rows of their own, so that writers of the same hour never wait for each other. They are committed with the
-- events they speak of, and taken away by the roll-up before it sums: what is committed later leaves its mark behind.
CREATE TABLE taximeter.dirty_hour (
    hour timestamptz NOT NULL,
    mark_id bigserial,
    PRIMARY KEY (hour, mark_id)
);
COMMENT ON TABLE taximeter.dirty_hour IS 'UTC hours with events that no bucket holds yet.';

CREATE TABLE taximeter.usage_hour (
    hour timestamptz PRIMARY KEY,
    rating_instant text NOT NULL CHECK (rating_instant IN ('completed_at', 'started_at')),
    cuts timestamptz[] NOT NULL,
    input_cuts bigint[] NOT NULL,
    output_cuts bigint[] NOT NULL,
    unrated_classes smallint NOT NULL,
    price_generation bigint NOT NULL
);
COMMENT ON TABLE taximeter.usage_hour IS
    'UTC hours that were rolled up, and where they were cut. An hour whose cuts are no longer those of the price books is rolled up again.';
COMMENT ON COLUMN taximeter.usage_hour.cuts IS 'Start of each slot of the hour, the hour itself first.';
COMMENT ON COLUMN taximeter.usage_hour.input_cuts IS 'Lower bounds of the size classes by total input tokens, 0 first.';
COMMENT ON COLUMN taximeter.usage_hour.price_generation IS 'The state of the price books that the cuts were last compared with.';

CREATE TABLE taximeter.usage_bucket (
    account_key bigint NOT NULL,
    slot_start timestamptz NOT NULL,
    model_key integer NOT NULL,
    channel_key integer NOT NULL,
    service_tier_key integer NOT NULL,
    input_floor bigint NOT NULL,
    output_floor bigint NOT NULL,
    unrated_classes smallint NOT NULL,
    events bigint NOT NULL CHECK (events > 0),
    requests bigint NOT NULL CHECK (requests >= events),
    cache_hit_tokens bigint NOT NULL CHECK (cache_hit_tokens >= 0),
    cache_miss_tokens bigint NOT NULL CHECK (cache_miss_tokens >= 0),
    cache_write_tokens bigint NOT NULL CHECK (cache_write_tokens >= 0),
    cache_write_1h_tokens bigint NOT NULL CHECK (cache_write_1h_tokens >= 0),
    output_tokens bigint NOT NULL CHECK (output_tokens >= 0),
    PRIMARY KEY (
        account_key, slot_start, model_key, channel_key, service_tier_key, input_floor, output_floor, unrated_classes)
) WITH (fillfactor = 80);
COMMENT ON TABLE taximeter.usage_bucket IS
    'The sum of the events of one account, model, channel, service tier, slot and size class: all of one rate.';
COMMENT ON COLUMN taximeter.usage_bucket.slot_start IS 'Start of the slot by the rating instant; a slot never crosses an hour or a price boundary.';
COMMENT ON COLUMN taximeter.usage_bucket.input_floor IS
    'Lower bound of the size class by total input tokens; -1 for usage that arrived summed, whose sizes are unknown.';
COMMENT ON COLUMN taximeter.usage_bucket.output_floor IS 'Lower bound of the size class by output tokens; -1 likewise.';
COMMENT ON COLUMN taximeter.usage_bucket.unrated_classes IS
    'Token classes in use, of those that some tariff version has no rate for, as bits: 1 hit, 2 miss, 4 write, 8 write 1 h, 16 output.';

-- One row an account and billing period: the queue of the rater, and the lock that orders it against the roll-up.
CREATE TABLE taximeter.account_period (
    account_key bigint NOT NULL,
    period_start timestamptz NOT NULL,
    period_end timestamptz NOT NULL,
    stale boolean NOT NULL,
    PRIMARY KEY (account_key, period_start),
    CHECK (period_start < period_end)
) WITH (fillfactor = 70);
CREATE INDEX account_period_stale ON taximeter.account_period (account_key, period_start) WHERE stale;
COMMENT ON TABLE taximeter.account_period IS
    'Billing periods with usage. stale: buckets or prices have changed since the charges of the period were written.';

-- The writer may add a day's partition without owning the table. Made alone and then attached, because attaching waits
-- for nobody who writes.
CREATE FUNCTION taximeter.ensure_usage_partition(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    partition text := format('usage_event_%s', to_char(day, 'YYYY_MM_DD'));
    day_start timestamptz := day::timestamp AT TIME ZONE 'UTC';
    day_end timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    -- The lock before the look. Whoever made the partition held it until its commit was announced to all sessions; without
    -- it, the table can be seen a moment before this session knows that it has been attached. And the look is at the
    -- catalogue, not by to_regclass, which answers from a cache that waiting does not refresh.
    PERFORM pg_advisory_xact_lock(hashtextextended('taximeter.usage_event', 0));
    IF EXISTS (
        SELECT FROM pg_catalog.pg_class AS c
        WHERE c.relnamespace = 'taximeter'::regnamespace AND c.relname = partition)
    THEN
        RETURN false;
    END IF;
    EXECUTE format(
        'CREATE TABLE taximeter.%I (LIKE taximeter.usage_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
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
COMMENT ON FUNCTION taximeter.ensure_usage_partition IS 'Makes the partition of a UTC day, if there is none; true when it did.';
