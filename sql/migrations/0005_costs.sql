-- What serving costs: pools of nodes, their rate, their occupancy, and the cost that follows, by hour.

CREATE TABLE taximeter.gpu_pool (
    gpu_pool_key serial PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE CHECK (octet_length(name) BETWEEN 1 AND 255),
    gpu text NOT NULL,
    gpus_per_node integer NOT NULL CHECK (gpus_per_node > 0)
);
COMMENT ON TABLE taximeter.gpu_pool IS 'Nodes of one kind: the GPU type, and how many a node has.';

CREATE TABLE taximeter.gpu_rate (
    gpu_pool_key integer NOT NULL REFERENCES taximeter.gpu_pool,
    effective_from timestamptz NOT NULL,
    effective_until timestamptz,
    amount_per_gpu_hour numeric NOT NULL CHECK (amount_per_gpu_hour >= 0 AND amount_per_gpu_hour < 'Infinity'),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    PRIMARY KEY (gpu_pool_key, effective_from),
    CHECK (effective_from < effective_until),
    -- Both as ranges, so that no extension is needed.
    EXCLUDE USING gist (
        int4range(gpu_pool_key, gpu_pool_key, '[]') WITH &&, tstzrange(effective_from, effective_until) WITH &&)
);
COMMENT ON TABLE taximeter.gpu_rate IS 'What a GPU-hour of a pool costs over [effective_from, effective_until).';

CREATE TABLE taximeter.gpu_occupancy (
    gpu_pool_key integer NOT NULL REFERENCES taximeter.gpu_pool,
    model text COLLATE "C" NOT NULL DEFAULT '',
    occupied_from timestamptz NOT NULL,
    occupied_until timestamptz NOT NULL,
    nodes integer NOT NULL CHECK (nodes >= 0),
    PRIMARY KEY (gpu_pool_key, model, occupied_from),
    CHECK (occupied_from < occupied_until)
);
COMMENT ON TABLE taximeter.gpu_occupancy IS 'How many nodes of a pool served over [occupied_from, occupied_until).';
COMMENT ON COLUMN taximeter.gpu_occupancy.model IS 'The model they served; empty where the nodes are shared by all.';

CREATE TABLE taximeter.gpu_cost_hourly (
    gpu_pool_key integer NOT NULL REFERENCES taximeter.gpu_pool,
    hour timestamptz NOT NULL,
    model text COLLATE "C" NOT NULL DEFAULT '',
    currency text NOT NULL,
    node_microseconds bigint NOT NULL CHECK (node_microseconds >= 0),
    peak_nodes integer NOT NULL CHECK (peak_nodes >= 0),
    gpus_per_node integer NOT NULL,
    cost numeric NOT NULL CHECK (cost >= 0 AND cost < 'Infinity'),
    PRIMARY KEY (gpu_pool_key, hour, model, currency)
);
CREATE INDEX gpu_cost_hourly_hour ON taximeter.gpu_cost_hourly (hour);
COMMENT ON TABLE taximeter.gpu_cost_hourly IS
    'Occupancy times GPUs per node times rate, integrated over each UTC hour; the hours of an interval sum to its cost exactly.';
COMMENT ON COLUMN taximeter.gpu_cost_hourly.peak_nodes IS 'The largest number of nodes at any instant of the hour.';
