-- Plans and subscriptions: which book and terms rate an account, how long its billing periods are, and what the rater
-- says of a period in lines.

ALTER TABLE taximeter.account
    ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC',
    ADD COLUMN issuing_entity text COLLATE "C" NOT NULL DEFAULT 'default'
        CHECK (octet_length(issuing_entity) BETWEEN 1 AND 255);
COMMENT ON COLUMN taximeter.account.time_zone IS 'The IANA zone whose clock cuts the account''s billing periods.';
COMMENT ON COLUMN taximeter.account.issuing_entity IS 'Who bills the account; see taximeter.issuing_entity.';

CREATE TABLE taximeter.plan_version (
    plan_version_key serial PRIMARY KEY,
    plan text COLLATE "C" NOT NULL CHECK (octet_length(plan) BETWEEN 1 AND 255),
    effective_from timestamptz NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    definition text NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (plan, effective_from)
);
COMMENT ON TABLE taximeter.plan_version IS
    'What a plan says from effective_from until its own end, or until the next version. Nothing in it that billed a period ever changes.';
COMMENT ON COLUMN taximeter.plan_version.definition IS 'Fees, commitments and terms: the plan format as canonical JSON.';

CREATE TABLE taximeter.subscription (
    account_key bigint NOT NULL,
    effective_from timestamptz NOT NULL,
    effective_until timestamptz,
    plan text COLLATE "C" NOT NULL,
    PRIMARY KEY (account_key, effective_from),
    CHECK (effective_from < effective_until)
);
COMMENT ON TABLE taximeter.subscription IS
    'The plan that an account has over [effective_from, effective_until); one at a time. Without one, the default book rates.';

-- An account that is cut elsewhere within an hour than when the hour was rolled up: its buckets there are made anew.
ALTER TABLE taximeter.dirty_hour ADD COLUMN recut_account bigint;
COMMENT ON COLUMN taximeter.dirty_hour.recut_account IS
    'The account whose subscriptions cut the hour elsewhere now; NULL for an hour with new events.';

-- What a rated period comes to, and how far it was billed. revision counts the changes of its lines, so a period whose
-- revision is not the billed one has something to bill.
ALTER TABLE taximeter.account_period
    ADD COLUMN revision bigint NOT NULL DEFAULT 0,
    ADD COLUMN currency text,
    ADD COLUMN net_amount numeric NOT NULL DEFAULT 0,
    ADD COLUMN unpriced_events bigint NOT NULL DEFAULT 0,
    ADD COLUMN billed_revision bigint,
    ADD COLUMN invoiced_amount numeric NOT NULL DEFAULT 0;
COMMENT ON COLUMN taximeter.account_period.revision IS 'How often rating has changed the period''s lines.';
COMMENT ON COLUMN taximeter.account_period.net_amount IS 'The sum of its charges, exact.';
COMMENT ON COLUMN taximeter.account_period.unpriced_events IS 'Events of its charges that have no price.';
COMMENT ON COLUMN taximeter.account_period.billed_revision IS 'The revision that its invoices cover; NULL while it was never billed.';
COMMENT ON COLUMN taximeter.account_period.invoiced_amount IS 'The part of net_amount that invoices cover, exact.';

CREATE TABLE taximeter.usage_line (
    account_key bigint NOT NULL,
    period_start timestamptz NOT NULL,
    line_id text COLLATE "C" NOT NULL,
    segment_start timestamptz NOT NULL,
    plan text COLLATE "C",
    price_book text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL,
    version_from timestamptz NOT NULL,
    channel text COLLATE "C" NOT NULL,
    service_tier text COLLATE "C" NOT NULL,
    band text COLLATE "C",
    schedule text COLLATE "C",
    token_class text NOT NULL,
    tier_table integer,
    tier_step integer,
    allowance text COLLATE "C",
    tokens bigint NOT NULL CHECK (tokens >= 0),
    charged_tokens bigint NOT NULL CHECK (charged_tokens >= 0),
    unit_price numeric NOT NULL,
    fees numeric NOT NULL,
    list_amount numeric NOT NULL,
    net_amount numeric NOT NULL,
    currency text NOT NULL,
    PRIMARY KEY (account_key, period_start, line_id)
);
COMMENT ON TABLE taximeter.usage_line IS
    'A rated period by what an invoice shows: one class at one price a row. Written with the charges, and adds up to them.';
COMMENT ON COLUMN taximeter.usage_line.line_id IS 'The same whenever the period is rated: invoices refer to it.';
COMMENT ON COLUMN taximeter.usage_line.allowance IS 'The allowance or committed volume that makes the tokens free.';
COMMENT ON COLUMN taximeter.usage_line.net_amount IS 'charged_tokens * unit_price + fees, exact: written by the rater, not by SQL.';

-- Periods that were rated before this have no lines yet.
UPDATE taximeter.account_period SET stale = true;
