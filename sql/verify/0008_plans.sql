-- An account has one plan at a time, and every subscription means a plan that is there.
DO $$
DECLARE
    wrong text;
BEGIN
    SELECT string_agg(DISTINCT s.account_key::text, ', ') INTO wrong FROM taximeter.subscription AS s
    WHERE EXISTS (
        SELECT FROM taximeter.subscription AS o
        WHERE o.account_key = s.account_key AND o.effective_from > s.effective_from
            AND (s.effective_until IS NULL OR o.effective_from < s.effective_until));
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'two plans at a time: account %', wrong;
    END IF;
    SELECT string_agg(DISTINCT s.plan, ', ') INTO wrong FROM taximeter.subscription AS s
    WHERE NOT EXISTS (SELECT FROM taximeter.plan_version AS v WHERE v.plan = s.plan);
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'subscriptions to a plan that is not there: %', wrong;
    END IF;
END
$$;
