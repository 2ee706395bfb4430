-- The margin tables against what they are made of: charges and the cost of nodes, then each table against the next. Days and
-- months that wait to be computed are not compared; reconcile_waiting_margins has them.

CREATE OR REPLACE VIEW taximeter.reconcile_waiting_margins AS
SELECT DISTINCT 'day' AS grain, day AS start FROM taximeter.margin_dirty
UNION ALL
SELECT DISTINCT 'month', month FROM taximeter.margin_dirty_month;
COMMENT ON VIEW taximeter.reconcile_waiting_margins IS
    'UTC days whose charges, costs or policies have changed since their margins were computed, and months of which a day was computed since they were summed.';

DO $views$
DECLARE
    usage constant text[] := ARRAY[
        'events', 'requests', 'cache_hit_tokens', 'cache_miss_tokens', 'cache_write_tokens', 'cache_write_1h_tokens',
        'output_tokens', 'unpriced_events', 'theoretical_amount', 'list_amount', 'monetised_amount', 'scheduled_amount',
        'tiered_amount', 'contracted_amount', 'net_amount', 'cache_hit_amount', 'cache_miss_amount',
        'cache_write_amount', 'cache_write_1h_amount', 'output_amount'];
    costs constant text[] := ARRAY[
        'cache_hit_cost', 'cache_miss_cost', 'cache_write_cost', 'cache_write_1h_cost', 'output_cost', 'idle_cost',
        'headroom_cost'];
    of_month constant text[] := ARRAY[
        'output_tokens', 'theoretical_amount', 'list_amount', 'net_amount', 'cost'];
    all_costs constant text := array_to_string(costs, ' + ');
    -- What stands in charges under other names.
    of_charges constant text := (
        SELECT string_agg(CASE c WHEN 'unpriced_events' THEN
            'sum(CASE WHEN unpriced_reason IS NULL THEN 0 ELSE events END) AS unpriced_events'
            ELSE format('sum(%1$I) AS %1$I', c) END, ', ') FROM unnest(usage) AS c);
    sums constant text := (SELECT string_agg(format('sum(%1$I) AS %1$I', c), ', ') FROM unnest(usage || costs) AS c);
    cost_sums constant text := (SELECT string_agg(format('sum(%1$I) AS %1$I', c), ', ') FROM unnest(costs) AS c);
    -- Usage and costs that are the same on both sides are left out of what is told.
    comparison constant text := $$
        SELECT
            %1$L AS finding,
            %2$s AS subject,
            concat_ws(', ', %3$s) AS expected,
            concat_ws(', ', %4$s) AS found
        FROM (%5$s) AS e
        FULL JOIN (%6$s) AS f USING (%7$s)
        CROSS JOIN LATERAL (SELECT %13$s) AS k
        LEFT JOIN taximeter.account AS a ON a.account_key = %8$s
        LEFT JOIN taximeter.model AS m ON m.model_key = %9$s
        LEFT JOIN taximeter.channel AS c ON c.channel_key = %10$s
        WHERE (%11$s) AND NOT EXISTS (SELECT FROM %12$s)$$;
    hour constant text := $$'hour ' || to_char(k.hour AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"')$$;
    day constant text := $$'day ' || to_char(k.day AT TIME ZONE 'UTC', 'YYYY-MM-DD')$$;
    month constant text := $$'month ' || to_char(k.month AT TIME ZONE 'UTC', 'YYYY-MM')$$;
    account constant text := $$coalesce(' account ' || a.external_id, ' account key ' || nullif(k.account_key, 0), '')$$;
    names constant text := $$coalesce(' model ' || m.name, '') || coalesce(' channel ' || c.name, '')
        || coalesce(' ' || nullif(k.currency, ''), '')$$;
    waits constant text := 'taximeter.margin_dirty AS d WHERE d.day = date_trunc(''day'', %s, ''UTC'')';
    month_waits constant text := 'taximeter.margin_dirty_month AS d WHERE d.month = %s';
    parts text[] := '{}';
    part record;
BEGIN
    FOR part IN
        SELECT * FROM (VALUES
            (
                'margin hour', hour || ' || ' || names, usage,
                format('SELECT date_trunc(''hour'', slot_start, ''UTC'') AS hour, model_key, channel_key,
                    coalesce(currency, '''') AS currency, %s FROM taximeter.charge GROUP BY 1, 2, 3, 4', of_charges),
                'SELECT * FROM taximeter.margin_hour', 'hour, model_key, channel_key, currency',
                false, true, format(waits, 'k.hour')),
            (
                'margin day', day || ' || ' || account || ' || ' || names, usage,
                format('SELECT account_key, date_trunc(''day'', slot_start, ''UTC'') AS day, model_key, channel_key,
                    coalesce(currency, '''') AS currency, %s FROM taximeter.charge GROUP BY 1, 2, 3, 4, 5', of_charges),
                'SELECT * FROM taximeter.margin_account_day', 'account_key, day, model_key, channel_key, currency',
                true, true, format(waits, 'k.day')),
            (
                'margin cost', hour || $$ || coalesce(' ' || k.currency, '')$$, ARRAY['cost', 'headroom_cost'],
                'SELECT hour, currency, sum(cost) AS cost,
                    sum(CASE WHEN use = ''headroom'' THEN cost ELSE 0 END) AS headroom_cost
                FROM taximeter.gpu_cost_hourly WHERE use <> ''lent'' GROUP BY 1, 2',
                format('SELECT hour, currency, sum(%s) AS cost, sum(headroom_cost) AS headroom_cost
                    FROM taximeter.margin_hour WHERE idle_cost IS NOT NULL GROUP BY 1, 2', all_costs),
                'hour, currency', false, false, format(waits, 'k.hour')),
            (
                'margin cost', day || ' || ' || names, costs,
                format('SELECT date_trunc(''day'', hour, ''UTC'') AS day, model_key, channel_key, currency, %s
                    FROM taximeter.margin_hour GROUP BY 1, 2, 3, 4', cost_sums),
                format('SELECT day, model_key, channel_key, currency, %s
                    FROM taximeter.margin_account_day GROUP BY 1, 2, 3, 4', cost_sums),
                'day, model_key, channel_key, currency', false, true, format(waits, 'k.day')),
            (
                'margin month', month || ' || ' || account || ' || ' || names, usage || costs,
                format('SELECT account_key, date_trunc(''month'', day, ''UTC'') AS month, model_key, channel_key,
                    currency, %s FROM taximeter.margin_account_day GROUP BY 1, 2, 3, 4, 5', sums),
                'SELECT * FROM taximeter.margin_account_month', 'account_key, month, model_key, channel_key, currency',
                true, true, format(month_waits, 'k.month')),
            (
                'account month', month || ' || ' || account || $$ || coalesce(' ' || nullif(k.currency, ''), '')$$, of_month,
                format('SELECT account_key, month, currency, sum(output_tokens) AS output_tokens,
                    sum(theoretical_amount) AS theoretical_amount, sum(list_amount) AS list_amount,
                    sum(net_amount) AS net_amount, sum(%s) AS cost
                FROM taximeter.margin_account_month WHERE account_key <> 0 GROUP BY 1, 2, 3', all_costs),
                'SELECT account_key, month, currency, output_tokens, theoretical_amount, list_amount, net_amount, cost
                FROM taximeter.account_month', 'account_key, month, currency', true, false, format(month_waits, 'k.month'))
        ) AS p (finding, subject, columns, expected, found, keys, is_by_account, is_by_model, waiting)
    LOOP
        parts := parts || (
            SELECT format(
                comparison, part.finding, part.subject,
                string_agg(format(
                    'CASE WHEN coalesce(e.%1$I, 0) <> coalesce(f.%1$I, 0) THEN %1$L || '' '' || trim_scale(coalesce(e.%1$I, 0)) END',
                    n), ', '),
                string_agg(format(
                    'CASE WHEN coalesce(e.%1$I, 0) <> coalesce(f.%1$I, 0) THEN %1$L || '' '' || trim_scale(coalesce(f.%1$I, 0)) END',
                    n), ', '),
                part.expected, part.found, part.keys,
                CASE WHEN part.is_by_account THEN 'k.account_key' ELSE 'NULL::bigint' END,
                CASE WHEN part.is_by_model THEN 'k.model_key' ELSE 'NULL::integer' END,
                CASE WHEN part.is_by_model THEN 'k.channel_key' ELSE 'NULL::integer' END,
                string_agg(format('coalesce(e.%1$I, 0) <> coalesce(f.%1$I, 0)', n), ' OR '), part.waiting,
                (SELECT string_agg(format('coalesce(e.%1$I, f.%1$I) AS %1$I', trim(key)), ', ')
                FROM regexp_split_to_table(part.keys, ',') AS key))
            FROM unnest(part.columns) AS n);
    END LOOP;
    EXECUTE 'CREATE OR REPLACE VIEW taximeter.margin_audit AS ' || array_to_string(parts, ' UNION ALL ');
END
$views$;
COMMENT ON VIEW taximeter.margin_audit IS
    'Every difference between charges and margins, by hour, model and channel, and by day and account; between the cost of nodes and that of the hours; and between hours, days and months. What differs is named; the rest of a row is left out. Empty when all is well.';
