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
            -- The months and currencies that there are, each found from the one before it through the index of profits.
            WITH RECURSIVE known AS (
                (SELECT month, currency FROM taximeter.account_month ORDER BY month, currency LIMIT 1)
                UNION ALL
                SELECT n.month, n.currency
                FROM known AS k
                CROSS JOIN LATERAL (
                    SELECT m.month, m.currency FROM taximeter.account_month AS m
                    WHERE (m.month, m.currency) > (k.month, k.currency)
                    ORDER BY m.month, m.currency LIMIT 1
                ) AS n
            )
            SELECT
                k.month, nullif(k.currency, '') AS currency, r.rank, a.external_id AS account, r.output_tokens,
                r.net_amount AS usage_revenue, r.fees, r.commitments, r.net_amount + r.fees + r.commitments AS revenue,
                r.cost, r.profit,
                taximeter.gross_margin(r.net_amount + r.fees + r.commitments, r.cost) AS gross_margin,
                taximeter.cost_profit_margin(r.net_amount + r.fees + r.commitments, r.cost) AS cost_profit_margin
            FROM known AS k
            CROSS JOIN LATERAL (
                SELECT m.*, row_number() OVER (ORDER BY m.profit%2$s) AS rank
                FROM taximeter.account_month AS m
                WHERE m.month = k.month AND m.currency = k.currency AND m.profit IS NOT NULL
                ORDER BY m.profit%2$s LIMIT 100
            ) AS r
            INNER JOIN taximeter.account AS a ON a.account_key = r.account_key
            $sql$, view.name, view.direction);
        EXECUTE format('COMMENT ON VIEW taximeter.%I IS %L', view.name, format(
            'The hundred accounts with the %s profit of a UTC month and currency, fees included; rank 1 is the first.',
            view.which));
    END LOOP;
END
$views$;

CREATE OR REPLACE VIEW taximeter.flat_subscriptions_monthly AS
WITH flat AS (
    SELECT DISTINCT ON (m.month, m.account_key, m.currency)
        m.month, m.account_key, m.currency, p.plan, p.fee, m.fees, m.commitments, m.net_amount, m.list_amount,
        m.output_tokens, m.cost,
        coalesce(nullif(m.fees, 0), p.fee) + m.net_amount + m.commitments AS revenue
    FROM (
        SELECT
            plan, currency, effective_from, effective_until,
            (definition #>> '{recurring_fee,amount}')::numeric AS fee
        FROM taximeter.plans
        WHERE definition ->> 'unlimited' = 'true' AND definition ? 'recurring_fee'
    ) AS p
    INNER JOIN taximeter.subscription AS s ON s.plan = p.plan
    INNER JOIN taximeter.account_month AS m ON m.account_key = s.account_key AND m.currency = p.currency
    WHERE greatest(s.effective_from, p.effective_from) < taximeter.add_months(m.month, 1)
        AND coalesce(least(s.effective_until, p.effective_until), 'infinity') > m.month
    ORDER BY m.month, m.account_key, m.currency, s.effective_from DESC, p.effective_from DESC
),
-- What an output token costs and is worth, over all accounts.
months AS (
    SELECT
        month, currency, cost, theoretical_revenue, sum(output_tokens) OVER (PARTITION BY month) AS output_tokens
    FROM taximeter.margin_monthly
)
SELECT
    f.month,
    a.external_id AS account,
    f.plan,
    f.currency,
    f.fee AS plan_fee,
    f.fees AS billed_fees,
    f.net_amount AS usage_revenue,
    f.list_amount AS list_value,
    f.output_tokens,
    f.cost,
    f.revenue - f.cost AS profit,
    taximeter.gross_margin(f.revenue, f.cost) AS gross_margin,
    taximeter.cost_profit_margin(f.revenue, f.cost) AS cost_profit_margin,
    f.revenue < f.cost AS loses_money,
    floor(f.fee * m.output_tokens / nullif(m.cost, 0)) AS breakeven_output_tokens,
    floor(f.fee * m.output_tokens / nullif(m.theoretical_revenue, 0)) AS parity_output_tokens
FROM flat AS f
INNER JOIN months AS m ON m.month = f.month AND m.currency = f.currency
INNER JOIN taximeter.account AS a ON a.account_key = f.account_key;
COMMENT ON VIEW taximeter.flat_subscriptions_monthly IS
    'Accounts on a plan of unlimited usage for a recurring fee, by UTC month: the fee against the cost of what they used, and what that was worth at list. Until the month''s fee is on a final invoice it is the plan''s, of a whole period. breakeven_output_tokens: how many the plan''s fee pays for at the month''s all-in cost of an output token over all accounts; parity_output_tokens: how many it buys at the reference list, their share of input included. Where several such plans held in the month, the last.';
