-- What accounts have agreed to, and what their periods came to in lines.

CREATE OR REPLACE VIEW taximeter.plans AS
SELECT
    v.plan,
    v.effective_from,
    least(
        (v.definition::jsonb ->> 'until')::timestamptz,
        lead(v.effective_from) OVER (PARTITION BY v.plan ORDER BY v.effective_from)) AS effective_until,
    v.currency,
    v.definition::jsonb ->> 'price_book' AS price_book,
    coalesce(v.definition::jsonb ->> 'payment', 'postpaid') AS payment,
    v.definition::jsonb AS definition,
    v.loaded_at
FROM taximeter.plan_version AS v;
COMMENT ON VIEW taximeter.plans IS
    'Every version of every plan over [effective_from, effective_until): definition is the plan format, all that differs from its defaults.';

CREATE OR REPLACE VIEW taximeter.subscriptions AS
SELECT
    a.external_id AS account,
    a.time_zone,
    a.issuing_entity,
    s.plan,
    s.effective_from,
    s.effective_until
FROM taximeter.subscription AS s
INNER JOIN taximeter.account AS a ON a.account_key = s.account_key;
COMMENT ON VIEW taximeter.subscriptions IS
    'Which plan an account has over [effective_from, effective_until), and on whose clock its periods are cut.';

CREATE OR REPLACE VIEW taximeter.usage_lines AS
SELECT
    a.external_id AS account,
    p.period_start,
    p.period_end,
    l.line_id,
    l.segment_start,
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
    l.allowance,
    l.tokens,
    l.charged_tokens,
    l.unit_price,
    l.fees,
    l.list_amount,
    l.net_amount,
    l.currency
FROM taximeter.usage_line AS l
INNER JOIN taximeter.account_period AS p ON p.account_key = l.account_key AND p.period_start = l.period_start
INNER JOIN taximeter.account AS a ON a.account_key = l.account_key;
COMMENT ON VIEW taximeter.usage_lines IS
    'Rated periods by what invoices show, billed or not: one class at one price a row; charged_tokens * unit_price + fees = net_amount.';
