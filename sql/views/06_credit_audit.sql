-- Credits made again from the ledger: a row is a difference.

CREATE OR REPLACE VIEW taximeter.credit_audit AS
WITH moved AS (
    SELECT account_key, grant_id, sum(CASE WHEN credit = 'credits' THEN amount WHEN debit = 'credits' THEN -amount END) AS amount
    FROM taximeter.ledger_transfer WHERE grant_id IS NOT NULL
    GROUP BY account_key, grant_id
), remaining AS (
    SELECT b.account_key, g.currency, sum(b.remaining) AS amount
    FROM taximeter.grant_balance AS b
    LEFT JOIN taximeter.credit_grant AS g ON g.account_key = b.account_key AND g.grant_id = b.grant_id
    GROUP BY b.account_key, g.currency
), booked AS (
    SELECT
        account_key, currency,
        sum(CASE WHEN credit = 'credits' THEN amount ELSE -amount END) AS amount
    FROM taximeter.ledger_transfer WHERE 'credits' IN (debit, credit)
    GROUP BY account_key, currency
), kept AS (
    -- By which balances are told now; the others are made from their parts.
    SELECT * FROM taximeter.account_balance WHERE valid_from <= now() AND valid_until > now()
), findings AS (
    SELECT
        'grant' AS finding, g.account_key, g.grant_id AS subject, trim_scale(g.amount)::text AS expected,
        trim_scale(t.amount)::text AS found
    FROM taximeter.credit_grant AS g
    LEFT JOIN taximeter.ledger_transfer AS t
    ON t.account_key = g.account_key AND t.transfer_id = 'grant/' || replace(replace(g.grant_id, '%', '%25'), '/', '%2F')
        AND t.currency = g.currency
        AND t.credit = 'credits' AND t.grant_id = g.grant_id
    WHERE t.amount IS DISTINCT FROM g.amount
    UNION ALL
    SELECT 'left', coalesce(m.account_key, b.account_key), coalesce(m.grant_id, b.grant_id),
        trim_scale(m.amount)::text, trim_scale(b.remaining)::text
    FROM moved AS m
    FULL JOIN taximeter.grant_balance AS b ON b.account_key = m.account_key AND b.grant_id = m.grant_id
    WHERE m.amount IS DISTINCT FROM b.remaining
    UNION ALL
    SELECT 'credits', coalesce(k.account_key, r.account_key), coalesce(k.currency, r.currency),
        trim_scale(k.amount)::text, trim_scale(r.amount)::text
    FROM booked AS k
    FULL JOIN remaining AS r ON r.account_key = k.account_key AND r.currency = k.currency
    WHERE k.amount IS DISTINCT FROM r.amount
    UNION ALL
    SELECT
        'validity', g.account_key, g.grant_id, tstzrange(g.effective_from, g.expires_at)::text,
        tstzrange(b.effective_from, b.expires_at)::text
    FROM taximeter.credit_grant AS g
    INNER JOIN taximeter.grant_balance AS b ON b.account_key = g.account_key AND b.grant_id = g.grant_id
    WHERE (g.effective_from, g.expires_at) IS DISTINCT FROM (b.effective_from, b.expires_at)
    UNION ALL
    SELECT
        'balance', k.account_key, 'kept balance',
        concat_ws(
            ' ', b.currency, b.other_currency, trim_scale(b.credits), trim_scale(b.unbilled), trim_scale(b.reserved),
            b.is_prepaid, b.limit_name, trim_scale(b.limit_left), b.changes_at),
        concat_ws(
            ' ', k.currency, k.other_currency, trim_scale(k.credits), trim_scale(k.unbilled), trim_scale(k.reserved),
            k.is_prepaid, k.limit_name, trim_scale(k.limit_left), k.valid_until)
    FROM kept AS k
    INNER JOIN taximeter.balances_at(ARRAY(SELECT account_key FROM kept), now()) AS b ON b.account_key = k.account_key
    WHERE
        (
            k.currency, k.other_currency, k.credits, k.unbilled, k.reserved, k.is_prepaid, k.limit_name, k.limit_left
        ) IS DISTINCT FROM (
            b.currency, b.other_currency, b.credits, b.unbilled, b.reserved, b.is_prepaid, b.limit_name, b.limit_left)
        -- The end of a period of which nothing is rated yet changes nothing; rating it keeps the balance.
        OR k.valid_until IS DISTINCT FROM b.changes_at AND NOT (
            k.limit_name IS NOT NULL AND EXISTS (
                SELECT FROM taximeter.account_period AS p
                WHERE p.account_key = k.account_key AND p.revision = 0 AND p.net_amount = 0
                    AND b.changes_at IN (p.period_start, p.period_end)))
)
SELECT
    f.finding, coalesce(a.external_id, f.account_key::text) || ' ' || coalesce(f.subject, 'no grant') AS subject,
    coalesce(f.expected, 'nothing') AS expected,
    coalesce(f.found, 'nothing') AS found
FROM findings AS f
LEFT JOIN taximeter.account AS a ON a.account_key = f.account_key;
COMMENT ON VIEW taximeter.credit_audit IS
    'Differences between the transfers of grants and what is kept as left of them, between grants and the ledger''s credits, and between kept balances and their parts: none in a store that is whole.';
