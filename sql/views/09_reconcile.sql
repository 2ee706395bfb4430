-- From the sum of what was used to what is booked, stage by stage: what the audits of events, invoices and the ledger leave
-- between them, and the totals that taximeter reconcile ties out. Every row of charge_audit is a difference.

CREATE OR REPLACE VIEW taximeter.reconcile_usage AS
WITH rating AS (
    SELECT coalesce((
        SELECT b.rating_instant
        FROM taximeter.price_state AS s
        INNER JOIN taximeter.price_book AS b ON s.default_price_book_key = b.price_book_key
    ), 'completed_at') AS instant
)
SELECT
    1 AS position,
    'events' AS stage,
    date_trunc('hour', CASE r.instant WHEN 'started_at' THEN e.started_at ELSE e.completed_at END, 'UTC') AS hour,
    e.sign::numeric AS events,
    (e.sign * e.requests)::numeric AS requests,
    (e.sign * e.cache_hit_tokens)::numeric AS cache_hit_tokens,
    (e.sign * e.cache_miss_tokens)::numeric AS cache_miss_tokens,
    (e.sign * e.cache_write_tokens)::numeric AS cache_write_tokens,
    (e.sign * e.cache_write_1h_tokens)::numeric AS cache_write_1h_tokens,
    (e.sign * e.output_tokens)::numeric AS output_tokens
FROM taximeter.usage_event AS e
CROSS JOIN rating AS r
UNION ALL
SELECT
    2, 'buckets', date_trunc('hour', slot_start, 'UTC'), events, requests, cache_hit_tokens, cache_miss_tokens,
    cache_write_tokens, cache_write_1h_tokens, output_tokens
FROM taximeter.usage_bucket
UNION ALL
SELECT
    3, 'charges', date_trunc('hour', slot_start, 'UTC'), events, requests, cache_hit_tokens, cache_miss_tokens,
    cache_write_tokens, cache_write_1h_tokens, output_tokens
FROM taximeter.charge;
COMMENT ON VIEW taximeter.reconcile_usage IS
    'Usage as each stage has it, by the UTC hour of its rating instant: sum it by stage. A row an event, a bucket, a charge.';

CREATE OR REPLACE VIEW taximeter.reconcile_waiting AS
SELECT hour FROM taximeter.dirty_hour
UNION
SELECT h.hour
FROM taximeter.usage_hour AS h
WHERE h.rating_instant <> coalesce((
        SELECT b.rating_instant
        FROM taximeter.price_state AS s
        INNER JOIN taximeter.price_book AS b ON s.default_price_book_key = b.price_book_key
    ), 'completed_at');
COMMENT ON VIEW taximeter.reconcile_waiting IS 'Hours whose events wait to be summed again; they are in no bucket yet, or not as they are now.';

CREATE OR REPLACE VIEW taximeter.reconcile_periods AS
WITH charged AS (
    SELECT account_key, period_start, sum(net_amount) AS amount
    FROM taximeter.charge
    GROUP BY account_key, period_start
),
rated AS (
    SELECT account_key, period_start, sum(net_amount) AS amount
    FROM taximeter.usage_line
    GROUP BY account_key, period_start
),
billed AS (
    SELECT account_key, period_start, sum(exact_amount) AS amount
    FROM taximeter.standing_lines
    WHERE kind = 'usage'
    GROUP BY account_key, period_start
)
SELECT
    a.external_id AS account,
    a.time_zone,
    p.period_start,
    p.period_end,
    p.currency,
    CASE
        WHEN p.stale THEN 'unrated'
        WHEN k.account_key IS NOT NULL THEN 'parked'
        WHEN p.billed_revision IS DISTINCT FROM p.revision THEN 'unbilled'
        ELSE 'billed'
    END AS state,
    coalesce(k.reason || ': ' || k.detail, '') AS parked_reason,
    p.unpriced_events,
    coalesce(c.amount, 0) AS charged_amount,
    coalesce(r.amount, 0) AS line_amount,
    p.net_amount AS rated_amount,
    coalesce(b.amount, 0) AS billed_amount
FROM taximeter.account_period AS p
INNER JOIN taximeter.account AS a ON a.account_key = p.account_key
LEFT JOIN charged AS c ON c.account_key = p.account_key AND c.period_start = p.period_start
LEFT JOIN rated AS r ON r.account_key = p.account_key AND r.period_start = p.period_start
LEFT JOIN billed AS b ON b.account_key = p.account_key AND b.period_start = p.period_start
LEFT JOIN taximeter.parked_period AS k ON k.account_key = p.account_key AND k.period_start = p.period_start;
COMMENT ON VIEW taximeter.reconcile_periods IS
    'What each account''s billing period comes to, exact, as its charges, its rated lines, the period itself and the lines of standing invoices have it; and how far it is: unrated, parked, unbilled, billed.';

CREATE OR REPLACE VIEW taximeter.reconcile_invoices AS
SELECT
    a.external_id AS account,
    a.time_zone,
    i.number,
    i.period_start,
    i.period_end,
    i.currency,
    coalesce(l.amount, 0) AS line_amount,
    i.total,
    coalesce(t.amount, 0) AS booked_amount
