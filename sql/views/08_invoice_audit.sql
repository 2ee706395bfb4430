-- Whether invoices are what they were when they became final, and say what was used. Every row of invoice_audit is a
-- difference; a store in order has none.

CREATE OR REPLACE VIEW taximeter.invoice_chain_links AS
SELECT
    a.external_id AS account,
    l.account_key,
    l.chain_position,
    l.number,
    l.is_void,
    l.hash,
    l.previous_hash,
    l.hash = sha256(l.previous_hash || convert_to(l.document, 'UTF8')) AS is_sound,
    row_number() OVER chain AS expected_position,
    lag(l.hash, 1, ''::bytea) OVER chain AS expected_previous
FROM (
    SELECT account_key, chain_position, number, false AS is_void, document, previous_hash, hash FROM taximeter.invoice
    UNION ALL
    SELECT account_key, chain_position, number, true, document, previous_hash, hash FROM taximeter.invoice_void
) AS l
LEFT JOIN taximeter.account AS a ON a.account_key = l.account_key
WINDOW chain AS (PARTITION BY l.account_key ORDER BY l.chain_position);
COMMENT ON VIEW taximeter.invoice_chain_links IS
    'Invoices and voids as the links of each account''s chain: hash is SHA-256 of previous_hash and the document.';

CREATE OR REPLACE VIEW taximeter.invoice_chain_heads AS
SELECT DISTINCT ON (l.account_key) l.account, l.chain_position, encode(l.hash, 'hex') AS hash
FROM taximeter.invoice_chain_links AS l
ORDER BY l.account_key, l.chain_position DESC;
COMMENT ON VIEW taximeter.invoice_chain_heads IS
    'The last link of each account''s chain. Kept elsewhere, they prove later that none was taken away and none changed.';

-- Lines that count: those of invoices that were not voided.
CREATE OR REPLACE VIEW taximeter.standing_lines AS
SELECT l.*
FROM taximeter.invoice_line AS l
WHERE NOT EXISTS (
    SELECT FROM taximeter.invoice_void AS v WHERE v.account_key = l.account_key AND v.number = l.number);
COMMENT ON VIEW taximeter.standing_lines IS 'Lines of invoices that were not voided.';

