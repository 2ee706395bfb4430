-- What a credit note leaves an account with is part of its balance, as it was while the correction was not billed yet: it
-- pays the next invoices, and whoever pays from the balance can go on to use it. Only ever what is owed to the account; what
-- the account owes is asked for by its invoices.

CREATE OR REPLACE FUNCTION taximeter.balances_at(account_keys bigint[], at_instant timestamptz)
RETURNS TABLE (
    account_key bigint, account text, currency text, other_currency text, credits numeric, unbilled numeric,
    reserved numeric, is_prepaid boolean, limit_name text, limit_left numeric, changes_at timestamptz)
-- Planned once a session: planning takes longer than answering. Whatever the tables' sizes are at that moment, the parts of an
-- account are a few rows, found by their keys.
LANGUAGE plpgsql STABLE ROWS 10 SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT
        a.account_key, a.external_id, m.currency,
        coalesce(
            nullif(p.first_currency, m.currency), nullif(p.last_currency, m.currency),
            nullif(r.first_currency, m.currency), nullif(r.last_currency, m.currency),
            nullif(l.currency, m.currency)),
        g.credits + o.owed_back, p.unbilled, r.reserved,
        s.plan IS NULL OR coalesce((
            SELECT v.definition::jsonb ->> 'payment' = 'prepaid' FROM taximeter.plan_version AS v
            WHERE v.plan = s.plan AND v.effective_from <= at_instant ORDER BY v.effective_from DESC LIMIT 1), false),
        l.name, l.amount - p.spent - r.reserved,
        coalesce(
            least(
                g.changes_at, r.changes_at, s.changes_at, CASE WHEN l.name IS NOT NULL THEN p.changes_at END,
                (SELECT min(v.effective_from) FROM taximeter.plan_version AS v
                WHERE v.plan = s.plan AND v.effective_from > at_instant)),
            'infinity')
    FROM taximeter.account AS a
    LEFT JOIN taximeter.credit_account AS c ON c.account_key = a.account_key
    CROSS JOIN LATERAL (
        SELECT
            coalesce(sum(b.remaining) FILTER (WHERE b.effective_from <= at_instant), 0) AS credits,
            min(CASE WHEN b.effective_from > at_instant THEN b.effective_from ELSE b.expires_at END) AS changes_at
        FROM taximeter.grant_balance AS b
        WHERE b.account_key = a.account_key AND b.remaining > 0 AND (b.expires_at IS NULL OR b.expires_at > at_instant)
    ) AS g
    CROSS JOIN LATERAL (
        SELECT
            coalesce(sum(t.net_amount - t.invoiced_amount), 0) AS unbilled,
            coalesce(sum(t.net_amount) FILTER (WHERE t.period_start <= at_instant AND t.period_end > at_instant), 0)
                AS spent,
            min(t.currency) FILTER (WHERE t.net_amount <> t.invoiced_amount) AS first_currency,
            max(t.currency) FILTER (WHERE t.net_amount <> t.invoiced_amount) AS last_currency,
            min(CASE WHEN t.period_start > at_instant THEN t.period_start ELSE t.period_end END)
                FILTER (WHERE t.period_end > at_instant) AS changes_at
        FROM taximeter.account_period AS t
        WHERE t.account_key = a.account_key AND (t.net_amount <> t.invoiced_amount OR t.period_end > at_instant)
    ) AS p
    CROSS JOIN LATERAL (
        SELECT
            coalesce(sum(h.amount), 0) AS reserved, min(h.currency) AS first_currency, max(h.currency) AS last_currency,
            min(h.expires_at) AS changes_at
        FROM taximeter.reservation AS h WHERE h.account_key = a.account_key AND h.expires_at > at_instant
    ) AS r
    CROSS JOIN LATERAL (
        SELECT
            max(u.plan) FILTER (WHERE u.effective_from <= at_instant) AS plan,
            min(CASE WHEN u.effective_from > at_instant THEN u.effective_from ELSE u.effective_until END) AS changes_at
        FROM taximeter.subscription AS u
        WHERE u.account_key = a.account_key AND (u.effective_until IS NULL OR u.effective_until > at_instant)
    ) AS s
    LEFT JOIN LATERAL (
        SELECT k.name, k.currency, k.amount FROM taximeter.spend_limit AS k
        WHERE k.account_key = a.account_key AND k.is_hard ORDER BY k.amount, k.name LIMIT 1
    ) AS l ON true
    -- Of an account that was billed for all that it used, and has nothing else, the currency is that of its last usage.
    CROSS JOIN LATERAL (
        SELECT coalesce(c.currency, p.first_currency, r.first_currency, l.currency, (
            SELECT t.currency FROM taximeter.account_period AS t
            WHERE t.account_key = a.account_key AND t.net_amount <> 0 ORDER BY t.period_start DESC LIMIT 1)) AS currency
    ) AS m
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(-v.balance), 0) AS owed_back FROM taximeter.ledger_balance AS v
        WHERE v.account_key = a.account_key AND v.currency = m.currency AND v.ledger_account = 'receivable'
            AND v.balance < 0
    ) AS o
    WHERE a.account_key = ANY (account_keys);
END
$$;

-- Made anew by the next run; until then balances are made from their parts.
UPDATE taximeter.account_balance AS k SET valid_until = '-infinity'
FROM taximeter.ledger_balance AS v
WHERE v.account_key = k.account_key AND v.ledger_account = 'receivable' AND v.balance < 0;

-- Hours are cut where days begin on accounts' clocks now; the next run cuts the stored ones again.
UPDATE taximeter.price_state SET generation = generation + 1;
