-- What an account's month came to, in one row, so that a month of a hundred thousand accounts is ranked and summed at
-- once; and what each token class earned.

ALTER TABLE taximeter.margin_hour
    ADD COLUMN cache_hit_amount numeric NOT NULL DEFAULT 0,
    ADD COLUMN cache_miss_amount numeric NOT NULL DEFAULT 0,
    ADD COLUMN cache_write_amount numeric NOT NULL DEFAULT 0,
    ADD COLUMN cache_write_1h_amount numeric NOT NULL DEFAULT 0,
    ADD COLUMN output_amount numeric NOT NULL DEFAULT 0;
ALTER TABLE taximeter.margin_account_day
    ADD COLUMN cache_hit_amount numeric NOT NULL DEFAULT 0,
    ADD COLUMN cache_miss_amount numeric NOT NULL DEFAULT 0,
    ADD COLUMN cache_write_amount numeric NOT NULL DEFAULT 0,
    ADD COLUMN cache_write_1h_amount numeric NOT NULL DEFAULT 0,
    ADD COLUMN output_amount numeric NOT NULL DEFAULT 0;
ALTER TABLE taximeter.margin_account_month
    ADD COLUMN cache_hit_amount numeric NOT NULL DEFAULT 0,
    ADD COLUMN cache_miss_amount numeric NOT NULL DEFAULT 0,
    ADD COLUMN cache_write_amount numeric NOT NULL DEFAULT 0,
    ADD COLUMN cache_write_1h_amount numeric NOT NULL DEFAULT 0,
    ADD COLUMN output_amount numeric NOT NULL DEFAULT 0;
COMMENT ON COLUMN taximeter.margin_hour.cache_hit_amount IS 'The part of net_amount that cache hits earned; the five classes sum to it.';

CREATE TABLE taximeter.account_month (
    account_key bigint NOT NULL,
    month timestamptz NOT NULL,
    currency text COLLATE "C" NOT NULL,
    output_tokens numeric NOT NULL DEFAULT 0,
    theoretical_amount numeric NOT NULL DEFAULT 0,
    list_amount numeric NOT NULL DEFAULT 0,
    net_amount numeric NOT NULL DEFAULT 0,
    cost numeric,
    invoiced_exact numeric NOT NULL DEFAULT 0,
    invoiced numeric NOT NULL DEFAULT 0,
    fees numeric NOT NULL DEFAULT 0,
    commitments numeric NOT NULL DEFAULT 0,
    tax numeric NOT NULL DEFAULT 0,
    total numeric NOT NULL DEFAULT 0,
    due numeric NOT NULL DEFAULT 0,
    written_off numeric NOT NULL DEFAULT 0,
    collected numeric NOT NULL DEFAULT 0,
    profit numeric GENERATED ALWAYS AS (net_amount + fees + commitments - cost) STORED,
    PRIMARY KEY (account_key, month, currency)
);
CREATE INDEX account_month_profit ON taximeter.account_month (month, currency, profit);
COMMENT ON TABLE taximeter.account_month IS
    'An account''s UTC month: what margin_account_month has of it, summed with the month; and what final invoices and payments say, kept with them in the same transaction. Void invoices count for nothing.';
COMMENT ON COLUMN taximeter.account_month.invoiced_exact IS 'Lines of usage for the month, exact; invoiced has them rounded.';
COMMENT ON COLUMN taximeter.account_month.commitments IS 'Lines that make up for a minimum, or take off what is beyond a maximum.';
COMMENT ON COLUMN taximeter.account_month.total IS 'Of the invoices whose period is of this month; due is the total less credits.';
COMMENT ON COLUMN taximeter.account_month.collected IS 'Paid in for the month''s invoices, or in the month where the payment names none.';

-- What was billed and paid before. A period belongs to the UTC month that has its middle.
INSERT INTO taximeter.account_month (
    account_key, month, currency, invoiced_exact, invoiced, fees, commitments, tax, total, due, written_off, collected)
SELECT account_key, month, currency, sum(invoiced_exact), sum(invoiced), sum(fees), sum(commitments), sum(tax),
    sum(total), sum(due), sum(written_off), sum(collected)
FROM (
    SELECT
        l.account_key, date_trunc('month', l.period_start + (l.period_end - l.period_start) / 2, 'UTC') AS month,
        i.currency,
        CASE WHEN l.kind = 'usage' THEN l.exact_amount ELSE 0 END AS invoiced_exact,
        CASE WHEN l.kind = 'usage' THEN l.amount ELSE 0 END AS invoiced,
        CASE WHEN l.kind IN ('recurring_fee', 'committed_volume') THEN l.amount ELSE 0 END AS fees,
        CASE WHEN l.kind IN ('minimum', 'maximum') THEN l.amount ELSE 0 END AS commitments,
        CASE WHEN l.kind = 'tax' THEN l.amount ELSE 0 END AS tax,
        0 AS total, 0 AS due, 0 AS written_off, 0 AS collected
    FROM taximeter.invoice_line AS l
    INNER JOIN taximeter.invoice AS i ON i.account_key = l.account_key AND i.number = l.number
    LEFT JOIN taximeter.invoice_void AS v ON v.account_key = i.account_key AND v.number = i.number
    WHERE v.number IS NULL
    UNION ALL
    SELECT
        i.account_key, date_trunc('month', i.period_start + (i.period_end - i.period_start) / 2, 'UTC'), i.currency,
        0, 0, 0, 0, 0, i.total, i.due, 0, 0
    FROM taximeter.invoice AS i
    LEFT JOIN taximeter.invoice_void AS v ON v.account_key = i.account_key AND v.number = i.number
    WHERE v.number IS NULL
    UNION ALL
    SELECT
        t.account_key,
        date_trunc('month', coalesce(i.period_start + (i.period_end - i.period_start) / 2, t.occurred_at), 'UTC'),
        t.currency, 0, 0, 0, 0, 0, 0, 0,
        CASE WHEN t.kind = 'write_off' THEN t.amount ELSE 0 END * CASE WHEN t.credit = 'receivable' THEN 1 ELSE -1 END,
        CASE WHEN t.kind = 'payment' THEN t.amount ELSE 0 END * CASE WHEN t.credit = 'receivable' THEN 1 ELSE -1 END
    FROM taximeter.ledger_transfer AS t
    LEFT JOIN taximeter.invoice AS i ON i.account_key = t.account_key AND i.number = t.invoice_number
    WHERE t.kind IN ('payment', 'write_off')
) AS parts
GROUP BY account_key, month, currency;