CREATE OR REPLACE VIEW taximeter.invoice_audit AS
WITH sound AS (
    -- Only a document whose hash is right is read; the others are told already.
    SELECT i.account_key, i.number, i.document::jsonb AS document
    FROM taximeter.invoice AS i
    WHERE i.hash = sha256(i.previous_hash || convert_to(i.document, 'UTF8'))
),
-- Materialized, so that nothing else is read as JSON.
sound_voids AS MATERIALIZED (
    SELECT v.account_key, v.number, v.reason, v.voided_at, v.document::jsonb AS document
    FROM taximeter.invoice_void AS v
    WHERE v.hash = sha256(v.previous_hash || convert_to(v.document, 'UTF8'))
),
written AS (
    SELECT s.account_key, s.number, e.line::integer AS line, jsonb_build_array(
        e.value ->> 'kind', e.value ->> 'id', (e.value #>> '{period,start}')::timestamptz,
        (e.value #>> '{period,end}')::timestamptz, e.value ->> 'adjusts', e.value ->> 'description',
        (e.value ->> 'quantity')::bigint, (e.value ->> 'unit_price')::numeric,
        coalesce((e.value ->> 'fees')::numeric, 0), (e.value ->> 'exact')::numeric, (e.value ->> 'amount')::numeric,
        e.value #>> '{usage,model}', e.value #>> '{usage,channel}', e.value #>> '{usage,token_class}',
        e.value #>> '{usage,plan}', e.value #>> '{usage,price_book}', e.value #>> '{usage,service_tier}',
        e.value #>> '{usage,band}', e.value #>> '{usage,schedule}', e.value #>> '{usage,allowance}',
        (e.value #>> '{usage,version_from}')::timestamptz, (e.value #>> '{usage,segment_start}')::timestamptz,
        (e.value #>> '{usage,tier,table}')::integer, (e.value #>> '{usage,tier,step}')::integer) AS content
    FROM sound AS s
    CROSS JOIN LATERAL jsonb_array_elements(s.document -> 'lines') WITH ORDINALITY AS e (value, line)
),
stored AS (
    SELECT l.account_key, l.number, l.line, jsonb_build_array(
        l.kind, l.line_id, l.period_start, l.period_end, l.adjusts, l.description, l.quantity, trim_scale(l.unit_price),
        trim_scale(l.fees), trim_scale(l.exact_amount), trim_scale(l.amount), l.model, l.channel, l.token_class,
        l.plan, l.price_book, l.service_tier, l.band, l.schedule, l.allowance, l.version_from, l.segment_start,
        l.tier_table, l.tier_step) AS content
    FROM taximeter.invoice_line AS l
),
billed AS (
    SELECT account_key, period_start, line_id, sum(quantity) AS quantity, sum(exact_amount) AS exact_amount
    FROM taximeter.standing_lines
    WHERE kind = 'usage'
    GROUP BY account_key, period_start, line_id
),
billed_periods AS (
    SELECT account_key, period_start, sum(exact_amount) AS exact_amount
    FROM billed
    GROUP BY account_key, period_start
),
settled AS (
    SELECT account_key, period_start FROM taximeter.account_period WHERE billed_revision = revision AND NOT stale
),
used AS (
    SELECT u.account_key, u.period_start, u.line_id, u.charged_tokens AS quantity, u.net_amount AS exact_amount
    FROM taximeter.usage_line AS u
    INNER JOIN settled AS s ON s.account_key = u.account_key AND s.period_start = u.period_start
),
sequences AS (
    SELECT issuing_entity, sequence, number, lag(sequence, 1, 0::bigint) OVER (
        PARTITION BY issuing_entity ORDER BY sequence) + 1 AS expected
    FROM taximeter.invoice
),
findings AS (
    SELECT
        'chain' AS finding,
        l.account_key,
        (CASE WHEN l.is_void THEN 'void of ' ELSE '' END) || l.number AS subject,
        'a document as its hash says' AS expected,
        'another document' AS found
    FROM taximeter.invoice_chain_links AS l
    WHERE NOT l.is_sound
    UNION ALL
    SELECT
        'chain',
        l.account_key,
        (CASE WHEN l.is_void THEN 'void of ' ELSE '' END) || l.number,
        'link ' || l.expected_position || ' after ' || encode(l.expected_previous, 'hex'),
        'link ' || l.chain_position || ' after ' || encode(l.previous_hash, 'hex')
    FROM taximeter.invoice_chain_links AS l
    WHERE (l.chain_position, l.previous_hash) IS DISTINCT FROM (l.expected_position, l.expected_previous)
    UNION ALL
    SELECT
        'chain end',
        coalesce(c.account_key, l.account_key),
        'last link',
        coalesce(c.position, 0) || ' ' || coalesce(encode(c.hash, 'hex'), ''),
        coalesce(l.chain_position, 0) || ' ' || coalesce(encode(l.hash, 'hex'), '')
    FROM taximeter.invoice_chain AS c
    FULL JOIN (
        SELECT DISTINCT ON (account_key) account_key, chain_position, hash
        FROM taximeter.invoice_chain_links
        ORDER BY account_key, chain_position DESC
    ) AS l ON l.account_key = c.account_key
    WHERE (coalesce(c.position, 0), coalesce(c.hash, ''))
        IS DISTINCT FROM (coalesce(l.chain_position, 0), coalesce(l.hash, ''))
    UNION ALL
    SELECT
        'number',
        NULL,
        'issuing entity ' || s.issuing_entity,
        'sequence ' || s.expected,
        'next is ' || s.sequence || ' (' || s.number || ')'
    FROM sequences AS s
    WHERE s.sequence <> s.expected
    UNION ALL
    SELECT
        'number',
        NULL,
        'issuing entity ' || e.entity,
        'last sequence ' || e.last_sequence,
        'last sequence ' || coalesce(s.last_sequence, 0)
    FROM taximeter.issuing_entity AS e
    LEFT JOIN (
        SELECT issuing_entity, max(sequence) AS last_sequence FROM taximeter.invoice GROUP BY issuing_entity
    ) AS s ON s.issuing_entity = e.entity
    WHERE e.last_sequence <> coalesce(s.last_sequence, 0)
    UNION ALL
    SELECT
        'number',
        i.account_key,
        i.number,
        e.number_prefix || lpad(i.sequence::text, greatest(6, length(i.sequence::text)), '0'),
        i.number
    FROM taximeter.invoice AS i
    LEFT JOIN taximeter.issuing_entity AS e ON e.entity = i.issuing_entity
    WHERE i.number IS DISTINCT FROM e.number_prefix || lpad(i.sequence::text, greatest(6, length(i.sequence::text)), '0')
    UNION ALL
    SELECT
        'document',
        i.account_key,
        i.number,
        concat_ws(' ', s.document ->> 'account', s.document ->> 'number', s.document ->> 'kind',
            s.document ->> 'issuing_entity', s.document ->> 'issue', s.document ->> 'currency',
            s.document ->> 'total', s.document ->> 'due'),
        concat_ws(' ', a.external_id, i.number, i.kind, i.issuing_entity, i.issue, i.currency, trim_scale(i.total),
            trim_scale(i.due))
    FROM taximeter.invoice AS i
    INNER JOIN sound AS s ON s.account_key = i.account_key AND s.number = i.number
    LEFT JOIN taximeter.account AS a ON a.account_key = i.account_key
    WHERE (s.document ->> 'account', s.document ->> 'number', s.document ->> 'kind', s.document ->> 'issuing_entity',
            (s.document ->> 'issue')::integer, s.document ->> 'currency', (s.document ->> 'total')::numeric,
            (s.document ->> 'due')::numeric, (s.document #>> '{period,start}')::timestamptz,
            (s.document #>> '{period,end}')::timestamptz, (s.document ->> 'finalized_at')::timestamptz)
        IS DISTINCT FROM (a.external_id, i.number, i.kind, i.issuing_entity, i.issue, i.currency, i.total, i.due,
            i.period_start, i.period_end, i.finalized_at)
    UNION ALL
    SELECT
        'document',
        v.account_key,
        'void of ' || v.number,
        concat_ws(' ', v.document ->> 'number', v.document ->> 'voided_at', v.document ->> 'reason'),
        concat_ws(' ', v.number, to_char(v.voided_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), v.reason)
    FROM sound_voids AS v
    WHERE (v.document ->> 'number', v.document ->> 'reason', (v.document ->> 'voided_at')::timestamptz)
        IS DISTINCT FROM (v.number, v.reason, v.voided_at)
    UNION ALL
    SELECT
        'line',
        coalesce(w.account_key, s.account_key),
        coalesce(w.number, s.number) || ' line ' || coalesce(w.line, s.line),
        coalesce(w.content::text, 'no such line'),
        coalesce(s.content::text, 'no such line')
    FROM written AS w
    FULL JOIN stored AS s ON s.account_key = w.account_key AND s.number = w.number AND s.line = w.line
    WHERE w.content IS DISTINCT FROM s.content
        AND EXISTS (
            SELECT FROM sound AS o
            WHERE o.account_key = coalesce(w.account_key, s.account_key) AND o.number = coalesce(w.number, s.number))
    UNION ALL
    SELECT 'line', s.account_key, s.number || ' line ' || s.line, 'an invoice', 'none of that number'
    FROM stored AS s
    WHERE NOT EXISTS (
        SELECT FROM taximeter.invoice AS i WHERE i.account_key = s.account_key AND i.number = s.number)
    UNION ALL
    SELECT 'total', i.account_key, i.number, coalesce(l.total, 0)::text, i.total::text
    FROM taximeter.invoice AS i
    LEFT JOIN (
        SELECT account_key, number, sum(amount) AS total FROM taximeter.invoice_line GROUP BY account_key, number
    ) AS l ON l.account_key = i.account_key AND l.number = i.number
    WHERE i.total IS DISTINCT FROM l.total
    UNION ALL
    SELECT
        'usage',
        coalesce(u.account_key, b.account_key),
        'period ' || to_char(coalesce(u.period_start, b.period_start) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
        || ' line ' || coalesce(u.line_id, b.line_id),
        coalesce(u.quantity, 0) || ' tokens, ' || trim_scale(coalesce(u.exact_amount, 0)),
        coalesce(b.quantity, 0) || ' tokens, ' || trim_scale(coalesce(b.exact_amount, 0))
    FROM used AS u
    FULL JOIN (
        SELECT b.account_key, b.period_start, b.line_id, b.quantity, b.exact_amount
        FROM billed AS b
        INNER JOIN settled AS s ON s.account_key = b.account_key AND s.period_start = b.period_start
    ) AS b ON b.account_key = u.account_key AND b.period_start = u.period_start AND b.line_id = u.line_id
    WHERE (coalesce(u.quantity, 0), coalesce(u.exact_amount, 0))
        IS DISTINCT FROM (coalesce(b.quantity, 0), coalesce(b.exact_amount, 0))
    UNION ALL
    SELECT
        'period',
        coalesce(p.account_key, b.account_key),
        'period ' || to_char(coalesce(p.period_start, b.period_start) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        trim_scale(coalesce(b.exact_amount, 0)) || ' by its lines',
        trim_scale(coalesce(p.invoiced_amount, 0)) || ' invoiced'
    FROM taximeter.account_period AS p
    FULL JOIN billed_periods AS b ON b.account_key = p.account_key AND b.period_start = p.period_start
    WHERE coalesce(p.invoiced_amount, 0) <> coalesce(b.exact_amount, 0)
    UNION ALL
    SELECT
        'period',
        p.account_key,
        'period ' || to_char(p.period_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        trim_scale(p.net_amount) || ' rated',
        trim_scale(p.invoiced_amount) || ' invoiced'
    FROM taximeter.account_period AS p
    INNER JOIN settled AS s ON s.account_key = p.account_key AND s.period_start = p.period_start
    WHERE p.net_amount <> p.invoiced_amount
)
SELECT
    f.finding,
    CASE WHEN f.account_key IS NULL THEN '' ELSE 'account ' || coalesce(a.external_id, 'key ' || f.account_key) || ' ' END
    || f.subject AS subject,
    f.expected,
    f.found
FROM findings AS f
LEFT JOIN taximeter.account AS a ON a.account_key = f.account_key;
COMMENT ON VIEW taximeter.invoice_audit IS
    'Every difference between invoices, their documents, hashes, numbers and lines, and between lines and rated usage; empty when all is well. Periods whose usage has changed since they were billed are pending, not different.';

CREATE OR REPLACE VIEW taximeter.invoice_totals AS
SELECT
    (SELECT count(*) FROM taximeter.invoice) AS invoices,
    (SELECT count(*) FROM taximeter.invoice_void) AS voided,
    (SELECT count(*) FROM taximeter.invoice_line) AS lines,
    (SELECT count(*) FROM taximeter.account_period WHERE billed_revision = revision AND NOT stale) AS periods_billed,
    (SELECT count(*) FROM taximeter.account_period WHERE stale OR billed_revision IS DISTINCT FROM revision)
    AS periods_pending,
    (SELECT count(*) FROM taximeter.parked_period) AS periods_parked;
COMMENT ON VIEW taximeter.invoice_totals IS 'How much invoice_audit has looked at; every rated period is billed or pending, parked ones among these.';
