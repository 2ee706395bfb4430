-- Margins: what serving cost beside what it earned, by hour, and by account, day and month. And costs by node, phase and
-- use, with what a rate was computed from.

ALTER TABLE taximeter.gpu_rate
    ADD COLUMN kind text NOT NULL DEFAULT 'leased' CHECK (kind IN ('leased', 'reserved', 'owned', 'spot')),
    ADD COLUMN terms jsonb;
COMMENT ON COLUMN taximeter.gpu_rate.terms IS 'What an owned rate was computed from; NULL for a rate that was given.';

ALTER TABLE taximeter.gpu_occupancy
    ADD COLUMN node text COLLATE "C" NOT NULL DEFAULT '' CHECK (octet_length(node) <= 255),
    ADD COLUMN phase text COLLATE "C" NOT NULL DEFAULT 'both' CHECK (phase IN ('prefill', 'decode', 'both')),
    ADD COLUMN use text COLLATE "C" NOT NULL DEFAULT 'serving'
        CHECK (use IN ('serving', 'headroom', 'lent', 'provisioned')),
    DROP CONSTRAINT gpu_occupancy_pkey,
    ADD PRIMARY KEY (gpu_pool_key, node, model, phase, use, occupied_from),
    ADD CONSTRAINT gpu_occupancy_node_is_one_at_most CHECK (node = '' OR nodes <= 1),
    ADD CONSTRAINT gpu_occupancy_provisioned_is_of_the_pool CHECK (
        use <> 'provisioned' OR (node = '' AND model = '' AND phase = 'both'));
COMMENT ON TABLE taximeter.gpu_occupancy IS 'What nodes of a pool did over [occupied_from, occupied_until).';
COMMENT ON COLUMN taximeter.gpu_occupancy.node IS 'The node''s name; empty where nodes are only counted.';
COMMENT ON COLUMN taximeter.gpu_occupancy.phase IS 'Which part of requests they served.';
COMMENT ON COLUMN taximeter.gpu_occupancy.use IS
    'serving; headroom: paid for and ready; lent: to something that is not serving; provisioned: how many of the pool are paid for at all.';

ALTER TABLE taximeter.gpu_cost_hourly
    ADD COLUMN phase text COLLATE "C" NOT NULL DEFAULT 'both' CHECK (phase IN ('prefill', 'decode', 'both')),
    ADD COLUMN use text COLLATE "C" NOT NULL DEFAULT 'serving' CHECK (use IN ('serving', 'headroom', 'lent')),
    DROP CONSTRAINT gpu_cost_hourly_pkey,
    ADD PRIMARY KEY (gpu_pool_key, hour, model, phase, use, currency);
COMMENT ON COLUMN taximeter.gpu_cost_hourly.use IS
    'serving; headroom: paid for, not serving, which is provisioned - serving - lent where that is known; lent: no cost of serving.';

CREATE TABLE taximeter.allocation_policy (
    name text COLLATE "C" NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 255),
    effective_from timestamptz NOT NULL CHECK (effective_from = date_trunc('hour', effective_from, 'UTC')),
    definition jsonb NOT NULL,
    PRIMARY KEY (name, effective_from)
);
COMMENT ON TABLE taximeter.allocation_policy IS
    'How cost is split over models, channels and accounts, from effective_from until the next version of the name. Rows are added, never changed.';
COMMENT ON COLUMN taximeter.allocation_policy.definition IS 'Method, throughput, idle and headroom: the cost format as JSON.';

