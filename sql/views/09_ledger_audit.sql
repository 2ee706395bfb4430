-- Whether the ledger says what the invoices say, and its balances what its transfers add up to. Every row of ledger_audit
-- is a difference; a store in order has none.

-- What account_month keeps of invoices and payments, added up again.
CREATE OR REPLACE VIEW taximeter.account_month_again AS
SELECT
    account_key, month, currency, sum(invoiced_exact) AS invoiced_exact, sum(invoiced) AS invoiced, sum(fees) AS fees,
    sum(commitments) AS commitments, sum(tax) AS tax, sum(total) AS total, sum(due) AS due,
    sum(written_off) AS written_off, sum(collected) AS collected
FROM (
    SELECT
        l.account_key, taximeter.month_of(l.period_start, l.period_end) AS month, i.currency,
        CASE WHEN l.kind = 'usage' THEN l.exact_amount ELSE 0 END AS invoiced_exact,
        CASE WHEN l.kind = 'usage' THEN l.amount ELSE 0 END AS invoiced,
        CASE WHEN l.kind IN ('recurring_fee', 'committed_volume') THEN l.amount ELSE 0 END AS fees,
        CASE WHEN l.kind IN ('minimum', 'maximum') THEN l.amount ELSE 0 END AS commitments,
        CASE WHEN l.kind = 'tax' THEN l.amount ELSE 0 END AS tax,
        0 AS total, 0 AS due, 0 AS written_off, 0 AS collected
    FROM taximeter.standing_lines AS l
    INNER JOIN taximeter.invoice AS i ON i.account_key = l.account_key AND i.number = l.number
    UNION ALL
    SELECT
        i.account_key, taximeter.month_of(i.period_start, i.period_end), i.currency, 0, 0, 0, 0, 0, i.total, i.due, 0, 0
    FROM taximeter.invoice AS i
    WHERE NOT EXISTS (
        SELECT FROM taximeter.invoice_void AS v WHERE v.account_key = i.account_key AND v.number = i.number)
    UNION ALL
    SELECT
        t.account_key,
        coalesce(taximeter.month_of(i.period_start, i.period_end), date_trunc('month', t.occurred_at, 'UTC')),
        t.currency, 0, 0, 0, 0, 0, 0, 0,
        CASE WHEN t.debit = 'write_off' THEN t.amount WHEN t.credit = 'write_off' THEN -t.amount ELSE 0 END,
        CASE WHEN t.debit = 'cash' THEN t.amount WHEN t.credit = 'cash' THEN -t.amount ELSE 0 END
    FROM taximeter.ledger_transfer AS t
    LEFT JOIN taximeter.invoice AS i ON i.account_key = t.account_key AND i.number = t.invoice_number
    WHERE t.kind IN ('payment', 'write_off')
) AS parts
GROUP BY account_key, month, currency;
COMMENT ON VIEW taximeter.account_month_again IS
    'What account_month keeps of invoices and payments, added up from them again.';

