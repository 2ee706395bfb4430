-- Invoices, their lines, what could not be billed, and the ledger, for people and programs that read.

CREATE OR REPLACE VIEW taximeter.invoices AS
SELECT
    a.external_id AS account,
    i.number,
    i.kind,
    i.issuing_entity,
    i.period_start,
    i.period_end,
    i.issue,
    i.currency,
    i.total,
    i.due,
    i.finalized_at,
    CASE WHEN v.number IS NULL THEN 'final' ELSE 'void' END AS state,
    v.voided_at,
    v.reason AS void_reason,
    i.document,
    a.time_zone
FROM taximeter.invoice AS i
INNER JOIN taximeter.account AS a ON a.account_key = i.account_key
LEFT JOIN taximeter.invoice_void AS v ON v.account_key = i.account_key AND v.number = i.number
UNION ALL
SELECT
    a.external_id,
    NULL,
    CASE WHEN d.total < 0 THEN 'credit_note' ELSE 'invoice' END,
    a.issuing_entity,
    d.period_start,
    d.period_end,
    NULL,
    d.currency,
    d.total,
    d.due,
    NULL,
    'draft',
    NULL,
    NULL,
    d.document,
    a.time_zone
FROM taximeter.invoice_draft AS d
INNER JOIN taximeter.account AS a ON a.account_key = d.account_key;
COMMENT ON VIEW taximeter.invoices IS
    'Every invoice and credit note, one a row: drafts (without a number), final ones and voided ones. document is all that it says, as JSON; time_zone is that of the account, on whose clock periods begin and end.';

CREATE OR REPLACE VIEW taximeter.invoice_lines AS
SELECT
    a.external_id AS account,
    l.number,
    l.line,
    l.kind,
    l.line_id,
    l.period_start,
    l.period_end,
    l.adjusts,
    l.description,
    l.quantity,
    l.unit_price,
    l.fees,
    l.exact_amount,
    l.amount,
    i.currency,
    v.number IS NOT NULL AS is_void,
    l.plan,
    l.price_book,
    l.model,
    l.version_from,
    l.channel,
    l.service_tier,
    l.band,
    l.schedule,
    l.token_class,
    l.tier_table,
    l.tier_step,
    l.allowance
FROM taximeter.invoice_line AS l
INNER JOIN taximeter.invoice AS i ON i.account_key = l.account_key AND i.number = l.number
INNER JOIN taximeter.account AS a ON a.account_key = l.account_key
LEFT JOIN taximeter.invoice_void AS v ON v.account_key = l.account_key AND v.number = l.number;
COMMENT ON VIEW taximeter.invoice_lines IS
    'Lines of final and voided invoices: quantity * unit_price + fees = exact_amount, wherever there is a unit price; amount is rounded.';

CREATE OR REPLACE VIEW taximeter.parked_periods AS
SELECT a.external_id AS account, p.period_start, p.period_end, p.reason, p.detail, p.parked_at
FROM taximeter.parked_period AS p
INNER JOIN taximeter.account AS a ON a.account_key = p.account_key;
COMMENT ON VIEW taximeter.parked_periods IS 'Periods that wait for somebody to look at them before they are billed, and why.';

CREATE OR REPLACE VIEW taximeter.trial_balance AS
SELECT
    currency,
    ledger_account,
    sum(greatest(balance, 0)) AS debits,
    sum(greatest(-balance, 0)) AS credits,
    sum(balance) AS balance
FROM taximeter.ledger_balance
GROUP BY currency, ledger_account;
COMMENT ON VIEW taximeter.trial_balance IS
    'The balances of all accounts by ledger account: debits less credits. Over the ledger accounts of a currency they sum to zero.';
