-- Whether the ledger says what the invoices say, and its balances what its transfers add up to. Every row of ledger_audit
-- is a difference; a store in order has none.

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
    'Every difference between transfers and balances, and between invoices and their transfers; empty when all is well.';
