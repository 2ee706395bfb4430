-- Balances that are kept, so that asking for one reads one row. What an account has depends on what was written and on the
-- time: a kept balance says from when until when it is right as things are now, and whoever changes something that a balance
-- is made of keeps it again in the same transaction. Outside of that time it is made from its parts.

CREATE TABLE taximeter.account_balance (
    account_key bigint PRIMARY KEY,
    account text COLLATE "C" NOT NULL,
    currency text,
    other_currency text,
    credits numeric NOT NULL,
    unbilled numeric NOT NULL,
    reserved numeric NOT NULL,
    is_prepaid boolean NOT NULL,
    limit_name text COLLATE "C",
    limit_left numeric,
    valid_from timestamptz NOT NULL,
    valid_until timestamptz NOT NULL
) WITH (fillfactor = 70);
-- Unique because that of taximeter.account is.
CREATE INDEX account_balance_of_account ON taximeter.account_balance (account);
COMMENT ON TABLE taximeter.account_balance IS
    'What taximeter.balances_at says of accounts over [valid_from, valid_until), kept by keep_balances with every change; audit ledger makes it again.';
COMMENT ON COLUMN taximeter.account_balance.account IS 'The external id, which never changes: so that a balance is read from one table.';
COMMENT ON COLUMN taximeter.account_balance.valid_until IS
    'When the next grant begins or ends, reservation expires, limited period begins or ends, or plan changes; -infinity until it is kept first.';

CREATE FUNCTION taximeter.balances_at(account_keys bigint[], at_instant timestamptz)
RETURNS TABLE (
    account_key bigint, account text, currency text, other_currency text, credits numeric, unbilled numeric,
    reserved numeric, is_prepaid boolean, limit_name text, limit_left numeric, changes_at timestamptz)
-- Planned once a session: planning takes longer than answering. Whatever the tables' sizes are at that moment, the parts of an
-- account are a few rows, found by their keys.
LANGUAGE plpgsql STABLE ROWS 10 SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT
        a.account_key, a.external_id, m.currency,
        coalesce(
            nullif(p.first_currency, m.currency), nullif(p.last_currency, m.currency),
            nullif(r.first_currency, m.currency), nullif(r.last_currency, m.currency),
            nullif(l.currency, m.currency)),
        g.credits, p.unbilled, r.reserved,
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
    WHERE a.account_key = ANY (account_keys);
END
$$;
COMMENT ON FUNCTION taximeter.balances_at IS
    'Balances made from their parts, and until when they stay as they are if nothing is written; columns as of balances.';

CREATE FUNCTION taximeter.keep_balances(account_keys bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
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
COMMENT ON FUNCTION taximeter.keep_balances IS
    'Makes the kept balances of accounts anew. Called by whoever changes what they are made of, last in the same transaction.';

CREATE FUNCTION taximeter.balance(
    of_account text, at_instant timestamptz, OUT account_key bigint, OUT account text, OUT currency text,
    OUT other_currency text, OUT credits numeric, OUT unbilled numeric, OUT reserved numeric, OUT is_prepaid boolean,
    OUT limit_name text, OUT limit_left numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
COMMENT ON FUNCTION taximeter.balance IS
    'The balance of one account, in the least time; columns as of balances, all NULL for an account that is not known.';

CREATE OR REPLACE FUNCTION taximeter.balances(accounts text[], at_instant timestamptz)
RETURNS TABLE (
    account_key bigint, account text, currency text, other_currency text, credits numeric, unbilled numeric,
    reserved numeric, is_prepaid boolean, limit_name text, limit_left numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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

-- Who holds and settles amounts keeps the balance too.

CREATE OR REPLACE FUNCTION taximeter.reserve(
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

CREATE OR REPLACE FUNCTION taximeter.settle_reservation(of_account text, reservation text, actual numeric, in_currency text)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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

CREATE OR REPLACE FUNCTION taximeter.release_reservation(of_account text, reservation text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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

-- The next run keeps them.
INSERT INTO taximeter.account_balance (
    account_key, account, credits, unbilled, reserved, is_prepaid, valid_from, valid_until)
SELECT account_key, external_id, 0, 0, 0, true, '-infinity', '-infinity' FROM taximeter.account ORDER BY account_key;
