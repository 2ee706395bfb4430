-- Made by pg_dump --schema-only from a migrated database; a test keeps it so.

CREATE SCHEMA taximeter;

COMMENT ON SCHEMA taximeter IS 'Taximeter: usage, prices, charges, costs. The views and functions are the interface; the tables are not.';

CREATE FUNCTION taximeter.add_months(instant timestamp with time zone, months integer) RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (((instant AT TIME ZONE 'UTC'::text) + make_interval(months => months)) AT TIME ZONE 'UTC'::text);

COMMENT ON FUNCTION taximeter.add_months(instant timestamp with time zone, months integer) IS 'So many months later in UTC, whatever the time zone of the session.';

CREATE FUNCTION taximeter.balance(of_account text, at_instant timestamp with time zone, OUT account_key bigint, OUT account text, OUT currency text, OUT other_currency text, OUT credits numeric, OUT unbilled numeric, OUT reserved numeric, OUT is_prepaid boolean, OUT limit_name text, OUT limit_left numeric) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
BEGIN
    SELECT
        k.account_key, k.account, k.currency, k.other_currency, k.credits, k.unbilled, k.reserved, k.is_prepaid,
        k.limit_name, k.limit_left
    INTO
        account_key, account, currency, other_currency, credits, unbilled, reserved, is_prepaid, limit_name, limit_left
    FROM taximeter.account_balance AS k
    WHERE k.account = of_account AND k.valid_from <= at_instant AND k.valid_until > at_instant;
    IF NOT FOUND THEN
        SELECT
            b.account_key, b.account, b.currency, b.other_currency, b.credits, b.unbilled, b.reserved, b.is_prepaid,
            b.limit_name, b.limit_left
        INTO
            account_key, account, currency, other_currency, credits, unbilled, reserved, is_prepaid, limit_name, limit_left
        FROM taximeter.balances_at(
            ARRAY(SELECT a.account_key FROM taximeter.account AS a WHERE a.external_id = of_account), at_instant) AS b;
    END IF;
END
$$;

COMMENT ON FUNCTION taximeter.balance(of_account text, at_instant timestamp with time zone, OUT account_key bigint, OUT account text, OUT currency text, OUT other_currency text, OUT credits numeric, OUT unbilled numeric, OUT reserved numeric, OUT is_prepaid boolean, OUT limit_name text, OUT limit_left numeric) IS 'The balance of one account, in the least time; columns as of balances, all NULL for an account that is not known.';

CREATE FUNCTION taximeter.balances(accounts text[], at_instant timestamp with time zone) RETURNS TABLE(account_key bigint, account text, currency text, other_currency text, credits numeric, unbilled numeric, reserved numeric, is_prepaid boolean, limit_name text, limit_left numeric)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    others bigint[];
BEGIN
    RETURN QUERY
    SELECT
        k.account_key, k.account, k.currency, k.other_currency, k.credits, k.unbilled, k.reserved, k.is_prepaid,
        k.limit_name, k.limit_left
    FROM taximeter.account_balance AS k
    WHERE k.account = ANY (accounts) AND k.valid_from <= at_instant AND k.valid_until > at_instant;
    others := ARRAY(
        SELECT a.account_key FROM taximeter.account AS a
        LEFT JOIN taximeter.account_balance AS k ON k.account_key = a.account_key
        WHERE a.external_id = ANY (accounts)
            AND (k.account_key IS NULL OR k.valid_from > at_instant OR k.valid_until <= at_instant));
    RETURN QUERY
    SELECT
        b.account_key, b.account, b.currency, b.other_currency, b.credits, b.unbilled, b.reserved, b.is_prepaid,
        b.limit_name, b.limit_left
    FROM taximeter.balances_at(others, at_instant) AS b
    WHERE others <> '{}';
END
$$;

COMMENT ON FUNCTION taximeter.balances(accounts text[], at_instant timestamp with time zone) IS 'What accounts have at an instant: valid credits, charges that no invoice covers, open reservations, and what is left of the lowest hard limit. No row for an account that is not known; currency is NULL where there is nothing; other_currency is one that must not be there.';

CREATE FUNCTION taximeter.balances_at(account_keys bigint[], at_instant timestamp with time zone) RETURNS TABLE(account_key bigint, account text, currency text, other_currency text, credits numeric, unbilled numeric, reserved numeric, is_prepaid boolean, limit_name text, limit_left numeric, changes_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 10
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT
        a.account_key, a.external_id, m.currency,
        coalesce(
            nullif(p.first_currency, m.currency), nullif(p.last_currency, m.currency),
            nullif(r.first_currency, m.currency), nullif(r.last_currency, m.currency),
            nullif(l.currency, m.currency)),
        g.credits + o.owed_back, p.unbilled, r.reserved,
        s.plan IS NULL OR coalesce((
            SELECT v.definition::jsonb ->> 'payment' = 'prepaid' FROM taximeter.plan_version AS v
            WHERE v.plan = s.plan AND v.effective_from <= at_instant ORDER BY v.effective_from DESC LIMIT 1), false),
        l.name, l.amount - p.spent - r.reserved,
        coalesce(
            least(
                g.changes_at, r.changes_at, s.changes_at, CASE WHEN l.name IS NOT NULL THEN p.changes_at END,
                (SELECT min(v.effective_from) FROM taximeter.plan_version AS v
                WHERE v.plan = s.plan AND v.effective_from > at_instant)),
            'infinity')
    FROM taximeter.account AS a
    LEFT JOIN taximeter.credit_account AS c ON c.account_key = a.account_key
    CROSS JOIN LATERAL (
        SELECT
            coalesce(sum(b.remaining) FILTER (WHERE b.effective_from <= at_instant), 0) AS credits,
            min(CASE WHEN b.effective_from > at_instant THEN b.effective_from ELSE b.expires_at END) AS changes_at
        FROM taximeter.grant_balance AS b
        WHERE b.account_key = a.account_key AND b.remaining > 0 AND (b.expires_at IS NULL OR b.expires_at > at_instant)
    ) AS g
    CROSS JOIN LATERAL (
        SELECT
            coalesce(sum(t.net_amount - t.invoiced_amount), 0) AS unbilled,
            coalesce(sum(t.net_amount) FILTER (WHERE t.period_start <= at_instant AND t.period_end > at_instant), 0)
                AS spent,
            min(t.currency) FILTER (WHERE t.net_amount <> t.invoiced_amount) AS first_currency,
            max(t.currency) FILTER (WHERE t.net_amount <> t.invoiced_amount) AS last_currency,
            min(CASE WHEN t.period_start > at_instant THEN t.period_start ELSE t.period_end END)
                FILTER (WHERE t.period_end > at_instant) AS changes_at
        FROM taximeter.account_period AS t
        WHERE t.account_key = a.account_key AND (t.net_amount <> t.invoiced_amount OR t.period_end > at_instant)
    ) AS p
    CROSS JOIN LATERAL (
        SELECT
            coalesce(sum(h.amount), 0) AS reserved, min(h.currency) AS first_currency, max(h.currency) AS last_currency,
            min(h.expires_at) AS changes_at
        FROM taximeter.reservation AS h WHERE h.account_key = a.account_key AND h.expires_at > at_instant
    ) AS r
    CROSS JOIN LATERAL (
        SELECT
            max(u.plan) FILTER (WHERE u.effective_from <= at_instant) AS plan,
            min(CASE WHEN u.effective_from > at_instant THEN u.effective_from ELSE u.effective_until END) AS changes_at
        FROM taximeter.subscription AS u
        WHERE u.account_key = a.account_key AND (u.effective_until IS NULL OR u.effective_until > at_instant)
    ) AS s
    LEFT JOIN LATERAL (
        SELECT k.name, k.currency, k.amount FROM taximeter.spend_limit AS k
        WHERE k.account_key = a.account_key AND k.is_hard ORDER BY k.amount, k.name LIMIT 1
    ) AS l ON true
    -- Of an account that was billed for all that it used, and has nothing else, the currency is that of its last usage.
    CROSS JOIN LATERAL (
        SELECT coalesce(c.currency, p.first_currency, r.first_currency, l.currency, (
            SELECT t.currency FROM taximeter.account_period AS t
            WHERE t.account_key = a.account_key AND t.net_amount <> 0 ORDER BY t.period_start DESC LIMIT 1)) AS currency
    ) AS m
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(-v.balance), 0) AS owed_back FROM taximeter.ledger_balance AS v
        WHERE v.account_key = a.account_key AND v.currency = m.currency AND v.ledger_account = 'receivable'
            AND v.balance < 0
    ) AS o
    WHERE a.account_key = ANY (account_keys);
END
$$;

COMMENT ON FUNCTION taximeter.balances_at(account_keys bigint[], at_instant timestamp with time zone) IS 'Balances made from their parts, and until when they stay as they are if nothing is written; columns as of balances.';

CREATE TABLE taximeter.channel (
    channel_key integer NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT channel_name_check CHECK (((octet_length(name) >= 1) AND (octet_length(name) <= 255)))
);

COMMENT ON TABLE taximeter.channel IS 'Where requests come from: api, web, app, ...';

CREATE TABLE taximeter.gpu_cost_hourly (
    gpu_pool_key integer NOT NULL,
    hour timestamp with time zone NOT NULL,
    model text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    currency text NOT NULL,
    node_microseconds bigint NOT NULL,
    peak_nodes integer NOT NULL,
    gpus_per_node integer NOT NULL,
    cost numeric NOT NULL,
    phase text DEFAULT 'both'::text NOT NULL COLLATE pg_catalog."C",
    use text DEFAULT 'serving'::text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT gpu_cost_hourly_cost_check CHECK (((cost >= (0)::numeric) AND (cost < 'Infinity'::numeric))),
    CONSTRAINT gpu_cost_hourly_node_microseconds_check CHECK ((node_microseconds >= 0)),
    CONSTRAINT gpu_cost_hourly_peak_nodes_check CHECK ((peak_nodes >= 0)),
    CONSTRAINT gpu_cost_hourly_phase_check CHECK ((phase = ANY (ARRAY['prefill'::text, 'decode'::text, 'both'::text]))),
    CONSTRAINT gpu_cost_hourly_use_check CHECK ((use = ANY (ARRAY['serving'::text, 'headroom'::text, 'lent'::text])))
);

COMMENT ON TABLE taximeter.gpu_cost_hourly IS 'Occupancy times GPUs per node times rate, integrated over each UTC hour; the hours of an interval sum to its cost exactly.';

COMMENT ON COLUMN taximeter.gpu_cost_hourly.peak_nodes IS 'The largest number of nodes at any instant of the hour.';

COMMENT ON COLUMN taximeter.gpu_cost_hourly.use IS 'serving; headroom: paid for, not serving, which is provisioned - serving - lent where that is known; lent: no cost of serving.';

CREATE TABLE taximeter.gpu_pool (
    gpu_pool_key integer NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    gpu text NOT NULL,
    gpus_per_node integer NOT NULL,
    CONSTRAINT gpu_pool_gpus_per_node_check CHECK ((gpus_per_node > 0)),
    CONSTRAINT gpu_pool_name_check CHECK (((octet_length(name) >= 1) AND (octet_length(name) <= 255)))
);

COMMENT ON TABLE taximeter.gpu_pool IS 'Nodes of one kind: the GPU type, and how many a node has.';

CREATE VIEW taximeter.cost_hourly AS
 SELECT c.hour,
    p.name AS pool,
    NULLIF(c.model, ''::text) AS model,
    c.currency,
    round(((c.node_microseconds)::numeric / 3600000000.0), 9) AS node_hours,
    round((((c.node_microseconds)::numeric / 3600000000.0) * (c.gpus_per_node)::numeric), 9) AS gpu_hours,
    c.peak_nodes,
    c.cost,
    c.phase,
    c.use,
    p.gpu,
    ((c.node_microseconds)::numeric * (c.gpus_per_node)::numeric) AS gpu_microseconds
   FROM (taximeter.gpu_cost_hourly c
     JOIN taximeter.gpu_pool p USING (gpu_pool_key));

COMMENT ON VIEW taximeter.cost_hourly IS 'GPU cost by UTC hour, pool, phase (prefill, decode, both), use (serving, headroom, lent) and (where nodes are assigned to one) model. Lent nodes are no cost of serving and in no margin. Sum gpu_microseconds where hours must be exact.';

CREATE TABLE taximeter.margin_hour (
    hour timestamp with time zone NOT NULL,
    model_key integer NOT NULL,
    channel_key integer NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    events numeric NOT NULL,
    requests numeric NOT NULL,
    cache_hit_tokens numeric NOT NULL,
    cache_miss_tokens numeric NOT NULL,
    cache_write_tokens numeric NOT NULL,
    cache_write_1h_tokens numeric NOT NULL,
    output_tokens numeric NOT NULL,
    theoretical_amount numeric NOT NULL,
    list_amount numeric NOT NULL,
    monetised_amount numeric NOT NULL,
    scheduled_amount numeric NOT NULL,
    tiered_amount numeric NOT NULL,
    contracted_amount numeric NOT NULL,
    net_amount numeric NOT NULL,
    unpriced_events numeric NOT NULL,
    cache_hit_cost numeric,
    cache_miss_cost numeric,
    cache_write_cost numeric,
    cache_write_1h_cost numeric,
    output_cost numeric,
    idle_cost numeric,
    headroom_cost numeric,
    cache_hit_amount numeric DEFAULT 0 NOT NULL,
    cache_miss_amount numeric DEFAULT 0 NOT NULL,
    cache_write_amount numeric DEFAULT 0 NOT NULL,
    cache_write_1h_amount numeric DEFAULT 0 NOT NULL,
    output_amount numeric DEFAULT 0 NOT NULL,
    CONSTRAINT margin_hour_cost_is_known_or_not CHECK ((num_nulls(cache_hit_cost, cache_miss_cost, cache_write_cost, cache_write_1h_cost, output_cost, idle_cost, headroom_cost) = ANY (ARRAY[0, 7])))
);

COMMENT ON TABLE taximeter.margin_hour IS 'Usage, its amount at each step, and the cost allocated to it, by UTC hour, model and channel. Made from charge and gpu_cost_hourly.';

COMMENT ON COLUMN taximeter.margin_hour.model_key IS '0 for cost that no model caused.';

COMMENT ON COLUMN taximeter.margin_hour.channel_key IS '0 for cost that no channel caused.';

COMMENT ON COLUMN taximeter.margin_hour.idle_cost IS 'Serving nodes, for the part of their time that the measured throughput says was not needed.';

COMMENT ON COLUMN taximeter.margin_hour.headroom_cost IS 'Nodes that were paid for and did not serve.';

COMMENT ON COLUMN taximeter.margin_hour.cache_hit_amount IS 'The part of net_amount that cache hits earned; the five classes sum to it.';

CREATE TABLE taximeter.model (
    model_key integer NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT model_name_check CHECK (((octet_length(name) >= 1) AND (octet_length(name) <= 255)))
);

COMMENT ON TABLE taximeter.model IS 'Models, by the name that requests carry.';

CREATE VIEW taximeter.margin_hourly_by_model_and_channel AS
 SELECT h.hour,
    m.name AS model,
    c.name AS channel,
    NULLIF(h.currency, ''::text) AS currency,
    h.events,
    h.requests,
    h.cache_hit_tokens,
    h.cache_miss_tokens,
    h.cache_write_tokens,
    h.cache_write_1h_tokens,
    h.output_tokens,
    h.theoretical_amount AS theoretical_revenue,
    h.list_amount AS list_revenue,
    h.monetised_amount AS monetised_revenue,
    h.scheduled_amount AS scheduled_revenue,
    h.tiered_amount AS tiered_revenue,
    h.contracted_amount AS contracted_revenue,
    h.net_amount AS revenue,
    h.unpriced_events,
    h.cache_hit_cost,
    h.cache_miss_cost,
    h.cache_write_cost,
    h.cache_write_1h_cost,
    h.output_cost,
    ((((h.cache_hit_cost + h.cache_miss_cost) + h.cache_write_cost) + h.cache_write_1h_cost) + h.output_cost) AS serving_cost,
    h.idle_cost,
    h.headroom_cost,
    ((((((h.cache_hit_cost + h.cache_miss_cost) + h.cache_write_cost) + h.cache_write_1h_cost) + h.output_cost) + h.idle_cost) + h.headroom_cost) AS cost,
    h.cache_hit_amount AS cache_hit_revenue,
    h.cache_miss_amount AS cache_miss_revenue,
    h.cache_write_amount AS cache_write_revenue,
    h.cache_write_1h_amount AS cache_write_1h_revenue,
    h.output_amount AS output_revenue
   FROM ((taximeter.margin_hour h
     LEFT JOIN taximeter.model m ON ((m.model_key = h.model_key)))
     LEFT JOIN taximeter.channel c ON ((c.channel_key = h.channel_key)));

COMMENT ON VIEW taximeter.margin_hourly_by_model_and_channel IS 'Usage, revenue at each step and of each token class, the serving cost of each token class, idle and headroom cost, by UTC hour, model, channel and currency: the finest margins there are, of which the others are sums. Model and channel are NULL for cost that no usage caused; cost is NULL where the hour has no occupancy.';

CREATE VIEW taximeter.capacity_hourly AS
 WITH nodes AS (
         SELECT cost_hourly.hour,
            COALESCE(sum(cost_hourly.node_hours) FILTER (WHERE (cost_hourly.use = 'serving'::text)), (0)::numeric) AS node_hours,
            COALESCE(sum(cost_hourly.gpu_hours) FILTER (WHERE (cost_hourly.use = 'serving'::text)), (0)::numeric) AS gpu_hours,
            (COALESCE(sum(cost_hourly.peak_nodes) FILTER (WHERE (cost_hourly.use = 'serving'::text)), (0)::bigint))::numeric AS peak_nodes,
            COALESCE(sum(cost_hourly.node_hours) FILTER (WHERE (cost_hourly.use = 'headroom'::text)), (0)::numeric) AS headroom_node_hours,
            COALESCE(sum(cost_hourly.node_hours) FILTER (WHERE (cost_hourly.use = 'lent'::text)), (0)::numeric) AS lent_node_hours
           FROM taximeter.cost_hourly
          GROUP BY cost_hourly.hour
        ), load AS (
         SELECT margin_hourly_by_model_and_channel.hour,
            sum(margin_hourly_by_model_and_channel.requests) AS requests,
            sum((((margin_hourly_by_model_and_channel.cache_hit_tokens + margin_hourly_by_model_and_channel.cache_miss_tokens) + margin_hourly_by_model_and_channel.cache_write_tokens) + margin_hourly_by_model_and_channel.cache_write_1h_tokens)) AS input_tokens,
            sum(margin_hourly_by_model_and_channel.output_tokens) AS output_tokens
           FROM taximeter.margin_hourly_by_model_and_channel
          GROUP BY margin_hourly_by_model_and_channel.hour
        )
 SELECT hour,
    n.node_hours,
    n.gpu_hours,
    n.peak_nodes,
    n.headroom_node_hours,
    n.lent_node_hours,
    COALESCE(l.requests, (0)::numeric) AS requests,
    COALESCE(l.input_tokens, (0)::numeric) AS input_tokens,
    COALESCE(l.output_tokens, (0)::numeric) AS output_tokens,
    round((COALESCE(l.output_tokens, (0)::numeric) / (3600)::numeric), 4) AS output_tokens_per_second,
    round((COALESCE(l.output_tokens, (0)::numeric) / NULLIF((n.node_hours * (3600)::numeric), (0)::numeric)), 4) AS output_tokens_per_node_second
   FROM (nodes n
     FULL JOIN load l USING (hour));

COMMENT ON VIEW taximeter.capacity_hourly IS 'Nodes that served, stood ready and were lent, and the load on those that served, by UTC hour; nodes are NULL where there is no occupancy. peak_nodes is the sum over pools of their peaks in the hour.';

CREATE FUNCTION taximeter.concurrency_hourly(from_hour timestamp with time zone, until_hour timestamp with time zone, tokens_per_stream_second numeric) RETURNS TABLE(hour timestamp with time zone, output_tokens_per_second numeric, streams numeric, streams_per_node numeric)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT c.hour,
     c.output_tokens_per_second,
     round(((c.output_tokens / (3600)::numeric) / NULLIF(concurrency_hourly.tokens_per_stream_second, (0)::numeric)), 4) AS round,
     round(((c.output_tokens / (3600)::numeric) / NULLIF((concurrency_hourly.tokens_per_stream_second * c.node_hours), (0)::numeric)), 4) AS round
    FROM taximeter.capacity_hourly c
   WHERE ((c.hour >= concurrency_hourly.from_hour) AND (c.hour < concurrency_hourly.until_hour))
   ORDER BY c.hour;
END;

COMMENT ON FUNCTION taximeter.concurrency_hourly(from_hour timestamp with time zone, until_hour timestamp with time zone, tokens_per_stream_second numeric) IS 'How many requests were generating at once on average, by UTC hour of [from_hour, until_hour): output tokens a second over those of one stream (Little''s law), which is yours to measure.';

CREATE FUNCTION taximeter.cost_profit_margin(revenue numeric, cost numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (cost > (0)::numeric) THEN round(((revenue - cost) / cost), 6) ELSE NULL::numeric END;

COMMENT ON FUNCTION taximeter.cost_profit_margin(revenue numeric, cost numeric) IS '(revenue - cost) / cost. NULL without cost, or where the cost is not known.';

CREATE FUNCTION taximeter.drop_event_keys(completed_before timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    dropped bigint;
    is_guarded boolean;
BEGIN
    IF completed_before IS NULL OR NOT isfinite(completed_before) THEN
        RAISE EXCEPTION 'keys are dropped before an instant, not before %', completed_before
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- Whoever stores events by their keys holds this lock too, shared, before looking at the state below.
    PERFORM pg_advisory_xact_lock(hashtextextended('taximeter.event_key', 0));
    is_guarded := EXISTS (
        SELECT FROM pg_trigger WHERE tgrelid = 'taximeter.event_key'::regclass AND tgname = 'append_only');
    IF is_guarded THEN
        ALTER TABLE taximeter.event_key DISABLE TRIGGER append_only;
    END IF;
    DELETE FROM taximeter.event_key WHERE completed_at < completed_before OR completed_at IS NULL;
    GET DIAGNOSTICS dropped = ROW_COUNT;
    IF is_guarded THEN
        ALTER TABLE taximeter.event_key ENABLE TRIGGER append_only;
    END IF;
    UPDATE taximeter.event_key_state SET dropped_before = greatest(dropped_before, completed_before);
    RETURN dropped;
END
$$;

COMMENT ON FUNCTION taximeter.drop_event_keys(completed_before timestamp with time zone) IS 'Drops the keys of events completed before an instant, and remembers it: events older than that are refused from then on. Returns how many were dropped.';

CREATE FUNCTION taximeter.ensure_bucket_partitions(days date[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    day date;
    partition text;
    made integer := 0;
BEGIN
    -- As in ensure_usage_partition: the lock before the look, and nobody writes while a partition is attached. A roll-up keeps
    -- others waiting for as long as it takes a day.
    PERFORM pg_advisory_xact_lock(hashtextextended('taximeter.usage_bucket', 0));
    FOR day, partition IN
        SELECT DISTINCT d.day, n.partition
        FROM unnest(days) AS d (day), format('usage_bucket_%s', to_char(d.day, 'YYYY_MM_DD')) AS n (partition)
        WHERE NOT EXISTS (
            SELECT FROM pg_catalog.pg_class AS c
            WHERE c.relnamespace = 'taximeter'::regnamespace AND c.relname = n.partition)
        ORDER BY d.day
    LOOP
        -- Room for sums that grow with late events.
        EXECUTE format(
            'CREATE TABLE taximeter.%I (LIKE taximeter.usage_bucket INCLUDING DEFAULTS INCLUDING CONSTRAINTS) '
            'WITH (fillfactor = 80)', partition);
        IF made = 0 THEN
            LOCK TABLE ONLY taximeter.usage_bucket IN SHARE ROW EXCLUSIVE MODE;
        END IF;
        EXECUTE format(
            'ALTER TABLE taximeter.usage_bucket ATTACH PARTITION taximeter.%I FOR VALUES FROM (%L) TO (%L)',
            partition, to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00', to_char(day + 1, 'YYYY-MM-DD') || ' 00:00:00+00');
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;

COMMENT ON FUNCTION taximeter.ensure_bucket_partitions(days date[]) IS 'Makes the partitions of usage_bucket for UTC days that have none; how many it made.';

CREATE FUNCTION taximeter.ensure_usage_partition(day date) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    partition text := format('usage_event_%s', to_char(day, 'YYYY_MM_DD'));
    day_start timestamptz := day::timestamp AT TIME ZONE 'UTC';
    day_end timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    -- The lock before the look, which is at the catalogue and not by to_regclass: that answers from a cache which waiting
    -- does not refresh.
    PERFORM pg_advisory_xact_lock(hashtextextended('taximeter.usage_event', 0));
    IF EXISTS (
        SELECT FROM pg_catalog.pg_class AS c
        WHERE c.relnamespace = 'taximeter'::regnamespace AND c.relname = partition)
    THEN
        RETURN false;
    END IF;
    EXECUTE format(
        'CREATE TABLE taximeter.%I (LIKE taximeter.usage_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
    LOCK TABLE ONLY taximeter.usage_event IN SHARE ROW EXCLUSIVE MODE;
    EXECUTE format(
        'ALTER TABLE taximeter.usage_event ATTACH PARTITION taximeter.%I FOR VALUES FROM (%L) TO (%L)',
        partition, to_char(day_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS+00'),
        to_char(day_end AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS+00'));
    -- Triggers on rows come with the table's; the one on TRUNCATE does not.
    IF EXISTS (
        SELECT FROM pg_catalog.pg_trigger AS t
        WHERE t.tgrelid = 'taximeter.usage_event'::regclass AND t.tgname = 'no_truncate')
    THEN
        EXECUTE format(
            'CREATE TRIGGER no_truncate BEFORE TRUNCATE ON taximeter.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION taximeter.refuse_change()', partition);
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION taximeter.ensure_usage_partition(day date) IS 'Makes the partition of a UTC day, if there is none; true when it did.';

CREATE FUNCTION taximeter.gross_margin(revenue numeric, cost numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (revenue > (0)::numeric) THEN round(((revenue - cost) / revenue), 6) ELSE NULL::numeric END;

COMMENT ON FUNCTION taximeter.gross_margin(revenue numeric, cost numeric) IS '(revenue - cost) / revenue. NULL without revenue, or where the cost is not known.';

CREATE FUNCTION taximeter.forecast_month(as_of timestamp with time zone) RETURNS TABLE(month timestamp with time zone, currency text, through timestamp with time zone, hours_so_far numeric, hours_to_come numeric, revenue_so_far numeric, cost_so_far numeric, revenue_per_hour numeric, cost_per_hour numeric, revenue numeric, cost numeric, profit numeric, gross_margin numeric, cost_profit_margin numeric)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 WITH known AS (
          SELECT date_trunc('month'::text, forecast_month.as_of, 'UTC'::text) AS starts,
             taximeter.add_months(date_trunc('month'::text, forecast_month.as_of, 'UTC'::text), 1) AS ends,
             (max(h.hour) + '01:00:00'::interval) AS through
            FROM taximeter.margin_hourly_by_model_and_channel h
           WHERE ((h.hour >= date_trunc('month'::text, forecast_month.as_of, 'UTC'::text)) AND ((h.hour + '01:00:00'::interval) <= forecast_month.as_of))
         ), recent AS (
          SELECT k.starts,
             k.ends,
             k.through,
             GREATEST(min(h.hour), (k.through - '168:00:00'::interval)) AS recent_from
            FROM (known k
              JOIN taximeter.margin_hourly_by_model_and_channel h ON (((h.hour >= (k.through - '168:00:00'::interval)) AND (h.hour < k.through))))
           GROUP BY k.starts, k.ends, k.through
         ), sums AS (
          SELECT r.starts,
             r.ends,
             r.through,
             r.recent_from,
             h.currency,
             COALESCE(sum(h.revenue) FILTER (WHERE (h.hour >= r.starts)), (0)::numeric) AS revenue,
             sum(h.cost) FILTER (WHERE (h.hour >= r.starts)) AS cost,
             (sum(h.revenue) FILTER (WHERE (h.hour >= r.recent_from)) / (EXTRACT(epoch FROM (r.through - r.recent_from)) / (3600)::numeric)) AS revenue_rate,
             (sum(h.cost) FILTER (WHERE (h.hour >= r.recent_from)) / (EXTRACT(epoch FROM (r.through - r.recent_from)) / (3600)::numeric)) AS cost_rate,
             (EXTRACT(epoch FROM (r.ends - r.through)) / (3600)::numeric) AS hours_to_come
            FROM (recent r
              JOIN taximeter.margin_hourly_by_model_and_channel h ON (((h.hour >= LEAST(r.starts, r.recent_from)) AND (h.hour < r.through))))
           GROUP BY r.starts, r.ends, r.through, r.recent_from, h.currency
         ), forecast AS (
          SELECT s.starts,
             s.ends,
             s.through,
             s.recent_from,
             s.currency,
             s.revenue,
             s.cost,
             s.revenue_rate,
             s.cost_rate,
             s.hours_to_come,
             round((s.revenue + (COALESCE(s.revenue_rate, (0)::numeric) * s.hours_to_come)), 6) AS month_revenue,
             round((s.cost + (s.cost_rate * s.hours_to_come)), 6) AS month_cost
            FROM sums s
         )
  SELECT f.starts,
     f.currency,
     f.through,
     round((EXTRACT(epoch FROM (f.through - f.starts)) / (3600)::numeric), 2) AS round,
     round(f.hours_to_come, 2) AS round,
     f.revenue,
     f.cost,
     round(f.revenue_rate, 6) AS round,
     round(f.cost_rate, 6) AS round,
     f.month_revenue,
     f.month_cost,
     (f.month_revenue - f.month_cost),
     taximeter.gross_margin(f.month_revenue, f.month_cost) AS gross_margin,
     taximeter.cost_profit_margin(f.month_revenue, f.month_cost) AS cost_profit_margin
    FROM forecast f
   ORDER BY f.currency;
END;

COMMENT ON FUNCTION taximeter.forecast_month(as_of timestamp with time zone) IS 'Where the UTC month of an instant is heading: what it has come to in the hours that were over by then, and for the rest the hourly mean of the last 168 hours (or of as many as there are, into the month before). through is the end of the last hour that has margins.';

CREATE FUNCTION taximeter.fx_converted(amount numeric, rate numeric, is_inverse boolean) RETURNS numeric
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN trim_scale(CASE WHEN is_inverse THEN ((sign(amount) * div(((((2)::numeric * abs(amount)) * '1000000000000000000'::numeric) + rate), ((2)::numeric * rate))) * 0.000000000000000001) ELSE round((amount * rate), 18) END);

COMMENT ON FUNCTION taximeter.fx_converted(amount numeric, rate numeric, is_inverse boolean) IS 'An amount at a rate, or divided by it, to 18 decimals, from the middle away from zero.';

CREATE FUNCTION taximeter.fx_rate_on(from_currency text, to_currency text, on_day date) RETURNS TABLE(rate numeric, is_inverse boolean, rate_day date, source text, converted_at text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RETURN QUERY
    SELECT
        r.rate, r.base <> from_currency, r.day, r.source,
        format('1 %s = %s %s on %s (%s)',
            r.base, trim_scale(r.rate), r.quote, to_char(r.day, 'YYYY-MM-DD'), r.source)
    FROM taximeter.fx_rates AS r
    WHERE ((r.base = from_currency AND r.quote = to_currency) OR (r.base = to_currency AND r.quote = from_currency))
        AND r.day > on_day - 8 AND r.day <= on_day
    ORDER BY r.base <> from_currency, r.day DESC
    LIMIT 1;
    -- Not no row: what is not converted would be missing from a sum without a word.
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no rate from % to % of % or the 7 days before it', from_currency, to_currency,
            to_char(on_day, 'YYYY-MM-DD')
            USING ERRCODE = 'no_data_found', HINT = 'Load one with taximeter fx load.';
    END IF;
END
$$;

COMMENT ON FUNCTION taximeter.fx_rate_on(from_currency text, to_currency text, on_day date) IS 'The rate between two currencies on a day: the day''s, or the last before it, at most 7 days old. is_inverse tells that an amount is divided by it. An error when there is none.';

CREATE FUNCTION taximeter.interface_version() RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN 1;

COMMENT ON FUNCTION taximeter.interface_version() IS 'The version of the views and functions that readers use: it grows when one of them goes, or a column goes or comes to mean something else. New views and columns do not change it.';

CREATE FUNCTION taximeter.keep_balances(account_keys bigint[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
#variable_conflict use_column
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'balances are kept in READ COMMITTED' USING ERRCODE = 'invalid_transaction_state';
    END IF;
    -- Locked first, in the order of their keys, and made in a later statement, which sees all that was committed before the
    -- lock was free: of two who change an account at once, the second sees what both did.
    INSERT INTO taximeter.account_balance (
        account_key, account, credits, unbilled, reserved, is_prepaid, valid_from, valid_until)
    SELECT a.account_key, a.external_id, 0, 0, 0, true, '-infinity', '-infinity'
    FROM taximeter.account AS a
    WHERE a.account_key = ANY (account_keys)
        AND NOT EXISTS (SELECT FROM taximeter.account_balance AS k WHERE k.account_key = a.account_key)
    ORDER BY a.account_key
    ON CONFLICT DO NOTHING;
    PERFORM FROM taximeter.account_balance AS k WHERE k.account_key = ANY (account_keys)
    ORDER BY k.account_key FOR UPDATE;
    UPDATE taximeter.account_balance AS k SET
        currency = b.currency, other_currency = b.other_currency, credits = b.credits, unbilled = b.unbilled,
        reserved = b.reserved, is_prepaid = b.is_prepaid, limit_name = b.limit_name, limit_left = b.limit_left,
        valid_from = now(), valid_until = b.changes_at
    FROM taximeter.balances_at(account_keys, now()) AS b
    WHERE k.account_key = b.account_key;
END
$$;

COMMENT ON FUNCTION taximeter.keep_balances(account_keys bigint[]) IS 'Makes the kept balances of accounts anew. Called by whoever changes what they are made of, last in the same transaction.';

CREATE FUNCTION taximeter.load_by_weekday_and_hour(from_hour timestamp with time zone, until_hour timestamp with time zone, time_zone text) RETURNS TABLE(weekday integer, hour_of_day integer, hours bigint, output_tokens_per_second numeric, nodes numeric)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT (EXTRACT(isodow FROM (c.hour AT TIME ZONE load_by_weekday_and_hour.time_zone)))::integer AS "extract",
     (EXTRACT(hour FROM (c.hour AT TIME ZONE load_by_weekday_and_hour.time_zone)))::integer AS "extract",
     count(*) AS count,
     round(((sum(c.output_tokens) / (3600)::numeric) / (count(*))::numeric), 4) AS round,
     round((sum(c.node_hours) / (count(*))::numeric), 4) AS round
    FROM taximeter.capacity_hourly c
   WHERE ((c.hour >= load_by_weekday_and_hour.from_hour) AND (c.hour < load_by_weekday_and_hour.until_hour))
   GROUP BY ((EXTRACT(isodow FROM (c.hour AT TIME ZONE load_by_weekday_and_hour.time_zone)))::integer), ((EXTRACT(hour FROM (c.hour AT TIME ZONE load_by_weekday_and_hour.time_zone)))::integer)
   ORDER BY ((EXTRACT(isodow FROM (c.hour AT TIME ZONE load_by_weekday_and_hour.time_zone)))::integer), ((EXTRACT(hour FROM (c.hour AT TIME ZONE load_by_weekday_and_hour.time_zone)))::integer);
END;

COMMENT ON FUNCTION taximeter.load_by_weekday_and_hour(from_hour timestamp with time zone, until_hour timestamp with time zone, time_zone text) IS 'Mean output tokens a second and mean nodes by weekday (1 is Monday) and hour of day, both on the clock of a time zone, over [from_hour, until_hour); hours counts those that were averaged.';

CREATE VIEW taximeter.margin_hourly AS
 SELECT margin_hourly_by_model_and_channel.hour,
    margin_hourly_by_model_and_channel.currency,
    sum(margin_hourly_by_model_and_channel.events) AS events,
    sum(margin_hourly_by_model_and_channel.requests) AS requests,
    sum(margin_hourly_by_model_and_channel.cache_hit_tokens) AS cache_hit_tokens,
    sum(margin_hourly_by_model_and_channel.cache_miss_tokens) AS cache_miss_tokens,
    sum(margin_hourly_by_model_and_channel.cache_write_tokens) AS cache_write_tokens,
    sum(margin_hourly_by_model_and_channel.cache_write_1h_tokens) AS cache_write_1h_tokens,
    sum(margin_hourly_by_model_and_channel.output_tokens) AS output_tokens,
    sum(margin_hourly_by_model_and_channel.theoretical_revenue) AS theoretical_revenue,
    sum(margin_hourly_by_model_and_channel.list_revenue) AS list_revenue,
    sum(margin_hourly_by_model_and_channel.monetised_revenue) AS monetised_revenue,
    sum(margin_hourly_by_model_and_channel.scheduled_revenue) AS scheduled_revenue,
    sum(margin_hourly_by_model_and_channel.revenue) AS revenue,
    sum(margin_hourly_by_model_and_channel.unpriced_events) AS unpriced_events,
    sum(margin_hourly_by_model_and_channel.cost) AS cost,
    (sum(margin_hourly_by_model_and_channel.revenue) - sum(margin_hourly_by_model_and_channel.cost)) AS profit,
    taximeter.gross_margin(sum(margin_hourly_by_model_and_channel.revenue), sum(margin_hourly_by_model_and_channel.cost)) AS gross_margin,
    taximeter.cost_profit_margin(sum(margin_hourly_by_model_and_channel.revenue), sum(margin_hourly_by_model_and_channel.cost)) AS cost_profit_margin,
    taximeter.gross_margin(sum(margin_hourly_by_model_and_channel.theoretical_revenue), sum(margin_hourly_by_model_and_channel.cost)) AS theoretical_gross_margin,
    taximeter.cost_profit_margin(sum(margin_hourly_by_model_and_channel.theoretical_revenue), sum(margin_hourly_by_model_and_channel.cost)) AS theoretical_cost_profit_margin,
    sum(margin_hourly_by_model_and_channel.tiered_revenue) AS tiered_revenue,
    sum(margin_hourly_by_model_and_channel.contracted_revenue) AS contracted_revenue,
    sum(margin_hourly_by_model_and_channel.serving_cost) AS serving_cost,
    sum(margin_hourly_by_model_and_channel.idle_cost) AS idle_cost,
    sum(margin_hourly_by_model_and_channel.headroom_cost) AS headroom_cost
   FROM taximeter.margin_hourly_by_model_and_channel
  GROUP BY margin_hourly_by_model_and_channel.hour, margin_hourly_by_model_and_channel.currency;

COMMENT ON VIEW taximeter.margin_hourly IS 'Usage, revenue at each step, cost and both margins, by UTC hour and currency. Cost is all of it, whoever caused it.';

CREATE FUNCTION taximeter.margin_summary(from_hour timestamp with time zone, until_hour timestamp with time zone) RETURNS TABLE(currency text, events numeric, requests numeric, cache_hit_tokens numeric, cache_miss_tokens numeric, cache_write_tokens numeric, cache_write_1h_tokens numeric, output_tokens numeric, theoretical_revenue numeric, list_revenue numeric, monetised_revenue numeric, scheduled_revenue numeric, revenue numeric, unpriced_events numeric, cost numeric, profit numeric, gross_margin numeric, cost_profit_margin numeric, theoretical_gross_margin numeric, theoretical_cost_profit_margin numeric, node_hours numeric, gpu_hours numeric, peak_nodes numeric, output_tokens_per_second numeric, output_tokens_per_node_second numeric, breakeven_multiplier numeric, serving_cost numeric, idle_cost numeric, headroom_cost numeric, headroom_node_hours numeric, lent_node_hours numeric, mean_nodes numeric, peak_to_mean_nodes numeric, peak_to_mean_output numeric, cost_at_peak_nodes numeric, revenue_without_cost numeric)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 WITH node_hours AS (
          SELECT h_1.currency,
             h_1.hour,
             sum(h_1.node_hours) FILTER (WHERE (h_1.use = 'serving'::text)) AS node_hours,
             sum(h_1.gpu_hours) FILTER (WHERE (h_1.use = 'serving'::text)) AS gpu_hours,
             (sum(h_1.peak_nodes) FILTER (WHERE (h_1.use = 'serving'::text)))::numeric AS peak_nodes,
             sum(h_1.cost) FILTER (WHERE (h_1.use = 'serving'::text)) AS cost,
             sum(h_1.node_hours) FILTER (WHERE (h_1.use = 'headroom'::text)) AS headroom_node_hours,
             sum(h_1.node_hours) FILTER (WHERE (h_1.use = 'lent'::text)) AS lent_node_hours
            FROM taximeter.cost_hourly h_1
           WHERE ((h_1.hour >= margin_summary.from_hour) AND (h_1.hour < margin_summary.until_hour))
           GROUP BY h_1.currency, h_1.hour
         ), nodes AS (
          SELECT n_1.currency,
             sum(n_1.node_hours) AS node_hours,
             sum(n_1.gpu_hours) AS gpu_hours,
             max(n_1.peak_nodes) AS peak_nodes,
             sum(n_1.cost) AS cost,
             COALESCE(sum(n_1.headroom_node_hours), (0)::numeric) AS headroom_node_hours,
             COALESCE(sum(n_1.lent_node_hours), (0)::numeric) AS lent_node_hours
            FROM node_hours n_1
           GROUP BY n_1.currency
         ), margins AS (
          SELECT m_1.currency,
             sum(m_1.events) AS events,
             sum(m_1.requests) AS requests,
             sum(m_1.cache_hit_tokens) AS cache_hit_tokens,
             sum(m_1.cache_miss_tokens) AS cache_miss_tokens,
             sum(m_1.cache_write_tokens) AS cache_write_tokens,
             sum(m_1.cache_write_1h_tokens) AS cache_write_1h_tokens,
             sum(m_1.output_tokens) AS output_tokens,
             max(m_1.output_tokens) AS peak_output_tokens,
             sum(m_1.theoretical_revenue) AS theoretical_revenue,
             sum(m_1.list_revenue) AS list_revenue,
             sum(m_1.monetised_revenue) AS monetised_revenue,
             sum(m_1.scheduled_revenue) AS scheduled_revenue,
             sum(m_1.revenue) AS revenue,
             sum(m_1.unpriced_events) AS unpriced_events,
             sum(m_1.cost) AS cost,
             sum(m_1.serving_cost) AS serving_cost,
             sum(m_1.idle_cost) AS idle_cost,
             sum(m_1.headroom_cost) AS headroom_cost,
             COALESCE(sum(m_1.revenue) FILTER (WHERE (m_1.cost IS NULL)), (0)::numeric) AS revenue_without_cost
            FROM taximeter.margin_hourly m_1
           WHERE ((m_1.hour >= margin_summary.from_hour) AND (m_1.hour < margin_summary.until_hour))
           GROUP BY m_1.currency
         ), hours AS (
          SELECT (EXTRACT(epoch FROM (margin_summary.until_hour - margin_summary.from_hour)) / (3600)::numeric) AS hours
         )
  SELECT m.currency,
     m.events,
     m.requests,
     m.cache_hit_tokens,
     m.cache_miss_tokens,
     m.cache_write_tokens,
     m.cache_write_1h_tokens,
     m.output_tokens,
     m.theoretical_revenue,
     m.list_revenue,
     m.monetised_revenue,
     m.scheduled_revenue,
     m.revenue,
     m.unpriced_events,
     m.cost,
     (m.revenue - m.cost),
     taximeter.gross_margin(m.revenue, m.cost) AS gross_margin,
     taximeter.cost_profit_margin(m.revenue, m.cost) AS cost_profit_margin,
     taximeter.gross_margin(m.theoretical_revenue, m.cost) AS gross_margin,
     taximeter.cost_profit_margin(m.theoretical_revenue, m.cost) AS cost_profit_margin,
     n.node_hours,
     n.gpu_hours,
     n.peak_nodes,
     round((m.output_tokens / NULLIF((h.hours * (3600)::numeric), (0)::numeric)), 4) AS round,
     round((m.output_tokens / NULLIF((n.node_hours * (3600)::numeric), (0)::numeric)), 4) AS round,
     round((m.cost / NULLIF(m.theoretical_revenue, (0)::numeric)), 6) AS round,
     m.serving_cost,
     m.idle_cost,
     m.headroom_cost,
     n.headroom_node_hours,
     n.lent_node_hours,
     round((n.node_hours / NULLIF(h.hours, (0)::numeric)), 6) AS round,
     round(((n.peak_nodes * h.hours) / NULLIF(n.node_hours, (0)::numeric)), 6) AS round,
     round(((m.peak_output_tokens * h.hours) / NULLIF(m.output_tokens, (0)::numeric)), 6) AS round,
     round((((n.cost * n.peak_nodes) * h.hours) / NULLIF(n.node_hours, (0)::numeric)), 6) AS round,
     m.revenue_without_cost
    FROM ((margins m
      CROSS JOIN hours h)
      LEFT JOIN nodes n ON ((m.currency = n.currency)))
   ORDER BY m.currency;
END;

COMMENT ON FUNCTION taximeter.margin_summary(from_hour timestamp with time zone, until_hour timestamp with time zone) IS 'Totals, both margins, node-hours, throughput and the breakeven price multiplier over [from_hour, until_hour), a row a currency. Ratios are ratios of sums. Tokens per second and mean nodes are means over the whole range; node_hours, gpu_hours and nodes are of those that served; peak_nodes is the sum over pools of an hour''s peaks, and cost_at_peak_nodes what they would have cost all the time; revenue_without_cost is that of hours whose cost is not known.';

CREATE VIEW taximeter.margin_hourly_by_model AS
 SELECT margin_hourly_by_model_and_channel.hour,
    margin_hourly_by_model_and_channel.model,
    margin_hourly_by_model_and_channel.currency,
    sum(margin_hourly_by_model_and_channel.events) AS events,
    sum(margin_hourly_by_model_and_channel.requests) AS requests,
    sum(margin_hourly_by_model_and_channel.cache_hit_tokens) AS cache_hit_tokens,
    sum(margin_hourly_by_model_and_channel.cache_miss_tokens) AS cache_miss_tokens,
    sum(margin_hourly_by_model_and_channel.cache_write_tokens) AS cache_write_tokens,
    sum(margin_hourly_by_model_and_channel.cache_write_1h_tokens) AS cache_write_1h_tokens,
    sum(margin_hourly_by_model_and_channel.output_tokens) AS output_tokens,
    sum(margin_hourly_by_model_and_channel.theoretical_revenue) AS theoretical_revenue,
    sum(margin_hourly_by_model_and_channel.list_revenue) AS list_revenue,
    sum(margin_hourly_by_model_and_channel.monetised_revenue) AS monetised_revenue,
    sum(margin_hourly_by_model_and_channel.scheduled_revenue) AS scheduled_revenue,
    sum(margin_hourly_by_model_and_channel.revenue) AS revenue,
    sum(margin_hourly_by_model_and_channel.unpriced_events) AS unpriced_events,
    sum(margin_hourly_by_model_and_channel.cost) AS cost,
    (sum(margin_hourly_by_model_and_channel.revenue) - sum(margin_hourly_by_model_and_channel.cost)) AS profit,
    taximeter.gross_margin(sum(margin_hourly_by_model_and_channel.revenue), sum(margin_hourly_by_model_and_channel.cost)) AS gross_margin,
    taximeter.cost_profit_margin(sum(margin_hourly_by_model_and_channel.revenue), sum(margin_hourly_by_model_and_channel.cost)) AS cost_profit_margin,
    taximeter.gross_margin(sum(margin_hourly_by_model_and_channel.theoretical_revenue), sum(margin_hourly_by_model_and_channel.cost)) AS theoretical_gross_margin,
    taximeter.cost_profit_margin(sum(margin_hourly_by_model_and_channel.theoretical_revenue), sum(margin_hourly_by_model_and_channel.cost)) AS theoretical_cost_profit_margin,
    sum(margin_hourly_by_model_and_channel.tiered_revenue) AS tiered_revenue,
    sum(margin_hourly_by_model_and_channel.contracted_revenue) AS contracted_revenue,
    sum(margin_hourly_by_model_and_channel.serving_cost) AS serving_cost,
    sum(margin_hourly_by_model_and_channel.idle_cost) AS idle_cost,
    sum(margin_hourly_by_model_and_channel.headroom_cost) AS headroom_cost
   FROM taximeter.margin_hourly_by_model_and_channel
  GROUP BY margin_hourly_by_model_and_channel.hour, margin_hourly_by_model_and_channel.model, margin_hourly_by_model_and_channel.currency;

COMMENT ON VIEW taximeter.margin_hourly_by_model IS 'Usage, revenue at each step, cost and both margins, by UTC hour, model and currency. Rows without a name have the cost that no usage caused.';

CREATE FUNCTION taximeter.margins_in(in_currency text, from_hour timestamp with time zone, until_hour timestamp with time zone) RETURNS TABLE(hour timestamp with time zone, model text, original_currency text, rate numeric, is_inverse boolean, rate_day date, rate_source text, converted_at text, events numeric, requests numeric, cache_hit_tokens numeric, cache_miss_tokens numeric, cache_write_tokens numeric, cache_write_1h_tokens numeric, output_tokens numeric, theoretical_revenue numeric, list_revenue numeric, monetised_revenue numeric, scheduled_revenue numeric, revenue numeric, unpriced_events numeric, cost numeric)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 WITH margins AS (
          SELECT m_1.hour,
             m_1.model,
             m_1.currency,
             m_1.events,
             m_1.requests,
             m_1.cache_hit_tokens,
             m_1.cache_miss_tokens,
             m_1.cache_write_tokens,
             m_1.cache_write_1h_tokens,
             m_1.output_tokens,
             m_1.theoretical_revenue,
             m_1.list_revenue,
             m_1.monetised_revenue,
             m_1.scheduled_revenue,
             m_1.revenue,
             m_1.unpriced_events,
             m_1.cost,
             m_1.profit,
             m_1.gross_margin,
             m_1.cost_profit_margin,
             m_1.theoretical_gross_margin,
             m_1.theoretical_cost_profit_margin,
             m_1.tiered_revenue,
             m_1.contracted_revenue,
             m_1.serving_cost,
             m_1.idle_cost,
             m_1.headroom_cost,
             ((m_1.hour AT TIME ZONE 'UTC'::text))::date AS day
            FROM taximeter.margin_hourly_by_model m_1
           WHERE ((m_1.hour >= margins_in.from_hour) AND (m_1.hour < margins_in.until_hour))
         ), rates AS MATERIALIZED (
          SELECT d.currency,
             d.day,
             f.rate,
             f.is_inverse,
             f.rate_day,
             f.source,
             f.converted_at
            FROM (( SELECT DISTINCT m_1.day,
                     m_1.currency
                    FROM margins m_1
                   WHERE (m_1.currency <> margins_in.in_currency)
                   ORDER BY m_1.day, m_1.currency) d
              CROSS JOIN LATERAL taximeter.fx_rate_on(d.currency, margins_in.in_currency, d.day) f(rate, is_inverse, rate_day, source, converted_at))
         )
  SELECT m.hour,
     m.model,
     m.currency,
     r.rate,
     r.is_inverse,
     r.rate_day,
     r.source,
     r.converted_at,
     m.events,
     m.requests,
     m.cache_hit_tokens,
     m.cache_miss_tokens,
     m.cache_write_tokens,
     m.cache_write_1h_tokens,
     m.output_tokens,
         CASE
             WHEN (r.rate IS NULL) THEN m.theoretical_revenue
             ELSE taximeter.fx_converted(m.theoretical_revenue, r.rate, r.is_inverse)
         END AS fx_converted,
         CASE
             WHEN (r.rate IS NULL) THEN m.list_revenue
             ELSE taximeter.fx_converted(m.list_revenue, r.rate, r.is_inverse)
         END AS fx_converted,
         CASE
             WHEN (r.rate IS NULL) THEN m.monetised_revenue
             ELSE taximeter.fx_converted(m.monetised_revenue, r.rate, r.is_inverse)
         END AS fx_converted,
         CASE
             WHEN (r.rate IS NULL) THEN m.scheduled_revenue
             ELSE taximeter.fx_converted(m.scheduled_revenue, r.rate, r.is_inverse)
         END AS fx_converted,
         CASE
             WHEN (r.rate IS NULL) THEN m.revenue
             ELSE taximeter.fx_converted(m.revenue, r.rate, r.is_inverse)
         END AS fx_converted,
     m.unpriced_events,
         CASE
             WHEN (r.rate IS NULL) THEN m.cost
             ELSE taximeter.fx_converted(m.cost, r.rate, r.is_inverse)
         END AS fx_converted
    FROM (margins m
      LEFT JOIN rates r ON (((m.currency = r.currency) AND (m.day = r.day))))
   ORDER BY m.hour, m.model, m.currency;
END;

COMMENT ON FUNCTION taximeter.margins_in(in_currency text, from_hour timestamp with time zone, until_hour timestamp with time zone) IS 'Usage, revenue and cost of margin_hourly_by_model in one currency: each row at the rate of its UTC day, and which that is; no rate where the amount was in the currency already. An error when a rate is missing.';

CREATE FUNCTION taximeter.month_of(period_start timestamp with time zone, period_end timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN date_trunc('month'::text, (period_start + ((period_end - period_start) / (2)::double precision)), 'UTC'::text);

COMMENT ON FUNCTION taximeter.month_of(period_start timestamp with time zone, period_end timestamp with time zone) IS 'The UTC month in which the middle of a billing period lies.';

CREATE FUNCTION taximeter.originals(account_keys bigint[], request_ids text[], completed timestamp with time zone[]) RETURNS TABLE(place bigint, started_at timestamp with time zone, model_key integer, channel_key integer, service_tier_key integer, requests bigint, cache_hit_tokens bigint, cache_miss_tokens bigint, cache_write_tokens bigint, cache_write_1h_tokens bigint, output_tokens bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    -- One after the other, so that each looks into the one partition, and the few blocks of it, that its instant names.
    FOR index IN 1..coalesce(array_length(account_keys, 1), 0) LOOP
        RETURN QUERY
        SELECT
            index::bigint, e.started_at, e.model_key, e.channel_key, e.service_tier_key, e.requests,
            e.cache_hit_tokens, e.cache_miss_tokens, e.cache_write_tokens, e.cache_write_1h_tokens, e.output_tokens
        FROM taximeter.usage_event AS e
        WHERE e.completed_at = completed[index] AND e.account_key = account_keys[index]
            AND e.request_id = request_ids[index] COLLATE "C" AND e.sign = 1
        LIMIT 1;
    END LOOP;
END
$$;

COMMENT ON FUNCTION taximeter.originals(account_keys bigint[], request_ids text[], completed timestamp with time zone[]) IS 'The events of these accounts, request ids and completion instants, by their place in the arrays, from 1.';

CREATE FUNCTION taximeter.own_balance() RETURNS TABLE(currency text, credits numeric, unbilled numeric, reserved numeric, available numeric, is_prepaid boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT b.currency, b.credits, b.unbilled, b.reserved, b.credits - b.unbilled - b.reserved, b.is_prepaid
    FROM taximeter.balance(current_setting('taximeter.account', true), now()) AS b
    WHERE b.currency IS NOT NULL
$$;

COMMENT ON FUNCTION taximeter.own_balance() IS 'For tenant_balance: the balance of the account that taximeter.account names, now.';

CREATE FUNCTION taximeter.per_million(amount numeric, tokens numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN round(((amount * (1000000)::numeric) / NULLIF(tokens, (0)::numeric)), 6);

COMMENT ON FUNCTION taximeter.per_million(amount numeric, tokens numeric) IS 'An amount by the tokens that it is for, in currency units per million, to six places. NULL without tokens.';

CREATE FUNCTION taximeter.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RAISE EXCEPTION 'taximeter.% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation', HINT = 'What corrects it is a row of its own.';
END
$$;

COMMENT ON FUNCTION taximeter.refuse_change() IS 'Trigger of append-only tables: refuses every change.';

CREATE FUNCTION taximeter.release_reservation(of_account text, reservation text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    key bigint := (SELECT a.account_key FROM taximeter.account AS a WHERE a.external_id = of_account);
BEGIN
    DELETE FROM taximeter.reservation AS r
    WHERE r.account_key = key AND r.reservation_id = reservation AND NOT r.settled;
    IF FOUND THEN
        PERFORM taximeter.keep_balances(ARRAY[key]);
    END IF;
    RETURN NOT EXISTS (
        SELECT FROM taximeter.reservation AS r WHERE r.account_key = key AND r.reservation_id = reservation);
END
$$;

COMMENT ON FUNCTION taximeter.release_reservation(of_account text, reservation text) IS 'Takes a reservation back; false, and no change, for one that was settled.';

CREATE FUNCTION taximeter.replace_unused_version(version_key integer, new_definition text, unused_from timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    -- OFFSET 0 keeps the look-up by account, whatever the planner knows of the table.
    IF EXISTS (
        SELECT FROM taximeter.account AS a CROSS JOIN LATERAL (
            SELECT FROM taximeter.charge AS c
            WHERE c.account_key = a.account_key AND c.slot_start >= unused_from AND c.tariff_version_key = version_key
            OFFSET 0) AS c)
    THEN
        RETURN false;
    END IF;
    UPDATE taximeter.tariff_version SET definition = new_definition, loaded_at = now()
    WHERE tariff_version_key = version_key;
    RETURN FOUND;
END
$$;

COMMENT ON FUNCTION taximeter.replace_unused_version(version_key integer, new_definition text, unused_from timestamp with time zone) IS 'Gives a tariff version another definition, which differs in nothing before unused_from, unless a charge from then on was priced by it; false, and no change, when one was.';

CREATE FUNCTION taximeter.reserve(of_account text, reservation text, wanted numeric, in_currency text, microseconds bigint, at_instant timestamp with time zone) RETURNS TABLE(outcome text, amount_left numeric, limit_name text, own_currency text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    held taximeter.reservation;
    balance record;
    key bigint := (SELECT a.account_key FROM taximeter.account AS a WHERE a.external_id = of_account);
BEGIN
    -- One at a time for an account. What comes after the lock sees all that was committed before it was free.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'reservations are made in READ COMMITTED' USING ERRCODE = 'invalid_transaction_state';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('taximeter.credits', key));
    SELECT * INTO held FROM taximeter.reservation AS r WHERE r.account_key = key AND r.reservation_id = reservation;
    IF held.settled OR held.expires_at > at_instant THEN
        RETURN QUERY SELECT
            CASE WHEN held.settled OR held.amount <> wanted OR held.currency <> in_currency THEN 'conflict'
                ELSE 'reserved' END, NULL::numeric, NULL::text, held.currency;
        RETURN;
    END IF;
    SELECT b.*, b.credits - b.unbilled - b.reserved AS available INTO balance
    FROM taximeter.balance(of_account, at_instant) AS b;
    IF balance.other_currency IS NOT NULL OR balance.currency <> in_currency THEN
        RETURN QUERY SELECT 'currency', NULL::numeric, NULL::text,
            CASE WHEN balance.currency <> in_currency THEN balance.currency ELSE balance.other_currency END;
    ELSIF key IS NULL OR balance.is_prepaid AND wanted > balance.available THEN
        RETURN QUERY SELECT 'insufficient', coalesce(balance.available, 0), NULL::text, in_currency;
    ELSIF wanted > balance.limit_left THEN
        RETURN QUERY SELECT 'limit', balance.limit_left, balance.limit_name, in_currency;
    ELSE
        INSERT INTO taximeter.reservation AS r (
            account_key, reservation_id, amount, currency, expires_at, made_at)
        VALUES (key, reservation, wanted, in_currency, at_instant + microseconds * interval '1 microsecond', at_instant)
        ON CONFLICT (account_key, reservation_id) DO UPDATE
        SET amount = excluded.amount, currency = excluded.currency, expires_at = excluded.expires_at,
            made_at = excluded.made_at;
        PERFORM taximeter.keep_balances(ARRAY[key]);
        RETURN QUERY SELECT 'reserved', NULL::numeric, NULL::text, in_currency;
    END IF;
END
$$;

COMMENT ON FUNCTION taximeter.reserve(of_account text, reservation text, wanted numeric, in_currency text, microseconds bigint, at_instant timestamp with time zone) IS 'Holds an amount of an account for some time, where its balance (if it is prepaid) and its hard limits allow it. The same id again holds nothing more; an id whose reservation expired unsettled is free.';

CREATE FUNCTION taximeter.settle_reservation(of_account text, reservation text, actual numeric, in_currency text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    key bigint := (SELECT a.account_key FROM taximeter.account AS a WHERE a.external_id = of_account);
BEGIN
    UPDATE taximeter.reservation AS r SET amount = actual, settled = true
    WHERE r.account_key = key AND r.reservation_id = reservation AND r.currency = in_currency
        AND (NOT r.settled OR r.amount = actual);
    IF FOUND THEN
        PERFORM taximeter.keep_balances(ARRAY[key]);
        RETURN 'settled';
    END IF;
    RETURN CASE WHEN EXISTS (
        SELECT FROM taximeter.reservation AS r WHERE r.account_key = key AND r.reservation_id = reservation)
        THEN 'conflict' ELSE 'unknown' END;
END
$$;

COMMENT ON FUNCTION taximeter.settle_reservation(of_account text, reservation text, actual numeric, in_currency text) IS 'Puts the actual amount in the place of the reserved one, which is held until the reservation expires: by then the usage is to be rated.';

CREATE TABLE taximeter.account (
    account_key bigint NOT NULL,
    external_id text NOT NULL COLLATE pg_catalog."C",
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    time_zone text DEFAULT 'UTC'::text NOT NULL,
    issuing_entity text DEFAULT 'default'::text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT account_external_id_check CHECK (((octet_length(external_id) >= 1) AND (octet_length(external_id) <= 255))),
    CONSTRAINT account_issuing_entity_check CHECK (((octet_length(issuing_entity) >= 1) AND (octet_length(issuing_entity) <= 255)))
);

COMMENT ON TABLE taximeter.account IS 'Who is billed.';

COMMENT ON COLUMN taximeter.account.external_id IS 'The id that the operator uses; opaque, compared bytewise.';

COMMENT ON COLUMN taximeter.account.time_zone IS 'The IANA zone whose clock cuts the account''s billing periods.';

COMMENT ON COLUMN taximeter.account.issuing_entity IS 'Who bills the account; see taximeter.issuing_entity.';

CREATE TABLE taximeter.charge (
    account_key bigint NOT NULL,
    slot_start timestamp with time zone NOT NULL,
    model_key integer NOT NULL,
    channel_key integer NOT NULL,
    service_tier_key integer NOT NULL,
    input_floor bigint NOT NULL,
    output_floor bigint NOT NULL,
    unrated_classes smallint NOT NULL,
    period_start timestamp with time zone NOT NULL,
    events bigint NOT NULL,
    requests bigint NOT NULL,
    cache_hit_tokens bigint NOT NULL,
    cache_miss_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    cache_write_1h_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    currency text,
    tariff_version_key integer,
    unpriced_reason text,
    theoretical_amount numeric,
    list_amount numeric,
    monetised_amount numeric,
    scheduled_amount numeric,
    net_amount numeric,
    cache_hit_amount numeric,
    cache_miss_amount numeric,
    cache_write_amount numeric,
    cache_write_1h_amount numeric,
    output_amount numeric,
    tiered_amount numeric,
    contracted_amount numeric,
    CONSTRAINT charge_amounts_not_negative CHECK (((theoretical_amount >= (0)::numeric) AND (theoretical_amount < 'Infinity'::numeric) AND (list_amount >= (0)::numeric) AND (list_amount < 'Infinity'::numeric) AND (monetised_amount >= (0)::numeric) AND (monetised_amount < 'Infinity'::numeric) AND (scheduled_amount >= (0)::numeric) AND (scheduled_amount < 'Infinity'::numeric) AND (tiered_amount >= (0)::numeric) AND (tiered_amount < 'Infinity'::numeric) AND (contracted_amount >= (0)::numeric) AND (contracted_amount < 'Infinity'::numeric) AND (net_amount >= (0)::numeric) AND (net_amount < 'Infinity'::numeric) AND (cache_hit_amount >= (0)::numeric) AND (cache_miss_amount >= (0)::numeric) AND (cache_write_amount >= (0)::numeric) AND (cache_write_1h_amount >= (0)::numeric) AND (output_amount >= (0)::numeric))),
    CONSTRAINT charge_classes_sum_to_net CHECK ((net_amount = ((((cache_hit_amount + cache_miss_amount) + cache_write_amount) + cache_write_1h_amount) + output_amount))),
    CONSTRAINT charge_priced_or_not CHECK (
CASE
    WHEN (unpriced_reason IS NULL) THEN (num_nulls(currency, tariff_version_key, theoretical_amount, list_amount, monetised_amount, scheduled_amount, tiered_amount, contracted_amount, net_amount, cache_hit_amount, cache_miss_amount, cache_write_amount, cache_write_1h_amount, output_amount) = 0)
    ELSE (num_nonnulls(tariff_version_key, theoretical_amount, list_amount, monetised_amount, scheduled_amount, tiered_amount, contracted_amount, net_amount, cache_hit_amount, cache_miss_amount, cache_write_amount, cache_write_1h_amount, output_amount) = 0)
END)
);

COMMENT ON TABLE taximeter.charge IS 'A priced bucket: its tokens, and its amount at each step of the waterfall, exact. Without a price, unpriced_reason says why and there are no amounts.';

COMMENT ON COLUMN taximeter.charge.theoretical_amount IS 'At the list price of the price book''s reference model.';

COMMENT ON COLUMN taximeter.charge.list_amount IS 'Base rate, band and multipliers: no schedule, no discount.';

COMMENT ON COLUMN taximeter.charge.monetised_amount IS 'List, or zero on a free channel.';

COMMENT ON COLUMN taximeter.charge.scheduled_amount IS 'Monetised, at the off-peak window in force.';

COMMENT ON COLUMN taximeter.charge.net_amount IS 'What is to be billed, before rounding to the minor unit: contracted, after allowances and with quantities rounded up. The sum of the five class amounts.';

COMMENT ON COLUMN taximeter.charge.tiered_amount IS 'Scheduled, with volume tiers, their flat fees and packages.';

COMMENT ON COLUMN taximeter.charge.contracted_amount IS 'Tiered, after the contract discount.';

CREATE TABLE taximeter.service_tier (
    service_tier_key integer NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT service_tier_name_check CHECK (((octet_length(name) >= 1) AND (octet_length(name) <= 255)))
);

COMMENT ON TABLE taximeter.service_tier IS 'Service tiers: standard, batch, flex, priority, ...';

CREATE VIEW taximeter.charges AS
 SELECT c.slot_start,
    date_trunc('hour'::text, c.slot_start, 'UTC'::text) AS hour,
    a.external_id AS account,
    m.name AS model,
    ch.name AS channel,
    t.name AS service_tier,
    c.currency,
    c.events,
    c.requests,
    c.cache_hit_tokens,
    c.cache_miss_tokens,
    c.cache_write_tokens,
    c.cache_write_1h_tokens,
    c.output_tokens,
    c.theoretical_amount AS theoretical_revenue,
    c.list_amount AS list_revenue,
    c.monetised_amount AS monetised_revenue,
    c.scheduled_amount AS scheduled_revenue,
    c.tiered_amount AS tiered_revenue,
    c.contracted_amount AS contracted_revenue,
    c.net_amount AS revenue,
    c.unpriced_reason
   FROM ((((taximeter.charge c
     JOIN taximeter.account a ON ((a.account_key = c.account_key)))
     JOIN taximeter.model m ON ((m.model_key = c.model_key)))
     JOIN taximeter.channel ch ON ((ch.channel_key = c.channel_key)))
     JOIN taximeter.service_tier t ON ((t.service_tier_key = c.service_tier_key)));

COMMENT ON VIEW taximeter.charges IS 'What usage was priced at, by the slots of time in which every price holds throughout: usage, and revenue at each step, NULL without a price. Ask for an account or a range of slot_start: it has a row for each account and slot.';

CREATE FUNCTION taximeter.usage_by_account_and_hour(from_hour timestamp with time zone, until_hour timestamp with time zone) RETURNS TABLE(account text, hour timestamp with time zone, model text, channel text, currency text, events numeric, requests numeric, cache_hit_tokens numeric, cache_miss_tokens numeric, cache_write_tokens numeric, cache_write_1h_tokens numeric, output_tokens numeric, theoretical_revenue numeric, list_revenue numeric, monetised_revenue numeric, scheduled_revenue numeric, tiered_revenue numeric, contracted_revenue numeric, revenue numeric, unpriced_events numeric)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT c.account,
     c.hour,
     c.model,
     c.channel,
     c.currency,
     sum(c.events) AS sum,
     sum(c.requests) AS sum,
     sum(c.cache_hit_tokens) AS sum,
     sum(c.cache_miss_tokens) AS sum,
     sum(c.cache_write_tokens) AS sum,
     sum(c.cache_write_1h_tokens) AS sum,
     sum(c.output_tokens) AS sum,
     COALESCE(sum(c.theoretical_revenue), (0)::numeric) AS "coalesce",
     COALESCE(sum(c.list_revenue), (0)::numeric) AS "coalesce",
     COALESCE(sum(c.monetised_revenue), (0)::numeric) AS "coalesce",
     COALESCE(sum(c.scheduled_revenue), (0)::numeric) AS "coalesce",
     COALESCE(sum(c.tiered_revenue), (0)::numeric) AS "coalesce",
     COALESCE(sum(c.contracted_revenue), (0)::numeric) AS "coalesce",
     COALESCE(sum(c.revenue), (0)::numeric) AS "coalesce",
     COALESCE(sum(c.events) FILTER (WHERE (c.unpriced_reason IS NOT NULL)), (0)::numeric) AS "coalesce"
    FROM taximeter.charges c
   WHERE ((c.slot_start >= usage_by_account_and_hour.from_hour) AND (c.slot_start < usage_by_account_and_hour.until_hour))
   GROUP BY c.account, c.hour, c.model, c.channel, c.currency;
END;

COMMENT ON FUNCTION taximeter.usage_by_account_and_hour(from_hour timestamp with time zone, until_hour timestamp with time zone) IS 'Usage, and revenue at each step, over [from_hour, until_hour) by account, UTC hour, model and channel: one account of a month, or everybody of a night. Over all accounts it sums to margin_hourly_by_model_and_channel exactly. What serving it cost is split anew for each question: taximeter margins --by account,hour.';

CREATE AGGREGATE taximeter.total(bigint) (
    SFUNC = int8pl,
    STYPE = bigint,
    INITCOND = '0',
    COMBINEFUNC = int8pl,
    PARALLEL = safe
);

COMMENT ON AGGREGATE taximeter.total(bigint) IS 'The sum, 0 of no rows; an error where it does not fit in bigint.';

CREATE SEQUENCE taximeter.account_account_key_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE taximeter.account_account_key_seq OWNED BY taximeter.account.account_key;

CREATE TABLE taximeter.account_balance (
    account_key bigint NOT NULL,
    account text NOT NULL COLLATE pg_catalog."C",
    currency text,
    other_currency text,
    credits numeric NOT NULL,
    unbilled numeric NOT NULL,
    reserved numeric NOT NULL,
    is_prepaid boolean NOT NULL,
    limit_name text COLLATE pg_catalog."C",
    limit_left numeric,
    valid_from timestamp with time zone NOT NULL,
    valid_until timestamp with time zone NOT NULL
)
WITH (fillfactor='70');

COMMENT ON TABLE taximeter.account_balance IS 'What taximeter.balances_at says of accounts over [valid_from, valid_until), kept by keep_balances with every change; audit ledger makes it again.';

COMMENT ON COLUMN taximeter.account_balance.account IS 'The external id, which never changes: so that a balance is read from one table.';

COMMENT ON COLUMN taximeter.account_balance.valid_until IS 'When the next grant begins or ends, reservation expires, limited period begins or ends, or plan changes; -infinity until it is kept first.';

CREATE TABLE taximeter.account_month (
    account_key bigint NOT NULL,
    month timestamp with time zone NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    output_tokens numeric DEFAULT 0 NOT NULL,
    theoretical_amount numeric DEFAULT 0 NOT NULL,
    list_amount numeric DEFAULT 0 NOT NULL,
    net_amount numeric DEFAULT 0 NOT NULL,
    cost numeric,
    invoiced_exact numeric DEFAULT 0 NOT NULL,
    invoiced numeric DEFAULT 0 NOT NULL,
    fees numeric DEFAULT 0 NOT NULL,
    commitments numeric DEFAULT 0 NOT NULL,
    tax numeric DEFAULT 0 NOT NULL,
    total numeric DEFAULT 0 NOT NULL,
    due numeric DEFAULT 0 NOT NULL,
    written_off numeric DEFAULT 0 NOT NULL,
    collected numeric DEFAULT 0 NOT NULL,
    profit numeric GENERATED ALWAYS AS ((((net_amount + fees) + commitments) - cost)) STORED
);

COMMENT ON TABLE taximeter.account_month IS 'An account''s UTC month: what margin_account_month has of it, summed with the month; and what final invoices and payments say, kept with them in the same transaction. Void invoices count for nothing.';

COMMENT ON COLUMN taximeter.account_month.invoiced_exact IS 'Lines of usage for the month, exact; invoiced has them rounded.';

COMMENT ON COLUMN taximeter.account_month.commitments IS 'Lines that make up for a minimum, or take off what is beyond a maximum.';

COMMENT ON COLUMN taximeter.account_month.total IS 'Of the invoices whose period is of this month; due is the total less credits.';

COMMENT ON COLUMN taximeter.account_month.collected IS 'Paid in for the month''s invoices, or in the month where the payment names none.';

CREATE VIEW taximeter.account_margins_monthly AS
 SELECT m.month,
    a.external_id AS account,
    NULLIF(m.currency, ''::text) AS currency,
    m.output_tokens,
    m.theoretical_amount AS theoretical_revenue,
    m.list_amount AS list_revenue,
    m.net_amount AS usage_revenue,
    m.fees,
    m.commitments,
    ((m.net_amount + m.fees) + m.commitments) AS revenue,
    m.cost,
    m.profit,
    taximeter.gross_margin(((m.net_amount + m.fees) + m.commitments), m.cost) AS gross_margin,
    taximeter.cost_profit_margin(((m.net_amount + m.fees) + m.commitments), m.cost) AS cost_profit_margin
   FROM (taximeter.account_month m
     JOIN taximeter.account a ON ((a.account_key = m.account_key)));

COMMENT ON VIEW taximeter.account_margins_monthly IS 'What an account earns in a UTC month, exact: charges for usage, and the fees and commitments (minimum, maximum) that final invoices have for it; against the cost allocated to it. Fees without usage have no cost.';

CREATE TABLE taximeter.invoice (
    account_key bigint NOT NULL,
    number text NOT NULL COLLATE pg_catalog."C",
    issuing_entity text NOT NULL COLLATE pg_catalog."C",
    sequence bigint NOT NULL,
    kind text NOT NULL,
    period_start timestamp with time zone NOT NULL,
    period_end timestamp with time zone NOT NULL,
    issue integer NOT NULL,
    currency text NOT NULL,
    total numeric NOT NULL,
    due numeric NOT NULL,
    finalized_at timestamp with time zone NOT NULL,
    document text NOT NULL,
    chain_position bigint NOT NULL,
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT invoice_chain_position_check1 CHECK ((chain_position > 0)),
    CONSTRAINT invoice_issue_check CHECK ((issue > 0)),
    CONSTRAINT invoice_kind_check CHECK ((kind = ANY (ARRAY['invoice'::text, 'credit_note'::text]))),
    CONSTRAINT invoice_sequence_check CHECK ((sequence > 0))
);

COMMENT ON TABLE taximeter.invoice IS 'Final invoices and credit notes. Append-only.';

COMMENT ON COLUMN taximeter.invoice.issue IS '1 for the first invoice that closes the period; one more after each that was voided.';

COMMENT ON COLUMN taximeter.invoice.due IS 'The total less the credits that pay for it.';

COMMENT ON COLUMN taximeter.invoice.document IS 'All of the invoice as canonical JSON: what every form of it is made from.';

COMMENT ON COLUMN taximeter.invoice.hash IS 'SHA-256 of previous_hash and the document; of the first, previous_hash is empty.';

CREATE TABLE taximeter.invoice_line (
    account_key bigint NOT NULL,
    number text NOT NULL COLLATE pg_catalog."C",
    line integer NOT NULL,
    kind text NOT NULL,
    line_id text NOT NULL COLLATE pg_catalog."C",
    period_start timestamp with time zone NOT NULL,
    period_end timestamp with time zone NOT NULL,
    adjusts text COLLATE pg_catalog."C",
    description text NOT NULL,
    quantity bigint NOT NULL,
    unit_price numeric,
    fees numeric NOT NULL,
    exact_amount numeric NOT NULL,
    amount numeric NOT NULL,
    segment_start timestamp with time zone,
    plan text COLLATE pg_catalog."C",
    price_book text COLLATE pg_catalog."C",
    model text COLLATE pg_catalog."C",
    version_from timestamp with time zone,
    channel text COLLATE pg_catalog."C",
    service_tier text COLLATE pg_catalog."C",
    band text COLLATE pg_catalog."C",
    schedule text COLLATE pg_catalog."C",
    token_class text,
    tier_table integer,
    tier_step integer,
    allowance text COLLATE pg_catalog."C",
    CONSTRAINT invoice_line_line_check CHECK ((line > 0)),
    CONSTRAINT invoice_line_usage CHECK (
CASE
    WHEN (kind = 'usage'::text) THEN (num_nulls(segment_start, price_book, model, version_from, channel, service_tier, token_class) = 0)
    ELSE (num_nonnulls(segment_start, price_book, model, version_from, channel, service_tier, token_class) = 0)
END)
);

COMMENT ON TABLE taximeter.invoice_line IS 'Lines of final invoices. Append-only.';

COMMENT ON COLUMN taximeter.invoice_line.period_start IS 'The period whose usage or fee it is; not the invoice''s for adjustments and fees in advance.';

COMMENT ON COLUMN taximeter.invoice_line.fees IS 'Flat fees and packages of tiers within the exact amount: quantity * unit_price + fees.';

COMMENT ON COLUMN taximeter.invoice_line.amount IS 'Rounded: all that the line has come to, rounded, less what earlier invoices said.';

COMMENT ON COLUMN taximeter.invoice_line.segment_start IS 'What was used, from here on: of lines of usage only, as in taximeter.usage_line.';

CREATE TABLE taximeter.invoice_void (
    account_key bigint NOT NULL,
    number text NOT NULL COLLATE pg_catalog."C",
    reason text NOT NULL,
    voided_at timestamp with time zone NOT NULL,
    document text NOT NULL,
    chain_position bigint NOT NULL,
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT invoice_void_chain_position_check CHECK ((chain_position > 0))
);

COMMENT ON TABLE taximeter.invoice_void IS 'Invoices that were voided: they count for nothing, and their period can be billed again. Append-only.';

COMMENT ON COLUMN taximeter.invoice_void.document IS 'Number, reason and time as canonical JSON: what the link''s hash is of.';

CREATE TABLE taximeter.ledger_transfer (
    account_key bigint NOT NULL,
    transfer_id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    debit text NOT NULL,
    credit text NOT NULL,
    amount numeric NOT NULL,
    currency text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    invoice_number text COLLATE pg_catalog."C",
    grant_id text COLLATE pg_catalog."C",
    reverses text COLLATE pg_catalog."C",
    CONSTRAINT ledger_transfer_amount_check CHECK (((amount > (0)::numeric) AND (amount < 'Infinity'::numeric))),
    CONSTRAINT ledger_transfer_sides CHECK (((debit <> credit) AND (debit = ANY (ARRAY['receivable'::text, 'revenue'::text, 'deferred_revenue'::text, 'credits'::text, 'promotions'::text, 'cash'::text, 'tax'::text, 'write_off'::text])) AND (credit = ANY (ARRAY['receivable'::text, 'revenue'::text, 'deferred_revenue'::text, 'credits'::text, 'promotions'::text, 'cash'::text, 'tax'::text, 'write_off'::text]))))
);

COMMENT ON TABLE taximeter.ledger_transfer IS 'Every movement of money of an account: double entry, append-only.';

COMMENT ON COLUMN taximeter.ledger_transfer.transfer_id IS 'Says what it is for, so that the same thing is never booked twice.';

COMMENT ON COLUMN taximeter.ledger_transfer.reverses IS 'The transfer that this one undoes.';

CREATE VIEW taximeter.standing_lines AS
 SELECT l.account_key,
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
    l.allowance
   FROM taximeter.invoice_line l
  WHERE (NOT (EXISTS ( SELECT
           FROM taximeter.invoice_void v
          WHERE ((v.account_key = l.account_key) AND (v.number = l.number)))));

COMMENT ON VIEW taximeter.standing_lines IS 'Lines of invoices that were not voided.';

CREATE VIEW taximeter.account_month_again AS
 SELECT parts.account_key,
    parts.month,
    parts.currency,
    sum(parts.invoiced_exact) AS invoiced_exact,
    sum(parts.invoiced) AS invoiced,
    sum(parts.fees) AS fees,
    sum(parts.commitments) AS commitments,
    sum(parts.tax) AS tax,
    sum(parts.total) AS total,
    sum(parts.due) AS due,
    sum(parts.written_off) AS written_off,
    sum(parts.collected) AS collected
   FROM ( SELECT l.account_key,
            taximeter.month_of(l.period_start, l.period_end) AS month,
            i.currency,
                CASE
                    WHEN (l.kind = 'usage'::text) THEN l.exact_amount
                    ELSE (0)::numeric
                END AS invoiced_exact,
                CASE
                    WHEN (l.kind = 'usage'::text) THEN l.amount
                    ELSE (0)::numeric
                END AS invoiced,
                CASE
                    WHEN (l.kind = ANY (ARRAY['recurring_fee'::text, 'committed_volume'::text])) THEN l.amount
                    ELSE (0)::numeric
                END AS fees,
                CASE
                    WHEN (l.kind = ANY (ARRAY['minimum'::text, 'maximum'::text])) THEN l.amount
                    ELSE (0)::numeric
                END AS commitments,
                CASE
                    WHEN (l.kind = 'tax'::text) THEN l.amount
                    ELSE (0)::numeric
                END AS tax,
            0 AS total,
            0 AS due,
            0 AS written_off,
            0 AS collected
           FROM (taximeter.standing_lines l
             JOIN taximeter.invoice i ON (((i.account_key = l.account_key) AND (i.number = l.number))))
        UNION ALL
         SELECT i.account_key,
            taximeter.month_of(i.period_start, i.period_end) AS month_of,
            i.currency,
            0,
            0,
            0,
            0,
            0,
            i.total,
            i.due,
            0,
            0
           FROM taximeter.invoice i
          WHERE (NOT (EXISTS ( SELECT
                   FROM taximeter.invoice_void v
                  WHERE ((v.account_key = i.account_key) AND (v.number = i.number)))))
        UNION ALL
         SELECT t.account_key,
            COALESCE(taximeter.month_of(i.period_start, i.period_end), date_trunc('month'::text, t.occurred_at, 'UTC'::text)) AS "coalesce",
            t.currency,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
                CASE
                    WHEN (t.debit = 'write_off'::text) THEN t.amount
                    WHEN (t.credit = 'write_off'::text) THEN (- t.amount)
                    ELSE (0)::numeric
                END AS "case",
                CASE
                    WHEN (t.debit = 'cash'::text) THEN t.amount
                    WHEN (t.credit = 'cash'::text) THEN (- t.amount)
                    ELSE (0)::numeric
                END AS "case"
           FROM (taximeter.ledger_transfer t
             LEFT JOIN taximeter.invoice i ON (((i.account_key = t.account_key) AND (i.number = t.invoice_number))))
          WHERE (t.kind = ANY (ARRAY['payment'::text, 'write_off'::text]))) parts
  GROUP BY parts.account_key, parts.month, parts.currency;

COMMENT ON VIEW taximeter.account_month_again IS 'What account_month keeps of invoices and payments, added up from them again.';

CREATE TABLE taximeter.account_period (
    account_key bigint NOT NULL,
    period_start timestamp with time zone NOT NULL,
    period_end timestamp with time zone NOT NULL,
    stale boolean NOT NULL,
    revision bigint DEFAULT 0 NOT NULL,
    currency text,
    net_amount numeric DEFAULT 0 NOT NULL,
    unpriced_events bigint DEFAULT 0 NOT NULL,
    billed_revision bigint,
    invoiced_amount numeric DEFAULT 0 NOT NULL,
    told_revision bigint DEFAULT 0 NOT NULL,
    CONSTRAINT account_period_check CHECK ((period_start < period_end))
)
WITH (fillfactor='70');

COMMENT ON TABLE taximeter.account_period IS 'Billing periods with usage. stale: buckets or prices have changed since the charges of the period were written.';

COMMENT ON COLUMN taximeter.account_period.revision IS 'How often rating has changed the period''s lines.';

COMMENT ON COLUMN taximeter.account_period.net_amount IS 'The sum of its charges, exact.';

COMMENT ON COLUMN taximeter.account_period.unpriced_events IS 'Events of its charges that have no price.';

COMMENT ON COLUMN taximeter.account_period.billed_revision IS 'The revision that its invoices cover; NULL while none closes it; -1 where one that only adjusted it was voided.';

COMMENT ON COLUMN taximeter.account_period.invoiced_amount IS 'The part of net_amount that invoices cover, exact.';

COMMENT ON COLUMN taximeter.account_period.told_revision IS 'The revision that was last held against limits and balances.';

CREATE TABLE taximeter.allocation_policy (
    name text NOT NULL COLLATE pg_catalog."C",
    effective_from timestamp with time zone NOT NULL,
    definition jsonb NOT NULL,
    CONSTRAINT allocation_policy_effective_from_check CHECK ((effective_from = date_trunc('hour'::text, effective_from, 'UTC'::text))),
    CONSTRAINT allocation_policy_name_check CHECK (((octet_length(name) >= 1) AND (octet_length(name) <= 255)))
);

COMMENT ON TABLE taximeter.allocation_policy IS 'How cost is split over models, channels and accounts, from effective_from until the next version of the name. Rows are added, never changed.';

COMMENT ON COLUMN taximeter.allocation_policy.definition IS 'Method, throughput, idle and headroom: the cost format as JSON.';

CREATE TABLE taximeter.allowance_use (
    account_key bigint NOT NULL,
    period_start timestamp with time zone NOT NULL,
    allowance text NOT NULL COLLATE pg_catalog."C",
    tokens bigint NOT NULL,
    CONSTRAINT allowance_use_allowance_check CHECK (((octet_length(allowance) >= 1) AND (octet_length(allowance) <= 255))),
    CONSTRAINT allowance_use_tokens_check CHECK ((tokens > 0))
);

COMMENT ON TABLE taximeter.allowance_use IS 'Free tokens that the charges of an account and period have used, by the allowance''s name. Written with the charges.';

CREATE TABLE taximeter.api_token (
    id text NOT NULL COLLATE pg_catalog."C",
    hash bytea NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    scopes text[] NOT NULL COLLATE pg_catalog."C",
    account text COLLATE pg_catalog."C",
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT api_token_account_check CHECK (((octet_length(account) >= 1) AND (octet_length(account) <= 255))),
    CONSTRAINT api_token_expires_after_its_making CHECK ((expires_at > created_at)),
    CONSTRAINT api_token_has_scopes CHECK ((cardinality(scopes) > 0)),
    CONSTRAINT api_token_hash_is_sha256 CHECK ((octet_length(hash) = 32)),
    CONSTRAINT api_token_id_check CHECK ((id ~ '^[0-9a-f]{16}$'::text)),
    CONSTRAINT api_token_name_check CHECK (((octet_length(name) >= 1) AND (octet_length(name) <= 255)))
);

COMMENT ON TABLE taximeter.api_token IS 'Bearer tokens of the HTTP sidecar. Rows stay when they are revoked.';

COMMENT ON COLUMN taximeter.api_token.hash IS 'SHA-256 of the secret, which has 256 random bits.';

COMMENT ON COLUMN taximeter.api_token.scopes IS 'What it may be used for; see docs/http-api.md.';

COMMENT ON COLUMN taximeter.api_token.account IS 'The external id of the only account it is good for; null for all.';

CREATE VIEW taximeter.best_accounts AS
 WITH RECURSIVE known AS (
        ( SELECT account_month.month,
            account_month.currency
           FROM taximeter.account_month
          ORDER BY account_month.month, account_month.currency
         LIMIT 1)
        UNION ALL
         SELECT n.month,
            n.currency
           FROM (known k_1
             CROSS JOIN LATERAL ( SELECT m.month,
                    m.currency
                   FROM taximeter.account_month m
                  WHERE (ROW(m.month, m.currency) > ROW(k_1.month, k_1.currency))
                  ORDER BY m.month, m.currency
                 LIMIT 1) n)
        )
 SELECT k.month,
    NULLIF(k.currency, ''::text) AS currency,
    r.rank,
    a.external_id AS account,
    r.output_tokens,
    r.net_amount AS usage_revenue,
    r.fees,
    r.commitments,
    ((r.net_amount + r.fees) + r.commitments) AS revenue,
    r.cost,
    r.profit,
    taximeter.gross_margin(((r.net_amount + r.fees) + r.commitments), r.cost) AS gross_margin,
    taximeter.cost_profit_margin(((r.net_amount + r.fees) + r.commitments), r.cost) AS cost_profit_margin
   FROM ((known k
     CROSS JOIN LATERAL ( SELECT m.account_key,
            m.month,
            m.currency,
            m.output_tokens,
            m.theoretical_amount,
            m.list_amount,
            m.net_amount,
            m.cost,
            m.invoiced_exact,
            m.invoiced,
            m.fees,
            m.commitments,
            m.tax,
            m.total,
            m.due,
            m.written_off,
            m.collected,
            m.profit,
            row_number() OVER (ORDER BY m.profit DESC) AS rank
           FROM taximeter.account_month m
          WHERE ((m.month = k.month) AND (m.currency = k.currency) AND (m.profit IS NOT NULL))
          ORDER BY m.profit DESC
         LIMIT 100) r)
     JOIN taximeter.account a ON ((a.account_key = r.account_key)));

COMMENT ON VIEW taximeter.best_accounts IS 'The hundred accounts with the most profit of a UTC month and currency, fees included; rank 1 is the first.';

CREATE VIEW taximeter.billed_monthly AS
 SELECT account_month.month,
    account_month.currency,
    sum(account_month.invoiced_exact) AS invoiced_exact,
    sum(account_month.invoiced) AS invoiced,
    sum(account_month.fees) AS fees,
    sum(account_month.commitments) AS commitments,
    sum(account_month.tax) AS tax,
    sum(account_month.total) AS total,
    (sum(account_month.total) - sum(account_month.due)) AS credits,
    sum(account_month.due) AS due,
    sum(account_month.written_off) AS written_off,
    sum(account_month.collected) AS collected
   FROM taximeter.account_month
  WHERE (account_month.currency <> ''::text)
  GROUP BY account_month.month, account_month.currency;

COMMENT ON VIEW taximeter.billed_monthly IS 'billed_monthly_by_account over all accounts, by UTC month and currency.';

CREATE VIEW taximeter.billed_monthly_by_account AS
 SELECT m.month,
    a.external_id AS account,
    m.currency,
    m.invoiced_exact,
    m.invoiced,
    m.fees,
    m.commitments,
    m.tax,
    m.total,
    (m.total - m.due) AS credits,
    m.due,
    m.written_off,
    m.collected
   FROM (taximeter.account_month m
     JOIN taximeter.account a ON ((a.account_key = m.account_key)))
  WHERE ((m.invoiced_exact <> (0)::numeric) OR (m.invoiced <> (0)::numeric) OR (m.fees <> (0)::numeric) OR (m.commitments <> (0)::numeric) OR (m.tax <> (0)::numeric) OR (m.total <> (0)::numeric) OR (m.due <> (0)::numeric) OR (m.written_off <> (0)::numeric) OR (m.collected <> (0)::numeric));

COMMENT ON VIEW taximeter.billed_monthly_by_account IS 'What final invoices say of a month and what became of them, by account. Lines (invoiced, fees, commitments, tax) by the month that they are for, whatever invoice they are on; total, credits and due by the month of the invoice; written off and collected by the month of the invoice that they are for. A billing period belongs to the UTC month that has its middle. Void invoices count for nothing.';

CREATE VIEW taximeter.margin_daily AS
 SELECT date_trunc('day'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text) AS day,
    margin_hourly_by_model_and_channel.currency,
    sum(margin_hourly_by_model_and_channel.events) AS events,
    sum(margin_hourly_by_model_and_channel.requests) AS requests,
    sum(margin_hourly_by_model_and_channel.cache_hit_tokens) AS cache_hit_tokens,
    sum(margin_hourly_by_model_and_channel.cache_miss_tokens) AS cache_miss_tokens,
    sum(margin_hourly_by_model_and_channel.cache_write_tokens) AS cache_write_tokens,
    sum(margin_hourly_by_model_and_channel.cache_write_1h_tokens) AS cache_write_1h_tokens,
    sum(margin_hourly_by_model_and_channel.output_tokens) AS output_tokens,
    sum(margin_hourly_by_model_and_channel.theoretical_revenue) AS theoretical_revenue,
    sum(margin_hourly_by_model_and_channel.list_revenue) AS list_revenue,
    sum(margin_hourly_by_model_and_channel.monetised_revenue) AS monetised_revenue,
    sum(margin_hourly_by_model_and_channel.scheduled_revenue) AS scheduled_revenue,
    sum(margin_hourly_by_model_and_channel.revenue) AS revenue,
    sum(margin_hourly_by_model_and_channel.unpriced_events) AS unpriced_events,
    sum(margin_hourly_by_model_and_channel.cost) AS cost,
    (sum(margin_hourly_by_model_and_channel.revenue) - sum(margin_hourly_by_model_and_channel.cost)) AS profit,
    taximeter.gross_margin(sum(margin_hourly_by_model_and_channel.revenue), sum(margin_hourly_by_model_and_channel.cost)) AS gross_margin,
    taximeter.cost_profit_margin(sum(margin_hourly_by_model_and_channel.revenue), sum(margin_hourly_by_model_and_channel.cost)) AS cost_profit_margin,
    taximeter.gross_margin(sum(margin_hourly_by_model_and_channel.theoretical_revenue), sum(margin_hourly_by_model_and_channel.cost)) AS theoretical_gross_margin,
    taximeter.cost_profit_margin(sum(margin_hourly_by_model_and_channel.theoretical_revenue), sum(margin_hourly_by_model_and_channel.cost)) AS theoretical_cost_profit_margin,
    sum(margin_hourly_by_model_and_channel.tiered_revenue) AS tiered_revenue,
    sum(margin_hourly_by_model_and_channel.contracted_revenue) AS contracted_revenue,
    sum(margin_hourly_by_model_and_channel.serving_cost) AS serving_cost,
    sum(margin_hourly_by_model_and_channel.idle_cost) AS idle_cost,
    sum(margin_hourly_by_model_and_channel.headroom_cost) AS headroom_cost
   FROM taximeter.margin_hourly_by_model_and_channel
  GROUP BY (date_trunc('day'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text)), margin_hourly_by_model_and_channel.currency;

COMMENT ON VIEW taximeter.margin_daily IS 'Usage, revenue at each step, cost and both margins, by UTC day and currency. Cost is all of it, whoever caused it.';

CREATE VIEW taximeter.breakeven_daily AS
 SELECT margin_daily.day,
    margin_daily.currency,
    margin_daily.revenue,
    margin_daily.theoretical_revenue,
    margin_daily.cost,
    margin_daily.profit,
    round((margin_daily.cost / NULLIF(margin_daily.revenue, (0)::numeric)), 6) AS breakeven_price_multiplier,
    round((margin_daily.cost / NULLIF(margin_daily.theoretical_revenue, (0)::numeric)), 6) AS theoretical_breakeven_price_multiplier,
    round((margin_daily.serving_cost / NULLIF(margin_daily.cost, (0)::numeric)), 6) AS utilisation,
    round((margin_daily.serving_cost / NULLIF(margin_daily.revenue, (0)::numeric)), 6) AS breakeven_utilisation,
    round((margin_daily.serving_cost / NULLIF(margin_daily.theoretical_revenue, (0)::numeric)), 6) AS theoretical_breakeven_utilisation
   FROM taximeter.margin_daily
  WHERE (margin_daily.cost IS NOT NULL);

COMMENT ON VIEW taximeter.breakeven_daily IS 'The factor on all prices at which revenue is cost; utilisation, the part of the cost that serving needed (1 where no throughput is known, so no idle); and the utilisation at which the same nodes break even at today''s prices, more than 1 where they cannot. theoretical_*: at the reference list. By UTC day and currency.';

CREATE VIEW taximeter.margin_daily_by_model AS
 SELECT date_trunc('day'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text) AS day,
    margin_hourly_by_model_and_channel.model,
    margin_hourly_by_model_and_channel.currency,
    sum(margin_hourly_by_model_and_channel.events) AS events,
    sum(margin_hourly_by_model_and_channel.requests) AS requests,
    sum(margin_hourly_by_model_and_channel.cache_hit_tokens) AS cache_hit_tokens,
    sum(margin_hourly_by_model_and_channel.cache_miss_tokens) AS cache_miss_tokens,
    sum(margin_hourly_by_model_and_channel.cache_write_tokens) AS cache_write_tokens,
    sum(margin_hourly_by_model_and_channel.cache_write_1h_tokens) AS cache_write_1h_tokens,
    sum(margin_hourly_by_model_and_channel.output_tokens) AS output_tokens,
    sum(margin_hourly_by_model_and_channel.theoretical_revenue) AS theoretical_revenue,
    sum(margin_hourly_by_model_and_channel.list_revenue) AS list_revenue,
    sum(margin_hourly_by_model_and_channel.monetised_revenue) AS monetised_revenue,
    sum(margin_hourly_by_model_and_channel.scheduled_revenue) AS scheduled_revenue,
    sum(margin_hourly_by_model_and_channel.revenue) AS revenue,
    sum(margin_hourly_by_model_and_channel.unpriced_events) AS unpriced_events,
    sum(margin_hourly_by_model_and_channel.cost) AS cost,
    (sum(margin_hourly_by_model_and_channel.revenue) - sum(margin_hourly_by_model_and_channel.cost)) AS profit,
    taximeter.gross_margin(sum(margin_hourly_by_model_and_channel.revenue), sum(margin_hourly_by_model_and_channel.cost)) AS gross_margin,
    taximeter.cost_profit_margin(sum(margin_hourly_by_model_and_channel.revenue), sum(margin_hourly_by_model_and_channel.cost)) AS cost_profit_margin,
    taximeter.gross_margin(sum(margin_hourly_by_model_and_channel.theoretical_revenue), sum(margin_hourly_by_model_and_channel.cost)) AS theoretical_gross_margin,
    taximeter.cost_profit_margin(sum(margin_hourly_by_model_and_channel.theoretical_revenue), sum(margin_hourly_by_model_and_channel.cost)) AS theoretical_cost_profit_margin,
    sum(margin_hourly_by_model_and_channel.tiered_revenue) AS tiered_revenue,
    sum(margin_hourly_by_model_and_channel.contracted_revenue) AS contracted_revenue,
    sum(margin_hourly_by_model_and_channel.serving_cost) AS serving_cost,
    sum(margin_hourly_by_model_and_channel.idle_cost) AS idle_cost,
    sum(margin_hourly_by_model_and_channel.headroom_cost) AS headroom_cost
   FROM taximeter.margin_hourly_by_model_and_channel
  GROUP BY (date_trunc('day'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text)), margin_hourly_by_model_and_channel.model, margin_hourly_by_model_and_channel.currency;

COMMENT ON VIEW taximeter.margin_daily_by_model IS 'Usage, revenue at each step, cost and both margins, by UTC day, model and currency. Rows without a name have the cost that no usage caused.';

CREATE VIEW taximeter.breakeven_daily_by_model AS
 SELECT margin_daily_by_model.day,
    margin_daily_by_model.model,
    margin_daily_by_model.currency,
    margin_daily_by_model.revenue,
    margin_daily_by_model.theoretical_revenue,
    margin_daily_by_model.cost,
    margin_daily_by_model.profit,
    round((margin_daily_by_model.cost / NULLIF(margin_daily_by_model.revenue, (0)::numeric)), 6) AS breakeven_price_multiplier,
    round((margin_daily_by_model.cost / NULLIF(margin_daily_by_model.theoretical_revenue, (0)::numeric)), 6) AS theoretical_breakeven_price_multiplier,
    round((margin_daily_by_model.serving_cost / NULLIF(margin_daily_by_model.cost, (0)::numeric)), 6) AS utilisation,
    round((margin_daily_by_model.serving_cost / NULLIF(margin_daily_by_model.revenue, (0)::numeric)), 6) AS breakeven_utilisation,
    round((margin_daily_by_model.serving_cost / NULLIF(margin_daily_by_model.theoretical_revenue, (0)::numeric)), 6) AS theoretical_breakeven_utilisation
   FROM taximeter.margin_daily_by_model
  WHERE (margin_daily_by_model.cost IS NOT NULL);

COMMENT ON VIEW taximeter.breakeven_daily_by_model IS 'The factor on all prices at which revenue is cost; utilisation, the part of the cost that serving needed (1 where no throughput is known, so no idle); and the utilisation at which the same nodes break even at today''s prices, more than 1 where they cannot. theoretical_*: at the reference list. By UTC day, model and currency.';

CREATE VIEW taximeter.margin_monthly AS
 SELECT date_trunc('month'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text) AS month,
    margin_hourly_by_model_and_channel.currency,
    sum(margin_hourly_by_model_and_channel.events) AS events,
    sum(margin_hourly_by_model_and_channel.requests) AS requests,
    sum(margin_hourly_by_model_and_channel.cache_hit_tokens) AS cache_hit_tokens,
    sum(margin_hourly_by_model_and_channel.cache_miss_tokens) AS cache_miss_tokens,
    sum(margin_hourly_by_model_and_channel.cache_write_tokens) AS cache_write_tokens,
    sum(margin_hourly_by_model_and_channel.cache_write_1h_tokens) AS cache_write_1h_tokens,
    sum(margin_hourly_by_model_and_channel.output_tokens) AS output_tokens,
    sum(margin_hourly_by_model_and_channel.theoretical_revenue) AS theoretical_revenue,
    sum(margin_hourly_by_model_and_channel.list_revenue) AS list_revenue,
    sum(margin_hourly_by_model_and_channel.monetised_revenue) AS monetised_revenue,
    sum(margin_hourly_by_model_and_channel.scheduled_revenue) AS scheduled_revenue,
    sum(margin_hourly_by_model_and_channel.revenue) AS revenue,
    sum(margin_hourly_by_model_and_channel.unpriced_events) AS unpriced_events,
    sum(margin_hourly_by_model_and_channel.cost) AS cost,
    (sum(margin_hourly_by_model_and_channel.revenue) - sum(margin_hourly_by_model_and_channel.cost)) AS profit,
    taximeter.gross_margin(sum(margin_hourly_by_model_and_channel.revenue), sum(margin_hourly_by_model_and_channel.cost)) AS gross_margin,
    taximeter.cost_profit_margin(sum(margin_hourly_by_model_and_channel.revenue), sum(margin_hourly_by_model_and_channel.cost)) AS cost_profit_margin,
    taximeter.gross_margin(sum(margin_hourly_by_model_and_channel.theoretical_revenue), sum(margin_hourly_by_model_and_channel.cost)) AS theoretical_gross_margin,
    taximeter.cost_profit_margin(sum(margin_hourly_by_model_and_channel.theoretical_revenue), sum(margin_hourly_by_model_and_channel.cost)) AS theoretical_cost_profit_margin,
    sum(margin_hourly_by_model_and_channel.tiered_revenue) AS tiered_revenue,
    sum(margin_hourly_by_model_and_channel.contracted_revenue) AS contracted_revenue,
    sum(margin_hourly_by_model_and_channel.serving_cost) AS serving_cost,
    sum(margin_hourly_by_model_and_channel.idle_cost) AS idle_cost,
    sum(margin_hourly_by_model_and_channel.headroom_cost) AS headroom_cost
   FROM taximeter.margin_hourly_by_model_and_channel
  GROUP BY (date_trunc('month'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text)), margin_hourly_by_model_and_channel.currency;

COMMENT ON VIEW taximeter.margin_monthly IS 'Usage, revenue at each step, cost and both margins, by UTC month and currency. Cost is all of it, whoever caused it.';

CREATE VIEW taximeter.breakeven_monthly AS
 SELECT margin_monthly.month,
    margin_monthly.currency,
    margin_monthly.revenue,
    margin_monthly.theoretical_revenue,
    margin_monthly.cost,
    margin_monthly.profit,
    round((margin_monthly.cost / NULLIF(margin_monthly.revenue, (0)::numeric)), 6) AS breakeven_price_multiplier,
    round((margin_monthly.cost / NULLIF(margin_monthly.theoretical_revenue, (0)::numeric)), 6) AS theoretical_breakeven_price_multiplier,
    round((margin_monthly.serving_cost / NULLIF(margin_monthly.cost, (0)::numeric)), 6) AS utilisation,
    round((margin_monthly.serving_cost / NULLIF(margin_monthly.revenue, (0)::numeric)), 6) AS breakeven_utilisation,
    round((margin_monthly.serving_cost / NULLIF(margin_monthly.theoretical_revenue, (0)::numeric)), 6) AS theoretical_breakeven_utilisation
   FROM taximeter.margin_monthly
  WHERE (margin_monthly.cost IS NOT NULL);

COMMENT ON VIEW taximeter.breakeven_monthly IS 'The factor on all prices at which revenue is cost; utilisation, the part of the cost that serving needed (1 where no throughput is known, so no idle); and the utilisation at which the same nodes break even at today''s prices, more than 1 where they cannot. theoretical_*: at the reference list. By UTC month and currency.';

CREATE VIEW taximeter.margin_monthly_by_model AS
 SELECT date_trunc('month'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text) AS month,
    margin_hourly_by_model_and_channel.model,
    margin_hourly_by_model_and_channel.currency,
    sum(margin_hourly_by_model_and_channel.events) AS events,
    sum(margin_hourly_by_model_and_channel.requests) AS requests,
    sum(margin_hourly_by_model_and_channel.cache_hit_tokens) AS cache_hit_tokens,
    sum(margin_hourly_by_model_and_channel.cache_miss_tokens) AS cache_miss_tokens,
    sum(margin_hourly_by_model_and_channel.cache_write_tokens) AS cache_write_tokens,
    sum(margin_hourly_by_model_and_channel.cache_write_1h_tokens) AS cache_write_1h_tokens,
    sum(margin_hourly_by_model_and_channel.output_tokens) AS output_tokens,
    sum(margin_hourly_by_model_and_channel.theoretical_revenue) AS theoretical_revenue,
    sum(margin_hourly_by_model_and_channel.list_revenue) AS list_revenue,
    sum(margin_hourly_by_model_and_channel.monetised_revenue) AS monetised_revenue,
    sum(margin_hourly_by_model_and_channel.scheduled_revenue) AS scheduled_revenue,
    sum(margin_hourly_by_model_and_channel.revenue) AS revenue,
    sum(margin_hourly_by_model_and_channel.unpriced_events) AS unpriced_events,
    sum(margin_hourly_by_model_and_channel.cost) AS cost,
    (sum(margin_hourly_by_model_and_channel.revenue) - sum(margin_hourly_by_model_and_channel.cost)) AS profit,
    taximeter.gross_margin(sum(margin_hourly_by_model_and_channel.revenue), sum(margin_hourly_by_model_and_channel.cost)) AS gross_margin,
    taximeter.cost_profit_margin(sum(margin_hourly_by_model_and_channel.revenue), sum(margin_hourly_by_model_and_channel.cost)) AS cost_profit_margin,
    taximeter.gross_margin(sum(margin_hourly_by_model_and_channel.theoretical_revenue), sum(margin_hourly_by_model_and_channel.cost)) AS theoretical_gross_margin,
    taximeter.cost_profit_margin(sum(margin_hourly_by_model_and_channel.theoretical_revenue), sum(margin_hourly_by_model_and_channel.cost)) AS theoretical_cost_profit_margin,
    sum(margin_hourly_by_model_and_channel.tiered_revenue) AS tiered_revenue,
    sum(margin_hourly_by_model_and_channel.contracted_revenue) AS contracted_revenue,
    sum(margin_hourly_by_model_and_channel.serving_cost) AS serving_cost,
    sum(margin_hourly_by_model_and_channel.idle_cost) AS idle_cost,
    sum(margin_hourly_by_model_and_channel.headroom_cost) AS headroom_cost
   FROM taximeter.margin_hourly_by_model_and_channel
  GROUP BY (date_trunc('month'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text)), margin_hourly_by_model_and_channel.model, margin_hourly_by_model_and_channel.currency;

COMMENT ON VIEW taximeter.margin_monthly_by_model IS 'Usage, revenue at each step, cost and both margins, by UTC month, model and currency. Rows without a name have the cost that no usage caused.';

CREATE VIEW taximeter.breakeven_monthly_by_model AS
 SELECT margin_monthly_by_model.month,
    margin_monthly_by_model.model,
    margin_monthly_by_model.currency,
    margin_monthly_by_model.revenue,
    margin_monthly_by_model.theoretical_revenue,
    margin_monthly_by_model.cost,
    margin_monthly_by_model.profit,
    round((margin_monthly_by_model.cost / NULLIF(margin_monthly_by_model.revenue, (0)::numeric)), 6) AS breakeven_price_multiplier,
    round((margin_monthly_by_model.cost / NULLIF(margin_monthly_by_model.theoretical_revenue, (0)::numeric)), 6) AS theoretical_breakeven_price_multiplier,
    round((margin_monthly_by_model.serving_cost / NULLIF(margin_monthly_by_model.cost, (0)::numeric)), 6) AS utilisation,
    round((margin_monthly_by_model.serving_cost / NULLIF(margin_monthly_by_model.revenue, (0)::numeric)), 6) AS breakeven_utilisation,
    round((margin_monthly_by_model.serving_cost / NULLIF(margin_monthly_by_model.theoretical_revenue, (0)::numeric)), 6) AS theoretical_breakeven_utilisation
   FROM taximeter.margin_monthly_by_model
  WHERE (margin_monthly_by_model.cost IS NOT NULL);

COMMENT ON VIEW taximeter.breakeven_monthly_by_model IS 'The factor on all prices at which revenue is cost; utilisation, the part of the cost that serving needed (1 where no throughput is known, so no idle); and the utilisation at which the same nodes break even at today''s prices, more than 1 where they cannot. theoretical_*: at the reference list. By UTC month, model and currency.';

CREATE VIEW taximeter.cache_savings_daily AS
 SELECT sums.day,
    sums.currency,
    sums.input_tokens,
    sums.cache_hit_tokens,
    round((sums.cache_hit_tokens / NULLIF(sums.input_tokens, (0)::numeric)), 6) AS hit_rate,
    sums.compared_hit_tokens,
    sums.revenue_forgone,
    sums.prefill_saved,
    (sums.prefill_saved - sums.revenue_forgone) AS saved,
    taximeter.per_million(sums.cache_hit_revenue, sums.compared_hit_tokens) AS hit_price,
    taximeter.per_million((sums.cache_hit_revenue + sums.revenue_forgone), sums.compared_hit_tokens) AS miss_price,
    taximeter.per_million(sums.cache_hit_cost, sums.compared_hit_tokens) AS hit_cost,
    taximeter.per_million((sums.cache_hit_cost + sums.prefill_saved), sums.compared_hit_tokens) AS miss_cost,
    taximeter.per_million(((sums.cache_hit_revenue + sums.revenue_forgone) - sums.prefill_saved), sums.compared_hit_tokens) AS neutral_hit_price
   FROM ( SELECT date_trunc('day'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text) AS day,
            margin_hourly_by_model_and_channel.currency,
            sum((((margin_hourly_by_model_and_channel.cache_hit_tokens + margin_hourly_by_model_and_channel.cache_miss_tokens) + margin_hourly_by_model_and_channel.cache_write_tokens) + margin_hourly_by_model_and_channel.cache_write_1h_tokens)) AS input_tokens,
            sum(margin_hourly_by_model_and_channel.cache_hit_tokens) AS cache_hit_tokens,
            sum(margin_hourly_by_model_and_channel.cache_hit_tokens) FILTER (WHERE (margin_hourly_by_model_and_channel.cache_miss_tokens > (0)::numeric)) AS compared_hit_tokens,
            sum(margin_hourly_by_model_and_channel.cache_hit_revenue) FILTER (WHERE (margin_hourly_by_model_and_channel.cache_miss_tokens > (0)::numeric)) AS cache_hit_revenue,
            sum(margin_hourly_by_model_and_channel.cache_hit_cost) FILTER (WHERE (margin_hourly_by_model_and_channel.cache_miss_tokens > (0)::numeric)) AS cache_hit_cost,
            sum((round(((margin_hourly_by_model_and_channel.cache_miss_revenue * margin_hourly_by_model_and_channel.cache_hit_tokens) / NULLIF(margin_hourly_by_model_and_channel.cache_miss_tokens, (0)::numeric)), 18) - margin_hourly_by_model_and_channel.cache_hit_revenue)) AS revenue_forgone,
            sum((round(((margin_hourly_by_model_and_channel.cache_miss_cost * margin_hourly_by_model_and_channel.cache_hit_tokens) / NULLIF(margin_hourly_by_model_and_channel.cache_miss_tokens, (0)::numeric)), 18) - margin_hourly_by_model_and_channel.cache_hit_cost)) AS prefill_saved
           FROM taximeter.margin_hourly_by_model_and_channel
          WHERE (margin_hourly_by_model_and_channel.cache_hit_tokens > (0)::numeric)
          GROUP BY (date_trunc('day'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text)), margin_hourly_by_model_and_channel.currency) sums;

COMMENT ON VIEW taximeter.cache_savings_daily IS 'What cache hits were worth: revenue_forgone, what they would have earned beyond what they did at what the misses of the same hour, model and channel earned a token; prefill_saved, likewise of cost; saved, the difference in profit. Prices and costs are per million; neutral_hit_price is the price of a hit at which hits and misses leave the same profit. Hours without misses are not compared: compared_hit_tokens counts the hits that were. By UTC day and currency.';

CREATE VIEW taximeter.cache_savings_daily_by_model AS
 SELECT sums.day,
    sums.model,
    sums.currency,
    sums.input_tokens,
    sums.cache_hit_tokens,
    round((sums.cache_hit_tokens / NULLIF(sums.input_tokens, (0)::numeric)), 6) AS hit_rate,
    sums.compared_hit_tokens,
    sums.revenue_forgone,
    sums.prefill_saved,
    (sums.prefill_saved - sums.revenue_forgone) AS saved,
    taximeter.per_million(sums.cache_hit_revenue, sums.compared_hit_tokens) AS hit_price,
    taximeter.per_million((sums.cache_hit_revenue + sums.revenue_forgone), sums.compared_hit_tokens) AS miss_price,
    taximeter.per_million(sums.cache_hit_cost, sums.compared_hit_tokens) AS hit_cost,
    taximeter.per_million((sums.cache_hit_cost + sums.prefill_saved), sums.compared_hit_tokens) AS miss_cost,
    taximeter.per_million(((sums.cache_hit_revenue + sums.revenue_forgone) - sums.prefill_saved), sums.compared_hit_tokens) AS neutral_hit_price
   FROM ( SELECT date_trunc('day'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text) AS day,
            margin_hourly_by_model_and_channel.model,
            margin_hourly_by_model_and_channel.currency,
            sum((((margin_hourly_by_model_and_channel.cache_hit_tokens + margin_hourly_by_model_and_channel.cache_miss_tokens) + margin_hourly_by_model_and_channel.cache_write_tokens) + margin_hourly_by_model_and_channel.cache_write_1h_tokens)) AS input_tokens,
            sum(margin_hourly_by_model_and_channel.cache_hit_tokens) AS cache_hit_tokens,
            sum(margin_hourly_by_model_and_channel.cache_hit_tokens) FILTER (WHERE (margin_hourly_by_model_and_channel.cache_miss_tokens > (0)::numeric)) AS compared_hit_tokens,
            sum(margin_hourly_by_model_and_channel.cache_hit_revenue) FILTER (WHERE (margin_hourly_by_model_and_channel.cache_miss_tokens > (0)::numeric)) AS cache_hit_revenue,
            sum(margin_hourly_by_model_and_channel.cache_hit_cost) FILTER (WHERE (margin_hourly_by_model_and_channel.cache_miss_tokens > (0)::numeric)) AS cache_hit_cost,
            sum((round(((margin_hourly_by_model_and_channel.cache_miss_revenue * margin_hourly_by_model_and_channel.cache_hit_tokens) / NULLIF(margin_hourly_by_model_and_channel.cache_miss_tokens, (0)::numeric)), 18) - margin_hourly_by_model_and_channel.cache_hit_revenue)) AS revenue_forgone,
            sum((round(((margin_hourly_by_model_and_channel.cache_miss_cost * margin_hourly_by_model_and_channel.cache_hit_tokens) / NULLIF(margin_hourly_by_model_and_channel.cache_miss_tokens, (0)::numeric)), 18) - margin_hourly_by_model_and_channel.cache_hit_cost)) AS prefill_saved
           FROM taximeter.margin_hourly_by_model_and_channel
          WHERE (margin_hourly_by_model_and_channel.cache_hit_tokens > (0)::numeric)
          GROUP BY (date_trunc('day'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text)), margin_hourly_by_model_and_channel.model, margin_hourly_by_model_and_channel.currency) sums;

COMMENT ON VIEW taximeter.cache_savings_daily_by_model IS 'What cache hits were worth: revenue_forgone, what they would have earned beyond what they did at what the misses of the same hour, model and channel earned a token; prefill_saved, likewise of cost; saved, the difference in profit. Prices and costs are per million; neutral_hit_price is the price of a hit at which hits and misses leave the same profit. Hours without misses are not compared: compared_hit_tokens counts the hits that were. By UTC day, model and currency.';

CREATE VIEW taximeter.cache_savings_monthly AS
 SELECT sums.month,
    sums.currency,
    sums.input_tokens,
    sums.cache_hit_tokens,
    round((sums.cache_hit_tokens / NULLIF(sums.input_tokens, (0)::numeric)), 6) AS hit_rate,
    sums.compared_hit_tokens,
    sums.revenue_forgone,
    sums.prefill_saved,
    (sums.prefill_saved - sums.revenue_forgone) AS saved,
    taximeter.per_million(sums.cache_hit_revenue, sums.compared_hit_tokens) AS hit_price,
    taximeter.per_million((sums.cache_hit_revenue + sums.revenue_forgone), sums.compared_hit_tokens) AS miss_price,
    taximeter.per_million(sums.cache_hit_cost, sums.compared_hit_tokens) AS hit_cost,
    taximeter.per_million((sums.cache_hit_cost + sums.prefill_saved), sums.compared_hit_tokens) AS miss_cost,
    taximeter.per_million(((sums.cache_hit_revenue + sums.revenue_forgone) - sums.prefill_saved), sums.compared_hit_tokens) AS neutral_hit_price
   FROM ( SELECT date_trunc('month'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text) AS month,
            margin_hourly_by_model_and_channel.currency,
            sum((((margin_hourly_by_model_and_channel.cache_hit_tokens + margin_hourly_by_model_and_channel.cache_miss_tokens) + margin_hourly_by_model_and_channel.cache_write_tokens) + margin_hourly_by_model_and_channel.cache_write_1h_tokens)) AS input_tokens,
            sum(margin_hourly_by_model_and_channel.cache_hit_tokens) AS cache_hit_tokens,
            sum(margin_hourly_by_model_and_channel.cache_hit_tokens) FILTER (WHERE (margin_hourly_by_model_and_channel.cache_miss_tokens > (0)::numeric)) AS compared_hit_tokens,
            sum(margin_hourly_by_model_and_channel.cache_hit_revenue) FILTER (WHERE (margin_hourly_by_model_and_channel.cache_miss_tokens > (0)::numeric)) AS cache_hit_revenue,
            sum(margin_hourly_by_model_and_channel.cache_hit_cost) FILTER (WHERE (margin_hourly_by_model_and_channel.cache_miss_tokens > (0)::numeric)) AS cache_hit_cost,
            sum((round(((margin_hourly_by_model_and_channel.cache_miss_revenue * margin_hourly_by_model_and_channel.cache_hit_tokens) / NULLIF(margin_hourly_by_model_and_channel.cache_miss_tokens, (0)::numeric)), 18) - margin_hourly_by_model_and_channel.cache_hit_revenue)) AS revenue_forgone,
            sum((round(((margin_hourly_by_model_and_channel.cache_miss_cost * margin_hourly_by_model_and_channel.cache_hit_tokens) / NULLIF(margin_hourly_by_model_and_channel.cache_miss_tokens, (0)::numeric)), 18) - margin_hourly_by_model_and_channel.cache_hit_cost)) AS prefill_saved
           FROM taximeter.margin_hourly_by_model_and_channel
          WHERE (margin_hourly_by_model_and_channel.cache_hit_tokens > (0)::numeric)
          GROUP BY (date_trunc('month'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text)), margin_hourly_by_model_and_channel.currency) sums;

COMMENT ON VIEW taximeter.cache_savings_monthly IS 'What cache hits were worth: revenue_forgone, what they would have earned beyond what they did at what the misses of the same hour, model and channel earned a token; prefill_saved, likewise of cost; saved, the difference in profit. Prices and costs are per million; neutral_hit_price is the price of a hit at which hits and misses leave the same profit. Hours without misses are not compared: compared_hit_tokens counts the hits that were. By UTC month and currency.';

CREATE VIEW taximeter.cache_savings_monthly_by_model AS
 SELECT sums.month,
    sums.model,
    sums.currency,
    sums.input_tokens,
    sums.cache_hit_tokens,
    round((sums.cache_hit_tokens / NULLIF(sums.input_tokens, (0)::numeric)), 6) AS hit_rate,
    sums.compared_hit_tokens,
    sums.revenue_forgone,
    sums.prefill_saved,
    (sums.prefill_saved - sums.revenue_forgone) AS saved,
    taximeter.per_million(sums.cache_hit_revenue, sums.compared_hit_tokens) AS hit_price,
    taximeter.per_million((sums.cache_hit_revenue + sums.revenue_forgone), sums.compared_hit_tokens) AS miss_price,
    taximeter.per_million(sums.cache_hit_cost, sums.compared_hit_tokens) AS hit_cost,
    taximeter.per_million((sums.cache_hit_cost + sums.prefill_saved), sums.compared_hit_tokens) AS miss_cost,
    taximeter.per_million(((sums.cache_hit_revenue + sums.revenue_forgone) - sums.prefill_saved), sums.compared_hit_tokens) AS neutral_hit_price
   FROM ( SELECT date_trunc('month'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text) AS month,
            margin_hourly_by_model_and_channel.model,
            margin_hourly_by_model_and_channel.currency,
            sum((((margin_hourly_by_model_and_channel.cache_hit_tokens + margin_hourly_by_model_and_channel.cache_miss_tokens) + margin_hourly_by_model_and_channel.cache_write_tokens) + margin_hourly_by_model_and_channel.cache_write_1h_tokens)) AS input_tokens,
            sum(margin_hourly_by_model_and_channel.cache_hit_tokens) AS cache_hit_tokens,
            sum(margin_hourly_by_model_and_channel.cache_hit_tokens) FILTER (WHERE (margin_hourly_by_model_and_channel.cache_miss_tokens > (0)::numeric)) AS compared_hit_tokens,
            sum(margin_hourly_by_model_and_channel.cache_hit_revenue) FILTER (WHERE (margin_hourly_by_model_and_channel.cache_miss_tokens > (0)::numeric)) AS cache_hit_revenue,
            sum(margin_hourly_by_model_and_channel.cache_hit_cost) FILTER (WHERE (margin_hourly_by_model_and_channel.cache_miss_tokens > (0)::numeric)) AS cache_hit_cost,
            sum((round(((margin_hourly_by_model_and_channel.cache_miss_revenue * margin_hourly_by_model_and_channel.cache_hit_tokens) / NULLIF(margin_hourly_by_model_and_channel.cache_miss_tokens, (0)::numeric)), 18) - margin_hourly_by_model_and_channel.cache_hit_revenue)) AS revenue_forgone,
            sum((round(((margin_hourly_by_model_and_channel.cache_miss_cost * margin_hourly_by_model_and_channel.cache_hit_tokens) / NULLIF(margin_hourly_by_model_and_channel.cache_miss_tokens, (0)::numeric)), 18) - margin_hourly_by_model_and_channel.cache_hit_cost)) AS prefill_saved
           FROM taximeter.margin_hourly_by_model_and_channel
          WHERE (margin_hourly_by_model_and_channel.cache_hit_tokens > (0)::numeric)
          GROUP BY (date_trunc('month'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text)), margin_hourly_by_model_and_channel.model, margin_hourly_by_model_and_channel.currency) sums;

COMMENT ON VIEW taximeter.cache_savings_monthly_by_model IS 'What cache hits were worth: revenue_forgone, what they would have earned beyond what they did at what the misses of the same hour, model and channel earned a token; prefill_saved, likewise of cost; saved, the difference in profit. Prices and costs are per million; neutral_hit_price is the price of a hit at which hits and misses leave the same profit. Hours without misses are not compared: compared_hit_tokens counts the hits that were. By UTC month, model and currency.';

CREATE VIEW taximeter.capacity_daily AS
 SELECT date_trunc('day'::text, capacity_hourly.hour, 'UTC'::text) AS day,
    count(*) AS hours,
    sum(capacity_hourly.node_hours) AS node_hours,
    sum(capacity_hourly.gpu_hours) AS gpu_hours,
    sum(capacity_hourly.headroom_node_hours) AS headroom_node_hours,
    sum(capacity_hourly.lent_node_hours) AS lent_node_hours,
    round((sum(capacity_hourly.node_hours) / (count(*))::numeric), 6) AS mean_nodes,
    max(capacity_hourly.peak_nodes) AS peak_nodes,
    round(((max(capacity_hourly.peak_nodes) * (count(*))::numeric) / NULLIF(sum(capacity_hourly.node_hours), (0)::numeric)), 6) AS peak_to_mean_nodes,
    sum(capacity_hourly.output_tokens) AS output_tokens,
    max(capacity_hourly.output_tokens) AS peak_output_tokens,
    round(((max(capacity_hourly.output_tokens) * (count(*))::numeric) / NULLIF(sum(capacity_hourly.output_tokens), (0)::numeric)), 6) AS peak_to_mean_output,
    round((sum(capacity_hourly.output_tokens) / NULLIF((sum(capacity_hourly.node_hours) * (3600)::numeric), (0)::numeric)), 4) AS output_tokens_per_node_second
   FROM taximeter.capacity_hourly
  GROUP BY (date_trunc('day'::text, capacity_hourly.hour, 'UTC'::text));

COMMENT ON VIEW taximeter.capacity_daily IS 'Node-hours, mean and peak nodes, output tokens of the whole and of the busiest hour, and both peaks against their means, by UTC day. Means are over the hours that have usage or nodes; hours counts them.';

CREATE VIEW taximeter.capacity_monthly AS
 SELECT date_trunc('month'::text, capacity_hourly.hour, 'UTC'::text) AS month,
    count(*) AS hours,
    sum(capacity_hourly.node_hours) AS node_hours,
    sum(capacity_hourly.gpu_hours) AS gpu_hours,
    sum(capacity_hourly.headroom_node_hours) AS headroom_node_hours,
    sum(capacity_hourly.lent_node_hours) AS lent_node_hours,
    round((sum(capacity_hourly.node_hours) / (count(*))::numeric), 6) AS mean_nodes,
    max(capacity_hourly.peak_nodes) AS peak_nodes,
    round(((max(capacity_hourly.peak_nodes) * (count(*))::numeric) / NULLIF(sum(capacity_hourly.node_hours), (0)::numeric)), 6) AS peak_to_mean_nodes,
    sum(capacity_hourly.output_tokens) AS output_tokens,
    max(capacity_hourly.output_tokens) AS peak_output_tokens,
    round(((max(capacity_hourly.output_tokens) * (count(*))::numeric) / NULLIF(sum(capacity_hourly.output_tokens), (0)::numeric)), 6) AS peak_to_mean_output,
    round((sum(capacity_hourly.output_tokens) / NULLIF((sum(capacity_hourly.node_hours) * (3600)::numeric), (0)::numeric)), 4) AS output_tokens_per_node_second
   FROM taximeter.capacity_hourly
  GROUP BY (date_trunc('month'::text, capacity_hourly.hour, 'UTC'::text));

COMMENT ON VIEW taximeter.capacity_monthly IS 'Node-hours, mean and peak nodes, output tokens of the whole and of the busiest hour, and both peaks against their means, by UTC month. Means are over the hours that have usage or nodes; hours counts them.';

CREATE SEQUENCE taximeter.channel_channel_key_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE taximeter.channel_channel_key_seq OWNED BY taximeter.channel.channel_key;

CREATE TABLE taximeter.parked_period (
    account_key bigint NOT NULL,
    period_start timestamp with time zone NOT NULL,
    period_end timestamp with time zone NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    parked_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE taximeter.parked_period IS 'Periods that the last run could not bill, and why. A run that can bill one takes it out.';

CREATE TABLE taximeter.usage_line (
    account_key bigint NOT NULL,
    period_start timestamp with time zone NOT NULL,
    line_id text NOT NULL COLLATE pg_catalog."C",
    segment_start timestamp with time zone NOT NULL,
    plan text COLLATE pg_catalog."C",
    price_book text NOT NULL COLLATE pg_catalog."C",
    model text NOT NULL COLLATE pg_catalog."C",
    version_from timestamp with time zone NOT NULL,
    channel text NOT NULL COLLATE pg_catalog."C",
    service_tier text NOT NULL COLLATE pg_catalog."C",
    band text COLLATE pg_catalog."C",
    schedule text COLLATE pg_catalog."C",
    token_class text NOT NULL,
    tier_table integer,
    tier_step integer,
    allowance text COLLATE pg_catalog."C",
    tokens bigint NOT NULL,
    charged_tokens bigint NOT NULL,
    unit_price numeric NOT NULL,
    fees numeric NOT NULL,
    list_amount numeric NOT NULL,
    net_amount numeric NOT NULL,
    currency text NOT NULL,
    CONSTRAINT usage_line_charged_tokens_check CHECK ((charged_tokens >= 0)),
    CONSTRAINT usage_line_tokens_check CHECK ((tokens >= 0))
);

COMMENT ON TABLE taximeter.usage_line IS 'A rated period by what an invoice shows: one class at one price a row. Written with the charges, and adds up to them.';

COMMENT ON COLUMN taximeter.usage_line.line_id IS 'The same whenever the period is rated: invoices refer to it.';

COMMENT ON COLUMN taximeter.usage_line.allowance IS 'The allowance or committed volume that makes the tokens free.';

COMMENT ON COLUMN taximeter.usage_line.net_amount IS 'charged_tokens * unit_price + fees, exact: written by the rater, not by SQL.';

CREATE VIEW taximeter.reconcile_periods AS
 WITH charged AS (
         SELECT charge.account_key,
            charge.period_start,
            sum(charge.net_amount) AS amount
           FROM taximeter.charge
          GROUP BY charge.account_key, charge.period_start
        ), rated AS (
         SELECT usage_line.account_key,
            usage_line.period_start,
            sum(usage_line.net_amount) AS amount
           FROM taximeter.usage_line
          GROUP BY usage_line.account_key, usage_line.period_start
        ), billed AS (
         SELECT standing_lines.account_key,
            standing_lines.period_start,
            sum(standing_lines.exact_amount) AS amount
           FROM taximeter.standing_lines
          WHERE (standing_lines.kind = 'usage'::text)
          GROUP BY standing_lines.account_key, standing_lines.period_start
        )
 SELECT a.external_id AS account,
    a.time_zone,
    p.period_start,
    p.period_end,
    p.currency,
        CASE
            WHEN p.stale THEN 'unrated'::text
            WHEN (k.account_key IS NOT NULL) THEN 'parked'::text
            WHEN (p.billed_revision IS DISTINCT FROM p.revision) THEN 'unbilled'::text
            ELSE 'billed'::text
        END AS state,
    COALESCE(((k.reason || ': '::text) || k.detail), ''::text) AS parked_reason,
    p.unpriced_events,
    COALESCE(c.amount, (0)::numeric) AS charged_amount,
    COALESCE(r.amount, (0)::numeric) AS line_amount,
    p.net_amount AS rated_amount,
    COALESCE(b.amount, (0)::numeric) AS billed_amount
   FROM (((((taximeter.account_period p
     JOIN taximeter.account a ON ((a.account_key = p.account_key)))
     LEFT JOIN charged c ON (((c.account_key = p.account_key) AND (c.period_start = p.period_start))))
     LEFT JOIN rated r ON (((r.account_key = p.account_key) AND (r.period_start = p.period_start))))
     LEFT JOIN billed b ON (((b.account_key = p.account_key) AND (b.period_start = p.period_start))))
     LEFT JOIN taximeter.parked_period k ON (((k.account_key = p.account_key) AND (k.period_start = p.period_start))));

COMMENT ON VIEW taximeter.reconcile_periods IS 'What each account''s billing period comes to, exact, as its charges, its rated lines, the period itself and the lines of standing invoices have it; and how far it is: unrated, parked, unbilled, billed.';

CREATE TABLE taximeter.usage_bucket (
    account_key bigint NOT NULL,
    slot_start timestamp with time zone NOT NULL,
    model_key integer NOT NULL,
    channel_key integer NOT NULL,
    service_tier_key integer NOT NULL,
    input_floor bigint NOT NULL,
    output_floor bigint NOT NULL,
    unrated_classes smallint NOT NULL,
    events bigint NOT NULL,
    requests bigint NOT NULL,
    cache_hit_tokens bigint NOT NULL,
    cache_miss_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    cache_write_1h_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    below_zero boolean DEFAULT false NOT NULL,
    CONSTRAINT usage_bucket_cache_hit_tokens_check CHECK ((cache_hit_tokens >= 0)),
    CONSTRAINT usage_bucket_cache_miss_tokens_check CHECK ((cache_miss_tokens >= 0)),
    CONSTRAINT usage_bucket_cache_write_1h_tokens_check CHECK ((cache_write_1h_tokens >= 0)),
    CONSTRAINT usage_bucket_cache_write_tokens_check CHECK ((cache_write_tokens >= 0)),
    CONSTRAINT usage_bucket_check CHECK ((requests >= events)),
    CONSTRAINT usage_bucket_events_check CHECK ((events >= 0)),
    CONSTRAINT usage_bucket_output_tokens_check CHECK ((output_tokens >= 0))
)
PARTITION BY RANGE (slot_start);

COMMENT ON TABLE taximeter.usage_bucket IS 'The sum of the events of one account, model, channel, service tier, slot and size class: all of one rate. A partition per UTC day of slot_start.';

COMMENT ON COLUMN taximeter.usage_bucket.slot_start IS 'Start of the slot by the rating instant; a slot never crosses an hour or a price boundary.';

COMMENT ON COLUMN taximeter.usage_bucket.input_floor IS 'Lower bound of the size class by total input tokens; -1 for usage that arrived summed, whose sizes are unknown.';

COMMENT ON COLUMN taximeter.usage_bucket.output_floor IS 'Lower bound of the size class by output tokens; -1 likewise.';

COMMENT ON COLUMN taximeter.usage_bucket.unrated_classes IS 'Token classes in use, of those that some tariff version has no rate for, as bits: 1 hit, 2 miss, 4 write, 8 write 1 h, 16 output.';

COMMENT ON COLUMN taximeter.usage_bucket.below_zero IS 'More was reversed than used: the sums are held at 0, nothing is billed, and taximeter audit events says so.';

CREATE VIEW taximeter.charge_audit AS
 WITH bucket_hours AS (
         SELECT usage_bucket.account_key,
            date_trunc('hour'::text, usage_bucket.slot_start, 'UTC'::text) AS hour,
            sum(usage_bucket.events) AS events,
            sum(usage_bucket.requests) AS requests,
            sum(usage_bucket.cache_hit_tokens) AS cache_hit_tokens,
            sum(usage_bucket.cache_miss_tokens) AS cache_miss_tokens,
            sum(usage_bucket.cache_write_tokens) AS cache_write_tokens,
            sum(usage_bucket.cache_write_1h_tokens) AS cache_write_1h_tokens,
            sum(usage_bucket.output_tokens) AS output_tokens
           FROM taximeter.usage_bucket
          GROUP BY usage_bucket.account_key, (date_trunc('hour'::text, usage_bucket.slot_start, 'UTC'::text))
        ), charge_hours AS (
         SELECT charge.account_key,
            date_trunc('hour'::text, charge.slot_start, 'UTC'::text) AS hour,
            sum(charge.events) AS events,
            sum(charge.requests) AS requests,
            sum(charge.cache_hit_tokens) AS cache_hit_tokens,
            sum(charge.cache_miss_tokens) AS cache_miss_tokens,
            sum(charge.cache_write_tokens) AS cache_write_tokens,
            sum(charge.cache_write_1h_tokens) AS cache_write_1h_tokens,
            sum(charge.output_tokens) AS output_tokens
           FROM taximeter.charge
          GROUP BY charge.account_key, (date_trunc('hour'::text, charge.slot_start, 'UTC'::text))
        )
 SELECT 'charges'::text AS finding,
    ((('account '::text || COALESCE(a.external_id, ('key '::text || COALESCE(b.account_key, c.account_key)))) || ' hour '::text) || to_char((COALESCE(b.hour, c.hour) AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI"Z"'::text)) AS subject,
    concat_ws(' '::text, COALESCE(b.events, (0)::numeric), COALESCE(b.requests, (0)::numeric), COALESCE(b.cache_hit_tokens, (0)::numeric), COALESCE(b.cache_miss_tokens, (0)::numeric), COALESCE(b.cache_write_tokens, (0)::numeric), COALESCE(b.cache_write_1h_tokens, (0)::numeric), COALESCE(b.output_tokens, (0)::numeric)) AS expected,
    concat_ws(' '::text, COALESCE(c.events, (0)::numeric), COALESCE(c.requests, (0)::numeric), COALESCE(c.cache_hit_tokens, (0)::numeric), COALESCE(c.cache_miss_tokens, (0)::numeric), COALESCE(c.cache_write_tokens, (0)::numeric), COALESCE(c.cache_write_1h_tokens, (0)::numeric), COALESCE(c.output_tokens, (0)::numeric)) AS found
   FROM ((bucket_hours b
     FULL JOIN charge_hours c ON (((c.account_key = b.account_key) AND (c.hour = b.hour))))
     LEFT JOIN taximeter.account a ON ((a.account_key = COALESCE(b.account_key, c.account_key))))
  WHERE (((COALESCE(b.events, (0)::numeric) <> COALESCE(c.events, (0)::numeric)) OR (COALESCE(b.requests, (0)::numeric) <> COALESCE(c.requests, (0)::numeric)) OR (COALESCE(b.cache_hit_tokens, (0)::numeric) <> COALESCE(c.cache_hit_tokens, (0)::numeric)) OR (COALESCE(b.cache_miss_tokens, (0)::numeric) <> COALESCE(c.cache_miss_tokens, (0)::numeric)) OR (COALESCE(b.cache_write_tokens, (0)::numeric) <> COALESCE(c.cache_write_tokens, (0)::numeric)) OR (COALESCE(b.cache_write_1h_tokens, (0)::numeric) <> COALESCE(c.cache_write_1h_tokens, (0)::numeric)) OR (COALESCE(b.output_tokens, (0)::numeric) <> COALESCE(c.output_tokens, (0)::numeric))) AND (NOT (EXISTS ( SELECT
           FROM taximeter.account_period p
          WHERE (p.stale AND (p.account_key = COALESCE(b.account_key, c.account_key)) AND (p.period_start < (COALESCE(b.hour, c.hour) + '01:00:00'::interval)) AND (p.period_end > COALESCE(b.hour, c.hour)))))))
UNION ALL
 SELECT 'rated'::text AS finding,
    ((('account '::text || p.account) || ' period '::text) || to_char((p.period_start AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'::text)) AS subject,
    concat_ws(' '::text, trim_scale(p.rated_amount), trim_scale(p.rated_amount)) AS expected,
    concat_ws(' '::text, trim_scale(p.charged_amount), trim_scale(p.line_amount)) AS found
   FROM taximeter.reconcile_periods p
  WHERE ((p.state <> 'unrated'::text) AND ((p.rated_amount <> p.charged_amount) OR (p.rated_amount <> p.line_amount)));

COMMENT ON VIEW taximeter.charge_audit IS 'Every difference between buckets and charges, by account and hour, and between a period''s amount and the sum of its charges, then of its rated lines; empty when all is well. Sums stand in the order of event_audit. Periods that wait to be rated are not compared.';

CREATE VIEW taximeter.cost_hourly_by_model AS
 SELECT margin_hourly_by_model_and_channel.hour,
    margin_hourly_by_model_and_channel.model,
    margin_hourly_by_model_and_channel.currency,
    sum(margin_hourly_by_model_and_channel.cost) AS cost
   FROM taximeter.margin_hourly_by_model_and_channel
  WHERE (margin_hourly_by_model_and_channel.cost IS NOT NULL)
  GROUP BY margin_hourly_by_model_and_channel.hour, margin_hourly_by_model_and_channel.model, margin_hourly_by_model_and_channel.currency;

COMMENT ON VIEW taximeter.cost_hourly_by_model IS 'GPU cost by UTC hour and model, as the allocation policy in force has it; model NULL for what no model caused. Sums to the serving and headroom cost of cost_hourly exactly.';

CREATE VIEW taximeter.cost_per_million_daily AS
 SELECT sums.day,
    sums.currency,
    taximeter.per_million(sums.cache_hit_cost, sums.cache_hit_tokens) AS cache_hit,
    taximeter.per_million(sums.cache_miss_cost, sums.cache_miss_tokens) AS cache_miss,
    taximeter.per_million(sums.cache_write_cost, sums.cache_write_tokens) AS cache_write,
    taximeter.per_million(sums.cache_write_1h_cost, sums.cache_write_1h_tokens) AS cache_write_1h,
    taximeter.per_million(sums.input_cost, sums.input_tokens) AS input,
    taximeter.per_million(sums.output_cost, sums.output_tokens) AS output,
    taximeter.per_million(sums.cost, (sums.input_tokens + sums.output_tokens)) AS all_in,
    taximeter.per_million(sums.cost, sums.output_tokens) AS all_in_output,
    sums.cost
   FROM ( SELECT date_trunc('day'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text) AS day,
            margin_hourly_by_model_and_channel.currency,
            sum(sum(margin_hourly_by_model_and_channel.cache_hit_tokens)) OVER w AS cache_hit_tokens,
            sum(sum(margin_hourly_by_model_and_channel.cache_miss_tokens)) OVER w AS cache_miss_tokens,
            sum(sum(margin_hourly_by_model_and_channel.cache_write_tokens)) OVER w AS cache_write_tokens,
            sum(sum(margin_hourly_by_model_and_channel.cache_write_1h_tokens)) OVER w AS cache_write_1h_tokens,
            sum(sum((((margin_hourly_by_model_and_channel.cache_hit_tokens + margin_hourly_by_model_and_channel.cache_miss_tokens) + margin_hourly_by_model_and_channel.cache_write_tokens) + margin_hourly_by_model_and_channel.cache_write_1h_tokens))) OVER w AS input_tokens,
            sum(sum(margin_hourly_by_model_and_channel.output_tokens)) OVER w AS output_tokens,
            sum(margin_hourly_by_model_and_channel.cache_hit_cost) AS cache_hit_cost,
            sum(margin_hourly_by_model_and_channel.cache_miss_cost) AS cache_miss_cost,
            sum(margin_hourly_by_model_and_channel.cache_write_cost) AS cache_write_cost,
            sum(margin_hourly_by_model_and_channel.cache_write_1h_cost) AS cache_write_1h_cost,
            sum((((margin_hourly_by_model_and_channel.cache_hit_cost + margin_hourly_by_model_and_channel.cache_miss_cost) + margin_hourly_by_model_and_channel.cache_write_cost) + margin_hourly_by_model_and_channel.cache_write_1h_cost)) AS input_cost,
            sum(margin_hourly_by_model_and_channel.output_cost) AS output_cost,
            sum(margin_hourly_by_model_and_channel.cost) AS cost
           FROM taximeter.margin_hourly_by_model_and_channel
          GROUP BY (date_trunc('day'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text)), margin_hourly_by_model_and_channel.currency
          WINDOW w AS (PARTITION BY (date_trunc('day'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text)))) sums
  WHERE (sums.cost IS NOT NULL);

COMMENT ON VIEW taximeter.cost_per_million_daily IS 'What a million tokens of each class cost while being served, by UTC day; input is over its four classes. all_in is all cost, idle and headroom included, over all tokens, all_in_output over output tokens alone. NULL without such tokens.';

CREATE VIEW taximeter.cost_per_million_daily_by_model AS
 SELECT sums.day,
    sums.model,
    sums.currency,
    taximeter.per_million(sums.cache_hit_cost, sums.cache_hit_tokens) AS cache_hit,
    taximeter.per_million(sums.cache_miss_cost, sums.cache_miss_tokens) AS cache_miss,
    taximeter.per_million(sums.cache_write_cost, sums.cache_write_tokens) AS cache_write,
    taximeter.per_million(sums.cache_write_1h_cost, sums.cache_write_1h_tokens) AS cache_write_1h,
    taximeter.per_million(sums.input_cost, sums.input_tokens) AS input,
    taximeter.per_million(sums.output_cost, sums.output_tokens) AS output,
    taximeter.per_million(sums.cost, (sums.input_tokens + sums.output_tokens)) AS all_in,
    taximeter.per_million(sums.cost, sums.output_tokens) AS all_in_output,
    sums.cost
   FROM ( SELECT date_trunc('day'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text) AS day,
            margin_hourly_by_model_and_channel.model,
            margin_hourly_by_model_and_channel.currency,
            sum(sum(margin_hourly_by_model_and_channel.cache_hit_tokens)) OVER w AS cache_hit_tokens,
            sum(sum(margin_hourly_by_model_and_channel.cache_miss_tokens)) OVER w AS cache_miss_tokens,
            sum(sum(margin_hourly_by_model_and_channel.cache_write_tokens)) OVER w AS cache_write_tokens,
            sum(sum(margin_hourly_by_model_and_channel.cache_write_1h_tokens)) OVER w AS cache_write_1h_tokens,
            sum(sum((((margin_hourly_by_model_and_channel.cache_hit_tokens + margin_hourly_by_model_and_channel.cache_miss_tokens) + margin_hourly_by_model_and_channel.cache_write_tokens) + margin_hourly_by_model_and_channel.cache_write_1h_tokens))) OVER w AS input_tokens,
            sum(sum(margin_hourly_by_model_and_channel.output_tokens)) OVER w AS output_tokens,
            sum(margin_hourly_by_model_and_channel.cache_hit_cost) AS cache_hit_cost,
            sum(margin_hourly_by_model_and_channel.cache_miss_cost) AS cache_miss_cost,
            sum(margin_hourly_by_model_and_channel.cache_write_cost) AS cache_write_cost,
            sum(margin_hourly_by_model_and_channel.cache_write_1h_cost) AS cache_write_1h_cost,
            sum((((margin_hourly_by_model_and_channel.cache_hit_cost + margin_hourly_by_model_and_channel.cache_miss_cost) + margin_hourly_by_model_and_channel.cache_write_cost) + margin_hourly_by_model_and_channel.cache_write_1h_cost)) AS input_cost,
            sum(margin_hourly_by_model_and_channel.output_cost) AS output_cost,
            sum(margin_hourly_by_model_and_channel.cost) AS cost
           FROM taximeter.margin_hourly_by_model_and_channel
          GROUP BY (date_trunc('day'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text)), margin_hourly_by_model_and_channel.model, margin_hourly_by_model_and_channel.currency
          WINDOW w AS (PARTITION BY margin_hourly_by_model_and_channel.model, (date_trunc('day'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text)))) sums
  WHERE (sums.cost IS NOT NULL);

COMMENT ON VIEW taximeter.cost_per_million_daily_by_model IS 'What a million tokens of each class cost while being served, by UTC day and model; input is over its four classes. all_in is all cost, idle and headroom included, over all tokens, all_in_output over output tokens alone. NULL without such tokens.';

CREATE VIEW taximeter.cost_per_million_monthly AS
 SELECT sums.month,
    sums.currency,
    taximeter.per_million(sums.cache_hit_cost, sums.cache_hit_tokens) AS cache_hit,
    taximeter.per_million(sums.cache_miss_cost, sums.cache_miss_tokens) AS cache_miss,
    taximeter.per_million(sums.cache_write_cost, sums.cache_write_tokens) AS cache_write,
    taximeter.per_million(sums.cache_write_1h_cost, sums.cache_write_1h_tokens) AS cache_write_1h,
    taximeter.per_million(sums.input_cost, sums.input_tokens) AS input,
    taximeter.per_million(sums.output_cost, sums.output_tokens) AS output,
    taximeter.per_million(sums.cost, (sums.input_tokens + sums.output_tokens)) AS all_in,
    taximeter.per_million(sums.cost, sums.output_tokens) AS all_in_output,
    sums.cost
   FROM ( SELECT date_trunc('month'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text) AS month,
            margin_hourly_by_model_and_channel.currency,
            sum(sum(margin_hourly_by_model_and_channel.cache_hit_tokens)) OVER w AS cache_hit_tokens,
            sum(sum(margin_hourly_by_model_and_channel.cache_miss_tokens)) OVER w AS cache_miss_tokens,
            sum(sum(margin_hourly_by_model_and_channel.cache_write_tokens)) OVER w AS cache_write_tokens,
            sum(sum(margin_hourly_by_model_and_channel.cache_write_1h_tokens)) OVER w AS cache_write_1h_tokens,
            sum(sum((((margin_hourly_by_model_and_channel.cache_hit_tokens + margin_hourly_by_model_and_channel.cache_miss_tokens) + margin_hourly_by_model_and_channel.cache_write_tokens) + margin_hourly_by_model_and_channel.cache_write_1h_tokens))) OVER w AS input_tokens,
            sum(sum(margin_hourly_by_model_and_channel.output_tokens)) OVER w AS output_tokens,
            sum(margin_hourly_by_model_and_channel.cache_hit_cost) AS cache_hit_cost,
            sum(margin_hourly_by_model_and_channel.cache_miss_cost) AS cache_miss_cost,
            sum(margin_hourly_by_model_and_channel.cache_write_cost) AS cache_write_cost,
            sum(margin_hourly_by_model_and_channel.cache_write_1h_cost) AS cache_write_1h_cost,
            sum((((margin_hourly_by_model_and_channel.cache_hit_cost + margin_hourly_by_model_and_channel.cache_miss_cost) + margin_hourly_by_model_and_channel.cache_write_cost) + margin_hourly_by_model_and_channel.cache_write_1h_cost)) AS input_cost,
            sum(margin_hourly_by_model_and_channel.output_cost) AS output_cost,
            sum(margin_hourly_by_model_and_channel.cost) AS cost
           FROM taximeter.margin_hourly_by_model_and_channel
          GROUP BY (date_trunc('month'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text)), margin_hourly_by_model_and_channel.currency
          WINDOW w AS (PARTITION BY (date_trunc('month'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text)))) sums
  WHERE (sums.cost IS NOT NULL);

COMMENT ON VIEW taximeter.cost_per_million_monthly IS 'What a million tokens of each class cost while being served, by UTC month; input is over its four classes. all_in is all cost, idle and headroom included, over all tokens, all_in_output over output tokens alone. NULL without such tokens.';

CREATE VIEW taximeter.cost_per_million_monthly_by_model AS
 SELECT sums.month,
    sums.model,
    sums.currency,
    taximeter.per_million(sums.cache_hit_cost, sums.cache_hit_tokens) AS cache_hit,
    taximeter.per_million(sums.cache_miss_cost, sums.cache_miss_tokens) AS cache_miss,
    taximeter.per_million(sums.cache_write_cost, sums.cache_write_tokens) AS cache_write,
    taximeter.per_million(sums.cache_write_1h_cost, sums.cache_write_1h_tokens) AS cache_write_1h,
    taximeter.per_million(sums.input_cost, sums.input_tokens) AS input,
    taximeter.per_million(sums.output_cost, sums.output_tokens) AS output,
    taximeter.per_million(sums.cost, (sums.input_tokens + sums.output_tokens)) AS all_in,
    taximeter.per_million(sums.cost, sums.output_tokens) AS all_in_output,
    sums.cost
   FROM ( SELECT date_trunc('month'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text) AS month,
            margin_hourly_by_model_and_channel.model,
            margin_hourly_by_model_and_channel.currency,
            sum(sum(margin_hourly_by_model_and_channel.cache_hit_tokens)) OVER w AS cache_hit_tokens,
            sum(sum(margin_hourly_by_model_and_channel.cache_miss_tokens)) OVER w AS cache_miss_tokens,
            sum(sum(margin_hourly_by_model_and_channel.cache_write_tokens)) OVER w AS cache_write_tokens,
            sum(sum(margin_hourly_by_model_and_channel.cache_write_1h_tokens)) OVER w AS cache_write_1h_tokens,
            sum(sum((((margin_hourly_by_model_and_channel.cache_hit_tokens + margin_hourly_by_model_and_channel.cache_miss_tokens) + margin_hourly_by_model_and_channel.cache_write_tokens) + margin_hourly_by_model_and_channel.cache_write_1h_tokens))) OVER w AS input_tokens,
            sum(sum(margin_hourly_by_model_and_channel.output_tokens)) OVER w AS output_tokens,
            sum(margin_hourly_by_model_and_channel.cache_hit_cost) AS cache_hit_cost,
            sum(margin_hourly_by_model_and_channel.cache_miss_cost) AS cache_miss_cost,
            sum(margin_hourly_by_model_and_channel.cache_write_cost) AS cache_write_cost,
            sum(margin_hourly_by_model_and_channel.cache_write_1h_cost) AS cache_write_1h_cost,
            sum((((margin_hourly_by_model_and_channel.cache_hit_cost + margin_hourly_by_model_and_channel.cache_miss_cost) + margin_hourly_by_model_and_channel.cache_write_cost) + margin_hourly_by_model_and_channel.cache_write_1h_cost)) AS input_cost,
            sum(margin_hourly_by_model_and_channel.output_cost) AS output_cost,
            sum(margin_hourly_by_model_and_channel.cost) AS cost
           FROM taximeter.margin_hourly_by_model_and_channel
          GROUP BY (date_trunc('month'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text)), margin_hourly_by_model_and_channel.model, margin_hourly_by_model_and_channel.currency
          WINDOW w AS (PARTITION BY margin_hourly_by_model_and_channel.model, (date_trunc('month'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text)))) sums
  WHERE (sums.cost IS NOT NULL);

COMMENT ON VIEW taximeter.cost_per_million_monthly_by_model IS 'What a million tokens of each class cost while being served, by UTC month and model; input is over its four classes. all_in is all cost, idle and headroom included, over all tokens, all_in_output over output tokens alone. NULL without such tokens.';

CREATE TABLE taximeter.credit_account (
    account_key bigint NOT NULL,
    currency text NOT NULL,
    low_amount numeric,
    told text DEFAULT 'nothing'::text NOT NULL,
    CONSTRAINT credit_account_low_amount_check CHECK (((low_amount > (0)::numeric) AND (low_amount < 'Infinity'::numeric))),
    CONSTRAINT credit_account_told_check CHECK ((told = ANY (ARRAY['nothing'::text, 'low'::text, 'exhausted'::text])))
);

COMMENT ON TABLE taximeter.credit_account IS 'Accounts that have or had credits: all of one currency.';

COMMENT ON COLUMN taximeter.credit_account.low_amount IS 'The outbox is told when credits less unbilled charges come down to this; NULL for never.';

COMMENT ON COLUMN taximeter.credit_account.told IS 'What the outbox was told last; nothing again once there is enough.';

CREATE TABLE taximeter.credit_grant (
    account_key bigint NOT NULL,
    grant_id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    amount numeric NOT NULL,
    currency text NOT NULL,
    priority integer NOT NULL,
    effective_from timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    models text[] DEFAULT '{}'::text[] NOT NULL,
    channels text[] DEFAULT '{}'::text[] NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT credit_grant_amount_check CHECK (((amount > (0)::numeric) AND (amount < 'Infinity'::numeric))),
    CONSTRAINT credit_grant_check CHECK ((effective_from < expires_at)),
    CONSTRAINT credit_grant_grant_id_check CHECK (((octet_length(grant_id) >= 1) AND (octet_length(grant_id) <= 255))),
    CONSTRAINT credit_grant_kind_check CHECK ((kind = ANY (ARRAY['granted'::text, 'topped_up'::text])))
);

COMMENT ON TABLE taximeter.credit_grant IS 'Money that an account may use: given, or paid in. What is left of it is in the ledger. Append-only.';

COMMENT ON COLUMN taximeter.credit_grant.priority IS 'Lower ones are used first; among equals given before paid in, then the one that expires first.';

COMMENT ON COLUMN taximeter.credit_grant.models IS 'The models whose usage it pays for; empty for everything.';

CREATE TABLE taximeter.grant_balance (
    account_key bigint NOT NULL,
    grant_id text NOT NULL COLLATE pg_catalog."C",
    remaining numeric NOT NULL,
    effective_from timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    CONSTRAINT grant_balance_remaining_check CHECK (((remaining >= (0)::numeric) AND (remaining < 'Infinity'::numeric)))
);

COMMENT ON TABLE taximeter.grant_balance IS 'What is left of each grant: the sum of its transfers, kept with them in the same transaction; never below zero. With the grant''s validity, so that a balance is read from one table.';

CREATE VIEW taximeter.credit_audit AS
 WITH moved AS (
         SELECT ledger_transfer.account_key,
            ledger_transfer.grant_id,
            sum(
                CASE
                    WHEN (ledger_transfer.credit = 'credits'::text) THEN ledger_transfer.amount
                    WHEN (ledger_transfer.debit = 'credits'::text) THEN (- ledger_transfer.amount)
                    ELSE NULL::numeric
                END) AS amount
           FROM taximeter.ledger_transfer
          WHERE (ledger_transfer.grant_id IS NOT NULL)
          GROUP BY ledger_transfer.account_key, ledger_transfer.grant_id
        ), remaining AS (
         SELECT b.account_key,
            g.currency,
            sum(b.remaining) AS amount
           FROM (taximeter.grant_balance b
             LEFT JOIN taximeter.credit_grant g ON (((g.account_key = b.account_key) AND (g.grant_id = b.grant_id))))
          GROUP BY b.account_key, g.currency
        ), booked AS (
         SELECT ledger_transfer.account_key,
            ledger_transfer.currency,
            sum(
                CASE
                    WHEN (ledger_transfer.credit = 'credits'::text) THEN ledger_transfer.amount
                    ELSE (- ledger_transfer.amount)
                END) AS amount
           FROM taximeter.ledger_transfer
          WHERE (('credits'::text = ledger_transfer.debit) OR ('credits'::text = ledger_transfer.credit))
          GROUP BY ledger_transfer.account_key, ledger_transfer.currency
        ), kept AS (
         SELECT account_balance.account_key,
            account_balance.account,
            account_balance.currency,
            account_balance.other_currency,
            account_balance.credits,
            account_balance.unbilled,
            account_balance.reserved,
            account_balance.is_prepaid,
            account_balance.limit_name,
            account_balance.limit_left,
            account_balance.valid_from,
            account_balance.valid_until
           FROM taximeter.account_balance
          WHERE ((account_balance.valid_from <= now()) AND (account_balance.valid_until > now()))
        ), findings AS (
         SELECT 'grant'::text AS finding,
            g.account_key,
            g.grant_id AS subject,
            (trim_scale(g.amount))::text AS expected,
            (trim_scale(t.amount))::text AS found
           FROM (taximeter.credit_grant g
             LEFT JOIN taximeter.ledger_transfer t ON (((t.account_key = g.account_key) AND (t.transfer_id = ('grant/'::text || replace(replace(g.grant_id, '%'::text, '%25'::text), '/'::text, '%2F'::text))) AND (t.currency = g.currency) AND (t.credit = 'credits'::text) AND (t.grant_id = g.grant_id))))
          WHERE (t.amount IS DISTINCT FROM g.amount)
        UNION ALL
         SELECT 'left'::text,
            COALESCE(m.account_key, b.account_key) AS "coalesce",
            COALESCE(m.grant_id, b.grant_id) AS "coalesce",
            (trim_scale(m.amount))::text AS trim_scale,
            (trim_scale(b.remaining))::text AS trim_scale
           FROM (moved m
             FULL JOIN taximeter.grant_balance b ON (((b.account_key = m.account_key) AND (b.grant_id = m.grant_id))))
          WHERE (m.amount IS DISTINCT FROM b.remaining)
        UNION ALL
         SELECT 'credits'::text,
            COALESCE(k.account_key, r.account_key) AS "coalesce",
            COALESCE(k.currency, r.currency) AS "coalesce",
            (trim_scale(k.amount))::text AS trim_scale,
            (trim_scale(r.amount))::text AS trim_scale
           FROM (booked k
             FULL JOIN remaining r ON (((r.account_key = k.account_key) AND (r.currency = k.currency))))
          WHERE (k.amount IS DISTINCT FROM r.amount)
        UNION ALL
         SELECT 'validity'::text,
            g.account_key,
            g.grant_id,
            (tstzrange(g.effective_from, g.expires_at))::text AS tstzrange,
            (tstzrange(b.effective_from, b.expires_at))::text AS tstzrange
           FROM (taximeter.credit_grant g
             JOIN taximeter.grant_balance b ON (((b.account_key = g.account_key) AND (b.grant_id = g.grant_id))))
          WHERE ((g.effective_from IS DISTINCT FROM b.effective_from) OR (g.expires_at IS DISTINCT FROM b.expires_at))
        UNION ALL
         SELECT 'balance'::text,
            k.account_key,
            'kept balance'::text,
            concat_ws(' '::text, b.currency, b.other_currency, trim_scale(b.credits), trim_scale(b.unbilled), trim_scale(b.reserved), b.is_prepaid, b.limit_name, trim_scale(b.limit_left), b.changes_at) AS concat_ws,
            concat_ws(' '::text, k.currency, k.other_currency, trim_scale(k.credits), trim_scale(k.unbilled), trim_scale(k.reserved), k.is_prepaid, k.limit_name, trim_scale(k.limit_left), k.valid_until) AS concat_ws
           FROM (kept k
             JOIN taximeter.balances_at(ARRAY( SELECT kept.account_key
                   FROM kept), now()) b(account_key, account, currency, other_currency, credits, unbilled, reserved, is_prepaid, limit_name, limit_left, changes_at) ON ((b.account_key = k.account_key)))
          WHERE (((((((((k.currency IS DISTINCT FROM b.currency) OR (k.other_currency IS DISTINCT FROM b.other_currency)) OR (k.credits IS DISTINCT FROM b.credits)) OR (k.unbilled IS DISTINCT FROM b.unbilled)) OR (k.reserved IS DISTINCT FROM b.reserved)) OR (k.is_prepaid IS DISTINCT FROM b.is_prepaid)) OR (k.limit_name IS DISTINCT FROM b.limit_name)) OR (k.limit_left IS DISTINCT FROM b.limit_left)) OR ((k.valid_until IS DISTINCT FROM b.changes_at) AND (NOT ((k.limit_name IS NOT NULL) AND (EXISTS ( SELECT
                   FROM taximeter.account_period p
                  WHERE ((p.account_key = k.account_key) AND (p.revision = 0) AND (p.net_amount = (0)::numeric) AND ((b.changes_at = p.period_start) OR (b.changes_at = p.period_end)))))))))
        )
 SELECT f.finding,
    ((COALESCE(a.external_id, (f.account_key)::text) || ' '::text) || COALESCE(f.subject, 'no grant'::text)) AS subject,
    COALESCE(f.expected, 'nothing'::text) AS expected,
    COALESCE(f.found, 'nothing'::text) AS found
   FROM (findings f
     LEFT JOIN taximeter.account a ON ((a.account_key = f.account_key)));

COMMENT ON VIEW taximeter.credit_audit IS 'Differences between the transfers of grants and what is kept as left of them, between grants and the ledger''s credits, and between kept balances and their parts: none in a store that is whole.';

CREATE TABLE taximeter.dirty_hour (
    hour timestamp with time zone NOT NULL,
    mark_id bigint NOT NULL,
    recut_account bigint
);

COMMENT ON TABLE taximeter.dirty_hour IS 'UTC hours with events that no bucket holds yet.';

COMMENT ON COLUMN taximeter.dirty_hour.recut_account IS 'The account whose subscriptions cut the hour elsewhere now; NULL for an hour with new events.';

CREATE SEQUENCE taximeter.dirty_hour_mark_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE taximeter.dirty_hour_mark_id_seq OWNED BY taximeter.dirty_hour.mark_id;

CREATE TABLE taximeter.event_key (
    account_key bigint NOT NULL,
    request_id text NOT NULL COLLATE pg_catalog."C",
    payload_hash bytea NOT NULL,
    completed_at timestamp with time zone
);

COMMENT ON TABLE taximeter.event_key IS 'A request id is used once per account, for ever. The hash tells a repeat from a conflict.';

COMMENT ON COLUMN taximeter.event_key.payload_hash IS 'Tells a repeat from a conflict: 16 bytes, a hash of all that was sent but the key; 32 where the row is older, the SHA-256 of the same.';

COMMENT ON COLUMN taximeter.event_key.completed_at IS 'When the event''s request finished; NULL where the event itself was dropped before this column came.';

CREATE TABLE taximeter.event_key_state (
    singleton boolean DEFAULT true NOT NULL,
    dropped_before timestamp with time zone,
    CONSTRAINT event_key_state_singleton_check CHECK (singleton)
);

COMMENT ON TABLE taximeter.event_key_state IS 'One row: which keys were dropped.';

COMMENT ON COLUMN taximeter.event_key_state.dropped_before IS 'Keys of events completed before this instant were dropped, so such events are refused: whether they are repeats cannot be told. NULL: none.';

CREATE TABLE taximeter.event_reversal (
    account_key bigint NOT NULL,
    request_id text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT event_reversal_request_id_check CHECK (((octet_length(request_id) >= 1) AND (octet_length(request_id) <= 255)))
);

COMMENT ON TABLE taximeter.event_reversal IS 'Request ids whose event was reversed: each at most once, for ever. Append-only.';

CREATE TABLE taximeter.ingest_batch (
    producer_id uuid NOT NULL,
    sequence bigint NOT NULL,
    batch_key bigint NOT NULL,
    content_hash bytea NOT NULL,
    events bigint NOT NULL,
    quarantined bigint NOT NULL,
    requests numeric NOT NULL,
    cache_hit_tokens numeric NOT NULL,
    cache_miss_tokens numeric NOT NULL,
    cache_write_tokens numeric NOT NULL,
    cache_write_1h_tokens numeric NOT NULL,
    output_tokens numeric NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT ingest_batch_batch_key_check CHECK ((batch_key > 0)),
    CONSTRAINT ingest_batch_content_hash_check CHECK ((octet_length(content_hash) = 16)),
    CONSTRAINT ingest_batch_events_check CHECK ((events >= 0)),
    CONSTRAINT ingest_batch_quarantined_check CHECK ((quarantined >= 0)),
    CONSTRAINT ingest_batch_sequence_check CHECK ((sequence > 0))
);

COMMENT ON TABLE taximeter.ingest_batch IS 'Batches that were stored, each in one transaction with its events: the key makes a repeat a no-op. Append-only.';

COMMENT ON COLUMN taximeter.ingest_batch.sequence IS 'The batch''s place in the order of its producer: 1, 2, 3, ... without a gap.';

COMMENT ON COLUMN taximeter.ingest_batch.batch_key IS 'What usage_event.batch_key and quarantined_event.batch_key refer to.';

COMMENT ON COLUMN taximeter.ingest_batch.content_hash IS 'Tells a repeat from another batch under the same number. Against accidents, not forgery.';

COMMENT ON COLUMN taximeter.ingest_batch.events IS 'How many events were stored from it, reversals included.';

COMMENT ON COLUMN taximeter.ingest_batch.quarantined IS 'How many were set aside in quarantined_event.';

COMMENT ON COLUMN taximeter.ingest_batch.requests IS 'The sum over its stored events, reversals subtracted; so are the token sums.';

CREATE TABLE taximeter.price_book (
    price_book_key integer NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    currency text NOT NULL,
    rating_instant text NOT NULL,
    reference_model text COLLATE pg_catalog."C",
    terms text,
    CONSTRAINT price_book_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT price_book_name_check CHECK (((octet_length(name) >= 1) AND (octet_length(name) <= 255))),
    CONSTRAINT price_book_rating_instant_check CHECK ((rating_instant = ANY (ARRAY['completed_at'::text, 'started_at'::text])))
);

COMMENT ON TABLE taximeter.price_book IS 'A named set of tariffs in one currency.';

COMMENT ON COLUMN taximeter.price_book.rating_instant IS 'Which instant of a request decides version, schedule, hour and period.';

COMMENT ON COLUMN taximeter.price_book.reference_model IS 'The model whose list price values all usage in the theoretical amount.';

COMMENT ON COLUMN taximeter.price_book.terms IS 'What holds for an account and a billing period whatever the model: the price-book format as canonical JSON; NULL for none.';

CREATE TABLE taximeter.price_state (
    singleton boolean DEFAULT true NOT NULL,
    generation bigint DEFAULT 0 NOT NULL,
    default_price_book_key integer,
    CONSTRAINT price_state_singleton_check CHECK (singleton)
);

COMMENT ON TABLE taximeter.price_state IS 'Counts the loads of prices, and names the book of accounts without a subscription.';

CREATE TABLE taximeter.quarantined_event (
    batch_key bigint NOT NULL,
    "position" integer NOT NULL,
    reason text NOT NULL,
    event jsonb NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT quarantined_event_position_check CHECK (("position" > 0))
);

COMMENT ON TABLE taximeter.quarantined_event IS 'Events of a batch that cannot be stored, with the reason; the rest of the batch was stored. Append-only.';

COMMENT ON COLUMN taximeter.quarantined_event."position" IS 'The event''s place in its batch, from 1.';

COMMENT ON COLUMN taximeter.quarantined_event.event IS 'The event as it came: names, instants in microseconds since 1970, counts, and the request id''s bytes in hexadecimal.';

CREATE TABLE taximeter.usage_event (
    account_key bigint NOT NULL,
    completed_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    cache_hit_tokens bigint NOT NULL,
    cache_miss_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    cache_write_1h_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    requests bigint NOT NULL,
    model_key integer NOT NULL,
    channel_key integer NOT NULL,
    service_tier_key integer NOT NULL,
    request_id text NOT NULL COLLATE pg_catalog."C",
    batch_key bigint DEFAULT 0 NOT NULL,
    sign smallint DEFAULT 1 NOT NULL,
    CONSTRAINT usage_event_instants CHECK (((started_at >= '1970-01-01 00:00:00+00'::timestamp with time zone) AND (started_at <= completed_at) AND (completed_at <= '2200-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT usage_event_request_id CHECK (((octet_length(request_id) >= 1) AND (octet_length(request_id) <= 255))),
    CONSTRAINT usage_event_requests CHECK (((requests >= 1) AND (requests <= '1000000000000'::bigint))),
    CONSTRAINT usage_event_sign CHECK ((sign = ANY (ARRAY[1, '-1'::integer]))),
    CONSTRAINT usage_event_tokens CHECK ((((cache_hit_tokens >= 0) AND (cache_hit_tokens <= '1000000000000000'::bigint)) AND ((cache_miss_tokens >= 0) AND (cache_miss_tokens <= '1000000000000000'::bigint)) AND ((cache_write_tokens >= 0) AND (cache_write_tokens <= '1000000000000000'::bigint)) AND ((cache_write_1h_tokens >= 0) AND (cache_write_1h_tokens <= '1000000000000000'::bigint)) AND ((output_tokens >= 0) AND (output_tokens <= '1000000000000000'::bigint))))
)
PARTITION BY RANGE (completed_at);

COMMENT ON TABLE taximeter.usage_event IS 'One finished request, or usage that arrived already summed (requests > 1). Append-only, a partition per UTC day.';

COMMENT ON COLUMN taximeter.usage_event.completed_at IS 'When the request finished, on the clock of the source.';

COMMENT ON COLUMN taximeter.usage_event.recorded_at IS 'When the store took it in, on the clock of the server.';

COMMENT ON COLUMN taximeter.usage_event.cache_hit_tokens IS 'Input read from the prompt cache; classes are disjoint.';

COMMENT ON COLUMN taximeter.usage_event.requests IS '1, or the number of requests that the counts are the sum of.';

COMMENT ON COLUMN taximeter.usage_event.batch_key IS 'The batch it came in (ingest_batch); 0 when it was stored by its own key (event_key).';

COMMENT ON COLUMN taximeter.usage_event.sign IS '1 for usage; -1 for the reversal of an earlier event, with its request id, instants and counts: subtracted wherever events are summed.';

CREATE TABLE taximeter.usage_hour (
    hour timestamp with time zone NOT NULL,
    rating_instant text NOT NULL,
    cuts timestamp with time zone[] NOT NULL,
    input_cuts bigint[] NOT NULL,
    output_cuts bigint[] NOT NULL,
    unrated_classes smallint NOT NULL,
    price_generation bigint NOT NULL,
    CONSTRAINT usage_hour_rating_instant_check CHECK ((rating_instant = ANY (ARRAY['completed_at'::text, 'started_at'::text])))
);

COMMENT ON TABLE taximeter.usage_hour IS 'UTC hours that were rolled up, and where they were cut. An hour whose cuts are no longer those of the price books is rolled up again.';

COMMENT ON COLUMN taximeter.usage_hour.cuts IS 'Start of each slot of the hour, the hour itself first.';

COMMENT ON COLUMN taximeter.usage_hour.input_cuts IS 'Lower bounds of the size classes by total input tokens, 0 first.';

COMMENT ON COLUMN taximeter.usage_hour.price_generation IS 'The state of the price books that the cuts were last compared with.';

CREATE VIEW taximeter.event_audit AS
 WITH sums AS (
         SELECT usage_event.batch_key,
            count(*) AS events,
            sum((usage_event.sign * usage_event.requests)) AS requests,
            sum((usage_event.sign * usage_event.cache_hit_tokens)) AS cache_hit_tokens,
            sum((usage_event.sign * usage_event.cache_miss_tokens)) AS cache_miss_tokens,
            sum((usage_event.sign * usage_event.cache_write_tokens)) AS cache_write_tokens,
            sum((usage_event.sign * usage_event.cache_write_1h_tokens)) AS cache_write_1h_tokens,
            sum((usage_event.sign * usage_event.output_tokens)) AS output_tokens
           FROM taximeter.usage_event
          WHERE (usage_event.batch_key <> 0)
          GROUP BY usage_event.batch_key
        ), gaps AS (
         SELECT ingest_batch.producer_id,
            ingest_batch.sequence,
            (lag(ingest_batch.sequence, 1, (0)::bigint) OVER (PARTITION BY ingest_batch.producer_id ORDER BY ingest_batch.sequence) + 1) AS expected
           FROM taximeter.ingest_batch
        ), quarantine AS (
         SELECT quarantined_event.batch_key,
            count(*) AS events
           FROM taximeter.quarantined_event
          GROUP BY quarantined_event.batch_key
        ), keyed AS (
         SELECT event_key.account_key,
            count(*) AS ids,
            sum(hashtextextended(event_key.request_id, (0)::bigint)) AS fingerprint
           FROM taximeter.event_key
          GROUP BY event_key.account_key
        ), keyed_events AS (
         SELECT e.account_key,
            count(*) AS ids,
            sum(hashtextextended(e.request_id, (0)::bigint)) AS fingerprint
           FROM (taximeter.usage_event e
             CROSS JOIN taximeter.event_key_state s)
          WHERE ((e.batch_key = 0) AND (e.sign = 1) AND ((s.dropped_before IS NULL) OR (e.completed_at >= s.dropped_before)))
          GROUP BY e.account_key
        ), reversed AS (
         SELECT event_reversal.account_key,
            count(*) AS ids,
            sum(hashtextextended(event_reversal.request_id, (0)::bigint)) AS fingerprint
           FROM taximeter.event_reversal
          GROUP BY event_reversal.account_key
        ), reversals AS (
         SELECT usage_event.account_key,
            count(*) AS ids,
            sum(hashtextextended(usage_event.request_id, (0)::bigint)) AS fingerprint
           FROM taximeter.usage_event
          WHERE (usage_event.sign = '-1'::integer)
          GROUP BY usage_event.account_key
        ), rating AS (
         SELECT COALESCE(( SELECT b.rating_instant
                   FROM (taximeter.price_state s
                     JOIN taximeter.price_book b ON ((s.default_price_book_key = b.price_book_key)))), 'completed_at'::text) AS instant
        ), waiting AS (
         SELECT dirty_hour.hour
           FROM taximeter.dirty_hour
        UNION
         SELECT h.hour
           FROM (taximeter.usage_hour h
             CROSS JOIN rating r)
          WHERE (h.rating_instant <> r.instant)
        ), event_hours AS (
         SELECT date_trunc('hour'::text,
                CASE r.instant
                    WHEN 'started_at'::text THEN e.started_at
                    ELSE e.completed_at
                END, 'UTC'::text) AS hour,
            e.account_key,
            sum(e.sign) AS events,
            sum((e.sign * e.requests)) AS requests,
            sum((e.sign * e.cache_hit_tokens)) AS cache_hit_tokens,
            sum((e.sign * e.cache_miss_tokens)) AS cache_miss_tokens,
            sum((e.sign * e.cache_write_tokens)) AS cache_write_tokens,
            sum((e.sign * e.cache_write_1h_tokens)) AS cache_write_1h_tokens,
            sum((e.sign * e.output_tokens)) AS output_tokens
           FROM (taximeter.usage_event e
             CROSS JOIN rating r)
          GROUP BY (date_trunc('hour'::text,
                CASE r.instant
                    WHEN 'started_at'::text THEN e.started_at
                    ELSE e.completed_at
                END, 'UTC'::text)), e.account_key
        ), bucket_hours AS (
         SELECT date_trunc('hour'::text, usage_bucket.slot_start, 'UTC'::text) AS hour,
            usage_bucket.account_key,
            sum(usage_bucket.events) AS events,
            sum(usage_bucket.requests) AS requests,
            sum(usage_bucket.cache_hit_tokens) AS cache_hit_tokens,
            sum(usage_bucket.cache_miss_tokens) AS cache_miss_tokens,
            sum(usage_bucket.cache_write_tokens) AS cache_write_tokens,
            sum(usage_bucket.cache_write_1h_tokens) AS cache_write_1h_tokens,
            sum(usage_bucket.output_tokens) AS output_tokens
           FROM taximeter.usage_bucket
          GROUP BY (date_trunc('hour'::text, usage_bucket.slot_start, 'UTC'::text)), usage_bucket.account_key
        )
 SELECT 'sequence'::text AS finding,
    ('producer '::text || gaps.producer_id) AS subject,
    ('batch '::text || gaps.expected) AS expected,
    ('next is batch '::text || gaps.sequence) AS found
   FROM gaps
  WHERE (gaps.sequence <> gaps.expected)
UNION ALL
 SELECT 'batch'::text AS finding,
    COALESCE(((('producer '::text || b.producer_id) || ' batch '::text) || b.sequence), (('batch_key '::text || s.batch_key) || ' without a batch'::text)) AS subject,
    concat_ws(' '::text, b.events, b.requests, b.cache_hit_tokens, b.cache_miss_tokens, b.cache_write_tokens, b.cache_write_1h_tokens, b.output_tokens) AS expected,
    concat_ws(' '::text, s.events, s.requests, s.cache_hit_tokens, s.cache_miss_tokens, s.cache_write_tokens, s.cache_write_1h_tokens, s.output_tokens) AS found
   FROM (taximeter.ingest_batch b
     FULL JOIN sums s ON ((b.batch_key = s.batch_key)))
  WHERE ((b.batch_key IS NULL) OR (((((((b.events IS DISTINCT FROM COALESCE(s.events, (0)::bigint)) OR (b.requests IS DISTINCT FROM COALESCE(s.requests, (0)::numeric))) OR (b.cache_hit_tokens IS DISTINCT FROM COALESCE(s.cache_hit_tokens, (0)::numeric))) OR (b.cache_miss_tokens IS DISTINCT FROM COALESCE(s.cache_miss_tokens, (0)::numeric))) OR (b.cache_write_tokens IS DISTINCT FROM COALESCE(s.cache_write_tokens, (0)::numeric))) OR (b.cache_write_1h_tokens IS DISTINCT FROM COALESCE(s.cache_write_1h_tokens, (0)::numeric))) OR (b.output_tokens IS DISTINCT FROM COALESCE(s.output_tokens, (0)::numeric))))
UNION ALL
 SELECT 'quarantine'::text AS finding,
    COALESCE(((('producer '::text || b.producer_id) || ' batch '::text) || b.sequence), (('batch_key '::text || q.batch_key) || ' without a batch'::text)) AS subject,
    (COALESCE(b.quarantined, (0)::bigint) || ' events'::text) AS expected,
    (COALESCE(q.events, (0)::bigint) || ' events'::text) AS found
   FROM (taximeter.ingest_batch b
     FULL JOIN quarantine q ON ((b.batch_key = q.batch_key)))
  WHERE (COALESCE(b.quarantined, (0)::bigint) <> COALESCE(q.events, (0)::bigint))
UNION ALL
 SELECT 'event keys'::text AS finding,
    ('account '::text || COALESCE(a.external_id, ('key '::text || COALESCE(k.account_key, e.account_key)))) AS subject,
    ((COALESCE(k.ids, (0)::bigint) || ' keys, fingerprint '::text) || COALESCE(k.fingerprint, (0)::numeric)) AS expected,
    ((COALESCE(e.ids, (0)::bigint) || ' events, fingerprint '::text) || COALESCE(e.fingerprint, (0)::numeric)) AS found
   FROM ((keyed k
     FULL JOIN keyed_events e ON ((k.account_key = e.account_key)))
     LEFT JOIN taximeter.account a ON ((a.account_key = COALESCE(k.account_key, e.account_key))))
  WHERE ((k.ids IS DISTINCT FROM e.ids) OR (k.fingerprint IS DISTINCT FROM e.fingerprint))
UNION ALL
 SELECT 'reversals'::text AS finding,
    ('account '::text || COALESCE(a.external_id, ('key '::text || COALESCE(k.account_key, e.account_key)))) AS subject,
    ((COALESCE(k.ids, (0)::bigint) || ' ids, fingerprint '::text) || COALESCE(k.fingerprint, (0)::numeric)) AS expected,
    ((COALESCE(e.ids, (0)::bigint) || ' events, fingerprint '::text) || COALESCE(e.fingerprint, (0)::numeric)) AS found
   FROM ((reversed k
     FULL JOIN reversals e ON ((k.account_key = e.account_key)))
     LEFT JOIN taximeter.account a ON ((a.account_key = COALESCE(k.account_key, e.account_key))))
  WHERE ((k.ids IS DISTINCT FROM e.ids) OR (k.fingerprint IS DISTINCT FROM e.fingerprint))
UNION ALL
 SELECT 'buckets'::text AS finding,
    ((('account '::text || COALESCE(a.external_id, ('key '::text || COALESCE(e.account_key, b.account_key)))) || ' hour '::text) || to_char((COALESCE(e.hour, b.hour) AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI"Z"'::text)) AS subject,
    concat_ws(' '::text, e.events, e.requests, e.cache_hit_tokens, e.cache_miss_tokens, e.cache_write_tokens, e.cache_write_1h_tokens, e.output_tokens) AS expected,
    concat_ws(' '::text, b.events, b.requests, b.cache_hit_tokens, b.cache_miss_tokens, b.cache_write_tokens, b.cache_write_1h_tokens, b.output_tokens) AS found
   FROM ((event_hours e
     FULL JOIN bucket_hours b ON (((e.hour = b.hour) AND (e.account_key = b.account_key))))
     LEFT JOIN taximeter.account a ON ((a.account_key = COALESCE(e.account_key, b.account_key))))
  WHERE (((((((((e.events)::numeric IS DISTINCT FROM b.events) OR (e.requests IS DISTINCT FROM b.requests)) OR (e.cache_hit_tokens IS DISTINCT FROM b.cache_hit_tokens)) OR (e.cache_miss_tokens IS DISTINCT FROM b.cache_miss_tokens)) OR (e.cache_write_tokens IS DISTINCT FROM b.cache_write_tokens)) OR (e.cache_write_1h_tokens IS DISTINCT FROM b.cache_write_1h_tokens)) OR (e.output_tokens IS DISTINCT FROM b.output_tokens)) AND (NOT (EXISTS ( SELECT
           FROM waiting w
          WHERE (w.hour = COALESCE(e.hour, b.hour))))))
UNION ALL
 SELECT 'below zero'::text AS finding,
    ((('account '::text || COALESCE(a.external_id, ('key '::text || b.account_key))) || ' slot '::text) || to_char((b.slot_start AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'::text)) AS subject,
    'no more reversed than used'::text AS expected,
    'more reversed than used'::text AS found
   FROM (taximeter.usage_bucket b
     LEFT JOIN taximeter.account a ON ((a.account_key = b.account_key)))
  WHERE b.below_zero;

COMMENT ON VIEW taximeter.event_audit IS 'Every difference between batches, events, keys, reversals and buckets; empty when all is well. Sums stand in the order events, requests, then tokens: hit, miss, write, write 1 h, output. Hours that wait for a roll-up are not compared. Batches whose events were dropped with their partitions are differences too.';

CREATE VIEW taximeter.event_totals AS
 SELECT ( SELECT count(DISTINCT ingest_batch.producer_id) AS count
           FROM taximeter.ingest_batch) AS producers,
    ( SELECT count(*) AS count
           FROM taximeter.ingest_batch) AS batches,
    ( SELECT count(*) AS count
           FROM taximeter.usage_event) AS events,
    ( SELECT count(*) AS count
           FROM taximeter.event_key) AS keys,
    ( SELECT count(*) AS count
           FROM taximeter.event_reversal) AS reversals,
    ( SELECT count(*) AS count
           FROM taximeter.quarantined_event) AS quarantined,
    ( SELECT count(DISTINCT dirty_hour.hour) AS count
           FROM taximeter.dirty_hour) AS hours_to_roll_up;

COMMENT ON VIEW taximeter.event_totals IS 'How much event_audit has looked at. Quarantined events are stored aside, and billed to nobody.';

CREATE TABLE taximeter.plan_version (
    plan_version_key integer NOT NULL,
    plan text NOT NULL COLLATE pg_catalog."C",
    effective_from timestamp with time zone NOT NULL,
    currency text NOT NULL,
    definition text NOT NULL,
    loaded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT plan_version_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT plan_version_plan_check CHECK (((octet_length(plan) >= 1) AND (octet_length(plan) <= 255)))
);

COMMENT ON TABLE taximeter.plan_version IS 'What a plan says from effective_from until its own end, or until the next version. Nothing in it that billed a period ever changes.';

COMMENT ON COLUMN taximeter.plan_version.definition IS 'Fees, commitments and terms: the plan format as canonical JSON.';

CREATE VIEW taximeter.plans AS
 SELECT v.plan,
    v.effective_from,
    LEAST((((v.definition)::jsonb ->> 'until'::text))::timestamp with time zone, lead(v.effective_from) OVER (PARTITION BY v.plan ORDER BY v.effective_from)) AS effective_until,
    v.currency,
    ((v.definition)::jsonb ->> 'price_book'::text) AS price_book,
    COALESCE(((v.definition)::jsonb ->> 'payment'::text), 'postpaid'::text) AS payment,
    (v.definition)::jsonb AS definition,
    v.loaded_at
   FROM taximeter.plan_version v;

COMMENT ON VIEW taximeter.plans IS 'Every version of every plan over [effective_from, effective_until): definition is the plan format, all that differs from its defaults.';

CREATE TABLE taximeter.subscription (
    account_key bigint NOT NULL,
    effective_from timestamp with time zone NOT NULL,
    effective_until timestamp with time zone,
    plan text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT subscription_check CHECK ((effective_from < effective_until))
);

COMMENT ON TABLE taximeter.subscription IS 'The plan that an account has over [effective_from, effective_until); one at a time. Without one, the default book rates.';

CREATE VIEW taximeter.flat_subscriptions_monthly AS
 WITH flat AS (
         SELECT DISTINCT ON (m_1.month, m_1.account_key, m_1.currency) m_1.month,
            m_1.account_key,
            m_1.currency,
            p.plan,
            p.fee,
            m_1.fees,
            m_1.commitments,
            m_1.net_amount,
            m_1.list_amount,
            m_1.output_tokens,
            m_1.cost,
            ((COALESCE(NULLIF(m_1.fees, (0)::numeric), p.fee) + m_1.net_amount) + m_1.commitments) AS revenue
           FROM ((( SELECT plans.plan,
                    plans.currency,
                    plans.effective_from,
                    plans.effective_until,
                    ((plans.definition #>> '{recurring_fee,amount}'::text[]))::numeric AS fee
                   FROM taximeter.plans
                  WHERE (((plans.definition ->> 'unlimited'::text) = 'true'::text) AND (plans.definition ? 'recurring_fee'::text))) p
             JOIN taximeter.subscription s ON ((s.plan = p.plan)))
             JOIN taximeter.account_month m_1 ON (((m_1.account_key = s.account_key) AND (m_1.currency = p.currency))))
          WHERE ((GREATEST(s.effective_from, p.effective_from) < taximeter.add_months(m_1.month, 1)) AND (COALESCE(LEAST(s.effective_until, p.effective_until), 'infinity'::timestamp with time zone) > m_1.month))
          ORDER BY m_1.month, m_1.account_key, m_1.currency, s.effective_from DESC, p.effective_from DESC
        ), months AS (
         SELECT margin_monthly.month,
            margin_monthly.currency,
            margin_monthly.cost,
            margin_monthly.theoretical_revenue,
            sum(margin_monthly.output_tokens) OVER (PARTITION BY margin_monthly.month) AS output_tokens
           FROM taximeter.margin_monthly
        )
 SELECT f.month,
    a.external_id AS account,
    f.plan,
    f.currency,
    f.fee AS plan_fee,
    f.fees AS billed_fees,
    f.net_amount AS usage_revenue,
    f.list_amount AS list_value,
    f.output_tokens,
    f.cost,
    (f.revenue - f.cost) AS profit,
    taximeter.gross_margin(f.revenue, f.cost) AS gross_margin,
    taximeter.cost_profit_margin(f.revenue, f.cost) AS cost_profit_margin,
    (f.revenue < f.cost) AS loses_money,
    floor(((f.fee * m.output_tokens) / NULLIF(m.cost, (0)::numeric))) AS breakeven_output_tokens,
    floor(((f.fee * m.output_tokens) / NULLIF(m.theoretical_revenue, (0)::numeric))) AS parity_output_tokens
   FROM ((flat f
     JOIN months m ON (((m.month = f.month) AND (m.currency = f.currency))))
     JOIN taximeter.account a ON ((a.account_key = f.account_key)));

COMMENT ON VIEW taximeter.flat_subscriptions_monthly IS 'Accounts on a plan of unlimited usage for a recurring fee, by UTC month: the fee against the cost of what they used, and what that was worth at list. Until the month''s fee is on a final invoice it is the plan''s, of a whole period. breakeven_output_tokens: how many the plan''s fee pays for at the month''s all-in cost of an output token over all accounts; parity_output_tokens: how many it buys at the reference list, their share of input included. Where several such plans held in the month, the last.';

CREATE TABLE taximeter.fx_rate (
    base text NOT NULL COLLATE pg_catalog."C",
    quote text NOT NULL COLLATE pg_catalog."C",
    day date NOT NULL,
    rate numeric NOT NULL,
    source text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT fx_rate_base_check CHECK ((base ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT fx_rate_is_of_two_currencies CHECK ((base <> quote)),
    CONSTRAINT fx_rate_quote_check CHECK ((quote ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT fx_rate_rate_check CHECK (((rate > (0)::numeric) AND (rate < 'Infinity'::numeric))),
    CONSTRAINT fx_rate_source_check CHECK (((octet_length(source) >= 1) AND (octet_length(source) <= 255)))
);

COMMENT ON TABLE taximeter.fx_rate IS 'What one unit of base cost in quote on a day. Append-only.';

COMMENT ON COLUMN taximeter.fx_rate.source IS 'Who published the rate.';

CREATE VIEW taximeter.fx_rates AS
 SELECT fx_rate.base,
    fx_rate.quote,
    fx_rate.day,
    fx_rate.rate,
    fx_rate.source
   FROM taximeter.fx_rate;

COMMENT ON VIEW taximeter.fx_rates IS 'What one unit of base cost in quote on a day, and who says so.';

CREATE TABLE taximeter.gpu_occupancy (
    gpu_pool_key integer NOT NULL,
    model text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    occupied_from timestamp with time zone NOT NULL,
    occupied_until timestamp with time zone NOT NULL,
    nodes integer NOT NULL,
    node text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    phase text DEFAULT 'both'::text NOT NULL COLLATE pg_catalog."C",
    use text DEFAULT 'serving'::text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT gpu_occupancy_check CHECK ((occupied_from < occupied_until)),
    CONSTRAINT gpu_occupancy_node_check CHECK ((octet_length(node) <= 255)),
    CONSTRAINT gpu_occupancy_node_is_one_at_most CHECK (((node = ''::text) OR (nodes <= 1))),
    CONSTRAINT gpu_occupancy_nodes_check CHECK ((nodes >= 0)),
    CONSTRAINT gpu_occupancy_phase_check CHECK ((phase = ANY (ARRAY['prefill'::text, 'decode'::text, 'both'::text]))),
    CONSTRAINT gpu_occupancy_provisioned_is_of_the_pool CHECK (((use <> 'provisioned'::text) OR ((node = ''::text) AND (model = ''::text) AND (phase = 'both'::text)))),
    CONSTRAINT gpu_occupancy_use_check CHECK ((use = ANY (ARRAY['serving'::text, 'headroom'::text, 'lent'::text, 'provisioned'::text])))
);

COMMENT ON TABLE taximeter.gpu_occupancy IS 'What nodes of a pool did over [occupied_from, occupied_until).';

COMMENT ON COLUMN taximeter.gpu_occupancy.model IS 'The model they served; empty where the nodes are shared by all.';

COMMENT ON COLUMN taximeter.gpu_occupancy.node IS 'The node''s name; empty where nodes are only counted.';

COMMENT ON COLUMN taximeter.gpu_occupancy.phase IS 'Which part of requests they served.';

COMMENT ON COLUMN taximeter.gpu_occupancy.use IS 'serving; headroom: paid for and ready; lent: to something that is not serving; provisioned: how many of the pool are paid for at all.';

CREATE SEQUENCE taximeter.gpu_pool_gpu_pool_key_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE taximeter.gpu_pool_gpu_pool_key_seq OWNED BY taximeter.gpu_pool.gpu_pool_key;

CREATE TABLE taximeter.gpu_rate (
    gpu_pool_key integer NOT NULL,
    effective_from timestamp with time zone NOT NULL,
    effective_until timestamp with time zone,
    amount_per_gpu_hour numeric NOT NULL,
    currency text NOT NULL,
    kind text DEFAULT 'leased'::text NOT NULL,
    terms jsonb,
    CONSTRAINT gpu_rate_amount_per_gpu_hour_check CHECK (((amount_per_gpu_hour >= (0)::numeric) AND (amount_per_gpu_hour < 'Infinity'::numeric))),
    CONSTRAINT gpu_rate_check CHECK ((effective_from < effective_until)),
    CONSTRAINT gpu_rate_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT gpu_rate_kind_check CHECK ((kind = ANY (ARRAY['leased'::text, 'reserved'::text, 'owned'::text, 'spot'::text])))
);

COMMENT ON TABLE taximeter.gpu_rate IS 'What a GPU-hour of a pool costs over [effective_from, effective_until).';

COMMENT ON COLUMN taximeter.gpu_rate.terms IS 'What an owned rate was computed from; NULL for a rate that was given.';

CREATE SEQUENCE taximeter.ingest_batch_batch_key_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE taximeter.ingest_batch_batch_key_seq OWNED BY taximeter.ingest_batch.batch_key;

CREATE TABLE taximeter.invoice_chain (
    account_key bigint NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    hash bytea DEFAULT '\x'::bytea NOT NULL,
    CONSTRAINT invoice_chain_position_check CHECK (("position" >= 0))
);

COMMENT ON TABLE taximeter.invoice_chain IS 'The last link of each account''s chain. The row is the lock of the account''s invoices: whoever makes one final or void holds it.';

CREATE VIEW taximeter.invoice_chain_links AS
 SELECT a.external_id AS account,
    l.account_key,
    l.chain_position,
    l.number,
    l.is_void,
    l.hash,
    l.previous_hash,
    (l.hash = sha256((l.previous_hash || convert_to(l.document, 'UTF8'::name)))) AS is_sound,
    row_number() OVER chain AS expected_position,
    lag(l.hash, 1, '\x'::bytea) OVER chain AS expected_previous
   FROM (( SELECT invoice.account_key,
            invoice.chain_position,
            invoice.number,
            false AS is_void,
            invoice.document,
            invoice.previous_hash,
            invoice.hash
           FROM taximeter.invoice
        UNION ALL
         SELECT invoice_void.account_key,
            invoice_void.chain_position,
            invoice_void.number,
            true,
            invoice_void.document,
            invoice_void.previous_hash,
            invoice_void.hash
           FROM taximeter.invoice_void) l
     LEFT JOIN taximeter.account a ON ((a.account_key = l.account_key)))
  WINDOW chain AS (PARTITION BY l.account_key ORDER BY l.chain_position);

COMMENT ON VIEW taximeter.invoice_chain_links IS 'Invoices and voids as the links of each account''s chain: hash is SHA-256 of previous_hash and the document.';

CREATE TABLE taximeter.issuing_entity (
    entity text NOT NULL COLLATE pg_catalog."C",
    number_prefix text NOT NULL COLLATE pg_catalog."C",
    last_sequence bigint DEFAULT 0 NOT NULL,
    CONSTRAINT issuing_entity_entity_check CHECK (((octet_length(entity) >= 1) AND (octet_length(entity) <= 255))),
    CONSTRAINT issuing_entity_last_sequence_check CHECK ((last_sequence >= 0))
);

COMMENT ON TABLE taximeter.issuing_entity IS 'Who issues invoices. The row is the lock that keeps numbers without gaps: whoever finalizes takes the next ones and commits them with the invoices.';

CREATE VIEW taximeter.invoice_audit AS
 WITH sound AS (
         SELECT i.account_key,
            i.number,
            (i.document)::jsonb AS document
           FROM taximeter.invoice i
          WHERE (i.hash = sha256((i.previous_hash || convert_to(i.document, 'UTF8'::name))))
        ), sound_voids AS MATERIALIZED (
         SELECT v.account_key,
            v.number,
            v.reason,
            v.voided_at,
            (v.document)::jsonb AS document
           FROM taximeter.invoice_void v
          WHERE (v.hash = sha256((v.previous_hash || convert_to(v.document, 'UTF8'::name))))
        ), written AS (
         SELECT s.account_key,
            s.number,
            (e.line)::integer AS line,
            jsonb_build_array((e.value ->> 'kind'::text), (e.value ->> 'id'::text), ((e.value #>> '{period,start}'::text[]))::timestamp with time zone, ((e.value #>> '{period,end}'::text[]))::timestamp with time zone, (e.value ->> 'adjusts'::text), (e.value ->> 'description'::text), ((e.value ->> 'quantity'::text))::bigint, ((e.value ->> 'unit_price'::text))::numeric, COALESCE(((e.value ->> 'fees'::text))::numeric, (0)::numeric), ((e.value ->> 'exact'::text))::numeric, ((e.value ->> 'amount'::text))::numeric, (e.value #>> '{usage,model}'::text[]), (e.value #>> '{usage,channel}'::text[]), (e.value #>> '{usage,token_class}'::text[]), (e.value #>> '{usage,plan}'::text[]), (e.value #>> '{usage,price_book}'::text[]), (e.value #>> '{usage,service_tier}'::text[]), (e.value #>> '{usage,band}'::text[]), (e.value #>> '{usage,schedule}'::text[]), (e.value #>> '{usage,allowance}'::text[]), ((e.value #>> '{usage,version_from}'::text[]))::timestamp with time zone, ((e.value #>> '{usage,segment_start}'::text[]))::timestamp with time zone, ((e.value #>> '{usage,tier,table}'::text[]))::integer, ((e.value #>> '{usage,tier,step}'::text[]))::integer) AS content
           FROM (sound s
             CROSS JOIN LATERAL jsonb_array_elements((s.document -> 'lines'::text)) WITH ORDINALITY e(value, line))
        ), stored AS (
         SELECT l.account_key,
            l.number,
            l.line,
            jsonb_build_array(l.kind, l.line_id, l.period_start, l.period_end, l.adjusts, l.description, l.quantity, trim_scale(l.unit_price), trim_scale(l.fees), trim_scale(l.exact_amount), trim_scale(l.amount), l.model, l.channel, l.token_class, l.plan, l.price_book, l.service_tier, l.band, l.schedule, l.allowance, l.version_from, l.segment_start, l.tier_table, l.tier_step) AS content
           FROM taximeter.invoice_line l
        ), billed AS (
         SELECT standing_lines.account_key,
            standing_lines.period_start,
            standing_lines.line_id,
            sum(standing_lines.quantity) AS quantity,
            sum(standing_lines.exact_amount) AS exact_amount
           FROM taximeter.standing_lines
          WHERE (standing_lines.kind = 'usage'::text)
          GROUP BY standing_lines.account_key, standing_lines.period_start, standing_lines.line_id
        ), billed_periods AS (
         SELECT billed.account_key,
            billed.period_start,
            sum(billed.exact_amount) AS exact_amount
           FROM billed
          GROUP BY billed.account_key, billed.period_start
        ), settled AS (
         SELECT account_period.account_key,
            account_period.period_start
           FROM taximeter.account_period
          WHERE ((account_period.billed_revision = account_period.revision) AND (NOT account_period.stale))
        ), used AS (
         SELECT u.account_key,
            u.period_start,
            u.line_id,
            u.charged_tokens AS quantity,
            u.net_amount AS exact_amount
           FROM (taximeter.usage_line u
             JOIN settled s ON (((s.account_key = u.account_key) AND (s.period_start = u.period_start))))
        ), sequences AS (
         SELECT invoice.issuing_entity,
            invoice.sequence,
            invoice.number,
            (lag(invoice.sequence, 1, (0)::bigint) OVER (PARTITION BY invoice.issuing_entity ORDER BY invoice.sequence) + 1) AS expected
           FROM taximeter.invoice
        ), findings AS (
         SELECT 'chain'::text AS finding,
            l.account_key,
            (
                CASE
                    WHEN l.is_void THEN 'void of '::text
                    ELSE ''::text
                END || l.number) AS subject,
            'a document as its hash says'::text AS expected,
            'another document'::text AS found
           FROM taximeter.invoice_chain_links l
          WHERE (NOT l.is_sound)
        UNION ALL
         SELECT 'chain'::text,
            l.account_key,
            (
                CASE
                    WHEN l.is_void THEN 'void of '::text
                    ELSE ''::text
                END || l.number),
            ((('link '::text || l.expected_position) || ' after '::text) || encode(l.expected_previous, 'hex'::text)),
            ((('link '::text || l.chain_position) || ' after '::text) || encode(l.previous_hash, 'hex'::text))
           FROM taximeter.invoice_chain_links l
          WHERE ((l.chain_position IS DISTINCT FROM l.expected_position) OR (l.previous_hash IS DISTINCT FROM l.expected_previous))
        UNION ALL
         SELECT 'chain end'::text,
            COALESCE(c.account_key, l.account_key) AS "coalesce",
            'last link'::text,
            ((COALESCE(c."position", (0)::bigint) || ' '::text) || COALESCE(encode(c.hash, 'hex'::text), ''::text)),
            ((COALESCE(l.chain_position, (0)::bigint) || ' '::text) || COALESCE(encode(l.hash, 'hex'::text), ''::text))
           FROM (taximeter.invoice_chain c
             FULL JOIN ( SELECT DISTINCT ON (invoice_chain_links.account_key) invoice_chain_links.account_key,
                    invoice_chain_links.chain_position,
                    invoice_chain_links.hash
                   FROM taximeter.invoice_chain_links
                  ORDER BY invoice_chain_links.account_key, invoice_chain_links.chain_position DESC) l ON ((l.account_key = c.account_key)))
          WHERE ((COALESCE(c."position", (0)::bigint) IS DISTINCT FROM COALESCE(l.chain_position, (0)::bigint)) OR (COALESCE(c.hash, '\x'::bytea) IS DISTINCT FROM COALESCE(l.hash, '\x'::bytea)))
        UNION ALL
         SELECT 'number'::text,
            NULL::bigint,
            ('issuing entity '::text || s.issuing_entity),
            ('sequence '::text || s.expected),
            (((('next is '::text || s.sequence) || ' ('::text) || s.number) || ')'::text)
           FROM sequences s
          WHERE (s.sequence <> s.expected)
        UNION ALL
         SELECT 'number'::text,
            NULL::bigint,
            ('issuing entity '::text || e.entity),
            ('last sequence '::text || e.last_sequence),
            ('last sequence '::text || COALESCE(s.last_sequence, (0)::bigint))
           FROM (taximeter.issuing_entity e
             LEFT JOIN ( SELECT invoice.issuing_entity,
                    max(invoice.sequence) AS last_sequence
                   FROM taximeter.invoice
                  GROUP BY invoice.issuing_entity) s ON ((s.issuing_entity = e.entity)))
          WHERE (e.last_sequence <> COALESCE(s.last_sequence, (0)::bigint))
        UNION ALL
         SELECT 'number'::text,
            i.account_key,
            i.number,
            (e.number_prefix || lpad((i.sequence)::text, GREATEST(6, length((i.sequence)::text)), '0'::text)),
            i.number
           FROM (taximeter.invoice i
             LEFT JOIN taximeter.issuing_entity e ON ((e.entity = i.issuing_entity)))
          WHERE (i.number IS DISTINCT FROM (e.number_prefix || lpad((i.sequence)::text, GREATEST(6, length((i.sequence)::text)), '0'::text)))
        UNION ALL
         SELECT 'document'::text,
            i.account_key,
            i.number,
            concat_ws(' '::text, (s.document ->> 'account'::text), (s.document ->> 'number'::text), (s.document ->> 'kind'::text), (s.document ->> 'issuing_entity'::text), (s.document ->> 'issue'::text), (s.document ->> 'currency'::text), (s.document ->> 'total'::text), (s.document ->> 'due'::text)) AS concat_ws,
            concat_ws(' '::text, a_1.external_id, i.number, i.kind, i.issuing_entity, i.issue, i.currency, trim_scale(i.total), trim_scale(i.due)) AS concat_ws
           FROM ((taximeter.invoice i
             JOIN sound s ON (((s.account_key = i.account_key) AND (s.number = i.number))))
             LEFT JOIN taximeter.account a_1 ON ((a_1.account_key = i.account_key)))
          WHERE ((((((((((((s.document ->> 'account'::text) IS DISTINCT FROM a_1.external_id) OR ((s.document ->> 'number'::text) IS DISTINCT FROM i.number)) OR ((s.document ->> 'kind'::text) IS DISTINCT FROM i.kind)) OR ((s.document ->> 'issuing_entity'::text) IS DISTINCT FROM i.issuing_entity)) OR (((s.document ->> 'issue'::text))::integer IS DISTINCT FROM i.issue)) OR ((s.document ->> 'currency'::text) IS DISTINCT FROM i.currency)) OR (((s.document ->> 'total'::text))::numeric IS DISTINCT FROM i.total)) OR (((s.document ->> 'due'::text))::numeric IS DISTINCT FROM i.due)) OR (((s.document #>> '{period,start}'::text[]))::timestamp with time zone IS DISTINCT FROM i.period_start)) OR (((s.document #>> '{period,end}'::text[]))::timestamp with time zone IS DISTINCT FROM i.period_end)) OR (((s.document ->> 'finalized_at'::text))::timestamp with time zone IS DISTINCT FROM i.finalized_at))
        UNION ALL
         SELECT 'document'::text,
            v.account_key,
            ('void of '::text || v.number),
            concat_ws(' '::text, (v.document ->> 'number'::text), (v.document ->> 'voided_at'::text), (v.document ->> 'reason'::text)) AS concat_ws,
            concat_ws(' '::text, v.number, to_char((v.voided_at AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'::text), v.reason) AS concat_ws
           FROM sound_voids v
          WHERE ((((v.document ->> 'number'::text) IS DISTINCT FROM v.number) OR ((v.document ->> 'reason'::text) IS DISTINCT FROM v.reason)) OR (((v.document ->> 'voided_at'::text))::timestamp with time zone IS DISTINCT FROM v.voided_at))
        UNION ALL
         SELECT 'line'::text,
            COALESCE(w.account_key, s.account_key) AS "coalesce",
            ((COALESCE(w.number, s.number) || ' line '::text) || COALESCE(w.line, s.line)),
            COALESCE((w.content)::text, 'no such line'::text) AS "coalesce",
            COALESCE((s.content)::text, 'no such line'::text) AS "coalesce"
           FROM (written w
             FULL JOIN stored s ON (((s.account_key = w.account_key) AND (s.number = w.number) AND (s.line = w.line))))
          WHERE ((w.content IS DISTINCT FROM s.content) AND (EXISTS ( SELECT
                   FROM sound o
                  WHERE ((o.account_key = COALESCE(w.account_key, s.account_key)) AND (o.number = COALESCE(w.number, s.number))))))
        UNION ALL
         SELECT 'line'::text,
            s.account_key,
            ((s.number || ' line '::text) || s.line),
            'an invoice'::text,
            'none of that number'::text
           FROM stored s
          WHERE (NOT (EXISTS ( SELECT
                   FROM taximeter.invoice i
                  WHERE ((i.account_key = s.account_key) AND (i.number = s.number)))))
        UNION ALL
         SELECT 'total'::text,
            i.account_key,
            i.number,
            (COALESCE(l.total, (0)::numeric))::text AS "coalesce",
            (i.total)::text AS total
           FROM (taximeter.invoice i
             LEFT JOIN ( SELECT invoice_line.account_key,
                    invoice_line.number,
                    sum(invoice_line.amount) AS total
                   FROM taximeter.invoice_line
                  GROUP BY invoice_line.account_key, invoice_line.number) l ON (((l.account_key = i.account_key) AND (l.number = i.number))))
          WHERE (i.total IS DISTINCT FROM l.total)
        UNION ALL
         SELECT 'usage'::text,
            COALESCE(u.account_key, b.account_key) AS "coalesce",
            ((('period '::text || to_char((COALESCE(u.period_start, b.period_start) AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'::text)) || ' line '::text) || COALESCE(u.line_id, b.line_id)),
            ((COALESCE(u.quantity, (0)::bigint) || ' tokens, '::text) || trim_scale(COALESCE(u.exact_amount, (0)::numeric))),
            ((COALESCE(b.quantity, (0)::numeric) || ' tokens, '::text) || trim_scale(COALESCE(b.exact_amount, (0)::numeric)))
           FROM (used u
             FULL JOIN ( SELECT b_1.account_key,
                    b_1.period_start,
                    b_1.line_id,
                    b_1.quantity,
                    b_1.exact_amount
                   FROM (billed b_1
                     JOIN settled s ON (((s.account_key = b_1.account_key) AND (s.period_start = b_1.period_start))))) b ON (((b.account_key = u.account_key) AND (b.period_start = u.period_start) AND (b.line_id = u.line_id))))
          WHERE (((COALESCE(u.quantity, (0)::bigint))::numeric IS DISTINCT FROM COALESCE(b.quantity, (0)::numeric)) OR (COALESCE(u.exact_amount, (0)::numeric) IS DISTINCT FROM COALESCE(b.exact_amount, (0)::numeric)))
        UNION ALL
         SELECT 'period'::text,
            COALESCE(p.account_key, b.account_key) AS "coalesce",
            ('period '::text || to_char((COALESCE(p.period_start, b.period_start) AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'::text)),
            (trim_scale(COALESCE(b.exact_amount, (0)::numeric)) || ' by its lines'::text),
            (trim_scale(COALESCE(p.invoiced_amount, (0)::numeric)) || ' invoiced'::text)
           FROM (taximeter.account_period p
             FULL JOIN billed_periods b ON (((b.account_key = p.account_key) AND (b.period_start = p.period_start))))
          WHERE (COALESCE(p.invoiced_amount, (0)::numeric) <> COALESCE(b.exact_amount, (0)::numeric))
        UNION ALL
         SELECT 'period'::text,
            p.account_key,
            ('period '::text || to_char((p.period_start AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'::text)),
            (trim_scale(p.net_amount) || ' rated'::text),
            (trim_scale(p.invoiced_amount) || ' invoiced'::text)
           FROM (taximeter.account_period p
             JOIN settled s ON (((s.account_key = p.account_key) AND (s.period_start = p.period_start))))
          WHERE (p.net_amount <> p.invoiced_amount)
        )
 SELECT f.finding,
    (
        CASE
            WHEN (f.account_key IS NULL) THEN ''::text
            ELSE (('account '::text || COALESCE(a.external_id, ('key '::text || f.account_key))) || ' '::text)
        END || f.subject) AS subject,
    f.expected,
    f.found
   FROM (findings f
     LEFT JOIN taximeter.account a ON ((a.account_key = f.account_key)));

COMMENT ON VIEW taximeter.invoice_audit IS 'Every difference between invoices, their documents, hashes, numbers and lines, and between lines and rated usage; empty when all is well. Periods whose usage has changed since they were billed are pending, not different.';

CREATE VIEW taximeter.invoice_chain_heads AS
 SELECT DISTINCT ON (l.account_key) l.account,
    l.chain_position,
    encode(l.hash, 'hex'::text) AS hash
   FROM taximeter.invoice_chain_links l
  ORDER BY l.account_key, l.chain_position DESC;

COMMENT ON VIEW taximeter.invoice_chain_heads IS 'The last link of each account''s chain. Kept elsewhere, they prove later that none was taken away and none changed.';

CREATE TABLE taximeter.invoice_draft (
    account_key bigint NOT NULL,
    period_start timestamp with time zone NOT NULL,
    period_end timestamp with time zone NOT NULL,
    currency text NOT NULL,
    total numeric NOT NULL,
    document text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    due numeric NOT NULL,
    CONSTRAINT invoice_draft_credits_pay_at_most_the_total CHECK (((due = total) OR ((due >= (0)::numeric) AND (due < total))))
);

COMMENT ON TABLE taximeter.invoice_draft IS 'What the next invoice of an account would say. Made again by every run, gone once it is final.';

CREATE VIEW taximeter.invoice_lines AS
 SELECT a.external_id AS account,
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
    (v.number IS NOT NULL) AS is_void,
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
   FROM (((taximeter.invoice_line l
     JOIN taximeter.invoice i ON (((i.account_key = l.account_key) AND (i.number = l.number))))
     JOIN taximeter.account a ON ((a.account_key = l.account_key)))
     LEFT JOIN taximeter.invoice_void v ON (((v.account_key = l.account_key) AND (v.number = l.number))));

COMMENT ON VIEW taximeter.invoice_lines IS 'Lines of final and voided invoices: quantity * unit_price + fees = exact_amount, wherever there is a unit price; amount is rounded.';

CREATE VIEW taximeter.invoice_totals AS
 SELECT ( SELECT count(*) AS count
           FROM taximeter.invoice) AS invoices,
    ( SELECT count(*) AS count
           FROM taximeter.invoice_void) AS voided,
    ( SELECT count(*) AS count
           FROM taximeter.invoice_line) AS lines,
    ( SELECT count(*) AS count
           FROM taximeter.account_period
          WHERE ((account_period.billed_revision = account_period.revision) AND (NOT account_period.stale))) AS periods_billed,
    ( SELECT count(*) AS count
           FROM taximeter.account_period
          WHERE (account_period.stale OR (account_period.billed_revision IS DISTINCT FROM account_period.revision))) AS periods_pending,
    ( SELECT count(*) AS count
           FROM taximeter.parked_period) AS periods_parked;

COMMENT ON VIEW taximeter.invoice_totals IS 'How much invoice_audit has looked at; every rated period is billed or pending, parked ones among these.';

CREATE VIEW taximeter.invoices AS
 SELECT a.external_id AS account,
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
        CASE
            WHEN (v.number IS NULL) THEN 'final'::text
            ELSE 'void'::text
        END AS state,
    v.voided_at,
    v.reason AS void_reason,
    i.document,
    a.time_zone
   FROM ((taximeter.invoice i
     JOIN taximeter.account a ON ((a.account_key = i.account_key)))
     LEFT JOIN taximeter.invoice_void v ON (((v.account_key = i.account_key) AND (v.number = i.number))))
UNION ALL
 SELECT a.external_id AS account,
    NULL::text AS number,
        CASE
            WHEN (d.total < (0)::numeric) THEN 'credit_note'::text
            ELSE 'invoice'::text
        END AS kind,
    a.issuing_entity,
    d.period_start,
    d.period_end,
    NULL::integer AS issue,
    d.currency,
    d.total,
    d.due,
    NULL::timestamp with time zone AS finalized_at,
    'draft'::text AS state,
    NULL::timestamp with time zone AS voided_at,
    NULL::text AS void_reason,
    d.document,
    a.time_zone
   FROM (taximeter.invoice_draft d
     JOIN taximeter.account a ON ((a.account_key = d.account_key)));

COMMENT ON VIEW taximeter.invoices IS 'Every invoice and credit note, one a row: drafts (without a number), final ones and voided ones. document is all that it says, as JSON; time_zone is that of the account, on whose clock periods begin and end.';

CREATE TABLE taximeter.ledger_balance (
    account_key bigint NOT NULL,
    currency text NOT NULL,
    ledger_account text NOT NULL,
    balance numeric NOT NULL
);

COMMENT ON TABLE taximeter.ledger_balance IS 'Debits less credits of an account''s transfers, kept with them in the same transaction; audit ledger makes it again.';

CREATE VIEW taximeter.ledger_audit AS
 WITH sides AS (
         SELECT ledger_transfer.account_key,
            ledger_transfer.currency,
            ledger_transfer.debit AS ledger_account,
            ledger_transfer.amount
           FROM taximeter.ledger_transfer
        UNION ALL
         SELECT ledger_transfer.account_key,
            ledger_transfer.currency,
            ledger_transfer.credit,
            (- ledger_transfer.amount)
           FROM taximeter.ledger_transfer
        ), balances AS (
         SELECT sides.account_key,
            sides.currency,
            sides.ledger_account,
            sum(sides.amount) AS balance
           FROM sides
          GROUP BY sides.account_key, sides.currency, sides.ledger_account
        ), booked AS (
         SELECT ledger_transfer.account_key,
            ledger_transfer.invoice_number AS number,
            ledger_transfer.currency,
            sum(
                CASE
                    WHEN (ledger_transfer.debit = 'receivable'::text) THEN ledger_transfer.amount
                    WHEN (ledger_transfer.credit = 'receivable'::text) THEN (- ledger_transfer.amount)
                    ELSE (0)::numeric
                END) FILTER (WHERE (ledger_transfer.kind = ANY (ARRAY['revenue'::text, 'deferred'::text, 'tax'::text]))) AS total,
            sum(
                CASE
                    WHEN (ledger_transfer.credit = 'tax'::text) THEN ledger_transfer.amount
                    WHEN (ledger_transfer.debit = 'tax'::text) THEN (- ledger_transfer.amount)
                    ELSE (0)::numeric
                END) AS tax,
            sum(
                CASE
                    WHEN (ledger_transfer.credit = 'receivable'::text) THEN ledger_transfer.amount
                    WHEN (ledger_transfer.debit = 'receivable'::text) THEN (- ledger_transfer.amount)
                    ELSE (0)::numeric
                END) FILTER (WHERE (ledger_transfer.kind = 'credit_used'::text)) AS credits
           FROM taximeter.ledger_transfer
          WHERE ((ledger_transfer.invoice_number IS NOT NULL) AND (ledger_transfer.reverses IS NULL))
          GROUP BY ledger_transfer.account_key, ledger_transfer.invoice_number, ledger_transfer.currency
        ), invoiced AS (
         SELECT i.account_key,
            i.number,
            i.currency,
            i.total,
            (i.total - i.due) AS credits,
            COALESCE(( SELECT sum(l.amount) AS sum
                   FROM taximeter.invoice_line l
                  WHERE ((l.account_key = i.account_key) AND (l.number = i.number) AND (l.kind = 'tax'::text))), (0)::numeric) AS tax
           FROM taximeter.invoice i
        ), documented AS MATERIALIZED (
         SELECT i.account_key,
            i.number,
            ((i.document)::jsonb -> 'credits'::text) AS credits
           FROM taximeter.invoice i
          WHERE (i.hash = sha256((i.previous_hash || convert_to(i.document, 'UTF8'::name))))
        ), used_as_written AS (
         SELECT d.account_key,
            d.number,
            (c.use ->> 'grant'::text) AS grant_id,
            sum(((c.use ->> 'amount'::text))::numeric) AS amount
           FROM (documented d
             CROSS JOIN LATERAL jsonb_array_elements(d.credits) c(use))
          GROUP BY d.account_key, d.number, (c.use ->> 'grant'::text)
        ), used_as_booked AS (
         SELECT t.account_key,
            t.invoice_number AS number,
            t.grant_id,
            sum(t.amount) AS amount
           FROM (taximeter.ledger_transfer t
             JOIN documented d ON (((d.account_key = t.account_key) AND (d.number = t.invoice_number))))
          WHERE ((t.kind = 'credit_used'::text) AND (t.reverses IS NULL))
          GROUP BY t.account_key, t.invoice_number, t.grant_id
        ), ahead AS (
         SELECT l.account_key,
            i.currency,
            sum(l.amount) AS amount
           FROM ((taximeter.standing_lines l
             JOIN taximeter.invoice i ON (((i.account_key = l.account_key) AND (i.number = l.number))))
             LEFT JOIN ( SELECT account_period.account_key,
                    max(account_period.period_end) AS through
                   FROM taximeter.account_period
                  WHERE (account_period.billed_revision IS NOT NULL)
                  GROUP BY account_period.account_key) c ON ((c.account_key = l.account_key)))
          WHERE ((l.kind <> 'tax'::text) AND (l.period_start >= COALESCE(c.through, '-infinity'::timestamp with time zone)))
          GROUP BY l.account_key, i.currency
        ), findings AS (
         SELECT 'balance'::text AS finding,
            COALESCE(b.account_key, k.account_key) AS account_key,
            ((COALESCE(b.currency, k.currency) || ' '::text) || COALESCE(b.ledger_account, k.ledger_account)) AS subject,
            (trim_scale(COALESCE(b.balance, (0)::numeric)) || ' by its transfers'::text) AS expected,
            (trim_scale(COALESCE(k.balance, (0)::numeric)))::text AS found
           FROM (balances b
             FULL JOIN taximeter.ledger_balance k ON (((k.account_key = b.account_key) AND (k.currency = b.currency) AND (k.ledger_account = b.ledger_account))))
          WHERE (COALESCE(b.balance, (0)::numeric) <> COALESCE(k.balance, (0)::numeric))
        UNION ALL
         SELECT 'trial balance'::text,
            NULL::bigint,
            ledger_balance.currency,
            '0'::text,
            (trim_scale(sum(ledger_balance.balance)))::text AS trim_scale
           FROM taximeter.ledger_balance
          GROUP BY ledger_balance.currency
         HAVING (sum(ledger_balance.balance) <> (0)::numeric)
        UNION ALL
         SELECT 'invoice'::text,
            COALESCE(i.account_key, b.account_key) AS "coalesce",
            COALESCE(i.number, b.number) AS "coalesce",
            concat_ws(' '::text, i.currency, trim_scale(i.total), 'tax', trim_scale(i.tax), 'credits', trim_scale(i.credits)) AS concat_ws,
            concat_ws(' '::text, b.currency, trim_scale(COALESCE(b.total, (0)::numeric)), 'tax', trim_scale(COALESCE(b.tax, (0)::numeric)), 'credits', trim_scale(COALESCE(b.credits, (0)::numeric))) AS concat_ws
           FROM (invoiced i
             FULL JOIN booked b ON (((b.account_key = i.account_key) AND (b.number = i.number) AND (b.currency = i.currency))))
          WHERE (((COALESCE(i.total, (0)::numeric) IS DISTINCT FROM COALESCE(b.total, (0)::numeric)) OR (COALESCE(i.tax, (0)::numeric) IS DISTINCT FROM COALESCE(b.tax, (0)::numeric))) OR (COALESCE(i.credits, (0)::numeric) IS DISTINCT FROM COALESCE(b.credits, (0)::numeric)))
        UNION ALL
         SELECT 'credits'::text,
            COALESCE(w.account_key, b.account_key) AS "coalesce",
            COALESCE(w.number, b.number) AS "coalesce",
            COALESCE(((w.grant_id || ' pays '::text) || trim_scale(w.amount)), 'nothing'::text) AS "coalesce",
            COALESCE(((b.grant_id || ' pays '::text) || trim_scale(b.amount)), 'nothing'::text) AS "coalesce"
           FROM (used_as_written w
             FULL JOIN used_as_booked b ON (((b.account_key = w.account_key) AND (b.number = w.number) AND (b.grant_id = w.grant_id))))
          WHERE (w.amount IS DISTINCT FROM b.amount)
        UNION ALL
         SELECT 'deferred'::text,
            COALESCE(f_1.account_key, b.account_key) AS "coalesce",
            COALESCE(f_1.currency, b.currency) AS "coalesce",
            (trim_scale(COALESCE(f_1.amount, (0)::numeric)))::text AS trim_scale,
            (trim_scale((- COALESCE(b.balance, (0)::numeric))))::text AS trim_scale
           FROM (ahead f_1
             FULL JOIN ( SELECT balances.account_key,
                    balances.currency,
                    balances.balance
                   FROM balances
                  WHERE (balances.ledger_account = 'deferred_revenue'::text)) b ON (((b.account_key = f_1.account_key) AND (b.currency = f_1.currency))))
          WHERE (COALESCE(f_1.amount, (0)::numeric) <> (- COALESCE(b.balance, (0)::numeric)))
        UNION ALL
         SELECT 'month'::text,
            COALESCE(a_1.account_key, m.account_key) AS "coalesce",
            (to_char((COALESCE(a_1.month, m.month) AT TIME ZONE 'UTC'::text), 'YYYY-MM '::text) || COALESCE(a_1.currency, m.currency)),
            concat_ws(' '::text, trim_scale(a_1.invoiced_exact), trim_scale(a_1.invoiced), trim_scale(a_1.fees), trim_scale(a_1.commitments), trim_scale(a_1.tax), trim_scale(a_1.total), trim_scale(a_1.due), trim_scale(a_1.written_off), trim_scale(a_1.collected)) AS concat_ws,
            concat_ws(' '::text, trim_scale(m.invoiced_exact), trim_scale(m.invoiced), trim_scale(m.fees), trim_scale(m.commitments), trim_scale(m.tax), trim_scale(m.total), trim_scale(m.due), trim_scale(m.written_off), trim_scale(m.collected)) AS concat_ws
           FROM (taximeter.account_month_again a_1
             FULL JOIN taximeter.account_month m ON (((m.account_key = a_1.account_key) AND (m.month = a_1.month) AND (m.currency = a_1.currency))))
          WHERE ((COALESCE(a_1.invoiced_exact, (0)::numeric) <> COALESCE(m.invoiced_exact, (0)::numeric)) OR (COALESCE(a_1.invoiced, (0)::numeric) <> COALESCE(m.invoiced, (0)::numeric)) OR (COALESCE(a_1.fees, (0)::numeric) <> COALESCE(m.fees, (0)::numeric)) OR (COALESCE(a_1.commitments, (0)::numeric) <> COALESCE(m.commitments, (0)::numeric)) OR (COALESCE(a_1.tax, (0)::numeric) <> COALESCE(m.tax, (0)::numeric)) OR (COALESCE(a_1.total, (0)::numeric) <> COALESCE(m.total, (0)::numeric)) OR (COALESCE(a_1.due, (0)::numeric) <> COALESCE(m.due, (0)::numeric)) OR (COALESCE(a_1.written_off, (0)::numeric) <> COALESCE(m.written_off, (0)::numeric)) OR (COALESCE(a_1.collected, (0)::numeric) <> COALESCE(m.collected, (0)::numeric)))
        UNION ALL
         SELECT 'void'::text,
            t.account_key,
            t.transfer_id,
            (('reversed, as '::text || v.number) || ' was voided'::text),
            'not reversed'::text
           FROM (taximeter.ledger_transfer t
             JOIN taximeter.invoice_void v ON (((v.account_key = t.account_key) AND (v.number = t.invoice_number))))
          WHERE ((t.reverses IS NULL) AND (t.kind <> 'payment'::text) AND (NOT (EXISTS ( SELECT
                   FROM taximeter.ledger_transfer r
                  WHERE ((r.account_key = t.account_key) AND (r.reverses = t.transfer_id) AND (r.amount = t.amount) AND (r.currency = t.currency) AND (r.debit = t.credit) AND (r.credit = t.debit))))))
        UNION ALL
         SELECT 'void'::text,
            t.account_key,
            t.transfer_id,
            'a voided invoice'::text,
            (('reversed, but '::text || t.invoice_number) || ' stands'::text)
           FROM taximeter.ledger_transfer t
          WHERE ((t.reverses IS NOT NULL) AND (NOT (EXISTS ( SELECT
                   FROM taximeter.invoice_void v
                  WHERE ((v.account_key = t.account_key) AND (v.number = t.invoice_number))))))
        )
 SELECT f.finding,
    (
        CASE
            WHEN (f.account_key IS NULL) THEN ''::text
            ELSE (('account '::text || COALESCE(a.external_id, ('key '::text || f.account_key))) || ' '::text)
        END || f.subject) AS subject,
    f.expected,
    f.found
   FROM (findings f
     LEFT JOIN taximeter.account a ON ((a.account_key = f.account_key)));

COMMENT ON VIEW taximeter.ledger_audit IS 'Every difference between transfers and balances, between invoices and their transfers, between fees billed ahead and deferred revenue, and between invoices, transfers and the accounts'' months; empty when all is well.';

CREATE TABLE taximeter.margin_account_day (
    account_key bigint NOT NULL,
    day timestamp with time zone NOT NULL,
    model_key integer NOT NULL,
    channel_key integer NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    events numeric NOT NULL,
    requests numeric NOT NULL,
    cache_hit_tokens numeric NOT NULL,
    cache_miss_tokens numeric NOT NULL,
    cache_write_tokens numeric NOT NULL,
    cache_write_1h_tokens numeric NOT NULL,
    output_tokens numeric NOT NULL,
    theoretical_amount numeric NOT NULL,
    list_amount numeric NOT NULL,
    monetised_amount numeric NOT NULL,
    scheduled_amount numeric NOT NULL,
    tiered_amount numeric NOT NULL,
    contracted_amount numeric NOT NULL,
    net_amount numeric NOT NULL,
    unpriced_events numeric NOT NULL,
    cache_hit_cost numeric,
    cache_miss_cost numeric,
    cache_write_cost numeric,
    cache_write_1h_cost numeric,
    output_cost numeric,
    idle_cost numeric,
    headroom_cost numeric,
    cache_hit_amount numeric DEFAULT 0 NOT NULL,
    cache_miss_amount numeric DEFAULT 0 NOT NULL,
    cache_write_amount numeric DEFAULT 0 NOT NULL,
    cache_write_1h_amount numeric DEFAULT 0 NOT NULL,
    output_amount numeric DEFAULT 0 NOT NULL,
    CONSTRAINT margin_account_day_cost_is_known_or_not CHECK ((num_nulls(cache_hit_cost, cache_miss_cost, cache_write_cost, cache_write_1h_cost, output_cost, idle_cost, headroom_cost) = ANY (ARRAY[0, 7])))
);

COMMENT ON TABLE taximeter.margin_account_day IS 'The hours of margin_hour by account and UTC day; account_key is 0 for what is nobody''s.';

CREATE TABLE taximeter.margin_account_month (
    account_key bigint NOT NULL,
    month timestamp with time zone NOT NULL,
    model_key integer NOT NULL,
    channel_key integer NOT NULL,
    currency text NOT NULL COLLATE pg_catalog."C",
    events numeric NOT NULL,
    requests numeric NOT NULL,
    cache_hit_tokens numeric NOT NULL,
    cache_miss_tokens numeric NOT NULL,
    cache_write_tokens numeric NOT NULL,
    cache_write_1h_tokens numeric NOT NULL,
    output_tokens numeric NOT NULL,
    theoretical_amount numeric NOT NULL,
    list_amount numeric NOT NULL,
    monetised_amount numeric NOT NULL,
    scheduled_amount numeric NOT NULL,
    tiered_amount numeric NOT NULL,
    contracted_amount numeric NOT NULL,
    net_amount numeric NOT NULL,
    unpriced_events numeric NOT NULL,
    cache_hit_cost numeric,
    cache_miss_cost numeric,
    cache_write_cost numeric,
    cache_write_1h_cost numeric,
    output_cost numeric,
    idle_cost numeric,
    headroom_cost numeric,
    cache_hit_amount numeric DEFAULT 0 NOT NULL,
    cache_miss_amount numeric DEFAULT 0 NOT NULL,
    cache_write_amount numeric DEFAULT 0 NOT NULL,
    cache_write_1h_amount numeric DEFAULT 0 NOT NULL,
    output_amount numeric DEFAULT 0 NOT NULL,
    days integer DEFAULT 0 NOT NULL,
    costed_days integer DEFAULT 0 NOT NULL,
    CONSTRAINT margin_account_month_cost_is_known_or_not CHECK ((num_nulls(cache_hit_cost, cache_miss_cost, cache_write_cost, cache_write_1h_cost, output_cost, idle_cost, headroom_cost) = ANY (ARRAY[0, 7])))
);

COMMENT ON TABLE taximeter.margin_account_month IS 'The days of margin_account_day by UTC month, which starts at month: changed with them, in the same transaction.';

COMMENT ON COLUMN taximeter.margin_account_month.days IS 'Rows of margin_account_day that are in it.';

COMMENT ON COLUMN taximeter.margin_account_month.costed_days IS 'Those of them whose cost is known; without any, the cost is NULL.';

CREATE TABLE taximeter.margin_dirty (
    day timestamp with time zone NOT NULL,
    marker xid8 NOT NULL
);

COMMENT ON TABLE taximeter.margin_dirty IS 'UTC days whose charges, costs or policies have changed since their margins were computed.';

CREATE TABLE taximeter.margin_dirty_month (
    month timestamp with time zone NOT NULL,
    marker xid8 NOT NULL
);

COMMENT ON TABLE taximeter.margin_dirty_month IS 'UTC months of which a day was computed anew since the month was summed.';

CREATE VIEW taximeter.margin_audit AS
 SELECT 'margin hour'::text AS finding,
    (((('hour '::text || to_char((k.hour_1 AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI"Z"'::text)) || COALESCE((' model '::text || m.name), ''::text)) || COALESCE((' channel '::text || c.name), ''::text)) || COALESCE((' '::text || NULLIF(k.currency_1, ''::text)), ''::text)) AS subject,
    concat_ws(', '::text,
        CASE
            WHEN (COALESCE(e.events, (0)::numeric) <> COALESCE(f.events, (0)::numeric)) THEN (('events'::text || ' '::text) || trim_scale(COALESCE(e.events, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.requests, (0)::numeric) <> COALESCE(f.requests, (0)::numeric)) THEN (('requests'::text || ' '::text) || trim_scale(COALESCE(e.requests, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_hit_tokens, (0)::numeric) <> COALESCE(f.cache_hit_tokens, (0)::numeric)) THEN (('cache_hit_tokens'::text || ' '::text) || trim_scale(COALESCE(e.cache_hit_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_miss_tokens, (0)::numeric) <> COALESCE(f.cache_miss_tokens, (0)::numeric)) THEN (('cache_miss_tokens'::text || ' '::text) || trim_scale(COALESCE(e.cache_miss_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_tokens, (0)::numeric) <> COALESCE(f.cache_write_tokens, (0)::numeric)) THEN (('cache_write_tokens'::text || ' '::text) || trim_scale(COALESCE(e.cache_write_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_1h_tokens, (0)::numeric) <> COALESCE(f.cache_write_1h_tokens, (0)::numeric)) THEN (('cache_write_1h_tokens'::text || ' '::text) || trim_scale(COALESCE(e.cache_write_1h_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.output_tokens, (0)::numeric) <> COALESCE(f.output_tokens, (0)::numeric)) THEN (('output_tokens'::text || ' '::text) || trim_scale(COALESCE(e.output_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.unpriced_events, (0)::numeric) <> COALESCE(f.unpriced_events, (0)::numeric)) THEN (('unpriced_events'::text || ' '::text) || trim_scale(COALESCE(e.unpriced_events, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.theoretical_amount, (0)::numeric) <> COALESCE(f.theoretical_amount, (0)::numeric)) THEN (('theoretical_amount'::text || ' '::text) || trim_scale(COALESCE(e.theoretical_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.list_amount, (0)::numeric) <> COALESCE(f.list_amount, (0)::numeric)) THEN (('list_amount'::text || ' '::text) || trim_scale(COALESCE(e.list_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.monetised_amount, (0)::numeric) <> COALESCE(f.monetised_amount, (0)::numeric)) THEN (('monetised_amount'::text || ' '::text) || trim_scale(COALESCE(e.monetised_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.scheduled_amount, (0)::numeric) <> COALESCE(f.scheduled_amount, (0)::numeric)) THEN (('scheduled_amount'::text || ' '::text) || trim_scale(COALESCE(e.scheduled_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.tiered_amount, (0)::numeric) <> COALESCE(f.tiered_amount, (0)::numeric)) THEN (('tiered_amount'::text || ' '::text) || trim_scale(COALESCE(e.tiered_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.contracted_amount, (0)::numeric) <> COALESCE(f.contracted_amount, (0)::numeric)) THEN (('contracted_amount'::text || ' '::text) || trim_scale(COALESCE(e.contracted_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.net_amount, (0)::numeric) <> COALESCE(f.net_amount, (0)::numeric)) THEN (('net_amount'::text || ' '::text) || trim_scale(COALESCE(e.net_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_hit_amount, (0)::numeric) <> COALESCE(f.cache_hit_amount, (0)::numeric)) THEN (('cache_hit_amount'::text || ' '::text) || trim_scale(COALESCE(e.cache_hit_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_miss_amount, (0)::numeric) <> COALESCE(f.cache_miss_amount, (0)::numeric)) THEN (('cache_miss_amount'::text || ' '::text) || trim_scale(COALESCE(e.cache_miss_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_amount, (0)::numeric) <> COALESCE(f.cache_write_amount, (0)::numeric)) THEN (('cache_write_amount'::text || ' '::text) || trim_scale(COALESCE(e.cache_write_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_1h_amount, (0)::numeric) <> COALESCE(f.cache_write_1h_amount, (0)::numeric)) THEN (('cache_write_1h_amount'::text || ' '::text) || trim_scale(COALESCE(e.cache_write_1h_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.output_amount, (0)::numeric) <> COALESCE(f.output_amount, (0)::numeric)) THEN (('output_amount'::text || ' '::text) || trim_scale(COALESCE(e.output_amount, (0)::numeric)))
            ELSE NULL::text
        END) AS expected,
    concat_ws(', '::text,
        CASE
            WHEN (COALESCE(e.events, (0)::numeric) <> COALESCE(f.events, (0)::numeric)) THEN (('events'::text || ' '::text) || trim_scale(COALESCE(f.events, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.requests, (0)::numeric) <> COALESCE(f.requests, (0)::numeric)) THEN (('requests'::text || ' '::text) || trim_scale(COALESCE(f.requests, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_hit_tokens, (0)::numeric) <> COALESCE(f.cache_hit_tokens, (0)::numeric)) THEN (('cache_hit_tokens'::text || ' '::text) || trim_scale(COALESCE(f.cache_hit_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_miss_tokens, (0)::numeric) <> COALESCE(f.cache_miss_tokens, (0)::numeric)) THEN (('cache_miss_tokens'::text || ' '::text) || trim_scale(COALESCE(f.cache_miss_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_tokens, (0)::numeric) <> COALESCE(f.cache_write_tokens, (0)::numeric)) THEN (('cache_write_tokens'::text || ' '::text) || trim_scale(COALESCE(f.cache_write_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_1h_tokens, (0)::numeric) <> COALESCE(f.cache_write_1h_tokens, (0)::numeric)) THEN (('cache_write_1h_tokens'::text || ' '::text) || trim_scale(COALESCE(f.cache_write_1h_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.output_tokens, (0)::numeric) <> COALESCE(f.output_tokens, (0)::numeric)) THEN (('output_tokens'::text || ' '::text) || trim_scale(COALESCE(f.output_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.unpriced_events, (0)::numeric) <> COALESCE(f.unpriced_events, (0)::numeric)) THEN (('unpriced_events'::text || ' '::text) || trim_scale(COALESCE(f.unpriced_events, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.theoretical_amount, (0)::numeric) <> COALESCE(f.theoretical_amount, (0)::numeric)) THEN (('theoretical_amount'::text || ' '::text) || trim_scale(COALESCE(f.theoretical_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.list_amount, (0)::numeric) <> COALESCE(f.list_amount, (0)::numeric)) THEN (('list_amount'::text || ' '::text) || trim_scale(COALESCE(f.list_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.monetised_amount, (0)::numeric) <> COALESCE(f.monetised_amount, (0)::numeric)) THEN (('monetised_amount'::text || ' '::text) || trim_scale(COALESCE(f.monetised_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.scheduled_amount, (0)::numeric) <> COALESCE(f.scheduled_amount, (0)::numeric)) THEN (('scheduled_amount'::text || ' '::text) || trim_scale(COALESCE(f.scheduled_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.tiered_amount, (0)::numeric) <> COALESCE(f.tiered_amount, (0)::numeric)) THEN (('tiered_amount'::text || ' '::text) || trim_scale(COALESCE(f.tiered_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.contracted_amount, (0)::numeric) <> COALESCE(f.contracted_amount, (0)::numeric)) THEN (('contracted_amount'::text || ' '::text) || trim_scale(COALESCE(f.contracted_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.net_amount, (0)::numeric) <> COALESCE(f.net_amount, (0)::numeric)) THEN (('net_amount'::text || ' '::text) || trim_scale(COALESCE(f.net_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_hit_amount, (0)::numeric) <> COALESCE(f.cache_hit_amount, (0)::numeric)) THEN (('cache_hit_amount'::text || ' '::text) || trim_scale(COALESCE(f.cache_hit_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_miss_amount, (0)::numeric) <> COALESCE(f.cache_miss_amount, (0)::numeric)) THEN (('cache_miss_amount'::text || ' '::text) || trim_scale(COALESCE(f.cache_miss_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_amount, (0)::numeric) <> COALESCE(f.cache_write_amount, (0)::numeric)) THEN (('cache_write_amount'::text || ' '::text) || trim_scale(COALESCE(f.cache_write_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_1h_amount, (0)::numeric) <> COALESCE(f.cache_write_1h_amount, (0)::numeric)) THEN (('cache_write_1h_amount'::text || ' '::text) || trim_scale(COALESCE(f.cache_write_1h_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.output_amount, (0)::numeric) <> COALESCE(f.output_amount, (0)::numeric)) THEN (('output_amount'::text || ' '::text) || trim_scale(COALESCE(f.output_amount, (0)::numeric)))
            ELSE NULL::text
        END) AS found
   FROM (((((( SELECT date_trunc('hour'::text, charge.slot_start, 'UTC'::text) AS hour,
            charge.model_key,
            charge.channel_key,
            COALESCE(charge.currency, ''::text) AS currency,
            sum(charge.events) AS events,
            sum(charge.requests) AS requests,
            sum(charge.cache_hit_tokens) AS cache_hit_tokens,
            sum(charge.cache_miss_tokens) AS cache_miss_tokens,
            sum(charge.cache_write_tokens) AS cache_write_tokens,
            sum(charge.cache_write_1h_tokens) AS cache_write_1h_tokens,
            sum(charge.output_tokens) AS output_tokens,
            sum(
                CASE
                    WHEN (charge.unpriced_reason IS NULL) THEN (0)::bigint
                    ELSE charge.events
                END) AS unpriced_events,
            sum(charge.theoretical_amount) AS theoretical_amount,
            sum(charge.list_amount) AS list_amount,
            sum(charge.monetised_amount) AS monetised_amount,
            sum(charge.scheduled_amount) AS scheduled_amount,
            sum(charge.tiered_amount) AS tiered_amount,
            sum(charge.contracted_amount) AS contracted_amount,
            sum(charge.net_amount) AS net_amount,
            sum(charge.cache_hit_amount) AS cache_hit_amount,
            sum(charge.cache_miss_amount) AS cache_miss_amount,
            sum(charge.cache_write_amount) AS cache_write_amount,
            sum(charge.cache_write_1h_amount) AS cache_write_1h_amount,
            sum(charge.output_amount) AS output_amount
           FROM taximeter.charge
          GROUP BY (date_trunc('hour'::text, charge.slot_start, 'UTC'::text)), charge.model_key, charge.channel_key, COALESCE(charge.currency, ''::text)) e
     FULL JOIN ( SELECT margin_hour.hour,
            margin_hour.model_key,
            margin_hour.channel_key,
            margin_hour.currency,
            margin_hour.events,
            margin_hour.requests,
            margin_hour.cache_hit_tokens,
            margin_hour.cache_miss_tokens,
            margin_hour.cache_write_tokens,
            margin_hour.cache_write_1h_tokens,
            margin_hour.output_tokens,
            margin_hour.theoretical_amount,
            margin_hour.list_amount,
            margin_hour.monetised_amount,
            margin_hour.scheduled_amount,
            margin_hour.tiered_amount,
            margin_hour.contracted_amount,
            margin_hour.net_amount,
            margin_hour.unpriced_events,
            margin_hour.cache_hit_cost,
            margin_hour.cache_miss_cost,
            margin_hour.cache_write_cost,
            margin_hour.cache_write_1h_cost,
            margin_hour.output_cost,
            margin_hour.idle_cost,
            margin_hour.headroom_cost,
            margin_hour.cache_hit_amount,
            margin_hour.cache_miss_amount,
            margin_hour.cache_write_amount,
            margin_hour.cache_write_1h_amount,
            margin_hour.output_amount
           FROM taximeter.margin_hour) f USING (hour, model_key, channel_key, currency))
     CROSS JOIN LATERAL ( SELECT COALESCE(e.hour, f.hour) AS hour,
            COALESCE(e.model_key, f.model_key) AS model_key,
            COALESCE(e.channel_key, f.channel_key) AS channel_key,
            COALESCE(e.currency, f.currency) AS currency) k(hour_1, model_key_1, channel_key_1, currency_1))
     LEFT JOIN taximeter.account a ON ((a.account_key = NULL::bigint)))
     LEFT JOIN taximeter.model m(model_key_1, name) ON ((m.model_key_1 = k.model_key_1)))
     LEFT JOIN taximeter.channel c(channel_key_1, name) ON ((c.channel_key_1 = k.channel_key_1)))
  WHERE (((COALESCE(e.events, (0)::numeric) <> COALESCE(f.events, (0)::numeric)) OR (COALESCE(e.requests, (0)::numeric) <> COALESCE(f.requests, (0)::numeric)) OR (COALESCE(e.cache_hit_tokens, (0)::numeric) <> COALESCE(f.cache_hit_tokens, (0)::numeric)) OR (COALESCE(e.cache_miss_tokens, (0)::numeric) <> COALESCE(f.cache_miss_tokens, (0)::numeric)) OR (COALESCE(e.cache_write_tokens, (0)::numeric) <> COALESCE(f.cache_write_tokens, (0)::numeric)) OR (COALESCE(e.cache_write_1h_tokens, (0)::numeric) <> COALESCE(f.cache_write_1h_tokens, (0)::numeric)) OR (COALESCE(e.output_tokens, (0)::numeric) <> COALESCE(f.output_tokens, (0)::numeric)) OR (COALESCE(e.unpriced_events, (0)::numeric) <> COALESCE(f.unpriced_events, (0)::numeric)) OR (COALESCE(e.theoretical_amount, (0)::numeric) <> COALESCE(f.theoretical_amount, (0)::numeric)) OR (COALESCE(e.list_amount, (0)::numeric) <> COALESCE(f.list_amount, (0)::numeric)) OR (COALESCE(e.monetised_amount, (0)::numeric) <> COALESCE(f.monetised_amount, (0)::numeric)) OR (COALESCE(e.scheduled_amount, (0)::numeric) <> COALESCE(f.scheduled_amount, (0)::numeric)) OR (COALESCE(e.tiered_amount, (0)::numeric) <> COALESCE(f.tiered_amount, (0)::numeric)) OR (COALESCE(e.contracted_amount, (0)::numeric) <> COALESCE(f.contracted_amount, (0)::numeric)) OR (COALESCE(e.net_amount, (0)::numeric) <> COALESCE(f.net_amount, (0)::numeric)) OR (COALESCE(e.cache_hit_amount, (0)::numeric) <> COALESCE(f.cache_hit_amount, (0)::numeric)) OR (COALESCE(e.cache_miss_amount, (0)::numeric) <> COALESCE(f.cache_miss_amount, (0)::numeric)) OR (COALESCE(e.cache_write_amount, (0)::numeric) <> COALESCE(f.cache_write_amount, (0)::numeric)) OR (COALESCE(e.cache_write_1h_amount, (0)::numeric) <> COALESCE(f.cache_write_1h_amount, (0)::numeric)) OR (COALESCE(e.output_amount, (0)::numeric) <> COALESCE(f.output_amount, (0)::numeric))) AND (NOT (EXISTS ( SELECT
           FROM taximeter.margin_dirty d
          WHERE (d.day = date_trunc('day'::text, k.hour_1, 'UTC'::text))))))
UNION ALL
 SELECT 'margin day'::text AS finding,
    ((((('day '::text || to_char((k.day_1 AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD'::text)) || COALESCE((' account '::text || a.external_id), (' account key '::text || NULLIF(k.account_key_1, 0)), ''::text)) || COALESCE((' model '::text || m.name), ''::text)) || COALESCE((' channel '::text || c.name), ''::text)) || COALESCE((' '::text || NULLIF(k.currency_1, ''::text)), ''::text)) AS subject,
    concat_ws(', '::text,
        CASE
            WHEN (COALESCE(e.events, (0)::numeric) <> COALESCE(f.events, (0)::numeric)) THEN (('events'::text || ' '::text) || trim_scale(COALESCE(e.events, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.requests, (0)::numeric) <> COALESCE(f.requests, (0)::numeric)) THEN (('requests'::text || ' '::text) || trim_scale(COALESCE(e.requests, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_hit_tokens, (0)::numeric) <> COALESCE(f.cache_hit_tokens, (0)::numeric)) THEN (('cache_hit_tokens'::text || ' '::text) || trim_scale(COALESCE(e.cache_hit_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_miss_tokens, (0)::numeric) <> COALESCE(f.cache_miss_tokens, (0)::numeric)) THEN (('cache_miss_tokens'::text || ' '::text) || trim_scale(COALESCE(e.cache_miss_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_tokens, (0)::numeric) <> COALESCE(f.cache_write_tokens, (0)::numeric)) THEN (('cache_write_tokens'::text || ' '::text) || trim_scale(COALESCE(e.cache_write_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_1h_tokens, (0)::numeric) <> COALESCE(f.cache_write_1h_tokens, (0)::numeric)) THEN (('cache_write_1h_tokens'::text || ' '::text) || trim_scale(COALESCE(e.cache_write_1h_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.output_tokens, (0)::numeric) <> COALESCE(f.output_tokens, (0)::numeric)) THEN (('output_tokens'::text || ' '::text) || trim_scale(COALESCE(e.output_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.unpriced_events, (0)::numeric) <> COALESCE(f.unpriced_events, (0)::numeric)) THEN (('unpriced_events'::text || ' '::text) || trim_scale(COALESCE(e.unpriced_events, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.theoretical_amount, (0)::numeric) <> COALESCE(f.theoretical_amount, (0)::numeric)) THEN (('theoretical_amount'::text || ' '::text) || trim_scale(COALESCE(e.theoretical_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.list_amount, (0)::numeric) <> COALESCE(f.list_amount, (0)::numeric)) THEN (('list_amount'::text || ' '::text) || trim_scale(COALESCE(e.list_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.monetised_amount, (0)::numeric) <> COALESCE(f.monetised_amount, (0)::numeric)) THEN (('monetised_amount'::text || ' '::text) || trim_scale(COALESCE(e.monetised_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.scheduled_amount, (0)::numeric) <> COALESCE(f.scheduled_amount, (0)::numeric)) THEN (('scheduled_amount'::text || ' '::text) || trim_scale(COALESCE(e.scheduled_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.tiered_amount, (0)::numeric) <> COALESCE(f.tiered_amount, (0)::numeric)) THEN (('tiered_amount'::text || ' '::text) || trim_scale(COALESCE(e.tiered_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.contracted_amount, (0)::numeric) <> COALESCE(f.contracted_amount, (0)::numeric)) THEN (('contracted_amount'::text || ' '::text) || trim_scale(COALESCE(e.contracted_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.net_amount, (0)::numeric) <> COALESCE(f.net_amount, (0)::numeric)) THEN (('net_amount'::text || ' '::text) || trim_scale(COALESCE(e.net_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_hit_amount, (0)::numeric) <> COALESCE(f.cache_hit_amount, (0)::numeric)) THEN (('cache_hit_amount'::text || ' '::text) || trim_scale(COALESCE(e.cache_hit_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_miss_amount, (0)::numeric) <> COALESCE(f.cache_miss_amount, (0)::numeric)) THEN (('cache_miss_amount'::text || ' '::text) || trim_scale(COALESCE(e.cache_miss_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_amount, (0)::numeric) <> COALESCE(f.cache_write_amount, (0)::numeric)) THEN (('cache_write_amount'::text || ' '::text) || trim_scale(COALESCE(e.cache_write_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_1h_amount, (0)::numeric) <> COALESCE(f.cache_write_1h_amount, (0)::numeric)) THEN (('cache_write_1h_amount'::text || ' '::text) || trim_scale(COALESCE(e.cache_write_1h_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.output_amount, (0)::numeric) <> COALESCE(f.output_amount, (0)::numeric)) THEN (('output_amount'::text || ' '::text) || trim_scale(COALESCE(e.output_amount, (0)::numeric)))
            ELSE NULL::text
        END) AS expected,
    concat_ws(', '::text,
        CASE
            WHEN (COALESCE(e.events, (0)::numeric) <> COALESCE(f.events, (0)::numeric)) THEN (('events'::text || ' '::text) || trim_scale(COALESCE(f.events, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.requests, (0)::numeric) <> COALESCE(f.requests, (0)::numeric)) THEN (('requests'::text || ' '::text) || trim_scale(COALESCE(f.requests, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_hit_tokens, (0)::numeric) <> COALESCE(f.cache_hit_tokens, (0)::numeric)) THEN (('cache_hit_tokens'::text || ' '::text) || trim_scale(COALESCE(f.cache_hit_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_miss_tokens, (0)::numeric) <> COALESCE(f.cache_miss_tokens, (0)::numeric)) THEN (('cache_miss_tokens'::text || ' '::text) || trim_scale(COALESCE(f.cache_miss_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_tokens, (0)::numeric) <> COALESCE(f.cache_write_tokens, (0)::numeric)) THEN (('cache_write_tokens'::text || ' '::text) || trim_scale(COALESCE(f.cache_write_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_1h_tokens, (0)::numeric) <> COALESCE(f.cache_write_1h_tokens, (0)::numeric)) THEN (('cache_write_1h_tokens'::text || ' '::text) || trim_scale(COALESCE(f.cache_write_1h_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.output_tokens, (0)::numeric) <> COALESCE(f.output_tokens, (0)::numeric)) THEN (('output_tokens'::text || ' '::text) || trim_scale(COALESCE(f.output_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.unpriced_events, (0)::numeric) <> COALESCE(f.unpriced_events, (0)::numeric)) THEN (('unpriced_events'::text || ' '::text) || trim_scale(COALESCE(f.unpriced_events, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.theoretical_amount, (0)::numeric) <> COALESCE(f.theoretical_amount, (0)::numeric)) THEN (('theoretical_amount'::text || ' '::text) || trim_scale(COALESCE(f.theoretical_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.list_amount, (0)::numeric) <> COALESCE(f.list_amount, (0)::numeric)) THEN (('list_amount'::text || ' '::text) || trim_scale(COALESCE(f.list_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.monetised_amount, (0)::numeric) <> COALESCE(f.monetised_amount, (0)::numeric)) THEN (('monetised_amount'::text || ' '::text) || trim_scale(COALESCE(f.monetised_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.scheduled_amount, (0)::numeric) <> COALESCE(f.scheduled_amount, (0)::numeric)) THEN (('scheduled_amount'::text || ' '::text) || trim_scale(COALESCE(f.scheduled_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.tiered_amount, (0)::numeric) <> COALESCE(f.tiered_amount, (0)::numeric)) THEN (('tiered_amount'::text || ' '::text) || trim_scale(COALESCE(f.tiered_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.contracted_amount, (0)::numeric) <> COALESCE(f.contracted_amount, (0)::numeric)) THEN (('contracted_amount'::text || ' '::text) || trim_scale(COALESCE(f.contracted_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.net_amount, (0)::numeric) <> COALESCE(f.net_amount, (0)::numeric)) THEN (('net_amount'::text || ' '::text) || trim_scale(COALESCE(f.net_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_hit_amount, (0)::numeric) <> COALESCE(f.cache_hit_amount, (0)::numeric)) THEN (('cache_hit_amount'::text || ' '::text) || trim_scale(COALESCE(f.cache_hit_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_miss_amount, (0)::numeric) <> COALESCE(f.cache_miss_amount, (0)::numeric)) THEN (('cache_miss_amount'::text || ' '::text) || trim_scale(COALESCE(f.cache_miss_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_amount, (0)::numeric) <> COALESCE(f.cache_write_amount, (0)::numeric)) THEN (('cache_write_amount'::text || ' '::text) || trim_scale(COALESCE(f.cache_write_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_1h_amount, (0)::numeric) <> COALESCE(f.cache_write_1h_amount, (0)::numeric)) THEN (('cache_write_1h_amount'::text || ' '::text) || trim_scale(COALESCE(f.cache_write_1h_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.output_amount, (0)::numeric) <> COALESCE(f.output_amount, (0)::numeric)) THEN (('output_amount'::text || ' '::text) || trim_scale(COALESCE(f.output_amount, (0)::numeric)))
            ELSE NULL::text
        END) AS found
   FROM (((((( SELECT charge.account_key,
            date_trunc('day'::text, charge.slot_start, 'UTC'::text) AS day,
            charge.model_key,
            charge.channel_key,
            COALESCE(charge.currency, ''::text) AS currency,
            sum(charge.events) AS events,
            sum(charge.requests) AS requests,
            sum(charge.cache_hit_tokens) AS cache_hit_tokens,
            sum(charge.cache_miss_tokens) AS cache_miss_tokens,
            sum(charge.cache_write_tokens) AS cache_write_tokens,
            sum(charge.cache_write_1h_tokens) AS cache_write_1h_tokens,
            sum(charge.output_tokens) AS output_tokens,
            sum(
                CASE
                    WHEN (charge.unpriced_reason IS NULL) THEN (0)::bigint
                    ELSE charge.events
                END) AS unpriced_events,
            sum(charge.theoretical_amount) AS theoretical_amount,
            sum(charge.list_amount) AS list_amount,
            sum(charge.monetised_amount) AS monetised_amount,
            sum(charge.scheduled_amount) AS scheduled_amount,
            sum(charge.tiered_amount) AS tiered_amount,
            sum(charge.contracted_amount) AS contracted_amount,
            sum(charge.net_amount) AS net_amount,
            sum(charge.cache_hit_amount) AS cache_hit_amount,
            sum(charge.cache_miss_amount) AS cache_miss_amount,
            sum(charge.cache_write_amount) AS cache_write_amount,
            sum(charge.cache_write_1h_amount) AS cache_write_1h_amount,
            sum(charge.output_amount) AS output_amount
           FROM taximeter.charge
          GROUP BY charge.account_key, (date_trunc('day'::text, charge.slot_start, 'UTC'::text)), charge.model_key, charge.channel_key, COALESCE(charge.currency, ''::text)) e
     FULL JOIN ( SELECT margin_account_day.account_key,
            margin_account_day.day,
            margin_account_day.model_key,
            margin_account_day.channel_key,
            margin_account_day.currency,
            margin_account_day.events,
            margin_account_day.requests,
            margin_account_day.cache_hit_tokens,
            margin_account_day.cache_miss_tokens,
            margin_account_day.cache_write_tokens,
            margin_account_day.cache_write_1h_tokens,
            margin_account_day.output_tokens,
            margin_account_day.theoretical_amount,
            margin_account_day.list_amount,
            margin_account_day.monetised_amount,
            margin_account_day.scheduled_amount,
            margin_account_day.tiered_amount,
            margin_account_day.contracted_amount,
            margin_account_day.net_amount,
            margin_account_day.unpriced_events,
            margin_account_day.cache_hit_cost,
            margin_account_day.cache_miss_cost,
            margin_account_day.cache_write_cost,
            margin_account_day.cache_write_1h_cost,
            margin_account_day.output_cost,
            margin_account_day.idle_cost,
            margin_account_day.headroom_cost,
            margin_account_day.cache_hit_amount,
            margin_account_day.cache_miss_amount,
            margin_account_day.cache_write_amount,
            margin_account_day.cache_write_1h_amount,
            margin_account_day.output_amount
           FROM taximeter.margin_account_day) f USING (account_key, day, model_key, channel_key, currency))
     CROSS JOIN LATERAL ( SELECT COALESCE(e.account_key, f.account_key) AS account_key,
            COALESCE(e.day, f.day) AS day,
            COALESCE(e.model_key, f.model_key) AS model_key,
            COALESCE(e.channel_key, f.channel_key) AS channel_key,
            COALESCE(e.currency, f.currency) AS currency) k(account_key_1, day_1, model_key_1, channel_key_1, currency_1))
     LEFT JOIN taximeter.account a(account_key_1, external_id, created_at, time_zone, issuing_entity) ON ((a.account_key_1 = k.account_key_1)))
     LEFT JOIN taximeter.model m(model_key_1, name) ON ((m.model_key_1 = k.model_key_1)))
     LEFT JOIN taximeter.channel c(channel_key_1, name) ON ((c.channel_key_1 = k.channel_key_1)))
  WHERE (((COALESCE(e.events, (0)::numeric) <> COALESCE(f.events, (0)::numeric)) OR (COALESCE(e.requests, (0)::numeric) <> COALESCE(f.requests, (0)::numeric)) OR (COALESCE(e.cache_hit_tokens, (0)::numeric) <> COALESCE(f.cache_hit_tokens, (0)::numeric)) OR (COALESCE(e.cache_miss_tokens, (0)::numeric) <> COALESCE(f.cache_miss_tokens, (0)::numeric)) OR (COALESCE(e.cache_write_tokens, (0)::numeric) <> COALESCE(f.cache_write_tokens, (0)::numeric)) OR (COALESCE(e.cache_write_1h_tokens, (0)::numeric) <> COALESCE(f.cache_write_1h_tokens, (0)::numeric)) OR (COALESCE(e.output_tokens, (0)::numeric) <> COALESCE(f.output_tokens, (0)::numeric)) OR (COALESCE(e.unpriced_events, (0)::numeric) <> COALESCE(f.unpriced_events, (0)::numeric)) OR (COALESCE(e.theoretical_amount, (0)::numeric) <> COALESCE(f.theoretical_amount, (0)::numeric)) OR (COALESCE(e.list_amount, (0)::numeric) <> COALESCE(f.list_amount, (0)::numeric)) OR (COALESCE(e.monetised_amount, (0)::numeric) <> COALESCE(f.monetised_amount, (0)::numeric)) OR (COALESCE(e.scheduled_amount, (0)::numeric) <> COALESCE(f.scheduled_amount, (0)::numeric)) OR (COALESCE(e.tiered_amount, (0)::numeric) <> COALESCE(f.tiered_amount, (0)::numeric)) OR (COALESCE(e.contracted_amount, (0)::numeric) <> COALESCE(f.contracted_amount, (0)::numeric)) OR (COALESCE(e.net_amount, (0)::numeric) <> COALESCE(f.net_amount, (0)::numeric)) OR (COALESCE(e.cache_hit_amount, (0)::numeric) <> COALESCE(f.cache_hit_amount, (0)::numeric)) OR (COALESCE(e.cache_miss_amount, (0)::numeric) <> COALESCE(f.cache_miss_amount, (0)::numeric)) OR (COALESCE(e.cache_write_amount, (0)::numeric) <> COALESCE(f.cache_write_amount, (0)::numeric)) OR (COALESCE(e.cache_write_1h_amount, (0)::numeric) <> COALESCE(f.cache_write_1h_amount, (0)::numeric)) OR (COALESCE(e.output_amount, (0)::numeric) <> COALESCE(f.output_amount, (0)::numeric))) AND (NOT (EXISTS ( SELECT
           FROM taximeter.margin_dirty d
          WHERE (d.day = date_trunc('day'::text, k.day_1, 'UTC'::text))))))
UNION ALL
 SELECT 'margin cost'::text AS finding,
    (('hour '::text || to_char((k.hour_1 AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI"Z"'::text)) || COALESCE((' '::text || k.currency_1), ''::text)) AS subject,
    concat_ws(', '::text,
        CASE
            WHEN (COALESCE(e.cost, (0)::numeric) <> COALESCE(f.cost, (0)::numeric)) THEN (('cost'::text || ' '::text) || trim_scale(COALESCE(e.cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.headroom_cost, (0)::numeric) <> COALESCE(f.headroom_cost, (0)::numeric)) THEN (('headroom_cost'::text || ' '::text) || trim_scale(COALESCE(e.headroom_cost, (0)::numeric)))
            ELSE NULL::text
        END) AS expected,
    concat_ws(', '::text,
        CASE
            WHEN (COALESCE(e.cost, (0)::numeric) <> COALESCE(f.cost, (0)::numeric)) THEN (('cost'::text || ' '::text) || trim_scale(COALESCE(f.cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.headroom_cost, (0)::numeric) <> COALESCE(f.headroom_cost, (0)::numeric)) THEN (('headroom_cost'::text || ' '::text) || trim_scale(COALESCE(f.headroom_cost, (0)::numeric)))
            ELSE NULL::text
        END) AS found
   FROM (((((( SELECT gpu_cost_hourly.hour,
            gpu_cost_hourly.currency,
            sum(gpu_cost_hourly.cost) AS cost,
            sum(
                CASE
                    WHEN (gpu_cost_hourly.use = 'headroom'::text) THEN gpu_cost_hourly.cost
                    ELSE (0)::numeric
                END) AS headroom_cost
           FROM taximeter.gpu_cost_hourly
          WHERE (gpu_cost_hourly.use <> 'lent'::text)
          GROUP BY gpu_cost_hourly.hour, gpu_cost_hourly.currency) e
     FULL JOIN ( SELECT margin_hour.hour,
            margin_hour.currency,
            sum(((((((margin_hour.cache_hit_cost + margin_hour.cache_miss_cost) + margin_hour.cache_write_cost) + margin_hour.cache_write_1h_cost) + margin_hour.output_cost) + margin_hour.idle_cost) + margin_hour.headroom_cost)) AS cost,
            sum(margin_hour.headroom_cost) AS headroom_cost
           FROM taximeter.margin_hour
          WHERE (margin_hour.idle_cost IS NOT NULL)
          GROUP BY margin_hour.hour, margin_hour.currency) f USING (hour, currency))
     CROSS JOIN LATERAL ( SELECT COALESCE(e.hour, f.hour) AS hour,
            COALESCE(e.currency, f.currency) AS currency) k(hour_1, currency_1))
     LEFT JOIN taximeter.account a ON ((a.account_key = NULL::bigint)))
     LEFT JOIN taximeter.model m ON ((m.model_key = NULL::integer)))
     LEFT JOIN taximeter.channel c ON ((c.channel_key = NULL::integer)))
  WHERE (((COALESCE(e.cost, (0)::numeric) <> COALESCE(f.cost, (0)::numeric)) OR (COALESCE(e.headroom_cost, (0)::numeric) <> COALESCE(f.headroom_cost, (0)::numeric))) AND (NOT (EXISTS ( SELECT
           FROM taximeter.margin_dirty d
          WHERE (d.day = date_trunc('day'::text, k.hour_1, 'UTC'::text))))))
UNION ALL
 SELECT 'margin cost'::text AS finding,
    (((('day '::text || to_char((k.day_1 AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD'::text)) || COALESCE((' model '::text || m.name), ''::text)) || COALESCE((' channel '::text || c.name), ''::text)) || COALESCE((' '::text || NULLIF(k.currency_1, ''::text)), ''::text)) AS subject,
    concat_ws(', '::text,
        CASE
            WHEN (COALESCE(e.cache_hit_cost, (0)::numeric) <> COALESCE(f.cache_hit_cost, (0)::numeric)) THEN (('cache_hit_cost'::text || ' '::text) || trim_scale(COALESCE(e.cache_hit_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_miss_cost, (0)::numeric) <> COALESCE(f.cache_miss_cost, (0)::numeric)) THEN (('cache_miss_cost'::text || ' '::text) || trim_scale(COALESCE(e.cache_miss_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_cost, (0)::numeric) <> COALESCE(f.cache_write_cost, (0)::numeric)) THEN (('cache_write_cost'::text || ' '::text) || trim_scale(COALESCE(e.cache_write_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_1h_cost, (0)::numeric) <> COALESCE(f.cache_write_1h_cost, (0)::numeric)) THEN (('cache_write_1h_cost'::text || ' '::text) || trim_scale(COALESCE(e.cache_write_1h_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.output_cost, (0)::numeric) <> COALESCE(f.output_cost, (0)::numeric)) THEN (('output_cost'::text || ' '::text) || trim_scale(COALESCE(e.output_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.idle_cost, (0)::numeric) <> COALESCE(f.idle_cost, (0)::numeric)) THEN (('idle_cost'::text || ' '::text) || trim_scale(COALESCE(e.idle_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.headroom_cost, (0)::numeric) <> COALESCE(f.headroom_cost, (0)::numeric)) THEN (('headroom_cost'::text || ' '::text) || trim_scale(COALESCE(e.headroom_cost, (0)::numeric)))
            ELSE NULL::text
        END) AS expected,
    concat_ws(', '::text,
        CASE
            WHEN (COALESCE(e.cache_hit_cost, (0)::numeric) <> COALESCE(f.cache_hit_cost, (0)::numeric)) THEN (('cache_hit_cost'::text || ' '::text) || trim_scale(COALESCE(f.cache_hit_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_miss_cost, (0)::numeric) <> COALESCE(f.cache_miss_cost, (0)::numeric)) THEN (('cache_miss_cost'::text || ' '::text) || trim_scale(COALESCE(f.cache_miss_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_cost, (0)::numeric) <> COALESCE(f.cache_write_cost, (0)::numeric)) THEN (('cache_write_cost'::text || ' '::text) || trim_scale(COALESCE(f.cache_write_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_1h_cost, (0)::numeric) <> COALESCE(f.cache_write_1h_cost, (0)::numeric)) THEN (('cache_write_1h_cost'::text || ' '::text) || trim_scale(COALESCE(f.cache_write_1h_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.output_cost, (0)::numeric) <> COALESCE(f.output_cost, (0)::numeric)) THEN (('output_cost'::text || ' '::text) || trim_scale(COALESCE(f.output_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.idle_cost, (0)::numeric) <> COALESCE(f.idle_cost, (0)::numeric)) THEN (('idle_cost'::text || ' '::text) || trim_scale(COALESCE(f.idle_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.headroom_cost, (0)::numeric) <> COALESCE(f.headroom_cost, (0)::numeric)) THEN (('headroom_cost'::text || ' '::text) || trim_scale(COALESCE(f.headroom_cost, (0)::numeric)))
            ELSE NULL::text
        END) AS found
   FROM (((((( SELECT date_trunc('day'::text, margin_hour.hour, 'UTC'::text) AS day,
            margin_hour.model_key,
            margin_hour.channel_key,
            margin_hour.currency,
            sum(margin_hour.cache_hit_cost) AS cache_hit_cost,
            sum(margin_hour.cache_miss_cost) AS cache_miss_cost,
            sum(margin_hour.cache_write_cost) AS cache_write_cost,
            sum(margin_hour.cache_write_1h_cost) AS cache_write_1h_cost,
            sum(margin_hour.output_cost) AS output_cost,
            sum(margin_hour.idle_cost) AS idle_cost,
            sum(margin_hour.headroom_cost) AS headroom_cost
           FROM taximeter.margin_hour
          GROUP BY (date_trunc('day'::text, margin_hour.hour, 'UTC'::text)), margin_hour.model_key, margin_hour.channel_key, margin_hour.currency) e
     FULL JOIN ( SELECT margin_account_day.day,
            margin_account_day.model_key,
            margin_account_day.channel_key,
            margin_account_day.currency,
            sum(margin_account_day.cache_hit_cost) AS cache_hit_cost,
            sum(margin_account_day.cache_miss_cost) AS cache_miss_cost,
            sum(margin_account_day.cache_write_cost) AS cache_write_cost,
            sum(margin_account_day.cache_write_1h_cost) AS cache_write_1h_cost,
            sum(margin_account_day.output_cost) AS output_cost,
            sum(margin_account_day.idle_cost) AS idle_cost,
            sum(margin_account_day.headroom_cost) AS headroom_cost
           FROM taximeter.margin_account_day
          GROUP BY margin_account_day.day, margin_account_day.model_key, margin_account_day.channel_key, margin_account_day.currency) f USING (day, model_key, channel_key, currency))
     CROSS JOIN LATERAL ( SELECT COALESCE(e.day, f.day) AS day,
            COALESCE(e.model_key, f.model_key) AS model_key,
            COALESCE(e.channel_key, f.channel_key) AS channel_key,
            COALESCE(e.currency, f.currency) AS currency) k(day_1, model_key_1, channel_key_1, currency_1))
     LEFT JOIN taximeter.account a ON ((a.account_key = NULL::bigint)))
     LEFT JOIN taximeter.model m(model_key_1, name) ON ((m.model_key_1 = k.model_key_1)))
     LEFT JOIN taximeter.channel c(channel_key_1, name) ON ((c.channel_key_1 = k.channel_key_1)))
  WHERE (((COALESCE(e.cache_hit_cost, (0)::numeric) <> COALESCE(f.cache_hit_cost, (0)::numeric)) OR (COALESCE(e.cache_miss_cost, (0)::numeric) <> COALESCE(f.cache_miss_cost, (0)::numeric)) OR (COALESCE(e.cache_write_cost, (0)::numeric) <> COALESCE(f.cache_write_cost, (0)::numeric)) OR (COALESCE(e.cache_write_1h_cost, (0)::numeric) <> COALESCE(f.cache_write_1h_cost, (0)::numeric)) OR (COALESCE(e.output_cost, (0)::numeric) <> COALESCE(f.output_cost, (0)::numeric)) OR (COALESCE(e.idle_cost, (0)::numeric) <> COALESCE(f.idle_cost, (0)::numeric)) OR (COALESCE(e.headroom_cost, (0)::numeric) <> COALESCE(f.headroom_cost, (0)::numeric))) AND (NOT (EXISTS ( SELECT
           FROM taximeter.margin_dirty d
          WHERE (d.day = date_trunc('day'::text, k.day_1, 'UTC'::text))))))
UNION ALL
 SELECT 'margin month'::text AS finding,
    ((((('month '::text || to_char((k.month_1 AT TIME ZONE 'UTC'::text), 'YYYY-MM'::text)) || COALESCE((' account '::text || a.external_id), (' account key '::text || NULLIF(k.account_key_1, 0)), ''::text)) || COALESCE((' model '::text || m.name), ''::text)) || COALESCE((' channel '::text || c.name), ''::text)) || COALESCE((' '::text || NULLIF(k.currency_1, ''::text)), ''::text)) AS subject,
    concat_ws(', '::text,
        CASE
            WHEN (COALESCE(e.events, (0)::numeric) <> COALESCE(f.events, (0)::numeric)) THEN (('events'::text || ' '::text) || trim_scale(COALESCE(e.events, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.requests, (0)::numeric) <> COALESCE(f.requests, (0)::numeric)) THEN (('requests'::text || ' '::text) || trim_scale(COALESCE(e.requests, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_hit_tokens, (0)::numeric) <> COALESCE(f.cache_hit_tokens, (0)::numeric)) THEN (('cache_hit_tokens'::text || ' '::text) || trim_scale(COALESCE(e.cache_hit_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_miss_tokens, (0)::numeric) <> COALESCE(f.cache_miss_tokens, (0)::numeric)) THEN (('cache_miss_tokens'::text || ' '::text) || trim_scale(COALESCE(e.cache_miss_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_tokens, (0)::numeric) <> COALESCE(f.cache_write_tokens, (0)::numeric)) THEN (('cache_write_tokens'::text || ' '::text) || trim_scale(COALESCE(e.cache_write_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_1h_tokens, (0)::numeric) <> COALESCE(f.cache_write_1h_tokens, (0)::numeric)) THEN (('cache_write_1h_tokens'::text || ' '::text) || trim_scale(COALESCE(e.cache_write_1h_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.output_tokens, (0)::numeric) <> COALESCE(f.output_tokens, (0)::numeric)) THEN (('output_tokens'::text || ' '::text) || trim_scale(COALESCE(e.output_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.unpriced_events, (0)::numeric) <> COALESCE(f.unpriced_events, (0)::numeric)) THEN (('unpriced_events'::text || ' '::text) || trim_scale(COALESCE(e.unpriced_events, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.theoretical_amount, (0)::numeric) <> COALESCE(f.theoretical_amount, (0)::numeric)) THEN (('theoretical_amount'::text || ' '::text) || trim_scale(COALESCE(e.theoretical_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.list_amount, (0)::numeric) <> COALESCE(f.list_amount, (0)::numeric)) THEN (('list_amount'::text || ' '::text) || trim_scale(COALESCE(e.list_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.monetised_amount, (0)::numeric) <> COALESCE(f.monetised_amount, (0)::numeric)) THEN (('monetised_amount'::text || ' '::text) || trim_scale(COALESCE(e.monetised_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.scheduled_amount, (0)::numeric) <> COALESCE(f.scheduled_amount, (0)::numeric)) THEN (('scheduled_amount'::text || ' '::text) || trim_scale(COALESCE(e.scheduled_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.tiered_amount, (0)::numeric) <> COALESCE(f.tiered_amount, (0)::numeric)) THEN (('tiered_amount'::text || ' '::text) || trim_scale(COALESCE(e.tiered_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.contracted_amount, (0)::numeric) <> COALESCE(f.contracted_amount, (0)::numeric)) THEN (('contracted_amount'::text || ' '::text) || trim_scale(COALESCE(e.contracted_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.net_amount, (0)::numeric) <> COALESCE(f.net_amount, (0)::numeric)) THEN (('net_amount'::text || ' '::text) || trim_scale(COALESCE(e.net_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_hit_amount, (0)::numeric) <> COALESCE(f.cache_hit_amount, (0)::numeric)) THEN (('cache_hit_amount'::text || ' '::text) || trim_scale(COALESCE(e.cache_hit_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_miss_amount, (0)::numeric) <> COALESCE(f.cache_miss_amount, (0)::numeric)) THEN (('cache_miss_amount'::text || ' '::text) || trim_scale(COALESCE(e.cache_miss_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_amount, (0)::numeric) <> COALESCE(f.cache_write_amount, (0)::numeric)) THEN (('cache_write_amount'::text || ' '::text) || trim_scale(COALESCE(e.cache_write_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_1h_amount, (0)::numeric) <> COALESCE(f.cache_write_1h_amount, (0)::numeric)) THEN (('cache_write_1h_amount'::text || ' '::text) || trim_scale(COALESCE(e.cache_write_1h_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.output_amount, (0)::numeric) <> COALESCE(f.output_amount, (0)::numeric)) THEN (('output_amount'::text || ' '::text) || trim_scale(COALESCE(e.output_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_hit_cost, (0)::numeric) <> COALESCE(f.cache_hit_cost, (0)::numeric)) THEN (('cache_hit_cost'::text || ' '::text) || trim_scale(COALESCE(e.cache_hit_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_miss_cost, (0)::numeric) <> COALESCE(f.cache_miss_cost, (0)::numeric)) THEN (('cache_miss_cost'::text || ' '::text) || trim_scale(COALESCE(e.cache_miss_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_cost, (0)::numeric) <> COALESCE(f.cache_write_cost, (0)::numeric)) THEN (('cache_write_cost'::text || ' '::text) || trim_scale(COALESCE(e.cache_write_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_1h_cost, (0)::numeric) <> COALESCE(f.cache_write_1h_cost, (0)::numeric)) THEN (('cache_write_1h_cost'::text || ' '::text) || trim_scale(COALESCE(e.cache_write_1h_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.output_cost, (0)::numeric) <> COALESCE(f.output_cost, (0)::numeric)) THEN (('output_cost'::text || ' '::text) || trim_scale(COALESCE(e.output_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.idle_cost, (0)::numeric) <> COALESCE(f.idle_cost, (0)::numeric)) THEN (('idle_cost'::text || ' '::text) || trim_scale(COALESCE(e.idle_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.headroom_cost, (0)::numeric) <> COALESCE(f.headroom_cost, (0)::numeric)) THEN (('headroom_cost'::text || ' '::text) || trim_scale(COALESCE(e.headroom_cost, (0)::numeric)))
            ELSE NULL::text
        END) AS expected,
    concat_ws(', '::text,
        CASE
            WHEN (COALESCE(e.events, (0)::numeric) <> COALESCE(f.events, (0)::numeric)) THEN (('events'::text || ' '::text) || trim_scale(COALESCE(f.events, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.requests, (0)::numeric) <> COALESCE(f.requests, (0)::numeric)) THEN (('requests'::text || ' '::text) || trim_scale(COALESCE(f.requests, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_hit_tokens, (0)::numeric) <> COALESCE(f.cache_hit_tokens, (0)::numeric)) THEN (('cache_hit_tokens'::text || ' '::text) || trim_scale(COALESCE(f.cache_hit_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_miss_tokens, (0)::numeric) <> COALESCE(f.cache_miss_tokens, (0)::numeric)) THEN (('cache_miss_tokens'::text || ' '::text) || trim_scale(COALESCE(f.cache_miss_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_tokens, (0)::numeric) <> COALESCE(f.cache_write_tokens, (0)::numeric)) THEN (('cache_write_tokens'::text || ' '::text) || trim_scale(COALESCE(f.cache_write_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_1h_tokens, (0)::numeric) <> COALESCE(f.cache_write_1h_tokens, (0)::numeric)) THEN (('cache_write_1h_tokens'::text || ' '::text) || trim_scale(COALESCE(f.cache_write_1h_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.output_tokens, (0)::numeric) <> COALESCE(f.output_tokens, (0)::numeric)) THEN (('output_tokens'::text || ' '::text) || trim_scale(COALESCE(f.output_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.unpriced_events, (0)::numeric) <> COALESCE(f.unpriced_events, (0)::numeric)) THEN (('unpriced_events'::text || ' '::text) || trim_scale(COALESCE(f.unpriced_events, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.theoretical_amount, (0)::numeric) <> COALESCE(f.theoretical_amount, (0)::numeric)) THEN (('theoretical_amount'::text || ' '::text) || trim_scale(COALESCE(f.theoretical_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.list_amount, (0)::numeric) <> COALESCE(f.list_amount, (0)::numeric)) THEN (('list_amount'::text || ' '::text) || trim_scale(COALESCE(f.list_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.monetised_amount, (0)::numeric) <> COALESCE(f.monetised_amount, (0)::numeric)) THEN (('monetised_amount'::text || ' '::text) || trim_scale(COALESCE(f.monetised_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.scheduled_amount, (0)::numeric) <> COALESCE(f.scheduled_amount, (0)::numeric)) THEN (('scheduled_amount'::text || ' '::text) || trim_scale(COALESCE(f.scheduled_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.tiered_amount, (0)::numeric) <> COALESCE(f.tiered_amount, (0)::numeric)) THEN (('tiered_amount'::text || ' '::text) || trim_scale(COALESCE(f.tiered_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.contracted_amount, (0)::numeric) <> COALESCE(f.contracted_amount, (0)::numeric)) THEN (('contracted_amount'::text || ' '::text) || trim_scale(COALESCE(f.contracted_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.net_amount, (0)::numeric) <> COALESCE(f.net_amount, (0)::numeric)) THEN (('net_amount'::text || ' '::text) || trim_scale(COALESCE(f.net_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_hit_amount, (0)::numeric) <> COALESCE(f.cache_hit_amount, (0)::numeric)) THEN (('cache_hit_amount'::text || ' '::text) || trim_scale(COALESCE(f.cache_hit_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_miss_amount, (0)::numeric) <> COALESCE(f.cache_miss_amount, (0)::numeric)) THEN (('cache_miss_amount'::text || ' '::text) || trim_scale(COALESCE(f.cache_miss_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_amount, (0)::numeric) <> COALESCE(f.cache_write_amount, (0)::numeric)) THEN (('cache_write_amount'::text || ' '::text) || trim_scale(COALESCE(f.cache_write_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_1h_amount, (0)::numeric) <> COALESCE(f.cache_write_1h_amount, (0)::numeric)) THEN (('cache_write_1h_amount'::text || ' '::text) || trim_scale(COALESCE(f.cache_write_1h_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.output_amount, (0)::numeric) <> COALESCE(f.output_amount, (0)::numeric)) THEN (('output_amount'::text || ' '::text) || trim_scale(COALESCE(f.output_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_hit_cost, (0)::numeric) <> COALESCE(f.cache_hit_cost, (0)::numeric)) THEN (('cache_hit_cost'::text || ' '::text) || trim_scale(COALESCE(f.cache_hit_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_miss_cost, (0)::numeric) <> COALESCE(f.cache_miss_cost, (0)::numeric)) THEN (('cache_miss_cost'::text || ' '::text) || trim_scale(COALESCE(f.cache_miss_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_cost, (0)::numeric) <> COALESCE(f.cache_write_cost, (0)::numeric)) THEN (('cache_write_cost'::text || ' '::text) || trim_scale(COALESCE(f.cache_write_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cache_write_1h_cost, (0)::numeric) <> COALESCE(f.cache_write_1h_cost, (0)::numeric)) THEN (('cache_write_1h_cost'::text || ' '::text) || trim_scale(COALESCE(f.cache_write_1h_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.output_cost, (0)::numeric) <> COALESCE(f.output_cost, (0)::numeric)) THEN (('output_cost'::text || ' '::text) || trim_scale(COALESCE(f.output_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.idle_cost, (0)::numeric) <> COALESCE(f.idle_cost, (0)::numeric)) THEN (('idle_cost'::text || ' '::text) || trim_scale(COALESCE(f.idle_cost, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.headroom_cost, (0)::numeric) <> COALESCE(f.headroom_cost, (0)::numeric)) THEN (('headroom_cost'::text || ' '::text) || trim_scale(COALESCE(f.headroom_cost, (0)::numeric)))
            ELSE NULL::text
        END) AS found
   FROM (((((( SELECT margin_account_day.account_key,
            date_trunc('month'::text, margin_account_day.day, 'UTC'::text) AS month,
            margin_account_day.model_key,
            margin_account_day.channel_key,
            margin_account_day.currency,
            sum(margin_account_day.events) AS events,
            sum(margin_account_day.requests) AS requests,
            sum(margin_account_day.cache_hit_tokens) AS cache_hit_tokens,
            sum(margin_account_day.cache_miss_tokens) AS cache_miss_tokens,
            sum(margin_account_day.cache_write_tokens) AS cache_write_tokens,
            sum(margin_account_day.cache_write_1h_tokens) AS cache_write_1h_tokens,
            sum(margin_account_day.output_tokens) AS output_tokens,
            sum(margin_account_day.unpriced_events) AS unpriced_events,
            sum(margin_account_day.theoretical_amount) AS theoretical_amount,
            sum(margin_account_day.list_amount) AS list_amount,
            sum(margin_account_day.monetised_amount) AS monetised_amount,
            sum(margin_account_day.scheduled_amount) AS scheduled_amount,
            sum(margin_account_day.tiered_amount) AS tiered_amount,
            sum(margin_account_day.contracted_amount) AS contracted_amount,
            sum(margin_account_day.net_amount) AS net_amount,
            sum(margin_account_day.cache_hit_amount) AS cache_hit_amount,
            sum(margin_account_day.cache_miss_amount) AS cache_miss_amount,
            sum(margin_account_day.cache_write_amount) AS cache_write_amount,
            sum(margin_account_day.cache_write_1h_amount) AS cache_write_1h_amount,
            sum(margin_account_day.output_amount) AS output_amount,
            sum(margin_account_day.cache_hit_cost) AS cache_hit_cost,
            sum(margin_account_day.cache_miss_cost) AS cache_miss_cost,
            sum(margin_account_day.cache_write_cost) AS cache_write_cost,
            sum(margin_account_day.cache_write_1h_cost) AS cache_write_1h_cost,
            sum(margin_account_day.output_cost) AS output_cost,
            sum(margin_account_day.idle_cost) AS idle_cost,
            sum(margin_account_day.headroom_cost) AS headroom_cost
           FROM taximeter.margin_account_day
          GROUP BY margin_account_day.account_key, (date_trunc('month'::text, margin_account_day.day, 'UTC'::text)), margin_account_day.model_key, margin_account_day.channel_key, margin_account_day.currency) e
     FULL JOIN ( SELECT margin_account_month.account_key,
            margin_account_month.month,
            margin_account_month.model_key,
            margin_account_month.channel_key,
            margin_account_month.currency,
            margin_account_month.events,
            margin_account_month.requests,
            margin_account_month.cache_hit_tokens,
            margin_account_month.cache_miss_tokens,
            margin_account_month.cache_write_tokens,
            margin_account_month.cache_write_1h_tokens,
            margin_account_month.output_tokens,
            margin_account_month.theoretical_amount,
            margin_account_month.list_amount,
            margin_account_month.monetised_amount,
            margin_account_month.scheduled_amount,
            margin_account_month.tiered_amount,
            margin_account_month.contracted_amount,
            margin_account_month.net_amount,
            margin_account_month.unpriced_events,
            margin_account_month.cache_hit_cost,
            margin_account_month.cache_miss_cost,
            margin_account_month.cache_write_cost,
            margin_account_month.cache_write_1h_cost,
            margin_account_month.output_cost,
            margin_account_month.idle_cost,
            margin_account_month.headroom_cost,
            margin_account_month.cache_hit_amount,
            margin_account_month.cache_miss_amount,
            margin_account_month.cache_write_amount,
            margin_account_month.cache_write_1h_amount,
            margin_account_month.output_amount,
            margin_account_month.days,
            margin_account_month.costed_days
           FROM taximeter.margin_account_month) f USING (account_key, month, model_key, channel_key, currency))
     CROSS JOIN LATERAL ( SELECT COALESCE(e.account_key, f.account_key) AS account_key,
            COALESCE(e.month, f.month) AS month,
            COALESCE(e.model_key, f.model_key) AS model_key,
            COALESCE(e.channel_key, f.channel_key) AS channel_key,
            COALESCE(e.currency, f.currency) AS currency) k(account_key_1, month_1, model_key_1, channel_key_1, currency_1))
     LEFT JOIN taximeter.account a(account_key_1, external_id, created_at, time_zone, issuing_entity) ON ((a.account_key_1 = k.account_key_1)))
     LEFT JOIN taximeter.model m(model_key_1, name) ON ((m.model_key_1 = k.model_key_1)))
     LEFT JOIN taximeter.channel c(channel_key_1, name) ON ((c.channel_key_1 = k.channel_key_1)))
  WHERE (((COALESCE(e.events, (0)::numeric) <> COALESCE(f.events, (0)::numeric)) OR (COALESCE(e.requests, (0)::numeric) <> COALESCE(f.requests, (0)::numeric)) OR (COALESCE(e.cache_hit_tokens, (0)::numeric) <> COALESCE(f.cache_hit_tokens, (0)::numeric)) OR (COALESCE(e.cache_miss_tokens, (0)::numeric) <> COALESCE(f.cache_miss_tokens, (0)::numeric)) OR (COALESCE(e.cache_write_tokens, (0)::numeric) <> COALESCE(f.cache_write_tokens, (0)::numeric)) OR (COALESCE(e.cache_write_1h_tokens, (0)::numeric) <> COALESCE(f.cache_write_1h_tokens, (0)::numeric)) OR (COALESCE(e.output_tokens, (0)::numeric) <> COALESCE(f.output_tokens, (0)::numeric)) OR (COALESCE(e.unpriced_events, (0)::numeric) <> COALESCE(f.unpriced_events, (0)::numeric)) OR (COALESCE(e.theoretical_amount, (0)::numeric) <> COALESCE(f.theoretical_amount, (0)::numeric)) OR (COALESCE(e.list_amount, (0)::numeric) <> COALESCE(f.list_amount, (0)::numeric)) OR (COALESCE(e.monetised_amount, (0)::numeric) <> COALESCE(f.monetised_amount, (0)::numeric)) OR (COALESCE(e.scheduled_amount, (0)::numeric) <> COALESCE(f.scheduled_amount, (0)::numeric)) OR (COALESCE(e.tiered_amount, (0)::numeric) <> COALESCE(f.tiered_amount, (0)::numeric)) OR (COALESCE(e.contracted_amount, (0)::numeric) <> COALESCE(f.contracted_amount, (0)::numeric)) OR (COALESCE(e.net_amount, (0)::numeric) <> COALESCE(f.net_amount, (0)::numeric)) OR (COALESCE(e.cache_hit_amount, (0)::numeric) <> COALESCE(f.cache_hit_amount, (0)::numeric)) OR (COALESCE(e.cache_miss_amount, (0)::numeric) <> COALESCE(f.cache_miss_amount, (0)::numeric)) OR (COALESCE(e.cache_write_amount, (0)::numeric) <> COALESCE(f.cache_write_amount, (0)::numeric)) OR (COALESCE(e.cache_write_1h_amount, (0)::numeric) <> COALESCE(f.cache_write_1h_amount, (0)::numeric)) OR (COALESCE(e.output_amount, (0)::numeric) <> COALESCE(f.output_amount, (0)::numeric)) OR (COALESCE(e.cache_hit_cost, (0)::numeric) <> COALESCE(f.cache_hit_cost, (0)::numeric)) OR (COALESCE(e.cache_miss_cost, (0)::numeric) <> COALESCE(f.cache_miss_cost, (0)::numeric)) OR (COALESCE(e.cache_write_cost, (0)::numeric) <> COALESCE(f.cache_write_cost, (0)::numeric)) OR (COALESCE(e.cache_write_1h_cost, (0)::numeric) <> COALESCE(f.cache_write_1h_cost, (0)::numeric)) OR (COALESCE(e.output_cost, (0)::numeric) <> COALESCE(f.output_cost, (0)::numeric)) OR (COALESCE(e.idle_cost, (0)::numeric) <> COALESCE(f.idle_cost, (0)::numeric)) OR (COALESCE(e.headroom_cost, (0)::numeric) <> COALESCE(f.headroom_cost, (0)::numeric))) AND (NOT (EXISTS ( SELECT
           FROM taximeter.margin_dirty_month d
          WHERE (d.month = k.month_1)))))
UNION ALL
 SELECT 'account month'::text AS finding,
    ((('month '::text || to_char((k.month_1 AT TIME ZONE 'UTC'::text), 'YYYY-MM'::text)) || COALESCE((' account '::text || a.external_id), (' account key '::text || NULLIF(k.account_key_1, 0)), ''::text)) || COALESCE((' '::text || NULLIF(k.currency_1, ''::text)), ''::text)) AS subject,
    concat_ws(', '::text,
        CASE
            WHEN (COALESCE(e.output_tokens, (0)::numeric) <> COALESCE(f.output_tokens, (0)::numeric)) THEN (('output_tokens'::text || ' '::text) || trim_scale(COALESCE(e.output_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.theoretical_amount, (0)::numeric) <> COALESCE(f.theoretical_amount, (0)::numeric)) THEN (('theoretical_amount'::text || ' '::text) || trim_scale(COALESCE(e.theoretical_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.list_amount, (0)::numeric) <> COALESCE(f.list_amount, (0)::numeric)) THEN (('list_amount'::text || ' '::text) || trim_scale(COALESCE(e.list_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.net_amount, (0)::numeric) <> COALESCE(f.net_amount, (0)::numeric)) THEN (('net_amount'::text || ' '::text) || trim_scale(COALESCE(e.net_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cost, (0)::numeric) <> COALESCE(f.cost, (0)::numeric)) THEN (('cost'::text || ' '::text) || trim_scale(COALESCE(e.cost, (0)::numeric)))
            ELSE NULL::text
        END) AS expected,
    concat_ws(', '::text,
        CASE
            WHEN (COALESCE(e.output_tokens, (0)::numeric) <> COALESCE(f.output_tokens, (0)::numeric)) THEN (('output_tokens'::text || ' '::text) || trim_scale(COALESCE(f.output_tokens, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.theoretical_amount, (0)::numeric) <> COALESCE(f.theoretical_amount, (0)::numeric)) THEN (('theoretical_amount'::text || ' '::text) || trim_scale(COALESCE(f.theoretical_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.list_amount, (0)::numeric) <> COALESCE(f.list_amount, (0)::numeric)) THEN (('list_amount'::text || ' '::text) || trim_scale(COALESCE(f.list_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.net_amount, (0)::numeric) <> COALESCE(f.net_amount, (0)::numeric)) THEN (('net_amount'::text || ' '::text) || trim_scale(COALESCE(f.net_amount, (0)::numeric)))
            ELSE NULL::text
        END,
        CASE
            WHEN (COALESCE(e.cost, (0)::numeric) <> COALESCE(f.cost, (0)::numeric)) THEN (('cost'::text || ' '::text) || trim_scale(COALESCE(f.cost, (0)::numeric)))
            ELSE NULL::text
        END) AS found
   FROM (((((( SELECT margin_account_month.account_key,
            margin_account_month.month,
            margin_account_month.currency,
            sum(margin_account_month.output_tokens) AS output_tokens,
            sum(margin_account_month.theoretical_amount) AS theoretical_amount,
            sum(margin_account_month.list_amount) AS list_amount,
            sum(margin_account_month.net_amount) AS net_amount,
            sum(((((((margin_account_month.cache_hit_cost + margin_account_month.cache_miss_cost) + margin_account_month.cache_write_cost) + margin_account_month.cache_write_1h_cost) + margin_account_month.output_cost) + margin_account_month.idle_cost) + margin_account_month.headroom_cost)) AS cost
           FROM taximeter.margin_account_month
          WHERE (margin_account_month.account_key <> 0)
          GROUP BY margin_account_month.account_key, margin_account_month.month, margin_account_month.currency) e
     FULL JOIN ( SELECT account_month.account_key,
            account_month.month,
            account_month.currency,
            account_month.output_tokens,
            account_month.theoretical_amount,
            account_month.list_amount,
            account_month.net_amount,
            account_month.cost
           FROM taximeter.account_month) f USING (account_key, month, currency))
     CROSS JOIN LATERAL ( SELECT COALESCE(e.account_key, f.account_key) AS account_key,
            COALESCE(e.month, f.month) AS month,
            COALESCE(e.currency, f.currency) AS currency) k(account_key_1, month_1, currency_1))
     LEFT JOIN taximeter.account a(account_key_1, external_id, created_at, time_zone, issuing_entity) ON ((a.account_key_1 = k.account_key_1)))
     LEFT JOIN taximeter.model m ON ((m.model_key = NULL::integer)))
     LEFT JOIN taximeter.channel c ON ((c.channel_key = NULL::integer)))
  WHERE (((COALESCE(e.output_tokens, (0)::numeric) <> COALESCE(f.output_tokens, (0)::numeric)) OR (COALESCE(e.theoretical_amount, (0)::numeric) <> COALESCE(f.theoretical_amount, (0)::numeric)) OR (COALESCE(e.list_amount, (0)::numeric) <> COALESCE(f.list_amount, (0)::numeric)) OR (COALESCE(e.net_amount, (0)::numeric) <> COALESCE(f.net_amount, (0)::numeric)) OR (COALESCE(e.cost, (0)::numeric) <> COALESCE(f.cost, (0)::numeric))) AND (NOT (EXISTS ( SELECT
           FROM taximeter.margin_dirty_month d
          WHERE (d.month = k.month_1)))));

COMMENT ON VIEW taximeter.margin_audit IS 'Every difference between charges and margins, by hour, model and channel, and by day and account; between the cost of nodes and that of the hours; and between hours, days and months. What differs is named; the rest of a row is left out. Empty when all is well.';

CREATE VIEW taximeter.margin_daily_by_account AS
 SELECT accounts.day,
    accounts.account,
    accounts.currency,
    sum(accounts.events) AS events,
    sum(accounts.requests) AS requests,
    sum(accounts.cache_hit_tokens) AS cache_hit_tokens,
    sum(accounts.cache_miss_tokens) AS cache_miss_tokens,
    sum(accounts.cache_write_tokens) AS cache_write_tokens,
    sum(accounts.cache_write_1h_tokens) AS cache_write_1h_tokens,
    sum(accounts.output_tokens) AS output_tokens,
    sum(accounts.theoretical_revenue) AS theoretical_revenue,
    sum(accounts.list_revenue) AS list_revenue,
    sum(accounts.monetised_revenue) AS monetised_revenue,
    sum(accounts.scheduled_revenue) AS scheduled_revenue,
    sum(accounts.revenue) AS revenue,
    sum(accounts.unpriced_events) AS unpriced_events,
    sum(accounts.cost) AS cost,
    (sum(accounts.revenue) - sum(accounts.cost)) AS profit,
    taximeter.gross_margin(sum(accounts.revenue), sum(accounts.cost)) AS gross_margin,
    taximeter.cost_profit_margin(sum(accounts.revenue), sum(accounts.cost)) AS cost_profit_margin,
    taximeter.gross_margin(sum(accounts.theoretical_revenue), sum(accounts.cost)) AS theoretical_gross_margin,
    taximeter.cost_profit_margin(sum(accounts.theoretical_revenue), sum(accounts.cost)) AS theoretical_cost_profit_margin,
    sum(accounts.tiered_revenue) AS tiered_revenue,
    sum(accounts.contracted_revenue) AS contracted_revenue,
    sum(accounts.serving_cost) AS serving_cost,
    sum(accounts.idle_cost) AS idle_cost,
    sum(accounts.headroom_cost) AS headroom_cost
   FROM ( SELECT r.day,
            a.external_id AS account,
            m.name AS model,
            NULLIF(r.currency, ''::text) AS currency,
            r.events,
            r.requests,
            r.cache_hit_tokens,
            r.cache_miss_tokens,
            r.cache_write_tokens,
            r.cache_write_1h_tokens,
            r.output_tokens,
            r.theoretical_amount AS theoretical_revenue,
            r.list_amount AS list_revenue,
            r.monetised_amount AS monetised_revenue,
            r.scheduled_amount AS scheduled_revenue,
            r.tiered_amount AS tiered_revenue,
            r.contracted_amount AS contracted_revenue,
            r.net_amount AS revenue,
            r.unpriced_events,
            ((((r.cache_hit_cost + r.cache_miss_cost) + r.cache_write_cost) + r.cache_write_1h_cost) + r.output_cost) AS serving_cost,
            r.idle_cost,
            r.headroom_cost,
            ((((((r.cache_hit_cost + r.cache_miss_cost) + r.cache_write_cost) + r.cache_write_1h_cost) + r.output_cost) + r.idle_cost) + r.headroom_cost) AS cost
           FROM ((taximeter.margin_account_day r
             LEFT JOIN taximeter.account a ON ((a.account_key = r.account_key)))
             LEFT JOIN taximeter.model m ON ((m.model_key = r.model_key)))) accounts
  GROUP BY accounts.day, accounts.account, accounts.currency;

COMMENT ON VIEW taximeter.margin_daily_by_account IS 'Usage, revenue at each step, cost and both margins, by UTC day, account and currency. Rows without a name have the cost that no usage caused.';

CREATE VIEW taximeter.margin_daily_by_account_and_model AS
 SELECT accounts.day,
    accounts.account,
    accounts.model,
    accounts.currency,
    sum(accounts.events) AS events,
    sum(accounts.requests) AS requests,
    sum(accounts.cache_hit_tokens) AS cache_hit_tokens,
    sum(accounts.cache_miss_tokens) AS cache_miss_tokens,
    sum(accounts.cache_write_tokens) AS cache_write_tokens,
    sum(accounts.cache_write_1h_tokens) AS cache_write_1h_tokens,
    sum(accounts.output_tokens) AS output_tokens,
    sum(accounts.theoretical_revenue) AS theoretical_revenue,
    sum(accounts.list_revenue) AS list_revenue,
    sum(accounts.monetised_revenue) AS monetised_revenue,
    sum(accounts.scheduled_revenue) AS scheduled_revenue,
    sum(accounts.revenue) AS revenue,
    sum(accounts.unpriced_events) AS unpriced_events,
    sum(accounts.cost) AS cost,
    (sum(accounts.revenue) - sum(accounts.cost)) AS profit,
    taximeter.gross_margin(sum(accounts.revenue), sum(accounts.cost)) AS gross_margin,
    taximeter.cost_profit_margin(sum(accounts.revenue), sum(accounts.cost)) AS cost_profit_margin,
    taximeter.gross_margin(sum(accounts.theoretical_revenue), sum(accounts.cost)) AS theoretical_gross_margin,
    taximeter.cost_profit_margin(sum(accounts.theoretical_revenue), sum(accounts.cost)) AS theoretical_cost_profit_margin,
    sum(accounts.tiered_revenue) AS tiered_revenue,
    sum(accounts.contracted_revenue) AS contracted_revenue,
    sum(accounts.serving_cost) AS serving_cost,
    sum(accounts.idle_cost) AS idle_cost,
    sum(accounts.headroom_cost) AS headroom_cost
   FROM ( SELECT r.day,
            a.external_id AS account,
            m.name AS model,
            NULLIF(r.currency, ''::text) AS currency,
            r.events,
            r.requests,
            r.cache_hit_tokens,
            r.cache_miss_tokens,
            r.cache_write_tokens,
            r.cache_write_1h_tokens,
            r.output_tokens,
            r.theoretical_amount AS theoretical_revenue,
            r.list_amount AS list_revenue,
            r.monetised_amount AS monetised_revenue,
            r.scheduled_amount AS scheduled_revenue,
            r.tiered_amount AS tiered_revenue,
            r.contracted_amount AS contracted_revenue,
            r.net_amount AS revenue,
            r.unpriced_events,
            ((((r.cache_hit_cost + r.cache_miss_cost) + r.cache_write_cost) + r.cache_write_1h_cost) + r.output_cost) AS serving_cost,
            r.idle_cost,
            r.headroom_cost,
            ((((((r.cache_hit_cost + r.cache_miss_cost) + r.cache_write_cost) + r.cache_write_1h_cost) + r.output_cost) + r.idle_cost) + r.headroom_cost) AS cost
           FROM ((taximeter.margin_account_day r
             LEFT JOIN taximeter.account a ON ((a.account_key = r.account_key)))
             LEFT JOIN taximeter.model m ON ((m.model_key = r.model_key)))) accounts
  GROUP BY accounts.day, accounts.account, accounts.model, accounts.currency;

COMMENT ON VIEW taximeter.margin_daily_by_account_and_model IS 'Usage, revenue at each step, cost and both margins, by UTC day, account, model and currency. Rows without a name have the cost that no usage caused.';

CREATE VIEW taximeter.margin_daily_by_channel AS
 SELECT date_trunc('day'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text) AS day,
    margin_hourly_by_model_and_channel.channel,
    margin_hourly_by_model_and_channel.currency,
    sum(margin_hourly_by_model_and_channel.events) AS events,
    sum(margin_hourly_by_model_and_channel.requests) AS requests,
    sum(margin_hourly_by_model_and_channel.cache_hit_tokens) AS cache_hit_tokens,
    sum(margin_hourly_by_model_and_channel.cache_miss_tokens) AS cache_miss_tokens,
    sum(margin_hourly_by_model_and_channel.cache_write_tokens) AS cache_write_tokens,
    sum(margin_hourly_by_model_and_channel.cache_write_1h_tokens) AS cache_write_1h_tokens,
    sum(margin_hourly_by_model_and_channel.output_tokens) AS output_tokens,
    sum(margin_hourly_by_model_and_channel.theoretical_revenue) AS theoretical_revenue,
    sum(margin_hourly_by_model_and_channel.list_revenue) AS list_revenue,
    sum(margin_hourly_by_model_and_channel.monetised_revenue) AS monetised_revenue,
    sum(margin_hourly_by_model_and_channel.scheduled_revenue) AS scheduled_revenue,
    sum(margin_hourly_by_model_and_channel.revenue) AS revenue,
    sum(margin_hourly_by_model_and_channel.unpriced_events) AS unpriced_events,
    sum(margin_hourly_by_model_and_channel.cost) AS cost,
    (sum(margin_hourly_by_model_and_channel.revenue) - sum(margin_hourly_by_model_and_channel.cost)) AS profit,
    taximeter.gross_margin(sum(margin_hourly_by_model_and_channel.revenue), sum(margin_hourly_by_model_and_channel.cost)) AS gross_margin,
    taximeter.cost_profit_margin(sum(margin_hourly_by_model_and_channel.revenue), sum(margin_hourly_by_model_and_channel.cost)) AS cost_profit_margin,
    taximeter.gross_margin(sum(margin_hourly_by_model_and_channel.theoretical_revenue), sum(margin_hourly_by_model_and_channel.cost)) AS theoretical_gross_margin,
    taximeter.cost_profit_margin(sum(margin_hourly_by_model_and_channel.theoretical_revenue), sum(margin_hourly_by_model_and_channel.cost)) AS theoretical_cost_profit_margin,
    sum(margin_hourly_by_model_and_channel.tiered_revenue) AS tiered_revenue,
    sum(margin_hourly_by_model_and_channel.contracted_revenue) AS contracted_revenue,
    sum(margin_hourly_by_model_and_channel.serving_cost) AS serving_cost,
    sum(margin_hourly_by_model_and_channel.idle_cost) AS idle_cost,
    sum(margin_hourly_by_model_and_channel.headroom_cost) AS headroom_cost
   FROM taximeter.margin_hourly_by_model_and_channel
  GROUP BY (date_trunc('day'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text)), margin_hourly_by_model_and_channel.channel, margin_hourly_by_model_and_channel.currency;

COMMENT ON VIEW taximeter.margin_daily_by_channel IS 'Usage, revenue at each step, cost and both margins, by UTC day, channel and currency. Rows without a name have the cost that no usage caused.';

CREATE VIEW taximeter.margin_hourly_by_channel AS
 SELECT margin_hourly_by_model_and_channel.hour,
    margin_hourly_by_model_and_channel.channel,
    margin_hourly_by_model_and_channel.currency,
    sum(margin_hourly_by_model_and_channel.events) AS events,
    sum(margin_hourly_by_model_and_channel.requests) AS requests,
    sum(margin_hourly_by_model_and_channel.cache_hit_tokens) AS cache_hit_tokens,
    sum(margin_hourly_by_model_and_channel.cache_miss_tokens) AS cache_miss_tokens,
    sum(margin_hourly_by_model_and_channel.cache_write_tokens) AS cache_write_tokens,
    sum(margin_hourly_by_model_and_channel.cache_write_1h_tokens) AS cache_write_1h_tokens,
    sum(margin_hourly_by_model_and_channel.output_tokens) AS output_tokens,
    sum(margin_hourly_by_model_and_channel.theoretical_revenue) AS theoretical_revenue,
    sum(margin_hourly_by_model_and_channel.list_revenue) AS list_revenue,
    sum(margin_hourly_by_model_and_channel.monetised_revenue) AS monetised_revenue,
    sum(margin_hourly_by_model_and_channel.scheduled_revenue) AS scheduled_revenue,
    sum(margin_hourly_by_model_and_channel.revenue) AS revenue,
    sum(margin_hourly_by_model_and_channel.unpriced_events) AS unpriced_events,
    sum(margin_hourly_by_model_and_channel.cost) AS cost,
    (sum(margin_hourly_by_model_and_channel.revenue) - sum(margin_hourly_by_model_and_channel.cost)) AS profit,
    taximeter.gross_margin(sum(margin_hourly_by_model_and_channel.revenue), sum(margin_hourly_by_model_and_channel.cost)) AS gross_margin,
    taximeter.cost_profit_margin(sum(margin_hourly_by_model_and_channel.revenue), sum(margin_hourly_by_model_and_channel.cost)) AS cost_profit_margin,
    taximeter.gross_margin(sum(margin_hourly_by_model_and_channel.theoretical_revenue), sum(margin_hourly_by_model_and_channel.cost)) AS theoretical_gross_margin,
    taximeter.cost_profit_margin(sum(margin_hourly_by_model_and_channel.theoretical_revenue), sum(margin_hourly_by_model_and_channel.cost)) AS theoretical_cost_profit_margin,
    sum(margin_hourly_by_model_and_channel.tiered_revenue) AS tiered_revenue,
    sum(margin_hourly_by_model_and_channel.contracted_revenue) AS contracted_revenue,
    sum(margin_hourly_by_model_and_channel.serving_cost) AS serving_cost,
    sum(margin_hourly_by_model_and_channel.idle_cost) AS idle_cost,
    sum(margin_hourly_by_model_and_channel.headroom_cost) AS headroom_cost
   FROM taximeter.margin_hourly_by_model_and_channel
  GROUP BY margin_hourly_by_model_and_channel.hour, margin_hourly_by_model_and_channel.channel, margin_hourly_by_model_and_channel.currency;

COMMENT ON VIEW taximeter.margin_hourly_by_channel IS 'Usage, revenue at each step, cost and both margins, by UTC hour, channel and currency. Rows without a name have the cost that no usage caused.';

CREATE VIEW taximeter.margin_monthly_by_account AS
 SELECT accounts.month,
    accounts.account,
    accounts.currency,
    sum(accounts.events) AS events,
    sum(accounts.requests) AS requests,
    sum(accounts.cache_hit_tokens) AS cache_hit_tokens,
    sum(accounts.cache_miss_tokens) AS cache_miss_tokens,
    sum(accounts.cache_write_tokens) AS cache_write_tokens,
    sum(accounts.cache_write_1h_tokens) AS cache_write_1h_tokens,
    sum(accounts.output_tokens) AS output_tokens,
    sum(accounts.theoretical_revenue) AS theoretical_revenue,
    sum(accounts.list_revenue) AS list_revenue,
    sum(accounts.monetised_revenue) AS monetised_revenue,
    sum(accounts.scheduled_revenue) AS scheduled_revenue,
    sum(accounts.revenue) AS revenue,
    sum(accounts.unpriced_events) AS unpriced_events,
    sum(accounts.cost) AS cost,
    (sum(accounts.revenue) - sum(accounts.cost)) AS profit,
    taximeter.gross_margin(sum(accounts.revenue), sum(accounts.cost)) AS gross_margin,
    taximeter.cost_profit_margin(sum(accounts.revenue), sum(accounts.cost)) AS cost_profit_margin,
    taximeter.gross_margin(sum(accounts.theoretical_revenue), sum(accounts.cost)) AS theoretical_gross_margin,
    taximeter.cost_profit_margin(sum(accounts.theoretical_revenue), sum(accounts.cost)) AS theoretical_cost_profit_margin,
    sum(accounts.tiered_revenue) AS tiered_revenue,
    sum(accounts.contracted_revenue) AS contracted_revenue,
    sum(accounts.serving_cost) AS serving_cost,
    sum(accounts.idle_cost) AS idle_cost,
    sum(accounts.headroom_cost) AS headroom_cost
   FROM ( SELECT r.month,
            a.external_id AS account,
            m.name AS model,
            NULLIF(r.currency, ''::text) AS currency,
            r.events,
            r.requests,
            r.cache_hit_tokens,
            r.cache_miss_tokens,
            r.cache_write_tokens,
            r.cache_write_1h_tokens,
            r.output_tokens,
            r.theoretical_amount AS theoretical_revenue,
            r.list_amount AS list_revenue,
            r.monetised_amount AS monetised_revenue,
            r.scheduled_amount AS scheduled_revenue,
            r.tiered_amount AS tiered_revenue,
            r.contracted_amount AS contracted_revenue,
            r.net_amount AS revenue,
            r.unpriced_events,
            ((((r.cache_hit_cost + r.cache_miss_cost) + r.cache_write_cost) + r.cache_write_1h_cost) + r.output_cost) AS serving_cost,
            r.idle_cost,
            r.headroom_cost,
            ((((((r.cache_hit_cost + r.cache_miss_cost) + r.cache_write_cost) + r.cache_write_1h_cost) + r.output_cost) + r.idle_cost) + r.headroom_cost) AS cost
           FROM ((taximeter.margin_account_month r
             LEFT JOIN taximeter.account a ON ((a.account_key = r.account_key)))
             LEFT JOIN taximeter.model m ON ((m.model_key = r.model_key)))) accounts
  GROUP BY accounts.month, accounts.account, accounts.currency;

COMMENT ON VIEW taximeter.margin_monthly_by_account IS 'Usage, revenue at each step, cost and both margins, by UTC month, account and currency. Rows without a name have the cost that no usage caused.';

CREATE VIEW taximeter.margin_monthly_by_account_and_model AS
 SELECT accounts.month,
    accounts.account,
    accounts.model,
    accounts.currency,
    sum(accounts.events) AS events,
    sum(accounts.requests) AS requests,
    sum(accounts.cache_hit_tokens) AS cache_hit_tokens,
    sum(accounts.cache_miss_tokens) AS cache_miss_tokens,
    sum(accounts.cache_write_tokens) AS cache_write_tokens,
    sum(accounts.cache_write_1h_tokens) AS cache_write_1h_tokens,
    sum(accounts.output_tokens) AS output_tokens,
    sum(accounts.theoretical_revenue) AS theoretical_revenue,
    sum(accounts.list_revenue) AS list_revenue,
    sum(accounts.monetised_revenue) AS monetised_revenue,
    sum(accounts.scheduled_revenue) AS scheduled_revenue,
    sum(accounts.revenue) AS revenue,
    sum(accounts.unpriced_events) AS unpriced_events,
    sum(accounts.cost) AS cost,
    (sum(accounts.revenue) - sum(accounts.cost)) AS profit,
    taximeter.gross_margin(sum(accounts.revenue), sum(accounts.cost)) AS gross_margin,
    taximeter.cost_profit_margin(sum(accounts.revenue), sum(accounts.cost)) AS cost_profit_margin,
    taximeter.gross_margin(sum(accounts.theoretical_revenue), sum(accounts.cost)) AS theoretical_gross_margin,
    taximeter.cost_profit_margin(sum(accounts.theoretical_revenue), sum(accounts.cost)) AS theoretical_cost_profit_margin,
    sum(accounts.tiered_revenue) AS tiered_revenue,
    sum(accounts.contracted_revenue) AS contracted_revenue,
    sum(accounts.serving_cost) AS serving_cost,
    sum(accounts.idle_cost) AS idle_cost,
    sum(accounts.headroom_cost) AS headroom_cost
   FROM ( SELECT r.month,
            a.external_id AS account,
            m.name AS model,
            NULLIF(r.currency, ''::text) AS currency,
            r.events,
            r.requests,
            r.cache_hit_tokens,
            r.cache_miss_tokens,
            r.cache_write_tokens,
            r.cache_write_1h_tokens,
            r.output_tokens,
            r.theoretical_amount AS theoretical_revenue,
            r.list_amount AS list_revenue,
            r.monetised_amount AS monetised_revenue,
            r.scheduled_amount AS scheduled_revenue,
            r.tiered_amount AS tiered_revenue,
            r.contracted_amount AS contracted_revenue,
            r.net_amount AS revenue,
            r.unpriced_events,
            ((((r.cache_hit_cost + r.cache_miss_cost) + r.cache_write_cost) + r.cache_write_1h_cost) + r.output_cost) AS serving_cost,
            r.idle_cost,
            r.headroom_cost,
            ((((((r.cache_hit_cost + r.cache_miss_cost) + r.cache_write_cost) + r.cache_write_1h_cost) + r.output_cost) + r.idle_cost) + r.headroom_cost) AS cost
           FROM ((taximeter.margin_account_month r
             LEFT JOIN taximeter.account a ON ((a.account_key = r.account_key)))
             LEFT JOIN taximeter.model m ON ((m.model_key = r.model_key)))) accounts
  GROUP BY accounts.month, accounts.account, accounts.model, accounts.currency;

COMMENT ON VIEW taximeter.margin_monthly_by_account_and_model IS 'Usage, revenue at each step, cost and both margins, by UTC month, account, model and currency. Rows without a name have the cost that no usage caused.';

CREATE VIEW taximeter.margin_monthly_by_channel AS
 SELECT date_trunc('month'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text) AS month,
    margin_hourly_by_model_and_channel.channel,
    margin_hourly_by_model_and_channel.currency,
    sum(margin_hourly_by_model_and_channel.events) AS events,
    sum(margin_hourly_by_model_and_channel.requests) AS requests,
    sum(margin_hourly_by_model_and_channel.cache_hit_tokens) AS cache_hit_tokens,
    sum(margin_hourly_by_model_and_channel.cache_miss_tokens) AS cache_miss_tokens,
    sum(margin_hourly_by_model_and_channel.cache_write_tokens) AS cache_write_tokens,
    sum(margin_hourly_by_model_and_channel.cache_write_1h_tokens) AS cache_write_1h_tokens,
    sum(margin_hourly_by_model_and_channel.output_tokens) AS output_tokens,
    sum(margin_hourly_by_model_and_channel.theoretical_revenue) AS theoretical_revenue,
    sum(margin_hourly_by_model_and_channel.list_revenue) AS list_revenue,
    sum(margin_hourly_by_model_and_channel.monetised_revenue) AS monetised_revenue,
    sum(margin_hourly_by_model_and_channel.scheduled_revenue) AS scheduled_revenue,
    sum(margin_hourly_by_model_and_channel.revenue) AS revenue,
    sum(margin_hourly_by_model_and_channel.unpriced_events) AS unpriced_events,
    sum(margin_hourly_by_model_and_channel.cost) AS cost,
    (sum(margin_hourly_by_model_and_channel.revenue) - sum(margin_hourly_by_model_and_channel.cost)) AS profit,
    taximeter.gross_margin(sum(margin_hourly_by_model_and_channel.revenue), sum(margin_hourly_by_model_and_channel.cost)) AS gross_margin,
    taximeter.cost_profit_margin(sum(margin_hourly_by_model_and_channel.revenue), sum(margin_hourly_by_model_and_channel.cost)) AS cost_profit_margin,
    taximeter.gross_margin(sum(margin_hourly_by_model_and_channel.theoretical_revenue), sum(margin_hourly_by_model_and_channel.cost)) AS theoretical_gross_margin,
    taximeter.cost_profit_margin(sum(margin_hourly_by_model_and_channel.theoretical_revenue), sum(margin_hourly_by_model_and_channel.cost)) AS theoretical_cost_profit_margin,
    sum(margin_hourly_by_model_and_channel.tiered_revenue) AS tiered_revenue,
    sum(margin_hourly_by_model_and_channel.contracted_revenue) AS contracted_revenue,
    sum(margin_hourly_by_model_and_channel.serving_cost) AS serving_cost,
    sum(margin_hourly_by_model_and_channel.idle_cost) AS idle_cost,
    sum(margin_hourly_by_model_and_channel.headroom_cost) AS headroom_cost
   FROM taximeter.margin_hourly_by_model_and_channel
  GROUP BY (date_trunc('month'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text)), margin_hourly_by_model_and_channel.channel, margin_hourly_by_model_and_channel.currency;

COMMENT ON VIEW taximeter.margin_monthly_by_channel IS 'Usage, revenue at each step, cost and both margins, by UTC month, channel and currency. Rows without a name have the cost that no usage caused.';

CREATE TABLE taximeter.model_alias (
    price_book_key integer NOT NULL,
    alias text NOT NULL COLLATE pg_catalog."C",
    model text NOT NULL COLLATE pg_catalog."C",
    effective_from timestamp with time zone NOT NULL,
    effective_until timestamp with time zone,
    CONSTRAINT model_alias_alias_check CHECK (((octet_length(alias) >= 1) AND (octet_length(alias) <= 255))),
    CONSTRAINT model_alias_check CHECK ((effective_from < effective_until))
);

COMMENT ON TABLE taximeter.model_alias IS 'Other names of a model, over [effective_from, effective_until).';

CREATE SEQUENCE taximeter.model_model_key_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE taximeter.model_model_key_seq OWNED BY taximeter.model.model_key;

CREATE VIEW taximeter.month_forecast AS
 SELECT forecast_month.month,
    forecast_month.currency,
    forecast_month.through,
    forecast_month.hours_so_far,
    forecast_month.hours_to_come,
    forecast_month.revenue_so_far,
    forecast_month.cost_so_far,
    forecast_month.revenue_per_hour,
    forecast_month.cost_per_hour,
    forecast_month.revenue,
    forecast_month.cost,
    forecast_month.profit,
    forecast_month.gross_margin,
    forecast_month.cost_profit_margin
   FROM taximeter.forecast_month(now()) forecast_month(month, currency, through, hours_so_far, hours_to_come, revenue_so_far, cost_so_far, revenue_per_hour, cost_per_hour, revenue, cost, profit, gross_margin, cost_profit_margin);

COMMENT ON VIEW taximeter.month_forecast IS 'forecast_month now: the current UTC month at its current run rate.';

CREATE VIEW taximeter.month_over_month AS
 SELECT months.month,
    months.currency,
    months.output_tokens,
    months.revenue,
    months.cost,
    months.profit,
    months.gross_margin,
        CASE
            WHEN months.follows THEN lag(months.output_tokens) OVER w
            ELSE NULL::numeric
        END AS previous_output_tokens,
        CASE
            WHEN months.follows THEN lag(months.revenue) OVER w
            ELSE NULL::numeric
        END AS previous_revenue,
        CASE
            WHEN months.follows THEN lag(months.cost) OVER w
            ELSE NULL::numeric
        END AS previous_cost,
        CASE
            WHEN months.follows THEN lag(months.profit) OVER w
            ELSE NULL::numeric
        END AS previous_profit,
        CASE
            WHEN months.follows THEN round(((months.output_tokens / NULLIF(lag(months.output_tokens) OVER w, (0)::numeric)) - (1)::numeric), 6)
            ELSE NULL::numeric
        END AS output_tokens_growth,
        CASE
            WHEN months.follows THEN round(((months.revenue / NULLIF(lag(months.revenue) OVER w, (0)::numeric)) - (1)::numeric), 6)
            ELSE NULL::numeric
        END AS revenue_growth,
        CASE
            WHEN months.follows THEN round(((months.cost / NULLIF(lag(months.cost) OVER w, (0)::numeric)) - (1)::numeric), 6)
            ELSE NULL::numeric
        END AS cost_growth,
        CASE
            WHEN months.follows THEN (months.gross_margin - lag(months.gross_margin) OVER w)
            ELSE NULL::numeric
        END AS gross_margin_change
   FROM ( SELECT margin_monthly.month,
            margin_monthly.currency,
            margin_monthly.events,
            margin_monthly.requests,
            margin_monthly.cache_hit_tokens,
            margin_monthly.cache_miss_tokens,
            margin_monthly.cache_write_tokens,
            margin_monthly.cache_write_1h_tokens,
            margin_monthly.output_tokens,
            margin_monthly.theoretical_revenue,
            margin_monthly.list_revenue,
            margin_monthly.monetised_revenue,
            margin_monthly.scheduled_revenue,
            margin_monthly.revenue,
            margin_monthly.unpriced_events,
            margin_monthly.cost,
            margin_monthly.profit,
            margin_monthly.gross_margin,
            margin_monthly.cost_profit_margin,
            margin_monthly.theoretical_gross_margin,
            margin_monthly.theoretical_cost_profit_margin,
            margin_monthly.tiered_revenue,
            margin_monthly.contracted_revenue,
            margin_monthly.serving_cost,
            margin_monthly.idle_cost,
            margin_monthly.headroom_cost,
            (lag(margin_monthly.month) OVER (PARTITION BY margin_monthly.currency ORDER BY margin_monthly.month) = taximeter.add_months(margin_monthly.month, '-1'::integer)) AS follows
           FROM taximeter.margin_monthly) months
  WINDOW w AS (PARTITION BY months.currency ORDER BY months.month);

COMMENT ON VIEW taximeter.month_over_month IS 'Each UTC month and currency beside the month before: growth is a fraction of that month, gross_margin_change a difference of fractions. NULL where that month has nothing.';

CREATE VIEW taximeter.month_over_month_by_model AS
 SELECT months.month,
    months.model,
    months.currency,
    months.output_tokens,
    months.revenue,
    months.cost,
    months.profit,
    months.gross_margin,
        CASE
            WHEN months.follows THEN lag(months.output_tokens) OVER w
            ELSE NULL::numeric
        END AS previous_output_tokens,
        CASE
            WHEN months.follows THEN lag(months.revenue) OVER w
            ELSE NULL::numeric
        END AS previous_revenue,
        CASE
            WHEN months.follows THEN lag(months.cost) OVER w
            ELSE NULL::numeric
        END AS previous_cost,
        CASE
            WHEN months.follows THEN lag(months.profit) OVER w
            ELSE NULL::numeric
        END AS previous_profit,
        CASE
            WHEN months.follows THEN round(((months.output_tokens / NULLIF(lag(months.output_tokens) OVER w, (0)::numeric)) - (1)::numeric), 6)
            ELSE NULL::numeric
        END AS output_tokens_growth,
        CASE
            WHEN months.follows THEN round(((months.revenue / NULLIF(lag(months.revenue) OVER w, (0)::numeric)) - (1)::numeric), 6)
            ELSE NULL::numeric
        END AS revenue_growth,
        CASE
            WHEN months.follows THEN round(((months.cost / NULLIF(lag(months.cost) OVER w, (0)::numeric)) - (1)::numeric), 6)
            ELSE NULL::numeric
        END AS cost_growth,
        CASE
            WHEN months.follows THEN (months.gross_margin - lag(months.gross_margin) OVER w)
            ELSE NULL::numeric
        END AS gross_margin_change
   FROM ( SELECT margin_monthly_by_model.month,
            margin_monthly_by_model.model,
            margin_monthly_by_model.currency,
            margin_monthly_by_model.events,
            margin_monthly_by_model.requests,
            margin_monthly_by_model.cache_hit_tokens,
            margin_monthly_by_model.cache_miss_tokens,
            margin_monthly_by_model.cache_write_tokens,
            margin_monthly_by_model.cache_write_1h_tokens,
            margin_monthly_by_model.output_tokens,
            margin_monthly_by_model.theoretical_revenue,
            margin_monthly_by_model.list_revenue,
            margin_monthly_by_model.monetised_revenue,
            margin_monthly_by_model.scheduled_revenue,
            margin_monthly_by_model.revenue,
            margin_monthly_by_model.unpriced_events,
            margin_monthly_by_model.cost,
            margin_monthly_by_model.profit,
            margin_monthly_by_model.gross_margin,
            margin_monthly_by_model.cost_profit_margin,
            margin_monthly_by_model.theoretical_gross_margin,
            margin_monthly_by_model.theoretical_cost_profit_margin,
            margin_monthly_by_model.tiered_revenue,
            margin_monthly_by_model.contracted_revenue,
            margin_monthly_by_model.serving_cost,
            margin_monthly_by_model.idle_cost,
            margin_monthly_by_model.headroom_cost,
            (lag(margin_monthly_by_model.month) OVER (PARTITION BY margin_monthly_by_model.model, margin_monthly_by_model.currency ORDER BY margin_monthly_by_model.month) = taximeter.add_months(margin_monthly_by_model.month, '-1'::integer)) AS follows
           FROM taximeter.margin_monthly_by_model) months
  WINDOW w AS (PARTITION BY months.model, months.currency ORDER BY months.month);

COMMENT ON VIEW taximeter.month_over_month_by_model IS 'Each UTC month, model and currency beside the month before: growth is a fraction of that month, gross_margin_change a difference of fractions. NULL where that month has nothing.';

CREATE TABLE taximeter.outbox (
    account_key bigint NOT NULL,
    sequence bigint NOT NULL,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    made_at timestamp with time zone NOT NULL,
    CONSTRAINT outbox_sequence_check CHECK ((sequence > 0))
);

COMMENT ON TABLE taximeter.outbox IS 'What embedders are told, in order for each account; removed once it was acknowledged.';

CREATE TABLE taximeter.outbox_counter (
    account_key bigint NOT NULL,
    last_sequence bigint NOT NULL,
    CONSTRAINT outbox_counter_last_sequence_check CHECK ((last_sequence > 0))
);

COMMENT ON TABLE taximeter.outbox_counter IS 'How many events an account was told. The row is the lock that makes the order of their numbers that of their commits.';

CREATE VIEW taximeter.parked_periods AS
 SELECT a.external_id AS account,
    p.period_start,
    p.period_end,
    p.reason,
    p.detail,
    p.parked_at
   FROM (taximeter.parked_period p
     JOIN taximeter.account a ON ((a.account_key = p.account_key)));

COMMENT ON VIEW taximeter.parked_periods IS 'Periods that wait for somebody to look at them before they are billed, and why.';

CREATE VIEW taximeter.pending_work AS
 SELECT ( SELECT count(DISTINCT dirty_hour.hour) AS count
           FROM taximeter.dirty_hour) AS hours_to_roll_up,
    ( SELECT min(dirty_hour.hour) AS min
           FROM taximeter.dirty_hour) AS oldest_hour_to_roll_up,
    ( SELECT count(*) AS count
           FROM taximeter.account_period
          WHERE account_period.stale) AS account_periods_to_rate,
    ( SELECT count(DISTINCT margin_dirty.day) AS count
           FROM taximeter.margin_dirty) AS margin_days_to_compute,
    ( SELECT min(margin_dirty.day) AS min
           FROM taximeter.margin_dirty) AS oldest_margin_day_to_compute,
    ( SELECT count(DISTINCT margin_dirty_month.month) AS count
           FROM taximeter.margin_dirty_month) AS margin_months_to_sum;

COMMENT ON VIEW taximeter.pending_work IS 'What the next taximeter run will do. All zero: the charges hold every event, and the margins every charge and cost.';

CREATE SEQUENCE taximeter.plan_version_plan_version_key_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE taximeter.plan_version_plan_version_key_seq OWNED BY taximeter.plan_version.plan_version_key;

CREATE SEQUENCE taximeter.price_book_price_book_key_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE taximeter.price_book_price_book_key_seq OWNED BY taximeter.price_book.price_book_key;

CREATE VIEW taximeter.quarantined_events AS
 SELECT b.producer_id,
    b.sequence,
    q."position",
    q.reason,
    q.event,
    q.recorded_at
   FROM (taximeter.quarantined_event q
     JOIN taximeter.ingest_batch b ON ((q.batch_key = b.batch_key)))
  ORDER BY q.batch_key, q."position";

COMMENT ON VIEW taximeter.quarantined_events IS 'Events of batches that could not be stored, and why.';

CREATE VIEW taximeter.reconcile_invoices AS
 SELECT a.external_id AS account,
    a.time_zone,
    i.number,
    i.period_start,
    i.period_end,
    i.currency,
    COALESCE(l.amount, (0)::numeric) AS line_amount,
    i.total,
    COALESCE(t.amount, (0)::numeric) AS booked_amount
   FROM (((taximeter.invoice i
     JOIN taximeter.account a ON ((a.account_key = i.account_key)))
     LEFT JOIN ( SELECT invoice_line.account_key,
            invoice_line.number,
            sum(invoice_line.amount) AS amount
           FROM taximeter.invoice_line
          GROUP BY invoice_line.account_key, invoice_line.number) l ON (((l.account_key = i.account_key) AND (l.number = i.number))))
     LEFT JOIN ( SELECT ledger_transfer.account_key,
            ledger_transfer.invoice_number,
            ledger_transfer.currency,
            sum(
                CASE
                    WHEN (ledger_transfer.debit = 'receivable'::text) THEN ledger_transfer.amount
                    WHEN (ledger_transfer.credit = 'receivable'::text) THEN (- ledger_transfer.amount)
                    ELSE (0)::numeric
                END) AS amount
           FROM taximeter.ledger_transfer
          WHERE ((ledger_transfer.kind = ANY (ARRAY['revenue'::text, 'deferred'::text, 'tax'::text])) AND (ledger_transfer.reverses IS NULL))
          GROUP BY ledger_transfer.account_key, ledger_transfer.invoice_number, ledger_transfer.currency) t ON (((t.account_key = i.account_key) AND (t.invoice_number = i.number) AND (t.currency = i.currency))))
  WHERE (NOT (EXISTS ( SELECT
           FROM taximeter.invoice_void v
          WHERE ((v.account_key = i.account_key) AND (v.number = i.number)))));

COMMENT ON VIEW taximeter.reconcile_invoices IS 'Standing invoices and credit notes: their rounded lines, their total, and what the ledger has booked as receivable for them.';

CREATE VIEW taximeter.reconcile_usage AS
 WITH rating AS (
         SELECT COALESCE(( SELECT b.rating_instant
                   FROM (taximeter.price_state s
                     JOIN taximeter.price_book b ON ((s.default_price_book_key = b.price_book_key)))), 'completed_at'::text) AS instant
        )
 SELECT 1 AS "position",
    'events'::text AS stage,
    date_trunc('hour'::text,
        CASE r.instant
            WHEN 'started_at'::text THEN e.started_at
            ELSE e.completed_at
        END, 'UTC'::text) AS hour,
    (e.sign)::numeric AS events,
    ((e.sign * e.requests))::numeric AS requests,
    ((e.sign * e.cache_hit_tokens))::numeric AS cache_hit_tokens,
    ((e.sign * e.cache_miss_tokens))::numeric AS cache_miss_tokens,
    ((e.sign * e.cache_write_tokens))::numeric AS cache_write_tokens,
    ((e.sign * e.cache_write_1h_tokens))::numeric AS cache_write_1h_tokens,
    ((e.sign * e.output_tokens))::numeric AS output_tokens
   FROM (taximeter.usage_event e
     CROSS JOIN rating r)
UNION ALL
 SELECT 2 AS "position",
    'buckets'::text AS stage,
    date_trunc('hour'::text, usage_bucket.slot_start, 'UTC'::text) AS hour,
    usage_bucket.events,
    usage_bucket.requests,
    usage_bucket.cache_hit_tokens,
    usage_bucket.cache_miss_tokens,
    usage_bucket.cache_write_tokens,
    usage_bucket.cache_write_1h_tokens,
    usage_bucket.output_tokens
   FROM taximeter.usage_bucket
UNION ALL
 SELECT 3 AS "position",
    'charges'::text AS stage,
    date_trunc('hour'::text, charge.slot_start, 'UTC'::text) AS hour,
    charge.events,
    charge.requests,
    charge.cache_hit_tokens,
    charge.cache_miss_tokens,
    charge.cache_write_tokens,
    charge.cache_write_1h_tokens,
    charge.output_tokens
   FROM taximeter.charge;

COMMENT ON VIEW taximeter.reconcile_usage IS 'Usage as each stage has it, by the UTC hour of its rating instant: sum it by stage. A row an event, a bucket, a charge.';

CREATE VIEW taximeter.reconcile_waiting AS
 SELECT dirty_hour.hour
   FROM taximeter.dirty_hour
UNION
 SELECT h.hour
   FROM taximeter.usage_hour h
  WHERE (h.rating_instant <> COALESCE(( SELECT b.rating_instant
           FROM (taximeter.price_state s
             JOIN taximeter.price_book b ON ((s.default_price_book_key = b.price_book_key)))), 'completed_at'::text));

COMMENT ON VIEW taximeter.reconcile_waiting IS 'Hours whose events wait to be summed again; they are in no bucket yet, or not as they are now.';

CREATE VIEW taximeter.reconcile_waiting_margins AS
 SELECT DISTINCT 'day'::text AS grain,
    margin_dirty.day AS start
   FROM taximeter.margin_dirty
UNION ALL
 SELECT DISTINCT 'month'::text AS grain,
    margin_dirty_month.month AS start
   FROM taximeter.margin_dirty_month;

COMMENT ON VIEW taximeter.reconcile_waiting_margins IS 'UTC days whose charges, costs or policies have changed since their margins were computed, and months of which a day was computed since they were summed.';

CREATE TABLE taximeter.reservation (
    account_key bigint NOT NULL,
    reservation_id text NOT NULL COLLATE pg_catalog."C",
    amount numeric NOT NULL,
    currency text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    settled boolean DEFAULT false NOT NULL,
    made_at timestamp with time zone NOT NULL,
    CONSTRAINT reservation_amount_is_zero_or_more CHECK (((amount >= (0)::numeric) AND (amount < 'Infinity'::numeric))),
    CONSTRAINT reservation_id_has_1_to_255_bytes CHECK (((octet_length(reservation_id) >= 1) AND (octet_length(reservation_id) <= 255)))
);

COMMENT ON TABLE taximeter.reservation IS 'Amounts held for requests that are under way, or settled and not yet rated; each until it expires.';

CREATE TABLE taximeter.schema_migration (
    version integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE taximeter.schema_migration IS 'Migrations that were applied, with the SHA-256 of their text.';

CREATE TABLE taximeter.schema_script (
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE taximeter.schema_script IS 'Views, guards and grants, which are applied again whenever their text has changed.';

CREATE SEQUENCE taximeter.service_tier_service_tier_key_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE taximeter.service_tier_service_tier_key_seq OWNED BY taximeter.service_tier.service_tier_key;

CREATE TABLE taximeter.spend_alert (
    account_key bigint NOT NULL,
    period_start timestamp with time zone NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    threshold integer NOT NULL
);

COMMENT ON TABLE taximeter.spend_alert IS 'Thresholds that were crossed and told.';

CREATE TABLE taximeter.spend_limit (
    account_key bigint NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    is_hard boolean NOT NULL,
    amount numeric NOT NULL,
    currency text NOT NULL,
    thresholds integer[] NOT NULL,
    CONSTRAINT spend_limit_amount_check CHECK (((amount > (0)::numeric) AND (amount < 'Infinity'::numeric))),
    CONSTRAINT spend_limit_name_check CHECK (((octet_length(name) >= 1) AND (octet_length(name) <= 255))),
    CONSTRAINT spend_limit_thresholds_check CHECK (((1 <= ALL (thresholds)) AND (array_position(thresholds, NULL::integer) IS NULL)))
);

COMMENT ON TABLE taximeter.spend_limit IS 'The most an account may spend in a billing period: hard ones refuse reservations, soft ones only tell.';

COMMENT ON COLUMN taximeter.spend_limit.thresholds IS 'Per cent of the amount at which the outbox is told, each once a period.';

CREATE VIEW taximeter.subscriptions AS
 SELECT a.external_id AS account,
    a.time_zone,
    a.issuing_entity,
    s.plan,
    s.effective_from,
    s.effective_until
   FROM (taximeter.subscription s
     JOIN taximeter.account a ON ((a.account_key = s.account_key)));

COMMENT ON VIEW taximeter.subscriptions IS 'Which plan an account has over [effective_from, effective_until), and on whose clock its periods are cut.';

CREATE TABLE taximeter.tariff_version (
    tariff_version_key integer NOT NULL,
    price_book_key integer NOT NULL,
    model text NOT NULL COLLATE pg_catalog."C",
    effective_from timestamp with time zone NOT NULL,
    definition text NOT NULL,
    loaded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT tariff_version_model_check CHECK (((octet_length(model) >= 1) AND (octet_length(model) <= 255)))
);

COMMENT ON TABLE taximeter.tariff_version IS 'Prices of one model from effective_from until its own end, or until the next version. Nothing in it that priced a charge ever changes.';

COMMENT ON COLUMN taximeter.tariff_version.definition IS 'Rates, schedules, bands, multipliers and channel rules: the price-book format as canonical JSON.';

CREATE SEQUENCE taximeter.tariff_version_tariff_version_key_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE taximeter.tariff_version_tariff_version_key_seq OWNED BY taximeter.tariff_version.tariff_version_key;

CREATE VIEW taximeter.tenant_balance WITH (security_barrier='true') AS
 SELECT b.currency,
    b.credits,
    b.unbilled,
    b.reserved,
    b.available,
    b.is_prepaid
   FROM taximeter.own_balance() b(currency, credits, unbilled, reserved, available, is_prepaid);

COMMENT ON VIEW taximeter.tenant_balance IS 'What the account has now: valid credits and what it is owed by credit notes, less charges that no invoice covers, less what is reserved. No row for an account that has neither credits nor charges.';

CREATE VIEW taximeter.tenant_credits WITH (security_barrier='true') AS
 SELECT g.grant_id,
    g.kind,
    g.amount,
    b.remaining,
    g.currency,
    g.priority,
    g.effective_from,
    g.expires_at,
    g.models,
    g.channels
   FROM ((taximeter.account a
     JOIN taximeter.credit_grant g ON ((g.account_key = a.account_key)))
     JOIN taximeter.grant_balance b ON (((b.account_key = g.account_key) AND (b.grant_id = g.grant_id))))
  WHERE (a.external_id = current_setting('taximeter.account'::text, true));

COMMENT ON VIEW taximeter.tenant_credits IS 'The account''s credits, and what is left of each.';

CREATE VIEW taximeter.tenant_invoice_lines WITH (security_barrier='true') AS
 SELECT l.number,
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
   FROM taximeter.invoice_lines l
  WHERE (l.account = current_setting('taximeter.account'::text, true));

COMMENT ON VIEW taximeter.tenant_invoice_lines IS 'The lines of the account''s final and voided invoices.';

CREATE VIEW taximeter.tenant_invoices WITH (security_barrier='true') AS
 SELECT i.number,
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
   FROM taximeter.invoices i
  WHERE ((i.account = current_setting('taximeter.account'::text, true)) AND (i.state <> 'draft'::text));

COMMENT ON VIEW taximeter.tenant_invoices IS 'The account''s final and voided invoices and credit notes; document is all that each says, as JSON.';

CREATE VIEW taximeter.tenant_usage WITH (security_barrier='true') AS
 SELECT date_trunc('hour'::text, c.slot_start, 'UTC'::text) AS hour,
    m.name AS model,
    h.name AS channel,
    t.name AS service_tier,
    sum(c.requests) AS requests,
    sum(c.cache_hit_tokens) AS cache_hit_tokens,
    sum(c.cache_miss_tokens) AS cache_miss_tokens,
    sum(c.cache_write_tokens) AS cache_write_tokens,
    sum(c.cache_write_1h_tokens) AS cache_write_1h_tokens,
    sum(c.output_tokens) AS output_tokens,
    c.currency,
    COALESCE(sum(c.net_amount), (0)::numeric) AS net_amount,
    COALESCE(sum(c.requests) FILTER (WHERE (c.unpriced_reason IS NOT NULL)), (0)::numeric) AS unpriced_requests
   FROM ((((taximeter.account a
     JOIN taximeter.charge c ON ((c.account_key = a.account_key)))
     JOIN taximeter.model m ON ((m.model_key = c.model_key)))
     JOIN taximeter.channel h ON ((h.channel_key = c.channel_key)))
     JOIN taximeter.service_tier t ON ((t.service_tier_key = c.service_tier_key)))
  WHERE (a.external_id = current_setting('taximeter.account'::text, true))
  GROUP BY (date_trunc('hour'::text, c.slot_start, 'UTC'::text)), m.name, h.name, t.name, c.currency;

COMMENT ON VIEW taximeter.tenant_usage IS 'The account''s usage by UTC hour, model, channel and service tier, as far as it is rated. Unpriced requests are counted, and cost nothing yet.';

CREATE VIEW taximeter.usage_lines AS
 SELECT a.external_id AS account,
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
   FROM ((taximeter.usage_line l
     JOIN taximeter.account_period p ON (((p.account_key = l.account_key) AND (p.period_start = l.period_start))))
     JOIN taximeter.account a ON ((a.account_key = l.account_key)));

COMMENT ON VIEW taximeter.usage_lines IS 'Rated periods by what invoices show, billed or not: one class at one price a row; charged_tokens * unit_price + fees = net_amount.';

CREATE VIEW taximeter.tenant_usage_lines WITH (security_barrier='true') AS
 SELECT l.period_start,
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
   FROM taximeter.usage_lines l
  WHERE (l.account = current_setting('taximeter.account'::text, true));

COMMENT ON VIEW taximeter.tenant_usage_lines IS 'The account''s rated periods by what invoices show, billed or not: charged_tokens * unit_price + fees = net_amount.';

CREATE VIEW taximeter.trial_balance AS
 SELECT ledger_balance.currency,
    ledger_balance.ledger_account,
    sum(GREATEST(ledger_balance.balance, (0)::numeric)) AS debits,
    sum(GREATEST((- ledger_balance.balance), (0)::numeric)) AS credits,
    sum(ledger_balance.balance) AS balance
   FROM taximeter.ledger_balance
  GROUP BY ledger_balance.currency, ledger_balance.ledger_account;

COMMENT ON VIEW taximeter.trial_balance IS 'The balances of all accounts by ledger account: debits less credits. Over the ledger accounts of a currency they sum to zero.';

CREATE VIEW taximeter.unpriced_usage AS
 SELECT a.external_id AS account,
    m.name AS model,
    ch.name AS channel,
    t.name AS service_tier,
    c.unpriced_reason AS reason,
    min(c.slot_start) AS first_slot,
    max(c.slot_start) AS last_slot,
    sum(c.events) AS events,
    sum(c.requests) AS requests,
    sum(c.cache_hit_tokens) AS cache_hit_tokens,
    sum(c.cache_miss_tokens) AS cache_miss_tokens,
    sum(c.cache_write_tokens) AS cache_write_tokens,
    sum(c.cache_write_1h_tokens) AS cache_write_1h_tokens,
    sum(c.output_tokens) AS output_tokens
   FROM ((((taximeter.charge c
     JOIN taximeter.account a USING (account_key))
     JOIN taximeter.model m USING (model_key))
     JOIN taximeter.channel ch USING (channel_key))
     JOIN taximeter.service_tier t USING (service_tier_key))
  WHERE (c.unpriced_reason IS NOT NULL)
  GROUP BY a.external_id, m.name, ch.name, t.name, c.unpriced_reason;

COMMENT ON VIEW taximeter.unpriced_usage IS 'Usage for which there is no price, and why. It is never billed as 0.';

CREATE VIEW taximeter.usage_hourly AS
 SELECT h.hour,
    m.name AS model,
    NULLIF(h.currency, ''::text) AS currency,
    sum(h.events) AS events,
    sum(h.requests) AS requests,
    sum(h.cache_hit_tokens) AS cache_hit_tokens,
    sum(h.cache_miss_tokens) AS cache_miss_tokens,
    sum(h.cache_write_tokens) AS cache_write_tokens,
    sum(h.cache_write_1h_tokens) AS cache_write_1h_tokens,
    sum(h.output_tokens) AS output_tokens,
    sum(h.theoretical_amount) AS theoretical_revenue,
    sum(h.list_amount) AS list_revenue,
    sum(h.monetised_amount) AS monetised_revenue,
    sum(h.scheduled_amount) AS scheduled_revenue,
    sum(h.net_amount) AS revenue,
    sum(h.unpriced_events) AS unpriced_events,
    sum(h.tiered_amount) AS tiered_revenue,
    sum(h.contracted_amount) AS contracted_revenue
   FROM (taximeter.margin_hour h
     JOIN taximeter.model m ON ((m.model_key = h.model_key)))
  WHERE (h.events <> (0)::numeric)
  GROUP BY h.hour, m.name, h.currency;

COMMENT ON VIEW taximeter.usage_hourly IS 'Usage and revenue by UTC hour (of the rating instant), model and currency. Unpriced usage has tokens and no revenue.';

CREATE VIEW taximeter.usage_statement AS
 SELECT a.external_id AS account,
    ((c.slot_start AT TIME ZONE a.time_zone))::date AS day,
    m.name AS model,
    ch.name AS channel,
    t.name AS service_tier,
    c.currency,
    sum(c.events) AS events,
    sum(c.requests) AS requests,
    sum(c.cache_hit_tokens) AS cache_hit_tokens,
    sum(c.cache_miss_tokens) AS cache_miss_tokens,
    sum(c.cache_write_tokens) AS cache_write_tokens,
    sum(c.cache_write_1h_tokens) AS cache_write_1h_tokens,
    sum(c.output_tokens) AS output_tokens,
    COALESCE(sum(c.list_amount), (0)::numeric) AS list_amount,
    COALESCE(sum(c.net_amount), (0)::numeric) AS net_amount,
    COALESCE(sum(c.events) FILTER (WHERE (c.unpriced_reason IS NOT NULL)), (0)::numeric) AS unpriced_events
   FROM ((((taximeter.charge c
     JOIN taximeter.account a USING (account_key))
     JOIN taximeter.model m USING (model_key))
     JOIN taximeter.channel ch USING (channel_key))
     JOIN taximeter.service_tier t USING (service_tier_key))
  GROUP BY a.external_id, (((c.slot_start AT TIME ZONE a.time_zone))::date), m.name, ch.name, t.name, c.currency;

COMMENT ON VIEW taximeter.usage_statement IS 'Usage and its exact amounts by account, day, model, channel and service tier. Days are those of the account''s time zone; hours are cut at midnight there, so that usage belongs to the day of its instant. Amounts are before invoices round and before fees, taxes and credits.';

CREATE VIEW taximeter.waterfall_daily AS
 SELECT both_sides.day,
    both_sides.currency,
    sum(both_sides.theoretical_revenue) AS theoretical,
    (sum(both_sides.list_revenue) - sum(both_sides.theoretical_revenue)) AS model_mix,
    sum(both_sides.list_revenue) AS list,
    (sum(both_sides.monetised_revenue) - sum(both_sides.list_revenue)) AS free_channels,
    sum(both_sides.monetised_revenue) AS monetised,
    (sum(both_sides.scheduled_revenue) - sum(both_sides.monetised_revenue)) AS off_peak,
    sum(both_sides.scheduled_revenue) AS scheduled,
    (sum(both_sides.tiered_revenue) - sum(both_sides.scheduled_revenue)) AS volume_tiers,
    sum(both_sides.tiered_revenue) AS tiered,
    (sum(both_sides.contracted_revenue) - sum(both_sides.tiered_revenue)) AS contract,
    sum(both_sides.contracted_revenue) AS contracted,
    (sum(both_sides.revenue) - sum(both_sides.contracted_revenue)) AS allowances,
    sum(both_sides.revenue) AS allowed,
    sum(both_sides.revenue) AS billed
   FROM ( SELECT date_trunc('day'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text) AS day,
            margin_hourly_by_model_and_channel.currency,
            margin_hourly_by_model_and_channel.theoretical_revenue,
            margin_hourly_by_model_and_channel.list_revenue,
            margin_hourly_by_model_and_channel.monetised_revenue,
            margin_hourly_by_model_and_channel.scheduled_revenue,
            margin_hourly_by_model_and_channel.tiered_revenue,
            margin_hourly_by_model_and_channel.contracted_revenue,
            margin_hourly_by_model_and_channel.revenue
           FROM taximeter.margin_hourly_by_model_and_channel
          WHERE (margin_hourly_by_model_and_channel.events <> (0)::numeric)) both_sides
  GROUP BY both_sides.day, both_sides.currency;

COMMENT ON VIEW taximeter.waterfall_daily IS 'theoretical + model_mix = list; + free_channels = monetised; + off_peak = scheduled; + volume_tiers = tiered; + contract = contracted; + allowances (and quantities rounded up) = allowed, which billed repeats. By UTC day, currency.';

CREATE VIEW taximeter.waterfall_daily_by_account AS
 SELECT both_sides.day,
    both_sides.account,
    both_sides.currency,
    sum(both_sides.theoretical_revenue) AS theoretical,
    (sum(both_sides.list_revenue) - sum(both_sides.theoretical_revenue)) AS model_mix,
    sum(both_sides.list_revenue) AS list,
    (sum(both_sides.monetised_revenue) - sum(both_sides.list_revenue)) AS free_channels,
    sum(both_sides.monetised_revenue) AS monetised,
    (sum(both_sides.scheduled_revenue) - sum(both_sides.monetised_revenue)) AS off_peak,
    sum(both_sides.scheduled_revenue) AS scheduled,
    (sum(both_sides.tiered_revenue) - sum(both_sides.scheduled_revenue)) AS volume_tiers,
    sum(both_sides.tiered_revenue) AS tiered,
    (sum(both_sides.contracted_revenue) - sum(both_sides.tiered_revenue)) AS contract,
    sum(both_sides.contracted_revenue) AS contracted,
    (sum(both_sides.revenue) - sum(both_sides.contracted_revenue)) AS allowances,
    sum(both_sides.revenue) AS allowed
   FROM ( SELECT margin_daily_by_account.day,
            margin_daily_by_account.account,
            margin_daily_by_account.currency,
            margin_daily_by_account.theoretical_revenue,
            margin_daily_by_account.list_revenue,
            margin_daily_by_account.monetised_revenue,
            margin_daily_by_account.scheduled_revenue,
            margin_daily_by_account.tiered_revenue,
            margin_daily_by_account.contracted_revenue,
            margin_daily_by_account.revenue
           FROM taximeter.margin_daily_by_account
          WHERE (margin_daily_by_account.events <> (0)::numeric)) both_sides
  GROUP BY both_sides.day, both_sides.account, both_sides.currency;

COMMENT ON VIEW taximeter.waterfall_daily_by_account IS 'theoretical + model_mix = list; + free_channels = monetised; + off_peak = scheduled; + volume_tiers = tiered; + contract = contracted; + allowances (and quantities rounded up) = allowed. By UTC day, account, currency.';

CREATE VIEW taximeter.waterfall_daily_by_model AS
 SELECT both_sides.day,
    both_sides.model,
    both_sides.currency,
    sum(both_sides.theoretical_revenue) AS theoretical,
    (sum(both_sides.list_revenue) - sum(both_sides.theoretical_revenue)) AS model_mix,
    sum(both_sides.list_revenue) AS list,
    (sum(both_sides.monetised_revenue) - sum(both_sides.list_revenue)) AS free_channels,
    sum(both_sides.monetised_revenue) AS monetised,
    (sum(both_sides.scheduled_revenue) - sum(both_sides.monetised_revenue)) AS off_peak,
    sum(both_sides.scheduled_revenue) AS scheduled,
    (sum(both_sides.tiered_revenue) - sum(both_sides.scheduled_revenue)) AS volume_tiers,
    sum(both_sides.tiered_revenue) AS tiered,
    (sum(both_sides.contracted_revenue) - sum(both_sides.tiered_revenue)) AS contract,
    sum(both_sides.contracted_revenue) AS contracted,
    (sum(both_sides.revenue) - sum(both_sides.contracted_revenue)) AS allowances,
    sum(both_sides.revenue) AS allowed
   FROM ( SELECT date_trunc('day'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text) AS day,
            margin_hourly_by_model_and_channel.model,
            margin_hourly_by_model_and_channel.currency,
            margin_hourly_by_model_and_channel.theoretical_revenue,
            margin_hourly_by_model_and_channel.list_revenue,
            margin_hourly_by_model_and_channel.monetised_revenue,
            margin_hourly_by_model_and_channel.scheduled_revenue,
            margin_hourly_by_model_and_channel.tiered_revenue,
            margin_hourly_by_model_and_channel.contracted_revenue,
            margin_hourly_by_model_and_channel.revenue
           FROM taximeter.margin_hourly_by_model_and_channel
          WHERE (margin_hourly_by_model_and_channel.events <> (0)::numeric)) both_sides
  GROUP BY both_sides.day, both_sides.model, both_sides.currency;

COMMENT ON VIEW taximeter.waterfall_daily_by_model IS 'theoretical + model_mix = list; + free_channels = monetised; + off_peak = scheduled; + volume_tiers = tiered; + contract = contracted; + allowances (and quantities rounded up) = allowed. By UTC day, model, currency.';

CREATE VIEW taximeter.waterfall_hourly AS
 SELECT both_sides.hour,
    both_sides.model,
    both_sides.currency,
    sum(both_sides.theoretical_revenue) AS theoretical,
    (sum(both_sides.list_revenue) - sum(both_sides.theoretical_revenue)) AS model_mix,
    sum(both_sides.list_revenue) AS list,
    (sum(both_sides.monetised_revenue) - sum(both_sides.list_revenue)) AS free_channels,
    sum(both_sides.monetised_revenue) AS monetised,
    (sum(both_sides.scheduled_revenue) - sum(both_sides.monetised_revenue)) AS off_peak,
    sum(both_sides.scheduled_revenue) AS scheduled,
    (sum(both_sides.tiered_revenue) - sum(both_sides.scheduled_revenue)) AS volume_tiers,
    sum(both_sides.tiered_revenue) AS tiered,
    (sum(both_sides.contracted_revenue) - sum(both_sides.tiered_revenue)) AS contract,
    sum(both_sides.contracted_revenue) AS contracted,
    (sum(both_sides.revenue) - sum(both_sides.contracted_revenue)) AS allowances,
    sum(both_sides.revenue) AS allowed,
    sum(both_sides.revenue) AS billed
   FROM ( SELECT margin_hourly_by_model_and_channel.hour,
            margin_hourly_by_model_and_channel.model,
            margin_hourly_by_model_and_channel.currency,
            margin_hourly_by_model_and_channel.theoretical_revenue,
            margin_hourly_by_model_and_channel.list_revenue,
            margin_hourly_by_model_and_channel.monetised_revenue,
            margin_hourly_by_model_and_channel.scheduled_revenue,
            margin_hourly_by_model_and_channel.tiered_revenue,
            margin_hourly_by_model_and_channel.contracted_revenue,
            margin_hourly_by_model_and_channel.revenue
           FROM taximeter.margin_hourly_by_model_and_channel
          WHERE (margin_hourly_by_model_and_channel.events <> (0)::numeric)) both_sides
  GROUP BY both_sides.hour, both_sides.model, both_sides.currency;

COMMENT ON VIEW taximeter.waterfall_hourly IS 'theoretical + model_mix = list; + free_channels = monetised; + off_peak = scheduled; + volume_tiers = tiered; + contract = contracted; + allowances (and quantities rounded up) = allowed, which billed repeats. By UTC hour, model, currency.';

CREATE VIEW taximeter.waterfall_hourly_by_channel AS
 SELECT both_sides.hour,
    both_sides.channel,
    both_sides.currency,
    sum(both_sides.theoretical_revenue) AS theoretical,
    (sum(both_sides.list_revenue) - sum(both_sides.theoretical_revenue)) AS model_mix,
    sum(both_sides.list_revenue) AS list,
    (sum(both_sides.monetised_revenue) - sum(both_sides.list_revenue)) AS free_channels,
    sum(both_sides.monetised_revenue) AS monetised,
    (sum(both_sides.scheduled_revenue) - sum(both_sides.monetised_revenue)) AS off_peak,
    sum(both_sides.scheduled_revenue) AS scheduled,
    (sum(both_sides.tiered_revenue) - sum(both_sides.scheduled_revenue)) AS volume_tiers,
    sum(both_sides.tiered_revenue) AS tiered,
    (sum(both_sides.contracted_revenue) - sum(both_sides.tiered_revenue)) AS contract,
    sum(both_sides.contracted_revenue) AS contracted,
    (sum(both_sides.revenue) - sum(both_sides.contracted_revenue)) AS allowances,
    sum(both_sides.revenue) AS allowed
   FROM ( SELECT margin_hourly_by_model_and_channel.hour,
            margin_hourly_by_model_and_channel.channel,
            margin_hourly_by_model_and_channel.currency,
            margin_hourly_by_model_and_channel.theoretical_revenue,
            margin_hourly_by_model_and_channel.list_revenue,
            margin_hourly_by_model_and_channel.monetised_revenue,
            margin_hourly_by_model_and_channel.scheduled_revenue,
            margin_hourly_by_model_and_channel.tiered_revenue,
            margin_hourly_by_model_and_channel.contracted_revenue,
            margin_hourly_by_model_and_channel.revenue
           FROM taximeter.margin_hourly_by_model_and_channel
          WHERE (margin_hourly_by_model_and_channel.events <> (0)::numeric)) both_sides
  GROUP BY both_sides.hour, both_sides.channel, both_sides.currency;

COMMENT ON VIEW taximeter.waterfall_hourly_by_channel IS 'theoretical + model_mix = list; + free_channels = monetised; + off_peak = scheduled; + volume_tiers = tiered; + contract = contracted; + allowances (and quantities rounded up) = allowed. By UTC hour, channel, currency.';

CREATE VIEW taximeter.waterfall_monthly AS
 SELECT both_sides.month,
    both_sides.currency,
    sum(both_sides.theoretical_revenue) AS theoretical,
    (sum(both_sides.list_revenue) - sum(both_sides.theoretical_revenue)) AS model_mix,
    sum(both_sides.list_revenue) AS list,
    (sum(both_sides.monetised_revenue) - sum(both_sides.list_revenue)) AS free_channels,
    sum(both_sides.monetised_revenue) AS monetised,
    (sum(both_sides.scheduled_revenue) - sum(both_sides.monetised_revenue)) AS off_peak,
    sum(both_sides.scheduled_revenue) AS scheduled,
    (sum(both_sides.tiered_revenue) - sum(both_sides.scheduled_revenue)) AS volume_tiers,
    sum(both_sides.tiered_revenue) AS tiered,
    (sum(both_sides.contracted_revenue) - sum(both_sides.tiered_revenue)) AS contract,
    sum(both_sides.contracted_revenue) AS contracted,
    (sum(both_sides.revenue) - sum(both_sides.contracted_revenue)) AS allowances,
    sum(both_sides.revenue) AS allowed,
    (sum(both_sides.invoiced_exact) - sum(both_sides.revenue)) AS not_invoiced,
    (sum(both_sides.invoiced) - sum(both_sides.invoiced_exact)) AS rounding,
    sum(both_sides.invoiced) AS invoiced,
    sum(both_sides.fees) AS fees,
    sum(both_sides.commitments) AS commitments,
    ((((sum(both_sides.total) - sum(both_sides.invoiced)) - sum(both_sides.fees)) - sum(both_sides.commitments)) - sum(both_sides.tax)) AS other_months,
    sum(both_sides.tax) AS tax,
    (sum(both_sides.due) - sum(both_sides.total)) AS credits,
    sum(both_sides.due) AS billed,
    (- sum(both_sides.written_off)) AS written_off,
    ((sum(both_sides.collected) + sum(both_sides.written_off)) - sum(both_sides.due)) AS outstanding,
    sum(both_sides.collected) AS collected
   FROM ( SELECT date_trunc('month'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text) AS month,
            margin_hourly_by_model_and_channel.currency,
            margin_hourly_by_model_and_channel.theoretical_revenue,
            margin_hourly_by_model_and_channel.list_revenue,
            margin_hourly_by_model_and_channel.monetised_revenue,
            margin_hourly_by_model_and_channel.scheduled_revenue,
            margin_hourly_by_model_and_channel.tiered_revenue,
            margin_hourly_by_model_and_channel.contracted_revenue,
            margin_hourly_by_model_and_channel.revenue,
            0 AS invoiced_exact,
            0 AS invoiced,
            0 AS fees,
            0 AS commitments,
            0 AS tax,
            0 AS total,
            0 AS due,
            0 AS written_off,
            0 AS collected
           FROM taximeter.margin_hourly_by_model_and_channel
          WHERE (margin_hourly_by_model_and_channel.events <> (0)::numeric)
        UNION ALL
         SELECT billed_monthly.month,
            billed_monthly.currency,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            billed_monthly.invoiced_exact,
            billed_monthly.invoiced,
            billed_monthly.fees,
            billed_monthly.commitments,
            billed_monthly.tax,
            billed_monthly.total,
            billed_monthly.due,
            billed_monthly.written_off,
            billed_monthly.collected
           FROM taximeter.billed_monthly) both_sides
  GROUP BY both_sides.month, both_sides.currency;

COMMENT ON VIEW taximeter.waterfall_monthly IS 'theoretical + model_mix = list; + free_channels = monetised; + off_peak = scheduled; + volume_tiers = tiered; + contract = contracted; + allowances (and quantities rounded up) = allowed; + not_invoiced (usage that no final invoice covers, or of another month by the account''s clock) + rounding = invoiced; + fees + commitments (minimum, maximum) + other_months (what the month''s invoices bill for other months, less what others bill for this one) + tax + credits = billed, what the month''s invoices ask for; + written_off + outstanding = collected. By UTC month, currency.';

CREATE VIEW taximeter.waterfall_monthly_by_account AS
 SELECT both_sides.month,
    both_sides.account,
    both_sides.currency,
    sum(both_sides.theoretical_revenue) AS theoretical,
    (sum(both_sides.list_revenue) - sum(both_sides.theoretical_revenue)) AS model_mix,
    sum(both_sides.list_revenue) AS list,
    (sum(both_sides.monetised_revenue) - sum(both_sides.list_revenue)) AS free_channels,
    sum(both_sides.monetised_revenue) AS monetised,
    (sum(both_sides.scheduled_revenue) - sum(both_sides.monetised_revenue)) AS off_peak,
    sum(both_sides.scheduled_revenue) AS scheduled,
    (sum(both_sides.tiered_revenue) - sum(both_sides.scheduled_revenue)) AS volume_tiers,
    sum(both_sides.tiered_revenue) AS tiered,
    (sum(both_sides.contracted_revenue) - sum(both_sides.tiered_revenue)) AS contract,
    sum(both_sides.contracted_revenue) AS contracted,
    (sum(both_sides.revenue) - sum(both_sides.contracted_revenue)) AS allowances,
    sum(both_sides.revenue) AS allowed,
    (sum(both_sides.invoiced_exact) - sum(both_sides.revenue)) AS not_invoiced,
    (sum(both_sides.invoiced) - sum(both_sides.invoiced_exact)) AS rounding,
    sum(both_sides.invoiced) AS invoiced,
    sum(both_sides.fees) AS fees,
    sum(both_sides.commitments) AS commitments,
    ((((sum(both_sides.total) - sum(both_sides.invoiced)) - sum(both_sides.fees)) - sum(both_sides.commitments)) - sum(both_sides.tax)) AS other_months,
    sum(both_sides.tax) AS tax,
    (sum(both_sides.due) - sum(both_sides.total)) AS credits,
    sum(both_sides.due) AS billed,
    (- sum(both_sides.written_off)) AS written_off,
    ((sum(both_sides.collected) + sum(both_sides.written_off)) - sum(both_sides.due)) AS outstanding,
    sum(both_sides.collected) AS collected
   FROM ( SELECT margin_monthly_by_account.month,
            margin_monthly_by_account.account,
            margin_monthly_by_account.currency,
            margin_monthly_by_account.theoretical_revenue,
            margin_monthly_by_account.list_revenue,
            margin_monthly_by_account.monetised_revenue,
            margin_monthly_by_account.scheduled_revenue,
            margin_monthly_by_account.tiered_revenue,
            margin_monthly_by_account.contracted_revenue,
            margin_monthly_by_account.revenue,
            0 AS invoiced_exact,
            0 AS invoiced,
            0 AS fees,
            0 AS commitments,
            0 AS tax,
            0 AS total,
            0 AS due,
            0 AS written_off,
            0 AS collected
           FROM taximeter.margin_monthly_by_account
          WHERE (margin_monthly_by_account.events <> (0)::numeric)
        UNION ALL
         SELECT billed_monthly_by_account.month,
            billed_monthly_by_account.account,
            billed_monthly_by_account.currency,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            billed_monthly_by_account.invoiced_exact,
            billed_monthly_by_account.invoiced,
            billed_monthly_by_account.fees,
            billed_monthly_by_account.commitments,
            billed_monthly_by_account.tax,
            billed_monthly_by_account.total,
            billed_monthly_by_account.due,
            billed_monthly_by_account.written_off,
            billed_monthly_by_account.collected
           FROM taximeter.billed_monthly_by_account) both_sides
  GROUP BY both_sides.month, both_sides.account, both_sides.currency;

COMMENT ON VIEW taximeter.waterfall_monthly_by_account IS 'theoretical + model_mix = list; + free_channels = monetised; + off_peak = scheduled; + volume_tiers = tiered; + contract = contracted; + allowances (and quantities rounded up) = allowed; + not_invoiced (usage that no final invoice covers, or of another month by the account''s clock) + rounding = invoiced; + fees + commitments (minimum, maximum) + other_months (what the month''s invoices bill for other months, less what others bill for this one) + tax + credits = billed, what the month''s invoices ask for; + written_off + outstanding = collected. By UTC month, account, currency.';

CREATE VIEW taximeter.waterfall_monthly_by_model AS
 SELECT both_sides.month,
    both_sides.model,
    both_sides.currency,
    sum(both_sides.theoretical_revenue) AS theoretical,
    (sum(both_sides.list_revenue) - sum(both_sides.theoretical_revenue)) AS model_mix,
    sum(both_sides.list_revenue) AS list,
    (sum(both_sides.monetised_revenue) - sum(both_sides.list_revenue)) AS free_channels,
    sum(both_sides.monetised_revenue) AS monetised,
    (sum(both_sides.scheduled_revenue) - sum(both_sides.monetised_revenue)) AS off_peak,
    sum(both_sides.scheduled_revenue) AS scheduled,
    (sum(both_sides.tiered_revenue) - sum(both_sides.scheduled_revenue)) AS volume_tiers,
    sum(both_sides.tiered_revenue) AS tiered,
    (sum(both_sides.contracted_revenue) - sum(both_sides.tiered_revenue)) AS contract,
    sum(both_sides.contracted_revenue) AS contracted,
    (sum(both_sides.revenue) - sum(both_sides.contracted_revenue)) AS allowances,
    sum(both_sides.revenue) AS allowed
   FROM ( SELECT date_trunc('month'::text, margin_hourly_by_model_and_channel.hour, 'UTC'::text) AS month,
            margin_hourly_by_model_and_channel.model,
            margin_hourly_by_model_and_channel.currency,
            margin_hourly_by_model_and_channel.theoretical_revenue,
            margin_hourly_by_model_and_channel.list_revenue,
            margin_hourly_by_model_and_channel.monetised_revenue,
            margin_hourly_by_model_and_channel.scheduled_revenue,
            margin_hourly_by_model_and_channel.tiered_revenue,
            margin_hourly_by_model_and_channel.contracted_revenue,
            margin_hourly_by_model_and_channel.revenue
           FROM taximeter.margin_hourly_by_model_and_channel
          WHERE (margin_hourly_by_model_and_channel.events <> (0)::numeric)) both_sides
  GROUP BY both_sides.month, both_sides.model, both_sides.currency;

COMMENT ON VIEW taximeter.waterfall_monthly_by_model IS 'theoretical + model_mix = list; + free_channels = monetised; + off_peak = scheduled; + volume_tiers = tiered; + contract = contracted; + allowances (and quantities rounded up) = allowed. By UTC month, model, currency.';

CREATE VIEW taximeter.worst_accounts AS
 WITH RECURSIVE known AS (
        ( SELECT account_month.month,
            account_month.currency
           FROM taximeter.account_month
          ORDER BY account_month.month, account_month.currency
         LIMIT 1)
        UNION ALL
         SELECT n.month,
            n.currency
           FROM (known k_1
             CROSS JOIN LATERAL ( SELECT m.month,
                    m.currency
                   FROM taximeter.account_month m
                  WHERE (ROW(m.month, m.currency) > ROW(k_1.month, k_1.currency))
                  ORDER BY m.month, m.currency
                 LIMIT 1) n)
        )
 SELECT k.month,
    NULLIF(k.currency, ''::text) AS currency,
    r.rank,
    a.external_id AS account,
    r.output_tokens,
    r.net_amount AS usage_revenue,
    r.fees,
    r.commitments,
    ((r.net_amount + r.fees) + r.commitments) AS revenue,
    r.cost,
    r.profit,
    taximeter.gross_margin(((r.net_amount + r.fees) + r.commitments), r.cost) AS gross_margin,
    taximeter.cost_profit_margin(((r.net_amount + r.fees) + r.commitments), r.cost) AS cost_profit_margin
   FROM ((known k
     CROSS JOIN LATERAL ( SELECT m.account_key,
            m.month,
            m.currency,
            m.output_tokens,
            m.theoretical_amount,
            m.list_amount,
            m.net_amount,
            m.cost,
            m.invoiced_exact,
            m.invoiced,
            m.fees,
            m.commitments,
            m.tax,
            m.total,
            m.due,
            m.written_off,
            m.collected,
            m.profit,
            row_number() OVER (ORDER BY m.profit) AS rank
           FROM taximeter.account_month m
          WHERE ((m.month = k.month) AND (m.currency = k.currency) AND (m.profit IS NOT NULL))
          ORDER BY m.profit
         LIMIT 100) r)
     JOIN taximeter.account a ON ((a.account_key = r.account_key)));

COMMENT ON VIEW taximeter.worst_accounts IS 'The hundred accounts with the least profit of a UTC month and currency, fees included; rank 1 is the first.';

ALTER TABLE ONLY taximeter.account ALTER COLUMN account_key SET DEFAULT nextval('taximeter.account_account_key_seq'::regclass);

ALTER TABLE ONLY taximeter.channel ALTER COLUMN channel_key SET DEFAULT nextval('taximeter.channel_channel_key_seq'::regclass);

ALTER TABLE ONLY taximeter.dirty_hour ALTER COLUMN mark_id SET DEFAULT nextval('taximeter.dirty_hour_mark_id_seq'::regclass);

ALTER TABLE ONLY taximeter.gpu_pool ALTER COLUMN gpu_pool_key SET DEFAULT nextval('taximeter.gpu_pool_gpu_pool_key_seq'::regclass);

ALTER TABLE ONLY taximeter.ingest_batch ALTER COLUMN batch_key SET DEFAULT nextval('taximeter.ingest_batch_batch_key_seq'::regclass);

ALTER TABLE ONLY taximeter.model ALTER COLUMN model_key SET DEFAULT nextval('taximeter.model_model_key_seq'::regclass);

ALTER TABLE ONLY taximeter.plan_version ALTER COLUMN plan_version_key SET DEFAULT nextval('taximeter.plan_version_plan_version_key_seq'::regclass);

ALTER TABLE ONLY taximeter.price_book ALTER COLUMN price_book_key SET DEFAULT nextval('taximeter.price_book_price_book_key_seq'::regclass);

ALTER TABLE ONLY taximeter.service_tier ALTER COLUMN service_tier_key SET DEFAULT nextval('taximeter.service_tier_service_tier_key_seq'::regclass);

ALTER TABLE ONLY taximeter.tariff_version ALTER COLUMN tariff_version_key SET DEFAULT nextval('taximeter.tariff_version_tariff_version_key_seq'::regclass);

ALTER TABLE ONLY taximeter.account_balance
    ADD CONSTRAINT account_balance_pkey PRIMARY KEY (account_key);

ALTER TABLE ONLY taximeter.account
    ADD CONSTRAINT account_external_id_key UNIQUE (external_id);

ALTER TABLE ONLY taximeter.account_month
    ADD CONSTRAINT account_month_pkey PRIMARY KEY (account_key, month, currency);

ALTER TABLE ONLY taximeter.account_period
    ADD CONSTRAINT account_period_pkey PRIMARY KEY (account_key, period_start);

ALTER TABLE ONLY taximeter.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (account_key);

ALTER TABLE ONLY taximeter.allocation_policy
    ADD CONSTRAINT allocation_policy_pkey PRIMARY KEY (name, effective_from);

ALTER TABLE ONLY taximeter.allowance_use
    ADD CONSTRAINT allowance_use_pkey PRIMARY KEY (account_key, period_start, allowance);

ALTER TABLE ONLY taximeter.api_token
    ADD CONSTRAINT api_token_pkey PRIMARY KEY (id);

ALTER TABLE ONLY taximeter.channel
    ADD CONSTRAINT channel_name_key UNIQUE (name);

ALTER TABLE ONLY taximeter.channel
    ADD CONSTRAINT channel_pkey PRIMARY KEY (channel_key);

ALTER TABLE ONLY taximeter.charge
    ADD CONSTRAINT charge_pkey PRIMARY KEY (account_key, slot_start, model_key, channel_key, service_tier_key, input_floor, output_floor, unrated_classes);

ALTER TABLE ONLY taximeter.credit_account
    ADD CONSTRAINT credit_account_pkey PRIMARY KEY (account_key);

ALTER TABLE ONLY taximeter.credit_grant
    ADD CONSTRAINT credit_grant_pkey PRIMARY KEY (account_key, grant_id);

ALTER TABLE ONLY taximeter.dirty_hour
    ADD CONSTRAINT dirty_hour_pkey PRIMARY KEY (hour, mark_id);

ALTER TABLE ONLY taximeter.event_key
    ADD CONSTRAINT event_key_pkey PRIMARY KEY (account_key, request_id);

ALTER TABLE ONLY taximeter.event_key_state
    ADD CONSTRAINT event_key_state_pkey PRIMARY KEY (singleton);

ALTER TABLE ONLY taximeter.event_reversal
    ADD CONSTRAINT event_reversal_pkey PRIMARY KEY (account_key, request_id);

ALTER TABLE ONLY taximeter.fx_rate
    ADD CONSTRAINT fx_rate_pkey PRIMARY KEY (base, quote, day);

ALTER TABLE ONLY taximeter.gpu_cost_hourly
    ADD CONSTRAINT gpu_cost_hourly_pkey PRIMARY KEY (gpu_pool_key, hour, model, phase, use, currency);

ALTER TABLE ONLY taximeter.gpu_occupancy
    ADD CONSTRAINT gpu_occupancy_pkey PRIMARY KEY (gpu_pool_key, node, model, phase, use, occupied_from);

ALTER TABLE ONLY taximeter.gpu_pool
    ADD CONSTRAINT gpu_pool_name_key UNIQUE (name);

ALTER TABLE ONLY taximeter.gpu_pool
    ADD CONSTRAINT gpu_pool_pkey PRIMARY KEY (gpu_pool_key);

ALTER TABLE ONLY taximeter.gpu_rate
    ADD CONSTRAINT gpu_rate_int4range_tstzrange_excl EXCLUDE USING gist (int4range(gpu_pool_key, gpu_pool_key, '[]'::text) WITH &&, tstzrange(effective_from, effective_until) WITH &&);

ALTER TABLE ONLY taximeter.gpu_rate
    ADD CONSTRAINT gpu_rate_pkey PRIMARY KEY (gpu_pool_key, effective_from);

ALTER TABLE ONLY taximeter.grant_balance
    ADD CONSTRAINT grant_balance_pkey PRIMARY KEY (account_key, grant_id);

ALTER TABLE ONLY taximeter.ingest_batch
    ADD CONSTRAINT ingest_batch_pkey PRIMARY KEY (producer_id, sequence);

ALTER TABLE ONLY taximeter.invoice
    ADD CONSTRAINT invoice_account_key_chain_position_key UNIQUE (account_key, chain_position);

ALTER TABLE ONLY taximeter.invoice
    ADD CONSTRAINT invoice_account_key_period_start_issue_key UNIQUE (account_key, period_start, issue);

ALTER TABLE ONLY taximeter.invoice_chain
    ADD CONSTRAINT invoice_chain_pkey PRIMARY KEY (account_key);

ALTER TABLE ONLY taximeter.invoice_draft
    ADD CONSTRAINT invoice_draft_pkey PRIMARY KEY (account_key, period_start);

ALTER TABLE ONLY taximeter.invoice_line
    ADD CONSTRAINT invoice_line_pkey PRIMARY KEY (account_key, number, line);

ALTER TABLE ONLY taximeter.invoice
    ADD CONSTRAINT invoice_pkey PRIMARY KEY (account_key, number);

ALTER TABLE ONLY taximeter.invoice_void
    ADD CONSTRAINT invoice_void_account_key_chain_position_key UNIQUE (account_key, chain_position);

ALTER TABLE ONLY taximeter.invoice_void
    ADD CONSTRAINT invoice_void_pkey PRIMARY KEY (account_key, number);

ALTER TABLE ONLY taximeter.issuing_entity
    ADD CONSTRAINT issuing_entity_number_prefix_key UNIQUE (number_prefix);

ALTER TABLE ONLY taximeter.issuing_entity
    ADD CONSTRAINT issuing_entity_pkey PRIMARY KEY (entity);

ALTER TABLE ONLY taximeter.ledger_balance
    ADD CONSTRAINT ledger_balance_pkey PRIMARY KEY (account_key, currency, ledger_account);

ALTER TABLE ONLY taximeter.ledger_transfer
    ADD CONSTRAINT ledger_transfer_pkey PRIMARY KEY (account_key, transfer_id);

ALTER TABLE ONLY taximeter.margin_account_day
    ADD CONSTRAINT margin_account_day_pkey PRIMARY KEY (account_key, day, model_key, channel_key, currency);

ALTER TABLE ONLY taximeter.margin_account_month
    ADD CONSTRAINT margin_account_month_pkey PRIMARY KEY (account_key, month, model_key, channel_key, currency);

ALTER TABLE ONLY taximeter.margin_dirty_month
    ADD CONSTRAINT margin_dirty_month_pkey PRIMARY KEY (month, marker);

ALTER TABLE ONLY taximeter.margin_dirty
    ADD CONSTRAINT margin_dirty_pkey PRIMARY KEY (day, marker);

ALTER TABLE ONLY taximeter.margin_hour
    ADD CONSTRAINT margin_hour_pkey PRIMARY KEY (hour, model_key, channel_key, currency);

ALTER TABLE ONLY taximeter.model_alias
    ADD CONSTRAINT model_alias_pkey PRIMARY KEY (price_book_key, alias, effective_from);

ALTER TABLE ONLY taximeter.model
    ADD CONSTRAINT model_name_key UNIQUE (name);

ALTER TABLE ONLY taximeter.model
    ADD CONSTRAINT model_pkey PRIMARY KEY (model_key);

ALTER TABLE ONLY taximeter.outbox_counter
    ADD CONSTRAINT outbox_counter_pkey PRIMARY KEY (account_key);

ALTER TABLE ONLY taximeter.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (account_key, sequence);

ALTER TABLE ONLY taximeter.parked_period
    ADD CONSTRAINT parked_period_pkey PRIMARY KEY (account_key, period_start);

ALTER TABLE ONLY taximeter.plan_version
    ADD CONSTRAINT plan_version_pkey PRIMARY KEY (plan_version_key);

ALTER TABLE ONLY taximeter.plan_version
    ADD CONSTRAINT plan_version_plan_effective_from_key UNIQUE (plan, effective_from);

ALTER TABLE ONLY taximeter.price_book
    ADD CONSTRAINT price_book_name_key UNIQUE (name);

ALTER TABLE ONLY taximeter.price_book
    ADD CONSTRAINT price_book_pkey PRIMARY KEY (price_book_key);

ALTER TABLE ONLY taximeter.price_state
    ADD CONSTRAINT price_state_pkey PRIMARY KEY (singleton);

ALTER TABLE ONLY taximeter.quarantined_event
    ADD CONSTRAINT quarantined_event_pkey PRIMARY KEY (batch_key, "position");

ALTER TABLE ONLY taximeter.reservation
    ADD CONSTRAINT reservation_pkey PRIMARY KEY (account_key, reservation_id);

ALTER TABLE ONLY taximeter.schema_migration
    ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (version);

ALTER TABLE ONLY taximeter.schema_script
    ADD CONSTRAINT schema_script_pkey PRIMARY KEY (name);

ALTER TABLE ONLY taximeter.service_tier
    ADD CONSTRAINT service_tier_name_key UNIQUE (name);

ALTER TABLE ONLY taximeter.service_tier
    ADD CONSTRAINT service_tier_pkey PRIMARY KEY (service_tier_key);

ALTER TABLE ONLY taximeter.spend_alert
    ADD CONSTRAINT spend_alert_pkey PRIMARY KEY (account_key, period_start, name, threshold);

ALTER TABLE ONLY taximeter.spend_limit
    ADD CONSTRAINT spend_limit_pkey PRIMARY KEY (account_key, name);

ALTER TABLE ONLY taximeter.subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (account_key, effective_from);

ALTER TABLE ONLY taximeter.tariff_version
    ADD CONSTRAINT tariff_version_pkey PRIMARY KEY (tariff_version_key);

ALTER TABLE ONLY taximeter.tariff_version
    ADD CONSTRAINT tariff_version_price_book_key_model_effective_from_key UNIQUE (price_book_key, model, effective_from);

ALTER TABLE ONLY taximeter.usage_bucket
    ADD CONSTRAINT usage_bucket_pkey PRIMARY KEY (account_key, slot_start, model_key, channel_key, service_tier_key, input_floor, output_floor, unrated_classes);

ALTER TABLE ONLY taximeter.usage_hour
    ADD CONSTRAINT usage_hour_pkey PRIMARY KEY (hour);

ALTER TABLE ONLY taximeter.usage_line
    ADD CONSTRAINT usage_line_pkey PRIMARY KEY (account_key, period_start, line_id);

CREATE INDEX account_balance_of_account ON taximeter.account_balance USING btree (account);

CREATE INDEX account_month_profit ON taximeter.account_month USING btree (month, currency, profit);

CREATE INDEX account_period_stale ON taximeter.account_period USING btree (account_key, period_start) WHERE stale;

CREATE INDEX account_period_to_tell ON taximeter.account_period USING btree (account_key, period_start) WHERE (told_revision <> revision);

CREATE INDEX account_period_unbilled ON taximeter.account_period USING btree (account_key, period_start) WHERE (billed_revision IS DISTINCT FROM revision);

CREATE INDEX charge_unpriced ON taximeter.charge USING btree (unpriced_reason) WHERE (unpriced_reason IS NOT NULL);

CREATE INDEX gpu_cost_hourly_hour ON taximeter.gpu_cost_hourly USING btree (hour);

CREATE INDEX grant_balance_open ON taximeter.grant_balance USING btree (account_key, grant_id) WHERE (remaining > (0)::numeric);

CREATE INDEX invoice_line_of_period ON taximeter.invoice_line USING btree (account_key, period_start);

CREATE INDEX invoice_number ON taximeter.invoice USING btree (number);

CREATE INDEX ledger_transfer_of_grant ON taximeter.ledger_transfer USING btree (account_key, grant_id) WHERE (grant_id IS NOT NULL);

CREATE INDEX ledger_transfer_of_invoice ON taximeter.ledger_transfer USING btree (account_key, invoice_number) WHERE (invoice_number IS NOT NULL);

CREATE INDEX margin_account_day_day ON taximeter.margin_account_day USING btree (day);

CREATE INDEX margin_account_month_month ON taximeter.margin_account_month USING btree (month, account_key);

CREATE INDEX reservation_expiry ON taximeter.reservation USING btree (account_key, expires_at) INCLUDE (amount);

CREATE INDEX usage_event_times ON ONLY taximeter.usage_event USING brin (completed_at, started_at);

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON taximeter.credit_grant FOR EACH ROW EXECUTE FUNCTION taximeter.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON taximeter.event_key FOR EACH ROW EXECUTE FUNCTION taximeter.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON taximeter.event_reversal FOR EACH ROW EXECUTE FUNCTION taximeter.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON taximeter.ingest_batch FOR EACH ROW EXECUTE FUNCTION taximeter.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON taximeter.invoice FOR EACH ROW EXECUTE FUNCTION taximeter.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON taximeter.invoice_line FOR EACH ROW EXECUTE FUNCTION taximeter.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON taximeter.invoice_void FOR EACH ROW EXECUTE FUNCTION taximeter.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON taximeter.ledger_transfer FOR EACH ROW EXECUTE FUNCTION taximeter.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON taximeter.quarantined_event FOR EACH ROW EXECUTE FUNCTION taximeter.refuse_change();

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON taximeter.usage_event FOR EACH ROW EXECUTE FUNCTION taximeter.refuse_change();

CREATE TRIGGER no_truncate BEFORE TRUNCATE ON taximeter.credit_grant FOR EACH STATEMENT EXECUTE FUNCTION taximeter.refuse_change();

CREATE TRIGGER no_truncate BEFORE TRUNCATE ON taximeter.event_key FOR EACH STATEMENT EXECUTE FUNCTION taximeter.refuse_change();

CREATE TRIGGER no_truncate BEFORE TRUNCATE ON taximeter.event_reversal FOR EACH STATEMENT EXECUTE FUNCTION taximeter.refuse_change();

CREATE TRIGGER no_truncate BEFORE TRUNCATE ON taximeter.ingest_batch FOR EACH STATEMENT EXECUTE FUNCTION taximeter.refuse_change();

CREATE TRIGGER no_truncate BEFORE TRUNCATE ON taximeter.invoice FOR EACH STATEMENT EXECUTE FUNCTION taximeter.refuse_change();

CREATE TRIGGER no_truncate BEFORE TRUNCATE ON taximeter.invoice_line FOR EACH STATEMENT EXECUTE FUNCTION taximeter.refuse_change();

CREATE TRIGGER no_truncate BEFORE TRUNCATE ON taximeter.invoice_void FOR EACH STATEMENT EXECUTE FUNCTION taximeter.refuse_change();

CREATE TRIGGER no_truncate BEFORE TRUNCATE ON taximeter.ledger_transfer FOR EACH STATEMENT EXECUTE FUNCTION taximeter.refuse_change();

CREATE TRIGGER no_truncate BEFORE TRUNCATE ON taximeter.quarantined_event FOR EACH STATEMENT EXECUTE FUNCTION taximeter.refuse_change();

CREATE TRIGGER no_truncate BEFORE TRUNCATE ON taximeter.usage_event FOR EACH STATEMENT EXECUTE FUNCTION taximeter.refuse_change();

ALTER TABLE ONLY taximeter.gpu_cost_hourly
    ADD CONSTRAINT gpu_cost_hourly_gpu_pool_key_fkey FOREIGN KEY (gpu_pool_key) REFERENCES taximeter.gpu_pool(gpu_pool_key);

ALTER TABLE ONLY taximeter.gpu_occupancy
    ADD CONSTRAINT gpu_occupancy_gpu_pool_key_fkey FOREIGN KEY (gpu_pool_key) REFERENCES taximeter.gpu_pool(gpu_pool_key);

ALTER TABLE ONLY taximeter.gpu_rate
    ADD CONSTRAINT gpu_rate_gpu_pool_key_fkey FOREIGN KEY (gpu_pool_key) REFERENCES taximeter.gpu_pool(gpu_pool_key);

ALTER TABLE ONLY taximeter.model_alias
    ADD CONSTRAINT model_alias_price_book_key_fkey FOREIGN KEY (price_book_key) REFERENCES taximeter.price_book(price_book_key);

ALTER TABLE ONLY taximeter.price_state
    ADD CONSTRAINT price_state_default_price_book_key_fkey FOREIGN KEY (default_price_book_key) REFERENCES taximeter.price_book(price_book_key);

ALTER TABLE ONLY taximeter.tariff_version
    ADD CONSTRAINT tariff_version_price_book_key_fkey FOREIGN KEY (price_book_key) REFERENCES taximeter.price_book(price_book_key);
