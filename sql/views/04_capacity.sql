-- Nodes and load: how much serving there was, hour by hour, and how uneven.

CREATE OR REPLACE VIEW taximeter.capacity_hourly AS
WITH nodes AS (
    SELECT
        hour,
        coalesce(sum(node_hours) FILTER (WHERE use = 'serving'), 0) AS node_hours,
        coalesce(sum(gpu_hours) FILTER (WHERE use = 'serving'), 0) AS gpu_hours,
        coalesce(sum(peak_nodes) FILTER (WHERE use = 'serving'), 0)::numeric AS peak_nodes,
        coalesce(sum(node_hours) FILTER (WHERE use = 'headroom'), 0) AS headroom_node_hours,
        coalesce(sum(node_hours) FILTER (WHERE use = 'lent'), 0) AS lent_node_hours
    FROM taximeter.cost_hourly
    GROUP BY hour
),
load AS (
    SELECT
        hour,
        sum(requests) AS requests,
        sum(cache_hit_tokens + cache_miss_tokens + cache_write_tokens + cache_write_1h_tokens) AS input_tokens,
        sum(output_tokens) AS output_tokens
    FROM taximeter.margin_hourly_by_model_and_channel
    GROUP BY hour
)
SELECT
    hour,
    n.node_hours,
    n.gpu_hours,
    n.peak_nodes,
    n.headroom_node_hours,
    n.lent_node_hours,
    coalesce(l.requests, 0) AS requests,
    coalesce(l.input_tokens, 0) AS input_tokens,
    coalesce(l.output_tokens, 0) AS output_tokens,
    round(coalesce(l.output_tokens, 0) / 3600, 4) AS output_tokens_per_second,
    round(coalesce(l.output_tokens, 0) / nullif(n.node_hours * 3600, 0), 4) AS output_tokens_per_node_second
FROM nodes AS n
FULL JOIN load AS l USING (hour);
COMMENT ON VIEW taximeter.capacity_hourly IS
    'Nodes that served, stood ready and were lent, and the load on those that served, by UTC hour; nodes are NULL where there is no occupancy. peak_nodes is the sum over pools of their peaks in the hour.';

DO $views$
DECLARE
    view record;
BEGIN
    FOR view IN SELECT v.name, v.unit FROM (VALUES ('daily', 'day'), ('monthly', 'month')) AS v (name, unit) LOOP
        EXECUTE format($sql$
            CREATE OR REPLACE VIEW taximeter.%1$I AS
            SELECT
                date_trunc(%2$L, hour, 'UTC') AS %2$s,
                count(*) AS hours,
                sum(node_hours) AS node_hours,
                sum(gpu_hours) AS gpu_hours,
                sum(headroom_node_hours) AS headroom_node_hours,
                sum(lent_node_hours) AS lent_node_hours,
                round(sum(node_hours) / count(*), 6) AS mean_nodes,
                max(peak_nodes) AS peak_nodes,
                round(max(peak_nodes) * count(*) / nullif(sum(node_hours), 0), 6) AS peak_to_mean_nodes,
                sum(output_tokens) AS output_tokens,
                max(output_tokens) AS peak_output_tokens,
                round(max(output_tokens) * count(*) / nullif(sum(output_tokens), 0), 6) AS peak_to_mean_output,
                round(sum(output_tokens) / nullif(sum(node_hours) * 3600, 0), 4) AS output_tokens_per_node_second
            FROM taximeter.capacity_hourly
            GROUP BY 1
            $sql$, 'capacity_' || view.name, view.unit);
        EXECUTE format('COMMENT ON VIEW taximeter.%I IS %L', 'capacity_' || view.name, format(
            'Node-hours, mean and peak nodes, output tokens of the whole and of the busiest hour, and both peaks against their means, by UTC %s. Means are over the hours that have usage or nodes; hours counts them.',
            view.unit));
    END LOOP;
END
$views$;

CREATE OR REPLACE FUNCTION taximeter.concurrency_hourly(
    from_hour timestamptz, until_hour timestamptz, tokens_per_stream_second numeric
)
RETURNS TABLE (
    hour timestamptz, output_tokens_per_second numeric, streams numeric, streams_per_node numeric
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT
        c.hour, c.output_tokens_per_second,
        round(c.output_tokens / 3600 / nullif(tokens_per_stream_second, 0), 4),
        round(c.output_tokens / 3600 / nullif(tokens_per_stream_second * c.node_hours, 0), 4)
    FROM taximeter.capacity_hourly AS c
    WHERE c.hour >= from_hour AND c.hour < until_hour
    ORDER BY c.hour;
END;
COMMENT ON FUNCTION taximeter.concurrency_hourly IS
    'How many requests were generating at once on average, by UTC hour of [from_hour, until_hour): output tokens a second over those of one stream (Little''s law), which is yours to measure.';

CREATE OR REPLACE FUNCTION taximeter.load_by_weekday_and_hour(
    from_hour timestamptz, until_hour timestamptz, time_zone text
)
RETURNS TABLE (
    weekday integer, hour_of_day integer, hours bigint, output_tokens_per_second numeric, nodes numeric
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT
        extract(isodow FROM c.hour AT TIME ZONE time_zone)::integer,
        extract(hour FROM c.hour AT TIME ZONE time_zone)::integer,
        count(*), round(sum(c.output_tokens) / 3600 / count(*), 4), round(sum(c.node_hours) / count(*), 4)
    FROM taximeter.capacity_hourly AS c
    WHERE c.hour >= from_hour AND c.hour < until_hour
    GROUP BY 1, 2
    ORDER BY 1, 2;
END;
COMMENT ON FUNCTION taximeter.load_by_weekday_and_hour IS
    'Mean output tokens a second and mean nodes by weekday (1 is Monday) and hour of day, both on the clock of a time zone, over [from_hour, until_hour); hours counts those that were averaged.';
