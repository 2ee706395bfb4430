-- Conservation: what producers sent, what is stored, and what was summed, held against each other. Every row of
-- event_audit is a difference; a store in order has none.

CREATE OR REPLACE VIEW taximeter.event_audit AS
WITH sums AS (
    SELECT
        batch_key,
        count(*) AS events,
        sum(sign * requests) AS requests,
        sum(sign * cache_hit_tokens) AS cache_hit_tokens,
        sum(sign * cache_miss_tokens) AS cache_miss_tokens,
        sum(sign * cache_write_tokens) AS cache_write_tokens,
        sum(sign * cache_write_1h_tokens) AS cache_write_1h_tokens,
        sum(sign * output_tokens) AS output_tokens
    FROM taximeter.usage_event
    WHERE batch_key <> 0
    GROUP BY batch_key
),
-- Sequences: 1, 2, 3, ... That the last ones are missing only their producer can know.
gaps AS (
    SELECT
        producer_id,
        sequence,
        lag(sequence, 1, 0::bigint) OVER (PARTITION BY producer_id ORDER BY sequence) + 1 AS expected
    FROM taximeter.ingest_batch
),
quarantine AS (
    SELECT batch_key, count(*) AS events
    FROM taximeter.quarantined_event
    GROUP BY batch_key
),
-- Keys and events of an account, by their number and the sum of a hash of their ids.
keyed AS (
    SELECT
        account_key,
        count(*) AS ids,
        sum(hashtextextended(request_id, 0)) AS fingerprint
    FROM taximeter.event_key
    GROUP BY account_key
),
keyed_events AS (
    SELECT
        e.account_key,
        count(*) AS ids,
        sum(hashtextextended(e.request_id, 0)) AS fingerprint
    FROM taximeter.usage_event AS e
    CROSS JOIN taximeter.event_key_state AS s
    WHERE e.batch_key = 0 AND e.sign = 1
        AND (s.dropped_before IS NULL OR e.completed_at >= s.dropped_before)
    GROUP BY e.account_key
),
reversed AS (
    SELECT
        account_key,
        count(*) AS ids,
        sum(hashtextextended(request_id, 0)) AS fingerprint
    FROM taximeter.event_reversal
    GROUP BY account_key
),
reversals AS (
    SELECT
        account_key,
        count(*) AS ids,
        sum(hashtextextended(request_id, 0)) AS fingerprint
    FROM taximeter.usage_event
    WHERE sign = -1
    GROUP BY account_key
),
rating AS (
    SELECT coalesce((
        SELECT b.rating_instant
        FROM taximeter.price_state AS s
        INNER JOIN taximeter.price_book AS b ON s.default_price_book_key = b.price_book_key
    ), 'completed_at') AS instant
),
-- Hours that wait to be summed again are not compared.
waiting AS (
    SELECT hour FROM taximeter.dirty_hour
    UNION
    SELECT h.hour FROM taximeter.usage_hour AS h CROSS JOIN rating AS r WHERE h.rating_instant <> r.instant
),
event_hours AS (
    SELECT
        date_trunc('hour', CASE r.instant WHEN 'started_at' THEN e.started_at ELSE e.completed_at END, 'UTC') AS hour,
        e.account_key,
        sum(e.sign) AS events,
        sum(e.sign * e.requests) AS requests,
        sum(e.sign * e.cache_hit_tokens) AS cache_hit_tokens,
        sum(e.sign * e.cache_miss_tokens) AS cache_miss_tokens,
        sum(e.sign * e.cache_write_tokens) AS cache_write_tokens,
        sum(e.sign * e.cache_write_1h_tokens) AS cache_write_1h_tokens,
        sum(e.sign * e.output_tokens) AS output_tokens
    FROM taximeter.usage_event AS e
    CROSS JOIN rating AS r
    GROUP BY 1, 2
),
bucket_hours AS (
    SELECT
        date_trunc('hour', slot_start, 'UTC') AS hour,
        account_key,
        sum(events) AS events,
        sum(requests) AS requests,
        sum(cache_hit_tokens) AS cache_hit_tokens,
        sum(cache_miss_tokens) AS cache_miss_tokens,
        sum(cache_write_tokens) AS cache_write_tokens,
        sum(cache_write_1h_tokens) AS cache_write_1h_tokens,
        sum(output_tokens) AS output_tokens
    FROM taximeter.usage_bucket
    GROUP BY 1, 2
)
SELECT
    'sequence' AS finding,
    'producer ' || producer_id AS subject,
    'batch ' || expected AS expected,
    'next is batch ' || sequence AS found
FROM gaps
WHERE sequence <> expected
UNION ALL
SELECT
    'batch',
    coalesce('producer ' || b.producer_id || ' batch ' || b.sequence, 'batch_key ' || s.batch_key || ' without a batch'),
    concat_ws(' ', b.events, b.requests, b.cache_hit_tokens, b.cache_miss_tokens, b.cache_write_tokens,
        b.cache_write_1h_tokens, b.output_tokens),
    concat_ws(' ', s.events, s.requests, s.cache_hit_tokens, s.cache_miss_tokens, s.cache_write_tokens,
        s.cache_write_1h_tokens, s.output_tokens)
FROM taximeter.ingest_batch AS b
FULL JOIN sums AS s ON b.batch_key = s.batch_key
WHERE b.batch_key IS NULL
    OR (b.events, b.requests, b.cache_hit_tokens, b.cache_miss_tokens, b.cache_write_tokens, b.cache_write_1h_tokens,
        b.output_tokens)
    IS DISTINCT FROM (coalesce(s.events, 0), coalesce(s.requests, 0), coalesce(s.cache_hit_tokens, 0),
        coalesce(s.cache_miss_tokens, 0), coalesce(s.cache_write_tokens, 0), coalesce(s.cache_write_1h_tokens, 0),
        coalesce(s.output_tokens, 0))
