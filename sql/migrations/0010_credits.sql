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

-- The row is also the lock of its grant: who uses it up, pays it back or lets it expire holds it.
CREATE TABLE taximeter.grant_balance (
    account_key bigint NOT NULL,
    grant_id text COLLATE "C" NOT NULL,
    remaining numeric NOT NULL CHECK (remaining >= 0 AND remaining < 'Infinity'),
    effective_from timestamptz NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (account_key, grant_id)
);
CREATE INDEX grant_balance_open ON taximeter.grant_balance (account_key, grant_id) WHERE remaining > 0;
COMMENT ON TABLE taximeter.grant_balance IS
    'What is left of each grant: the sum of its transfers, kept with them in the same transaction; never below zero. With the grant''s validity, so that a balance is read from one table.';

CREATE TABLE taximeter.credit_account (
    account_key bigint PRIMARY KEY,
    currency text NOT NULL,
    low_amount numeric CHECK (low_amount > 0 AND low_amount < 'Infinity'),
    told text NOT NULL DEFAULT 'nothing' CHECK (told IN ('nothing', 'low', 'exhausted'))
);
COMMENT ON TABLE taximeter.credit_account IS 'Accounts that have or had credits: all of one currency.';
COMMENT ON COLUMN taximeter.credit_account.low_amount IS 'The outbox is told when credits less unbilled charges come down to this; NULL for never.';
COMMENT ON COLUMN taximeter.credit_account.told IS 'What the outbox was told last; nothing again once there is enough.';

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
CREATE INDEX reservation_expiry ON taximeter.reservation (account_key, expires_at) INCLUDE (amount);
COMMENT ON TABLE taximeter.reservation IS 'Amounts held for requests that are under way, or settled and not yet rated; each until it expires.';

CREATE TABLE taximeter.spend_limit (
    account_key bigint NOT NULL,
    name text COLLATE "C" NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 255),
    is_hard boolean NOT NULL,
    amount numeric NOT NULL CHECK (amount > 0 AND amount < 'Infinity'),
    currency text NOT NULL,
    thresholds integer[] NOT NULL CHECK (1 <= ALL (thresholds) AND array_position(thresholds, NULL) IS NULL),
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

CREATE TABLE taximeter.outbox_counter (
    account_key bigint PRIMARY KEY,
    last_sequence bigint NOT NULL CHECK (last_sequence > 0)
);
COMMENT ON TABLE taximeter.outbox_counter IS
    'How many events an account was told. The row is the lock that makes the order of their numbers that of their commits.';

ALTER TABLE taximeter.account_period ADD COLUMN told_revision bigint NOT NULL DEFAULT 0;
CREATE INDEX account_period_to_tell ON taximeter.account_period (account_key, period_start)
WHERE told_revision <> revision;
COMMENT ON COLUMN taximeter.account_period.told_revision IS 'The revision that was last held against limits and balances.';

-- What the serving process may know and do of money: it calls these and sees no table behind them.

CREATE FUNCTION taximeter.balances(accounts text[], at_instant timestamptz)
RETURNS TABLE (
    account_key bigint, account text, currency text, other_currency text, credits numeric, unbilled numeric,
    reserved numeric, is_prepaid boolean, limit_name text, limit_left numeric)
-- Each statement reads a few rows of one account: gathering their places in a bitmap first costs more than it saves.
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
    wanted text;
    spent numeric;
    first_unbilled text;
    last_unbilled text;
    first_reserved text;
    last_reserved text;
    limit_currency text;
    own_plan text;
