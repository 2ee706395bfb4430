-- What a million tokens cost, at which price and load serving breaks even, and what the
-- cache is worth. Tokens are counted whatever currency they
-- are charged in: what they cost does not depend on it.

DO $views$
DECLARE
    view record;
BEGIN
    FOR view IN
        SELECT v.name, v.unit, v.model
        FROM (VALUES
            ('daily', 'day', ''), ('daily_by_model', 'day', 'model, '), ('monthly', 'month', ''),
            ('monthly_by_model', 'month', 'model, ')
        ) AS v (name, unit, model)
    LOOP
        EXECUTE format($sql$
            CREATE OR REPLACE VIEW taximeter.%1$I AS
            SELECT
                %2$s, %3$s currency,
                taximeter.per_million(cache_hit_cost, cache_hit_tokens) AS cache_hit,
                taximeter.per_million(cache_miss_cost, cache_miss_tokens) AS cache_miss,
                taximeter.per_million(cache_write_cost, cache_write_tokens) AS cache_write,
                taximeter.per_million(cache_write_1h_cost, cache_write_1h_tokens) AS cache_write_1h,
                taximeter.per_million(input_cost, input_tokens) AS input,
                taximeter.per_million(output_cost, output_tokens) AS output,
                taximeter.per_million(cost, input_tokens + output_tokens) AS all_in,
                taximeter.per_million(cost, output_tokens) AS all_in_output,
                cost
            FROM (
                SELECT
                    date_trunc(%2$L, hour, 'UTC') AS %2$s, %3$s currency,
                    sum(sum(cache_hit_tokens)) OVER w AS cache_hit_tokens,
                    sum(sum(cache_miss_tokens)) OVER w AS cache_miss_tokens,
                    sum(sum(cache_write_tokens)) OVER w AS cache_write_tokens,
                    sum(sum(cache_write_1h_tokens)) OVER w AS cache_write_1h_tokens,
                    sum(sum(cache_hit_tokens + cache_miss_tokens + cache_write_tokens + cache_write_1h_tokens)) OVER w
                        AS input_tokens,
                    sum(sum(output_tokens)) OVER w AS output_tokens,
                    sum(cache_hit_cost) AS cache_hit_cost, sum(cache_miss_cost) AS cache_miss_cost,
                    sum(cache_write_cost) AS cache_write_cost, sum(cache_write_1h_cost) AS cache_write_1h_cost,
                    sum(cache_hit_cost + cache_miss_cost + cache_write_cost + cache_write_1h_cost) AS input_cost,
                    sum(output_cost) AS output_cost, sum(cost) AS cost
                FROM taximeter.margin_hourly_by_model_and_channel
                GROUP BY 1, %3$s currency
                WINDOW w AS (PARTITION BY %3$s date_trunc(%2$L, hour, 'UTC'))
            ) AS sums
            WHERE cost IS NOT NULL
            $sql$, 'cost_per_million_' || view.name, view.unit, view.model);
        EXECUTE format('COMMENT ON VIEW taximeter.%I IS %L', 'cost_per_million_' || view.name, format(
            'What a million tokens of each class cost while being served, by UTC %s; input is over its four classes. all_in is all cost, idle and headroom included, over all tokens, all_in_output over output tokens alone. NULL without such tokens.',
            view.unit || CASE view.model WHEN '' THEN '' ELSE ' and model' END));

        EXECUTE format($sql$
            CREATE OR REPLACE VIEW taximeter.%1$I AS
            SELECT
                %2$s, %3$s currency, revenue, theoretical_revenue, cost, profit,
                round(cost / nullif(revenue, 0), 6) AS breakeven_price_multiplier,
                round(cost / nullif(theoretical_revenue, 0), 6) AS theoretical_breakeven_price_multiplier,
                round(serving_cost / nullif(cost, 0), 6) AS utilisation,
                round(serving_cost / nullif(revenue, 0), 6) AS breakeven_utilisation,
                round(serving_cost / nullif(theoretical_revenue, 0), 6) AS theoretical_breakeven_utilisation
            FROM taximeter.%4$I
            WHERE cost IS NOT NULL
            $sql$, 'breakeven_' || view.name, view.unit, view.model, 'margin_' || view.name);
        EXECUTE format('COMMENT ON VIEW taximeter.%I IS %L', 'breakeven_' || view.name, format(
            'The factor on all prices at which revenue is cost; utilisation, the part of the cost that serving needed (1 where no throughput is known, so no idle); and the utilisation at which the same nodes break even at today''s prices, more than 1 where they cannot. theoretical_*: at the reference list. By UTC %s and currency.',
            view.unit || CASE view.model WHEN '' THEN '' ELSE ', model' END));

        -- Hour by hour: what hits would have earned and cost, had they been misses like those beside them.
        EXECUTE format($sql$
            CREATE OR REPLACE VIEW taximeter.%1$I AS
            SELECT
                %2$s, %3$s currency, input_tokens, cache_hit_tokens,
                round(cache_hit_tokens / nullif(input_tokens, 0), 6) AS hit_rate,
                compared_hit_tokens, revenue_forgone, prefill_saved, prefill_saved - revenue_forgone AS saved,
                taximeter.per_million(cache_hit_revenue, compared_hit_tokens) AS hit_price,
                taximeter.per_million(cache_hit_revenue + revenue_forgone, compared_hit_tokens) AS miss_price,
                taximeter.per_million(cache_hit_cost, compared_hit_tokens) AS hit_cost,
                taximeter.per_million(cache_hit_cost + prefill_saved, compared_hit_tokens) AS miss_cost,
                taximeter.per_million(cache_hit_revenue + revenue_forgone - prefill_saved, compared_hit_tokens)
                    AS neutral_hit_price
            FROM (
                SELECT
                    date_trunc(%2$L, hour, 'UTC') AS %2$s, %3$s currency,
                    sum(cache_hit_tokens + cache_miss_tokens + cache_write_tokens + cache_write_1h_tokens)
                        AS input_tokens,
                    sum(cache_hit_tokens) AS cache_hit_tokens,
                    sum(cache_hit_tokens) FILTER (WHERE cache_miss_tokens > 0) AS compared_hit_tokens,
                    sum(cache_hit_revenue) FILTER (WHERE cache_miss_tokens > 0) AS cache_hit_revenue,
                    sum(cache_hit_cost) FILTER (WHERE cache_miss_tokens > 0) AS cache_hit_cost,
                    sum(round(cache_miss_revenue * cache_hit_tokens / nullif(cache_miss_tokens, 0), 18)
                        - cache_hit_revenue) AS revenue_forgone,
                    sum(round(cache_miss_cost * cache_hit_tokens / nullif(cache_miss_tokens, 0), 18) - cache_hit_cost)
                        AS prefill_saved
                FROM taximeter.margin_hourly_by_model_and_channel
                WHERE cache_hit_tokens > 0
                GROUP BY 1, %3$s currency
            ) AS sums
            $sql$, 'cache_savings_' || view.name, view.unit, view.model);
        EXECUTE format('COMMENT ON VIEW taximeter.%I IS %L', 'cache_savings_' || view.name, format(
            'What cache hits were worth: revenue_forgone, what they would have earned beyond what they did at what the misses of the same hour, model and channel earned a token; prefill_saved, likewise of cost; saved, the difference in profit. Prices and costs are per million; neutral_hit_price is the price of a hit at which hits and misses leave the same profit. Hours without misses are not compared: compared_hit_tokens counts the hits that were. By UTC %s and currency.',
            view.unit || CASE view.model WHEN '' THEN '' ELSE ', model' END));
    END LOOP;
END
$views$;
