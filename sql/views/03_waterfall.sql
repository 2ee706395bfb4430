-- From what the usage would be worth at the reference list to what was collected for it. Each step is a column, each
-- total the sum of the total and the steps to its left, exactly. Usage has an hour, a model and a channel as far as
-- `allowed`; invoices, credits and payments have an account and a month.

-- A billing period is cut on the account's clock and need not be a UTC month: it belongs to the one that has its middle.
CREATE OR REPLACE FUNCTION taximeter.month_of(period_start timestamptz, period_end timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
RETURN date_trunc('month', period_start + (period_end - period_start) / 2, 'UTC');
COMMENT ON FUNCTION taximeter.month_of IS 'The UTC month in which the middle of a billing period lies.';

CREATE OR REPLACE VIEW taximeter.billed_monthly_by_account AS
SELECT
    m.month,
    a.external_id AS account,
    m.currency,
    m.invoiced_exact,
    m.invoiced,
    m.fees,
    m.commitments,
    m.tax,
    m.total,
    m.total - m.due AS credits,
    m.due,
    m.written_off,
    m.collected
FROM taximeter.account_month AS m
INNER JOIN taximeter.account AS a ON a.account_key = m.account_key
WHERE (m.invoiced_exact, m.invoiced, m.fees, m.commitments, m.tax, m.total, m.due, m.written_off, m.collected)
    <> (0, 0, 0, 0, 0, 0, 0, 0, 0);
COMMENT ON VIEW taximeter.billed_monthly_by_account IS
    'What final invoices say of a month and what became of them, by account. Lines (invoiced, fees, commitments, tax) by the month that they are for, whatever invoice they are on; total, credits and due by the month of the invoice; written off and collected by the month of the invoice that they are for. A billing period belongs to the UTC month that has its middle. Void invoices count for nothing.';

-- Summed over a hundred thousand accounts, so without looking for their names.
CREATE OR REPLACE VIEW taximeter.billed_monthly AS
SELECT
    month,
    currency,
    sum(invoiced_exact) AS invoiced_exact,
    sum(invoiced) AS invoiced,
    sum(fees) AS fees,
    sum(commitments) AS commitments,
    sum(tax) AS tax,
    sum(total) AS total,
    sum(total) - sum(due) AS credits,
    sum(due) AS due,
    sum(written_off) AS written_off,
    sum(collected) AS collected
FROM taximeter.account_month
WHERE currency <> ''
GROUP BY month, currency;
COMMENT ON VIEW taximeter.billed_monthly IS 'billed_monthly_by_account over all accounts, by UTC month and currency.';

-- The steps, over the keys of each view, written once.
DO $views$
DECLARE
    of_usage constant text := $$
        sum(theoretical_revenue) AS theoretical,
        sum(list_revenue) - sum(theoretical_revenue) AS model_mix,
        sum(list_revenue) AS list,
        sum(monetised_revenue) - sum(list_revenue) AS free_channels,
        sum(monetised_revenue) AS monetised,
        sum(scheduled_revenue) - sum(monetised_revenue) AS off_peak,
        sum(scheduled_revenue) AS scheduled,
        sum(tiered_revenue) - sum(scheduled_revenue) AS volume_tiers,
        sum(tiered_revenue) AS tiered,
        sum(contracted_revenue) - sum(tiered_revenue) AS contract,
        sum(contracted_revenue) AS contracted,
        sum(revenue) - sum(contracted_revenue) AS allowances,
        sum(revenue) AS allowed$$;
    -- These two views have always ended at billed.
    of_usage_billed constant text := of_usage || ', sum(revenue) AS billed';
    of_money constant text := $$
        sum(invoiced_exact) - sum(revenue) AS not_invoiced,
        sum(invoiced) - sum(invoiced_exact) AS rounding,
        sum(invoiced) AS invoiced,
        sum(fees) AS fees,
        sum(commitments) AS commitments,
        sum(total) - sum(invoiced) - sum(fees) - sum(commitments) - sum(tax) AS other_months,
        sum(tax) AS tax,
        sum(due) - sum(total) AS credits,
        sum(due) AS billed,
        -sum(written_off) AS written_off,
        sum(collected) + sum(written_off) - sum(due) AS outstanding,
        sum(collected) AS collected$$;
    by_hour constant text := 'margin_hourly_by_model_and_channel';
    usage_about constant text :=
        'theoretical + model_mix = list; + free_channels = monetised; + off_peak = scheduled; + volume_tiers = tiered; + contract = contracted; + allowances (and quantities rounded up) = allowed';
    money_about constant text :=
        '; + not_invoiced (usage that no final invoice covers, or of another month by the account''s clock) + rounding = invoiced; + fees + commitments (minimum, maximum) + other_months (what the month''s invoices bill for other months, less what others bill for this one) + tax + credits = billed, what the month''s invoices ask for; + written_off + outstanding = collected';
    view record;
BEGIN
    FOR view IN
        SELECT
            v.name, v.unit, v.keys, v.steps, v.source,
            CASE WHEN v.unit <> 'hour' AND v.source = by_hour
            THEN format('date_trunc(%L, hour, ''UTC'')', v.unit) ELSE v.unit END AS period
        FROM (VALUES
            ('waterfall_hourly', 'hour', 'model, ', of_usage_billed, by_hour),
            ('waterfall_hourly_by_channel', 'hour', 'channel, ', of_usage, by_hour),
            ('waterfall_daily', 'day', '', of_usage_billed, by_hour),
            ('waterfall_daily_by_model', 'day', 'model, ', of_usage, by_hour),
            ('waterfall_daily_by_account', 'day', 'account, ', of_usage, 'margin_daily_by_account'),
            ('waterfall_monthly_by_model', 'month', 'model, ', of_usage, by_hour),
            ('waterfall_monthly', 'month', '', of_usage || ',' || of_money, by_hour),
            ('waterfall_monthly_by_account', 'month', 'account, ', of_usage || ',' || of_money,
                'margin_monthly_by_account')
        ) AS v (name, unit, keys, steps, source)
    LOOP
        EXECUTE format($sql$
            CREATE OR REPLACE VIEW taximeter.%1$I AS
            SELECT %2$s, %3$s currency, %4$s
            FROM (
                SELECT
                    %5$s AS %2$s, %3$s currency, theoretical_revenue, list_revenue, monetised_revenue,
                    scheduled_revenue, tiered_revenue, contracted_revenue, revenue %6$s
                FROM taximeter.%7$I
                WHERE events <> 0
                %8$s
            ) AS both_sides
            GROUP BY %2$s, %3$s currency
            $sql$, view.name, view.unit, view.keys, view.steps, view.period,
            CASE WHEN view.steps LIKE '%collected' THEN
                ', 0 AS invoiced_exact, 0 AS invoiced, 0 AS fees, 0 AS commitments, 0 AS tax, 0 AS total, 0 AS due, 0 AS written_off, 0 AS collected'
            ELSE '' END,
            view.source,
            CASE WHEN view.steps LIKE '%collected' THEN format(
                'UNION ALL SELECT month, %s currency, 0, 0, 0, 0, 0, 0, 0, invoiced_exact, invoiced, fees, commitments, tax, total, due, written_off, collected FROM taximeter.%I',
                view.keys,
                CASE view.keys WHEN '' THEN 'billed_monthly' ELSE 'billed_monthly_by_account' END)
            ELSE '' END);
        EXECUTE format('COMMENT ON VIEW taximeter.%I IS %L', view.name, format(
            '%s%s. By UTC %s, %scurrency.', usage_about,
            CASE WHEN view.steps = of_usage_billed THEN ', which billed repeats'
            WHEN view.steps = of_usage THEN '' ELSE money_about END,
            view.unit, view.keys));
    END LOOP;
END
$views$;
