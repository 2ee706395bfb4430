-- Credits never pay more of a draft than it comes to.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint
        WHERE conrelid = 'taximeter.invoice_draft'::regclass AND convalidated
            AND conname = 'invoice_draft_credits_pay_at_most_the_total')
    THEN
        RAISE EXCEPTION 'a draft may be due for more or less than its total and credits say';
    END IF;
END
$$;