FROM taximeter.invoice AS i
INNER JOIN taximeter.account AS a ON a.account_key = i.account_key
LEFT JOIN (
    SELECT account_key, number, sum(amount) AS amount FROM taximeter.invoice_line GROUP BY account_key, number
) AS l ON l.account_key = i.account_key AND l.number = i.number
LEFT JOIN (
    SELECT
        account_key, invoice_number, currency,
        sum(CASE WHEN debit = 'receivable' THEN amount WHEN credit = 'receivable' THEN -amount ELSE 0 END) AS amount
    FROM taximeter.ledger_transfer
    WHERE kind IN ('revenue', 'deferred', 'tax') AND reverses IS NULL
    GROUP BY account_key, invoice_number, currency
) AS t ON t.account_key = i.account_key AND t.invoice_number = i.number AND t.currency = i.currency
WHERE NOT EXISTS (
    SELECT FROM taximeter.invoice_void AS v WHERE v.account_key = i.account_key AND v.number = i.number);
COMMENT ON VIEW taximeter.reconcile_invoices IS
    'Standing invoices and credit notes: their rounded lines, their total, and what the ledger has booked as receivable for them.';

CREATE OR REPLACE VIEW taximeter.charge_audit AS
WITH bucket_hours AS (
    SELECT
        account_key,
        date_trunc('hour', slot_start, 'UTC') AS hour,
        sum(events) AS events,
        sum(requests) AS requests,
        sum(cache_hit_tokens) AS cache_hit_tokens,
        sum(cache_miss_tokens) AS cache_miss_tokens,
        sum(cache_write_tokens) AS cache_write_tokens,
        sum(cache_write_1h_tokens) AS cache_write_1h_tokens,
        sum(output_tokens) AS output_tokens
    FROM taximeter.usage_bucket
    GROUP BY 1, 2
),
charge_hours AS (
    SELECT
        account_key,
        date_trunc('hour', slot_start, 'UTC') AS hour,
        sum(events) AS events,
        sum(requests) AS requests,
        sum(cache_hit_tokens) AS cache_hit_tokens,
        sum(cache_miss_tokens) AS cache_miss_tokens,
        sum(cache_write_tokens) AS cache_write_tokens,
        sum(cache_write_1h_tokens) AS cache_write_1h_tokens,
        sum(output_tokens) AS output_tokens
    FROM taximeter.charge
    GROUP BY 1, 2
)
SELECT
    'charges' AS finding,
    'account ' || coalesce(a.external_id, 'key ' || coalesce(b.account_key, c.account_key)) || ' hour '
    || to_char(coalesce(b.hour, c.hour) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"') AS subject,
    concat_ws(' ', coalesce(b.events, 0), coalesce(b.requests, 0), coalesce(b.cache_hit_tokens, 0),
        coalesce(b.cache_miss_tokens, 0), coalesce(b.cache_write_tokens, 0), coalesce(b.cache_write_1h_tokens, 0),
        coalesce(b.output_tokens, 0)) AS expected,
    concat_ws(' ', coalesce(c.events, 0), coalesce(c.requests, 0), coalesce(c.cache_hit_tokens, 0),
        coalesce(c.cache_miss_tokens, 0), coalesce(c.cache_write_tokens, 0), coalesce(c.cache_write_1h_tokens, 0),
        coalesce(c.output_tokens, 0)) AS found
FROM bucket_hours AS b
FULL JOIN charge_hours AS c ON c.account_key = b.account_key AND c.hour = b.hour
LEFT JOIN taximeter.account AS a ON a.account_key = coalesce(b.account_key, c.account_key)
WHERE (coalesce(b.events, 0), coalesce(b.requests, 0), coalesce(b.cache_hit_tokens, 0), coalesce(b.cache_miss_tokens, 0),
        coalesce(b.cache_write_tokens, 0), coalesce(b.cache_write_1h_tokens, 0), coalesce(b.output_tokens, 0))
    <> (coalesce(c.events, 0), coalesce(c.requests, 0), coalesce(c.cache_hit_tokens, 0), coalesce(c.cache_miss_tokens, 0),
        coalesce(c.cache_write_tokens, 0), coalesce(c.cache_write_1h_tokens, 0), coalesce(c.output_tokens, 0))
    AND NOT EXISTS (
        SELECT FROM taximeter.account_period AS p
        WHERE p.stale AND p.account_key = coalesce(b.account_key, c.account_key)
            AND p.period_start < coalesce(b.hour, c.hour) + interval '1 hour' AND p.period_end > coalesce(b.hour, c.hour))
UNION ALL
SELECT
    'rated',
    'account ' || p.account || ' period ' || to_char(p.period_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    concat_ws(' ', trim_scale(p.rated_amount), trim_scale(p.rated_amount)),
    concat_ws(' ', trim_scale(p.charged_amount), trim_scale(p.line_amount))
FROM taximeter.reconcile_periods AS p
WHERE p.state <> 'unrated' AND (p.rated_amount <> p.charged_amount OR p.rated_amount <> p.line_amount);
COMMENT ON VIEW taximeter.charge_audit IS
    'Every difference between buckets and charges, by account and hour, and between a period''s amount and the sum of its charges, then of its rated lines; empty when all is well. Sums stand in the order of event_audit. Periods that wait to be rated are not compared.';
