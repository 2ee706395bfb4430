-- Metering: batches that count once, reversals, what cannot be stored, and keys of events that may be dropped.

-- A batch belongs to its producer, not to an account: the events of many accounts travel in it, and what must be unique
-- is its place in its producer's order. It is one row for some 10,000 events, so it stays small where events do not;
-- where the store is distributed it stays whole on one node, or is distributed by producer_id, which leads its key.
CREATE TABLE taximeter.ingest_batch (
    producer_id uuid NOT NULL,
    sequence bigint NOT NULL CHECK (sequence > 0),
    batch_key bigserial NOT NULL CHECK (batch_key > 0),
    content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 16),
    events bigint NOT NULL CHECK (events >= 0),
    quarantined bigint NOT NULL CHECK (quarantined >= 0),
    requests numeric NOT NULL,
    cache_hit_tokens numeric NOT NULL,
    cache_miss_tokens numeric NOT NULL,
    cache_write_tokens numeric NOT NULL,
    cache_write_1h_tokens numeric NOT NULL,
    output_tokens numeric NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (producer_id, sequence)
);
COMMENT ON TABLE taximeter.ingest_batch IS
    'Batches that were stored, each in one transaction with its events: the key makes a repeat a no-op. Append-only.';
COMMENT ON COLUMN taximeter.ingest_batch.sequence IS 'The batch''s place in the order of its producer: 1, 2, 3, ... without a gap.';
COMMENT ON COLUMN taximeter.ingest_batch.batch_key IS 'What usage_event.batch_key and quarantined_event.batch_key refer to.';
COMMENT ON COLUMN taximeter.ingest_batch.content_hash IS 'Tells a repeat from another batch under the same number. Against accidents, not forgery.';
COMMENT ON COLUMN taximeter.ingest_batch.events IS 'How many events were stored from it, reversals included.';
COMMENT ON COLUMN taximeter.ingest_batch.quarantined IS 'How many were set aside in quarantined_event.';
COMMENT ON COLUMN taximeter.ingest_batch.requests IS 'The sum over its stored events, reversals subtracted; so are the token sums.';

CREATE TABLE taximeter.quarantined_event (
    batch_key bigint NOT NULL,
    position integer NOT NULL CHECK (position > 0),
    reason text NOT NULL,
    event jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (batch_key, position)
);
COMMENT ON TABLE taximeter.quarantined_event IS
    'Events of a batch that cannot be stored, with the reason; the rest of the batch was stored. Append-only.';
COMMENT ON COLUMN taximeter.quarantined_event.position IS 'The event''s place in its batch, from 1.';
COMMENT ON COLUMN taximeter.quarantined_event.event IS
    'The event as it came: names, instants in microseconds since 1970, counts, and the request id''s bytes in hexadecimal.';

ALTER TABLE taximeter.usage_event
    ADD COLUMN batch_key bigint NOT NULL DEFAULT 0,
    ADD COLUMN sign smallint NOT NULL DEFAULT 1,
    ADD CONSTRAINT usage_event_sign CHECK (sign IN (1, -1));
COMMENT ON COLUMN taximeter.usage_event.batch_key IS 'The batch it came in (ingest_batch); 0 when it was stored by its own key (event_key).';
COMMENT ON COLUMN taximeter.usage_event.sign IS
    '1 for usage; -1 for the reversal of an earlier event, with its request id, instants and counts: subtracted wherever events are summed.';

CREATE TABLE taximeter.event_reversal (
    account_key bigint NOT NULL,
    request_id text COLLATE "C" NOT NULL CHECK (octet_length(request_id) BETWEEN 1 AND 255),
    PRIMARY KEY (account_key, request_id)
);
COMMENT ON TABLE taximeter.event_reversal IS 'Request ids whose event was reversed: each at most once, for ever. Append-only.';

-- Keys learn when their event was completed: to find the original of a reversal, and to know which keys are old. Events
-- whose partition was dropped cannot be asked any more.
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_catalog.pg_trigger
        WHERE tgrelid = 'taximeter.event_key'::regclass AND tgname = 'append_only')
    THEN
        ALTER TABLE taximeter.event_key DISABLE TRIGGER append_only;
    END IF;
    ALTER TABLE taximeter.event_key ADD COLUMN completed_at timestamptz;
    UPDATE taximeter.event_key AS k SET completed_at = e.completed_at FROM taximeter.usage_event AS e
    WHERE k.account_key = e.account_key AND k.request_id = e.request_id;
    IF EXISTS (
        SELECT FROM pg_catalog.pg_trigger
        WHERE tgrelid = 'taximeter.event_key'::regclass AND tgname = 'append_only')
    THEN
        ALTER TABLE taximeter.event_key ENABLE TRIGGER append_only;
    END IF;
