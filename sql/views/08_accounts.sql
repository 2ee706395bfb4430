-- What each account earns and costs, fees and commitments included: who pays for whom.

CREATE OR REPLACE VIEW taximeter.account_margins_monthly AS
SELECT
    m.month,
    a.external_id AS account,
    nullif(m.currency, '') AS currency,
    m.output_tokens,
    m.theoretical_amount AS theoretical_revenue,
    m.list_amount AS list_revenue,
    m.net_amount AS usage_revenue,
    m.fees,
    m.commitments,
    m.net_amount + m.fees + m.commitments AS revenue,
    m.cost,
    m.profit,
    taximeter.gross_margin(m.net_amount + m.fees + m.commitments, m.cost) AS gross_margin,
    taximeter.cost_profit_margin(m.net_amount + m.fees + m.commitments, m.cost) AS cost_profit_margin
FROM taximeter.account_month AS m
INNER JOIN taximeter.account AS a ON a.account_key = m.account_key;
COMMENT ON VIEW taximeter.account_margins_monthly IS
    'What an account earns in a UTC month, exact: charges for usage, and the fees and commitments (minimum, maximum) that final invoices have for it; against the cost allocated to it. Fees without usage have no cost.';

DO $views$
DECLARE
    view record;
BEGIN
    FOR view IN
        SELECT v.name, v.direction, v.which
        FROM (VALUES ('worst_accounts', '', 'least'), ('best_accounts', ' DESC', 'most')) AS v (name, direction, which)
    LOOP
        EXECUTE format($sql$
            CREATE OR REPLACE VIEW taximeter.%1$I AS
            SELECT
                r.month, nullif(r.currency, '') AS currency, r.rank, a.external_id AS account, r.output_tokens,
                r.net_amount AS usage_revenue, r.fees, r.commitments, r.net_amount + r.fees + r.commitments AS revenue,
                r.cost, r.profit,
                taximeter.gross_margin(r.net_amount + r.fees + r.commitments, r.cost) AS gross_margin,
                taximeter.cost_profit_margin(r.net_amount + r.fees + r.commitments, r.cost) AS cost_profit_margin
            FROM (
                SELECT
                    m.*, row_number() OVER (PARTITION BY month, currency ORDER BY profit%2$s) AS rank
                FROM taximeter.account_month AS m
                WHERE profit IS NOT NULL
            ) AS r
            INNER JOIN taximeter.account AS a ON a.account_key = r.account_key
            WHERE r.rank <= 100
            $sql$, view.name, view.direction);
        EXECUTE format('COMMENT ON VIEW taximeter.%I IS %L', view.name, format(
            'The hundred accounts with the %s profit of a UTC month and currency, fees included; rank 1 is the first.',
            view.which));
    END LOOP;
END
$views$;

CREATE OR REPLACE VIEW taximeter.flat_subscriptions_monthly AS
WITH flat AS (
    SELECT
        s.account,
        s.effective_from AS subscribed_from,
        s.effective_until AS subscribed_until,
        p.plan,
        p.currency,
        p.effective_from,
        p.effective_until,
        (p.definition #>> '{recurring_fee,amount}')::numeric AS fee
    FROM taximeter.subscriptions AS s
    INNER JOIN taximeter.plans AS p ON p.plan = s.plan
    WHERE p.definition ->> 'unlimited' = 'true' AND p.definition ? 'recurring_fee'
),
-- What an output token costs and is worth, over all accounts.
months AS (
    SELECT
        month, currency, cost, theoretical_revenue, sum(output_tokens) OVER (PARTITION BY month) AS output_tokens
    FROM taximeter.margin_monthly
)
SELECT
    a.month,
    a.account,
    f.plan,
    a.currency,
    f.fee AS plan_fee,
    a.fees AS billed_fees,
    a.usage_revenue,
    a.list_revenue AS list_value,
    a.output_tokens,
    a.cost,
    coalesce(nullif(a.fees, 0), f.fee) + a.usage_revenue + a.commitments - a.cost AS profit,
    taximeter.gross_margin(coalesce(nullif(a.fees, 0), f.fee) + a.usage_revenue + a.commitments, a.cost)
        AS gross_margin,
    taximeter.cost_profit_margin(coalesce(nullif(a.fees, 0), f.fee) + a.usage_revenue + a.commitments, a.cost)
        AS cost_profit_margin,
    coalesce(nullif(a.fees, 0), f.fee) + a.usage_revenue + a.commitments < a.cost AS loses_money,
    floor(f.fee * m.output_tokens / nullif(m.cost, 0)) AS breakeven_output_tokens,
    floor(f.fee * m.output_tokens / nullif(m.theoretical_revenue, 0)) AS parity_output_tokens
FROM taximeter.account_margins_monthly AS a
INNER JOIN months AS m ON m.month = a.month AND m.currency = a.currency
INNER JOIN LATERAL (
    SELECT f.plan, f.fee
    FROM flat AS f
    WHERE f.account = a.account AND f.currency = a.currency
        AND greatest(f.subscribed_from, f.effective_from) < taximeter.add_months(a.month, 1)
        AND coalesce(least(f.subscribed_until, f.effective_until), 'infinity') > a.month
    ORDER BY f.subscribed_from DESC, f.effective_from DESC
    LIMIT 1
) AS f ON true;
COMMENT ON VIEW taximeter.flat_subscriptions_monthly IS
    'Accounts on a plan of unlimited usage for a recurring fee, by UTC month: the fee against the cost of what they used, and what that was worth at list. Until the month''s fee is on a final invoice it is the plan''s, of a whole period. breakeven_output_tokens: how many the plan''s fee pays for at the month''s all-in cost of an output token over all accounts; parity_output_tokens: how many it buys at the reference list, their share of input included. Where several such plans held in the month, the last.';