CREATE OR REPLACE VIEW taximeter.ledger_audit AS
WITH sides AS (
    SELECT account_key, currency, debit AS ledger_account, amount FROM taximeter.ledger_transfer
    UNION ALL
    SELECT account_key, currency, credit, -amount FROM taximeter.ledger_transfer
),
balances AS (
    SELECT account_key, currency, ledger_account, sum(amount) AS balance
    FROM sides
    GROUP BY account_key, currency, ledger_account
),
-- What an invoice's own transfers say, reversals left out.
booked AS (
    SELECT
        account_key,
        invoice_number AS number,
        currency,
        sum(CASE WHEN debit = 'receivable' THEN amount WHEN credit = 'receivable' THEN -amount ELSE 0 END)
        FILTER (WHERE kind IN ('revenue', 'deferred', 'tax')) AS total,
        sum(CASE WHEN credit = 'tax' THEN amount WHEN debit = 'tax' THEN -amount ELSE 0 END) AS tax,
        sum(CASE WHEN credit = 'receivable' THEN amount WHEN debit = 'receivable' THEN -amount ELSE 0 END)
        FILTER (WHERE kind = 'credit_used') AS credits
    FROM taximeter.ledger_transfer
    WHERE invoice_number IS NOT NULL AND reverses IS NULL
    GROUP BY account_key, invoice_number, currency
),
invoiced AS (
    SELECT
        i.account_key,
        i.number,
        i.currency,
        i.total,
        i.total - i.due AS credits,
        coalesce((
            SELECT sum(l.amount) FROM taximeter.invoice_line AS l
            WHERE l.account_key = i.account_key AND l.number = i.number AND l.kind = 'tax'
        ), 0) AS tax
    FROM taximeter.invoice AS i
),
-- What grants pay of invoices, as their documents say. Only a document whose hash is right is read; the audit of invoices tells
-- the others.
documented AS MATERIALIZED (
    SELECT i.account_key, i.number, i.document::jsonb -> 'credits' AS credits
    FROM taximeter.invoice AS i
    WHERE i.hash = sha256(i.previous_hash || convert_to(i.document, 'UTF8'))
),
used_as_written AS (
    SELECT d.account_key, d.number, c.use ->> 'grant' AS grant_id, sum((c.use ->> 'amount')::numeric) AS amount
    FROM documented AS d
    CROSS JOIN LATERAL jsonb_array_elements(d.credits) AS c (use)
    GROUP BY 1, 2, 3
),
used_as_booked AS (
    SELECT t.account_key, t.invoice_number AS number, t.grant_id, sum(t.amount) AS amount
    FROM taximeter.ledger_transfer AS t
    INNER JOIN documented AS d ON d.account_key = t.account_key AND d.number = t.invoice_number
    WHERE t.kind = 'credit_used' AND t.reverses IS NULL
    GROUP BY 1, 2, 3
),
-- What was billed for periods that are not billed themselves yet: owed, and not earned.
ahead AS (
    SELECT l.account_key, i.currency, sum(l.amount) AS amount
    FROM taximeter.standing_lines AS l
    INNER JOIN taximeter.invoice AS i ON i.account_key = l.account_key AND i.number = l.number
    LEFT JOIN (
        SELECT account_key, max(period_end) AS through FROM taximeter.account_period
        WHERE billed_revision IS NOT NULL
        GROUP BY account_key
    ) AS c ON c.account_key = l.account_key
    WHERE l.kind <> 'tax' AND l.period_start >= coalesce(c.through, '-infinity')
    GROUP BY l.account_key, i.currency
),
findings AS (
    SELECT
        'balance' AS finding,
        coalesce(b.account_key, k.account_key) AS account_key,
        coalesce(b.currency, k.currency) || ' ' || coalesce(b.ledger_account, k.ledger_account) AS subject,
        trim_scale(coalesce(b.balance, 0)) || ' by its transfers' AS expected,
        trim_scale(coalesce(k.balance, 0))::text AS found
    FROM balances AS b
    FULL JOIN taximeter.ledger_balance AS k
    ON k.account_key = b.account_key AND k.currency = b.currency AND k.ledger_account = b.ledger_account
    WHERE coalesce(b.balance, 0) <> coalesce(k.balance, 0)
    UNION ALL
    SELECT 'trial balance', NULL, currency, '0', trim_scale(sum(balance))::text
    FROM taximeter.ledger_balance
    GROUP BY currency
    HAVING sum(balance) <> 0
    UNION ALL
    SELECT
        'invoice',
        coalesce(i.account_key, b.account_key),
        coalesce(i.number, b.number),
        concat_ws(' ', i.currency, trim_scale(i.total), 'tax', trim_scale(i.tax), 'credits', trim_scale(i.credits)),
        concat_ws(' ', b.currency, trim_scale(coalesce(b.total, 0)), 'tax', trim_scale(coalesce(b.tax, 0)), 'credits',
            trim_scale(coalesce(b.credits, 0)))
    FROM invoiced AS i
    FULL JOIN booked AS b ON b.account_key = i.account_key AND b.number = i.number AND b.currency = i.currency
    WHERE (coalesce(i.total, 0), coalesce(i.tax, 0), coalesce(i.credits, 0))
        IS DISTINCT FROM (coalesce(b.total, 0), coalesce(b.tax, 0), coalesce(b.credits, 0))
    UNION ALL
    SELECT
        'credits',
        coalesce(w.account_key, b.account_key),
        coalesce(w.number, b.number),
        coalesce(w.grant_id || ' pays ' || trim_scale(w.amount), 'nothing'),
        coalesce(b.grant_id || ' pays ' || trim_scale(b.amount), 'nothing')
    FROM used_as_written AS w
    FULL JOIN used_as_booked AS b
    ON b.account_key = w.account_key AND b.number = w.number AND b.grant_id = w.grant_id
    WHERE w.amount IS DISTINCT FROM b.amount
    UNION ALL
    SELECT
        'deferred',
        coalesce(f.account_key, b.account_key),
        coalesce(f.currency, b.currency),
        trim_scale(coalesce(f.amount, 0))::text,
        trim_scale(-coalesce(b.balance, 0))::text
    FROM ahead AS f
    FULL JOIN (
        SELECT account_key, currency, balance FROM balances WHERE ledger_account = 'deferred_revenue'
    ) AS b ON b.account_key = f.account_key AND b.currency = f.currency
    WHERE coalesce(f.amount, 0) <> -coalesce(b.balance, 0)
    UNION ALL
    SELECT
        'month',
        coalesce(a.account_key, m.account_key),
        to_char(coalesce(a.month, m.month) AT TIME ZONE 'UTC', 'YYYY-MM ') || coalesce(a.currency, m.currency),
        concat_ws(' ', trim_scale(a.invoiced_exact), trim_scale(a.invoiced), trim_scale(a.fees),
            trim_scale(a.commitments), trim_scale(a.tax), trim_scale(a.total), trim_scale(a.due),
            trim_scale(a.written_off), trim_scale(a.collected)),
        concat_ws(' ', trim_scale(m.invoiced_exact), trim_scale(m.invoiced), trim_scale(m.fees),
            trim_scale(m.commitments), trim_scale(m.tax), trim_scale(m.total), trim_scale(m.due),
            trim_scale(m.written_off), trim_scale(m.collected))
    FROM taximeter.account_month_again AS a
    FULL JOIN taximeter.account_month AS m
    ON m.account_key = a.account_key AND m.month = a.month AND m.currency = a.currency
    WHERE (coalesce(a.invoiced_exact, 0), coalesce(a.invoiced, 0), coalesce(a.fees, 0), coalesce(a.commitments, 0),
            coalesce(a.tax, 0), coalesce(a.total, 0), coalesce(a.due, 0), coalesce(a.written_off, 0),
            coalesce(a.collected, 0))
        <> (coalesce(m.invoiced_exact, 0), coalesce(m.invoiced, 0), coalesce(m.fees, 0), coalesce(m.commitments, 0),
            coalesce(m.tax, 0), coalesce(m.total, 0), coalesce(m.due, 0), coalesce(m.written_off, 0),
            coalesce(m.collected, 0))
    UNION ALL
    SELECT 'void', t.account_key, t.transfer_id, 'reversed, as ' || v.number || ' was voided', 'not reversed'
    FROM taximeter.ledger_transfer AS t
    INNER JOIN taximeter.invoice_void AS v ON v.account_key = t.account_key AND v.number = t.invoice_number
    WHERE t.reverses IS NULL AND t.kind <> 'payment'
        AND NOT EXISTS (
            SELECT FROM taximeter.ledger_transfer AS r
            WHERE r.account_key = t.account_key AND r.reverses = t.transfer_id AND r.amount = t.amount
                AND r.currency = t.currency AND r.debit = t.credit AND r.credit = t.debit)
    UNION ALL
    SELECT 'void', t.account_key, t.transfer_id, 'a voided invoice', 'reversed, but ' || t.invoice_number || ' stands'
    FROM taximeter.ledger_transfer AS t
    WHERE t.reverses IS NOT NULL
        AND NOT EXISTS (
            SELECT FROM taximeter.invoice_void AS v
            WHERE v.account_key = t.account_key AND v.number = t.invoice_number)
)
SELECT
    f.finding,
    CASE WHEN f.account_key IS NULL THEN '' ELSE 'account ' || coalesce(a.external_id, 'key ' || f.account_key) || ' ' END
    || f.subject AS subject,
    f.expected,
    f.found
FROM findings AS f
LEFT JOIN taximeter.account AS a ON a.account_key = f.account_key;
COMMENT ON VIEW taximeter.ledger_audit IS
    'Every difference between transfers and balances, between invoices and their transfers, between fees billed ahead and deferred revenue, and between invoices, transfers and the accounts'' months; empty when all is well.';
