-- What an account may see of itself: taximeter_tenant has these views and nothing else. They show the account that the
-- setting taximeter.account names, and no row where it is not set. Whoever can set it can see any account: the program
-- that serves an account's requests sets it (SET LOCAL) and lets nobody else choose statements.
--
-- The views' owner reads the tables, which the tenant cannot: with row-level security on the tables COPY would be refused
-- to the jobs. security_barrier keeps conditions of the caller's from being tried on the rows of others, so that neither
-- an error nor a function tells of them.

CREATE OR REPLACE VIEW taximeter.tenant_usage WITH (security_barrier) AS
SELECT
    date_trunc('hour', c.slot_start, 'UTC') AS hour,
    m.name AS model,
    h.name AS channel,
    t.name AS service_tier,
    sum(c.requests)::numeric AS requests,
    sum(c.cache_hit_tokens)::numeric AS cache_hit_tokens,
    sum(c.cache_miss_tokens)::numeric AS cache_miss_tokens,
    sum(c.cache_write_tokens)::numeric AS cache_write_tokens,
    sum(c.cache_write_1h_tokens)::numeric AS cache_write_1h_tokens,
    sum(c.output_tokens)::numeric AS output_tokens,
    c.currency,
    coalesce(sum(c.net_amount), 0) AS net_amount,
    coalesce(sum(c.requests) FILTER (WHERE c.unpriced_reason IS NOT NULL), 0)::numeric AS unpriced_requests
FROM taximeter.account AS a
INNER JOIN taximeter.charge AS c ON c.account_key = a.account_key
INNER JOIN taximeter.model AS m ON m.model_key = c.model_key
INNER JOIN taximeter.channel AS h ON h.channel_key = c.channel_key
INNER JOIN taximeter.service_tier AS t ON t.service_tier_key = c.service_tier_key
WHERE a.external_id = current_setting('taximeter.account', true)
GROUP BY 1, 2, 3, 4, c.currency;
COMMENT ON VIEW taximeter.tenant_usage IS
    'The account''s usage by UTC hour, model, channel and service tier, as far as it is rated. Unpriced requests are counted, and cost nothing yet.';

CREATE OR REPLACE VIEW taximeter.tenant_usage_lines WITH (security_barrier) AS
SELECT
    l.period_start,
    l.period_end,
    l.line_id,
    l.plan,
    l.model,
    l.channel,
    l.service_tier,
    l.band,
    l.schedule,
    l.token_class,
    l.tier_table,
    l.tier_step,
    l.allowance,
    l.tokens,
    l.charged_tokens,
    l.unit_price,
    l.fees,
    l.net_amount,
    l.currency
FROM taximeter.usage_lines AS l
WHERE l.account = current_setting('taximeter.account', true);
COMMENT ON VIEW taximeter.tenant_usage_lines IS
    'The account''s rated periods by what invoices show, billed or not: charged_tokens * unit_price + fees = net_amount.';

CREATE OR REPLACE VIEW taximeter.tenant_invoices WITH (security_barrier) AS
SELECT
    i.number,
    i.kind,
    i.issuing_entity,
    i.period_start,
    i.period_end,
    i.currency,
    i.total,
    i.due,
    i.finalized_at,
    i.state,
    i.voided_at,
    i.document
FROM taximeter.invoices AS i
WHERE i.account = current_setting('taximeter.account', true) AND i.state <> 'draft';
COMMENT ON VIEW taximeter.tenant_invoices IS
    'The account''s final and voided invoices and credit notes; document is all that each says, as JSON.';

CREATE OR REPLACE VIEW taximeter.tenant_invoice_lines WITH (security_barrier) AS
SELECT
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
    l.currency,
    l.is_void
FROM taximeter.invoice_lines AS l
WHERE l.account = current_setting('taximeter.account', true);
COMMENT ON VIEW taximeter.tenant_invoice_lines IS 'The lines of the account''s final and voided invoices.';

CREATE OR REPLACE VIEW taximeter.tenant_credits WITH (security_barrier) AS
SELECT
    g.grant_id,
    g.kind,
    g.amount,
    b.remaining,
    g.currency,
    g.priority,
    g.effective_from,
    g.expires_at,
    g.models,
    g.channels
FROM taximeter.account AS a
INNER JOIN taximeter.credit_grant AS g ON g.account_key = a.account_key
INNER JOIN taximeter.grant_balance AS b ON b.account_key = g.account_key AND b.grant_id = g.grant_id
WHERE a.external_id = current_setting('taximeter.account', true);
COMMENT ON VIEW taximeter.tenant_credits IS 'The account''s credits, and what is left of each.';

-- Views run functions as whoever reads them, and balances() would tell of any account: so this one has no argument.
CREATE OR REPLACE FUNCTION taximeter.own_balance()
RETURNS TABLE (currency text, credits numeric, unbilled numeric, reserved numeric, available numeric, is_prepaid boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT b.currency, b.credits, b.unbilled, b.reserved, b.credits - b.unbilled - b.reserved, b.is_prepaid
    FROM taximeter.balance(current_setting('taximeter.account', true), now()) AS b
    WHERE b.currency IS NOT NULL
$$;
COMMENT ON FUNCTION taximeter.own_balance IS 'For tenant_balance: the balance of the account that taximeter.account names, now.';

CREATE OR REPLACE VIEW taximeter.tenant_balance WITH (security_barrier) AS
SELECT b.currency, b.credits, b.unbilled, b.reserved, b.available, b.is_prepaid
FROM taximeter.own_balance() AS b;
COMMENT ON VIEW taximeter.tenant_balance IS
    'What the account has now: valid credits and what it is owed by credit notes, less charges that no invoice covers, less what is reserved. No row for an account that has neither credits nor charges.';
