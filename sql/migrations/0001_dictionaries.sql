-- The schema, and the record of what was done to it.

CREATE SCHEMA taximeter;
COMMENT ON SCHEMA taximeter IS 'Taximeter: usage, prices, charges, costs. The views and functions are the interface; the tables are not.';

CREATE TABLE taximeter.schema_migration (
    version integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE taximeter.schema_migration IS 'Migrations that were applied, with the SHA-256 of their text.';

CREATE TABLE taximeter.schema_script (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE taximeter.schema_script IS 'Views, guards and grants, which are applied again whenever their text has changed.';

-- Dictionaries give integer keys to the names that others chose. Names are opaque bytes, so they are compared bytewise.
-- account leads every key of the tables that grow with traffic; these tables do not, and every node has a copy of them
-- where the store is distributed.

CREATE TABLE taximeter.account (
    account_key bigserial PRIMARY KEY,
    external_id text COLLATE "C" NOT NULL UNIQUE CHECK (octet_length(external_id) BETWEEN 1 AND 255),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE taximeter.account IS 'Who is billed.';
COMMENT ON COLUMN taximeter.account.external_id IS 'The id that the operator uses; opaque, compared bytewise.';

CREATE TABLE taximeter.model (
    model_key serial PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE CHECK (octet_length(name) BETWEEN 1 AND 255)
);
COMMENT ON TABLE taximeter.model IS 'Models, by the name that requests carry.';

CREATE TABLE taximeter.channel (
    channel_key serial PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE CHECK (octet_length(name) BETWEEN 1 AND 255)
);
COMMENT ON TABLE taximeter.channel IS 'Where requests come from: api, web, app, ...';

CREATE TABLE taximeter.service_tier (
    service_tier_key serial PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE CHECK (octet_length(name) BETWEEN 1 AND 255)
);
COMMENT ON TABLE taximeter.service_tier IS 'Service tiers: standard, batch, flex, priority, ...';