-- Keys are 0 for what is nobody's: cost that no account, channel or model caused. The currency is empty for usage that no
-- price book gives one. Cost columns are NULL where nothing is known of the cost in that currency and hour.
CREATE TABLE taximeter.margin_hour (
    hour timestamptz NOT NULL,
    model_key integer NOT NULL,
    channel_key integer NOT NULL,
    currency text COLLATE "C" NOT NULL,
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
    PRIMARY KEY (hour, model_key, channel_key, currency),
    CONSTRAINT margin_hour_cost_is_known_or_not CHECK (
        num_nulls(
            cache_hit_cost, cache_miss_cost, cache_write_cost, cache_write_1h_cost, output_cost, idle_cost,
            headroom_cost) IN (0, 7))
);
COMMENT ON TABLE taximeter.margin_hour IS
    'Usage, its amount at each step, and the cost allocated to it, by UTC hour, model and channel. Made from charge and gpu_cost_hourly.';
COMMENT ON COLUMN taximeter.margin_hour.model_key IS '0 for cost that no model caused.';
COMMENT ON COLUMN taximeter.margin_hour.channel_key IS '0 for cost that no channel caused.';
COMMENT ON COLUMN taximeter.margin_hour.idle_cost IS 'Serving nodes, for the part of their time that the measured throughput says was not needed.';
COMMENT ON COLUMN taximeter.margin_hour.headroom_cost IS 'Nodes that were paid for and did not serve.';

CREATE TABLE taximeter.margin_account_day (
    account_key bigint NOT NULL,
    day timestamptz NOT NULL,
    LIKE taximeter.margin_hour,
    CONSTRAINT margin_account_day_cost_is_known_or_not CHECK (
        num_nulls(
            cache_hit_cost, cache_miss_cost, cache_write_cost, cache_write_1h_cost, output_cost, idle_cost,
            headroom_cost) IN (0, 7))
);
ALTER TABLE taximeter.margin_account_day
    DROP COLUMN hour, ADD PRIMARY KEY (account_key, day, model_key, channel_key, currency);
CREATE INDEX margin_account_day_day ON taximeter.margin_account_day (day);
COMMENT ON TABLE taximeter.margin_account_day IS
    'The hours of margin_hour by account and UTC day; account_key is 0 for what is nobody''s.';

CREATE TABLE taximeter.margin_account_month (
    account_key bigint NOT NULL,
    month timestamptz NOT NULL,
    LIKE taximeter.margin_hour,
    CONSTRAINT margin_account_month_cost_is_known_or_not CHECK (
        num_nulls(
            cache_hit_cost, cache_miss_cost, cache_write_cost, cache_write_1h_cost, output_cost, idle_cost,
            headroom_cost) IN (0, 7))
);
ALTER TABLE taximeter.margin_account_month
    DROP COLUMN hour, ADD PRIMARY KEY (account_key, month, model_key, channel_key, currency);
CREATE INDEX margin_account_month_month ON taximeter.margin_account_month (month, account_key);
COMMENT ON TABLE taximeter.margin_account_month IS 'The days of margin_account_day by UTC month, which starts at month.';

-- Marks as in dirty_hour: rows of their own, committed with what they speak of and named after the transaction, so that
-- nobody waits for another; taken away before what they speak of is computed anew.
CREATE TABLE taximeter.margin_dirty (
    day timestamptz NOT NULL,
    marker xid8 NOT NULL,
    PRIMARY KEY (day, marker)
);
COMMENT ON TABLE taximeter.margin_dirty IS 'UTC days whose charges, costs or policies have changed since their margins were computed.';
CREATE TABLE taximeter.margin_dirty_month (
    month timestamptz NOT NULL,
    marker xid8 NOT NULL,
    PRIMARY KEY (month, marker)
);
COMMENT ON TABLE taximeter.margin_dirty_month IS 'UTC months of which a day was computed anew since the month was summed.';

-- What was there before has no margins yet.
INSERT INTO taximeter.margin_dirty (day, marker)
SELECT d.day, pg_current_xact_id()
FROM (
    SELECT date_trunc('day', slot_start, 'UTC') AS day FROM taximeter.charge
    UNION
    SELECT date_trunc('day', hour, 'UTC') FROM taximeter.gpu_cost_hourly
) AS d;