END
$$;
COMMENT ON COLUMN taximeter.event_key.completed_at IS 'When the event''s request finished; NULL where the event itself was dropped before this column came.';

COMMENT ON COLUMN taximeter.event_key.payload_hash IS 'Tells a repeat from a conflict: 16 bytes, a hash of all that was sent but the key; 32 where the row is older, the SHA-256 of the same.';
COMMENT ON TABLE taximeter.event_key IS 'A request id is used once per account, for ever. The hash tells a repeat from a conflict.';

CREATE TABLE taximeter.event_key_state (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    dropped_before timestamptz
);
INSERT INTO taximeter.event_key_state DEFAULT VALUES;
COMMENT ON TABLE taximeter.event_key_state IS 'One row: which keys were dropped.';
COMMENT ON COLUMN taximeter.event_key_state.dropped_before IS
    'Keys of events completed before this instant were dropped, so such events are refused: whether they are repeats cannot be told. NULL: none.';

CREATE FUNCTION taximeter.drop_event_keys(completed_before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    dropped bigint;
    is_guarded boolean;
BEGIN
    IF completed_before IS NULL OR NOT isfinite(completed_before) THEN
        RAISE EXCEPTION 'keys are dropped before an instant, not before %', completed_before
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- Whoever stores events by their keys holds this lock too, shared, before looking at the state below.
    PERFORM pg_advisory_xact_lock(hashtextextended('taximeter.event_key', 0));
    is_guarded := EXISTS (
        SELECT FROM pg_trigger WHERE tgrelid = 'taximeter.event_key'::regclass AND tgname = 'append_only');
    IF is_guarded THEN
        ALTER TABLE taximeter.event_key DISABLE TRIGGER append_only;
    END IF;
    DELETE FROM taximeter.event_key WHERE completed_at < completed_before OR completed_at IS NULL;
    GET DIAGNOSTICS dropped = ROW_COUNT;
    IF is_guarded THEN
        ALTER TABLE taximeter.event_key ENABLE TRIGGER append_only;
    END IF;
    UPDATE taximeter.event_key_state SET dropped_before = greatest(dropped_before, completed_before);
    RETURN dropped;
END
$$;
COMMENT ON FUNCTION taximeter.drop_event_keys IS
    'Drops the keys of events completed before an instant, and remembers it: events older than that are refused from then on. Returns how many were dropped.';

-- The writer may ask for the events that it is about to reverse; it cannot read others.
CREATE FUNCTION taximeter.originals(account_keys bigint[], request_ids text[], completed timestamptz[])
RETURNS TABLE (
    place bigint, started_at timestamptz, model_key integer, channel_key integer, service_tier_key integer,
    requests bigint, cache_hit_tokens bigint, cache_miss_tokens bigint, cache_write_tokens bigint,
    cache_write_1h_tokens bigint, output_tokens bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- One after the other, so that each looks into the one partition, and the few blocks of it, that its instant names.
    FOR index IN 1..coalesce(array_length(account_keys, 1), 0) LOOP
        RETURN QUERY
        SELECT
            index::bigint, e.started_at, e.model_key, e.channel_key, e.service_tier_key, e.requests,
            e.cache_hit_tokens, e.cache_miss_tokens, e.cache_write_tokens, e.cache_write_1h_tokens, e.output_tokens
        FROM taximeter.usage_event AS e
        WHERE e.completed_at = completed[index] AND e.account_key = account_keys[index]
            AND e.request_id = request_ids[index] COLLATE "C" AND e.sign = 1
        LIMIT 1;
    END LOOP;
END
$$;
COMMENT ON FUNCTION taximeter.originals IS 'The events of these accounts, request ids and completion instants, by their place in the arrays, from 1.';

-- A reversal takes a bucket down to nothing, where it stays. Below nothing no bucket goes: see below_zero.
ALTER TABLE taximeter.usage_bucket
    DROP CONSTRAINT usage_bucket_events_check,
    ADD CONSTRAINT usage_bucket_events_check CHECK (events >= 0),
    ADD COLUMN below_zero boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN taximeter.usage_bucket.below_zero IS
    'More was reversed than used: the sums are held at 0, nothing is billed, and taximeter audit events says so.';