BEGIN
    -- One account after the other, in small statements over few tables: their plans are kept by the session, and planning one
    -- large statement takes several times as long as running all of these.
    FOREACH wanted IN ARRAY accounts LOOP
        SELECT a.account_key, a.external_id, c.currency, s.plan
        INTO account_key, account, currency, own_plan
        FROM taximeter.account AS a
        LEFT JOIN taximeter.credit_account AS c ON c.account_key = a.account_key
        LEFT JOIN taximeter.subscription AS s ON s.account_key = a.account_key AND s.effective_from <= at_instant
            AND (s.effective_until IS NULL OR s.effective_until > at_instant)
        WHERE a.external_id = wanted;
        CONTINUE WHEN NOT FOUND;
        SELECT coalesce(sum(b.remaining), 0) INTO credits
        FROM taximeter.grant_balance AS b
        WHERE b.account_key = balances.account_key AND b.remaining > 0
            AND b.effective_from <= at_instant AND (b.expires_at IS NULL OR b.expires_at > at_instant);
        SELECT
            coalesce(sum(p.net_amount - p.invoiced_amount), 0),
            coalesce(sum(p.net_amount) FILTER (WHERE p.period_start <= at_instant AND p.period_end > at_instant), 0),
            min(p.currency) FILTER (WHERE p.net_amount <> p.invoiced_amount),
            max(p.currency) FILTER (WHERE p.net_amount <> p.invoiced_amount)
        INTO unbilled, spent, first_unbilled, last_unbilled
        FROM taximeter.account_period AS p
        WHERE p.account_key = balances.account_key
            AND (p.net_amount <> p.invoiced_amount OR p.period_end > at_instant);
        SELECT coalesce(sum(r.amount), 0), min(r.currency), max(r.currency)
        INTO reserved, first_reserved, last_reserved
        FROM taximeter.reservation AS r WHERE r.account_key = balances.account_key AND r.expires_at > at_instant;
        SELECT l.name, l.currency, l.amount - spent - reserved INTO limit_name, limit_currency, limit_left
        FROM taximeter.spend_limit AS l
        WHERE l.account_key = balances.account_key AND l.is_hard ORDER BY l.amount, l.name LIMIT 1;
        currency := coalesce(currency, first_unbilled, last_unbilled, first_reserved, limit_currency);
        other_currency := coalesce(
            nullif(first_unbilled, currency), nullif(last_unbilled, currency), nullif(first_reserved, currency),
            nullif(last_reserved, currency), nullif(limit_currency, currency));
        is_prepaid := true;
        IF own_plan IS NOT NULL THEN
            is_prepaid := coalesce((
                SELECT v.definition::jsonb ->> 'payment' = 'prepaid' FROM taximeter.plan_version AS v
                WHERE v.plan = own_plan AND v.effective_from <= at_instant
                ORDER BY v.effective_from DESC LIMIT 1), false);
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION taximeter.balances IS
    'What accounts have at an instant: valid credits, charges that no invoice covers, open reservations, and what is left of the lowest hard limit. No row for an account that is not known; currency is NULL where there is nothing; other_currency is one that must not be there.';

CREATE FUNCTION taximeter.reserve(
    of_account text, reservation text, wanted numeric, in_currency text, microseconds bigint, at_instant timestamptz)
RETURNS TABLE (outcome text, amount_left numeric, limit_name text, own_currency text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
    FROM taximeter.balances(ARRAY[of_account], at_instant) AS b;
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
        RETURN QUERY SELECT 'reserved', NULL::numeric, NULL::text, in_currency;
    END IF;
END
$$;
COMMENT ON FUNCTION taximeter.reserve IS
    'Holds an amount of an account for some time, where its balance (if it is prepaid) and its hard limits allow it. The same id again holds nothing more; an id whose reservation expired unsettled is free.';

CREATE FUNCTION taximeter.settle_reservation(of_account text, reservation text, actual numeric, in_currency text)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    key bigint := (SELECT a.account_key FROM taximeter.account AS a WHERE a.external_id = of_account);
BEGIN
    UPDATE taximeter.reservation AS r SET amount = actual, settled = true
    WHERE r.account_key = key AND r.reservation_id = reservation AND r.currency = in_currency
        AND (NOT r.settled OR r.amount = actual);
    IF FOUND THEN
        RETURN 'settled';
    END IF;
    RETURN CASE WHEN EXISTS (
        SELECT FROM taximeter.reservation AS r WHERE r.account_key = key AND r.reservation_id = reservation)
        THEN 'conflict' ELSE 'unknown' END;
END
$$;
COMMENT ON FUNCTION taximeter.settle_reservation IS
    'Puts the actual amount in the place of the reserved one, which is held until the reservation expires: by then the usage is to be rated.';

CREATE FUNCTION taximeter.release_reservation(of_account text, reservation text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    key bigint := (SELECT a.account_key FROM taximeter.account AS a WHERE a.external_id = of_account);
BEGIN
    DELETE FROM taximeter.reservation AS r
    WHERE r.account_key = key AND r.reservation_id = reservation AND NOT r.settled;
    RETURN NOT EXISTS (
        SELECT FROM taximeter.reservation AS r WHERE r.account_key = key AND r.reservation_id = reservation);
END
$$;
COMMENT ON FUNCTION taximeter.release_reservation IS 'Takes a reservation back; false, and no change, for one that was settled.';