UNION ALL
SELECT
    'quarantine',
    coalesce('producer ' || b.producer_id || ' batch ' || b.sequence, 'batch_key ' || q.batch_key || ' without a batch'),
    coalesce(b.quarantined, 0) || ' events',
    coalesce(q.events, 0) || ' events'
FROM taximeter.ingest_batch AS b
FULL JOIN quarantine AS q ON b.batch_key = q.batch_key
WHERE coalesce(b.quarantined, 0) <> coalesce(q.events, 0)
UNION ALL
SELECT
    'event keys',
    'account ' || coalesce(a.external_id, 'key ' || coalesce(k.account_key, e.account_key)),
    coalesce(k.ids, 0) || ' keys, fingerprint ' || coalesce(k.fingerprint, 0),
    coalesce(e.ids, 0) || ' events, fingerprint ' || coalesce(e.fingerprint, 0)
FROM keyed AS k
FULL JOIN keyed_events AS e ON k.account_key = e.account_key
LEFT JOIN taximeter.account AS a ON a.account_key = coalesce(k.account_key, e.account_key)
WHERE (k.ids, k.fingerprint) IS DISTINCT FROM (e.ids, e.fingerprint)
UNION ALL
SELECT
    'reversals',
    'account ' || coalesce(a.external_id, 'key ' || coalesce(k.account_key, e.account_key)),
    coalesce(k.ids, 0) || ' ids, fingerprint ' || coalesce(k.fingerprint, 0),
    coalesce(e.ids, 0) || ' events, fingerprint ' || coalesce(e.fingerprint, 0)
FROM reversed AS k
FULL JOIN reversals AS e ON k.account_key = e.account_key
LEFT JOIN taximeter.account AS a ON a.account_key = coalesce(k.account_key, e.account_key)
WHERE (k.ids, k.fingerprint) IS DISTINCT FROM (e.ids, e.fingerprint)
UNION ALL
SELECT
    'buckets',
    'account ' || coalesce(a.external_id, 'key ' || coalesce(e.account_key, b.account_key)) || ' hour '
    || to_char(coalesce(e.hour, b.hour) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"'),
    concat_ws(' ', e.events, e.requests, e.cache_hit_tokens, e.cache_miss_tokens, e.cache_write_tokens,
        e.cache_write_1h_tokens, e.output_tokens),
    concat_ws(' ', b.events, b.requests, b.cache_hit_tokens, b.cache_miss_tokens, b.cache_write_tokens,
        b.cache_write_1h_tokens, b.output_tokens)
FROM event_hours AS e
FULL JOIN bucket_hours AS b ON e.hour = b.hour AND e.account_key = b.account_key
LEFT JOIN taximeter.account AS a ON a.account_key = coalesce(e.account_key, b.account_key)
WHERE (e.events, e.requests, e.cache_hit_tokens, e.cache_miss_tokens, e.cache_write_tokens, e.cache_write_1h_tokens,
        e.output_tokens)
    IS DISTINCT FROM (b.events, b.requests, b.cache_hit_tokens, b.cache_miss_tokens, b.cache_write_tokens,
        b.cache_write_1h_tokens, b.output_tokens)
    AND NOT EXISTS (SELECT FROM waiting AS w WHERE w.hour = coalesce(e.hour, b.hour))
UNION ALL
SELECT
    'below zero',
    'account ' || coalesce(a.external_id, 'key ' || b.account_key) || ' slot '
    || to_char(b.slot_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'no more reversed than used',
    'more reversed than used'
FROM taximeter.usage_bucket AS b
LEFT JOIN taximeter.account AS a ON a.account_key = b.account_key
WHERE b.below_zero;
COMMENT ON VIEW taximeter.event_audit IS
    'Every difference between batches, events, keys, reversals and buckets; empty when all is well. Sums stand in the order events, requests, then tokens: hit, miss, write, write 1 h, output. Hours that wait for a roll-up are not compared. Batches whose events were dropped with their partitions are differences too.';

CREATE OR REPLACE VIEW taximeter.event_totals AS
SELECT
    (SELECT count(DISTINCT producer_id) FROM taximeter.ingest_batch) AS producers,
    (SELECT count(*) FROM taximeter.ingest_batch) AS batches,
    (SELECT count(*) FROM taximeter.usage_event) AS events,
    (SELECT count(*) FROM taximeter.event_key) AS keys,
    (SELECT count(*) FROM taximeter.event_reversal) AS reversals,
    (SELECT count(*) FROM taximeter.quarantined_event) AS quarantined,
    (SELECT count(DISTINCT hour) FROM taximeter.dirty_hour) AS hours_to_roll_up;
COMMENT ON VIEW taximeter.event_totals IS 'How much event_audit has looked at. Quarantined events are stored aside, and billed to nobody.';

CREATE OR REPLACE VIEW taximeter.quarantined_events AS
SELECT b.producer_id, b.sequence, q.position, q.reason, q.event, q.recorded_at
FROM taximeter.quarantined_event AS q
INNER JOIN taximeter.ingest_batch AS b ON q.batch_key = b.batch_key
ORDER BY q.batch_key, q.position;
COMMENT ON VIEW taximeter.quarantined_events IS 'Events of batches that could not be stored, and why.';
