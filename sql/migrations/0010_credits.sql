-- Credits, reservations, spend limits, and the events that embedders read.

CREATE TABLE taximeter.credit_grant (
    account_key bigint NOT NULL,
    grant_id text COLLATE "C" NOT NULL CHECK (octet_length(grant_id) BETWEEN 1 AND 255),
    kind text NOT NULL CHECK (kind IN ('granted', 'topped_up')),
    amount numeric NOT NULL CHECK (amount > 0 AND amount < 'Infinity'),
    currency text NOT NULL,
    priority integer NOT NULL,
    effective_from timestamptz NOT NULL,
    expires_at timestamptz,
    models text[] NOT NULL DEFAULT '{}',
    channels text[] NOT NULL DEFAULT '{}',
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_key, grant_id),
    CHECK (effective_from < expires_at)
);
COMMENT ON TABLE taximeter.credit_grant IS
    'Money that an account may use: given, or paid in. What is left of it is in the ledger. Append-only.';
COMMENT ON COLUMN taximeter.credit_grant.priority IS 'Lower ones are used first; among equals given before paid in, then the one that expires first.';
COMMENT ON COLUMN taximeter.credit_grant.models IS 'The models whose usage it pays for; empty for everything.';

CREATE TABLE taximeter.reservation (
    account_key bigint NOT NULL,
    reservation_id text COLLATE "C" NOT NULL CHECK (octet_length(reservation_id) BETWEEN 1 AND 255),
    amount numeric NOT NULL CHECK (amount >= 0 AND amount < 'Infinity'),
    currency text NOT NULL,
    expires_at timestamptz NOT NULL,
    settled boolean NOT NULL DEFAULT false,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (account_key, reservation_id)
);
COMMENT ON TABLE taximeter.reservation IS 'Amounts held for requests that are under way, or settled and not yet rated; each until it expires.';

CREATE TABLE taximeter.spend_limit (
    account_key bigint NOT NULL,
    name text COLLATE "C" NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 255),
    is_hard boolean NOT NULL,
    amount numeric NOT NULL CHECK (amount > 0 AND amount < 'Infinity'),
    currency text NOT NULL,
    thresholds integer[] NOT NULL,
    PRIMARY KEY (account_key, name)
);
COMMENT ON TABLE taximeter.spend_limit IS 'The most an account may spend in a billing period: hard ones refuse reservations, soft ones only tell.';
COMMENT ON COLUMN taximeter.spend_limit.thresholds IS 'Per cent of the amount at which the outbox is told, each once a period.';

CREATE TABLE taximeter.spend_alert (
    account_key bigint NOT NULL,
    period_start timestamptz NOT NULL,
    name text COLLATE "C" NOT NULL,
    threshold integer NOT NULL,
    PRIMARY KEY (account_key, period_start, name, threshold)
);
COMMENT ON TABLE taximeter.spend_alert IS 'Thresholds that were crossed and told.';

CREATE TABLE taximeter.outbox (
    account_key bigint NOT NULL,
    sequence bigint NOT NULL CHECK (sequence > 0),
    kind text NOT NULL,
    payload jsonb NOT NULL,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (account_key, sequence)
);
COMMENT ON TABLE taximeter.outbox IS 'What embedders are told, in order for each account; removed once it was acknowledged.';
