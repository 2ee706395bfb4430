-- What keeps invoices single, in one chain, and the ledger in balance.
DO $$
BEGIN
    IF 3 <> (
        SELECT count(*) FROM pg_catalog.pg_constraint
        WHERE conrelid = 'taximeter.invoice'::regclass AND contype IN ('p', 'u')
            AND pg_catalog.pg_get_constraintdef(oid) IN (
                'PRIMARY KEY (account_key, number)', 'UNIQUE (account_key, period_start, issue)',
                'UNIQUE (account_key, chain_position)'))
    THEN
        RAISE EXCEPTION 'taximeter.invoice is not unique by number, by period and issue, and by chain position';
    END IF;
    IF 2 <> (
        SELECT count(*) FROM pg_catalog.pg_constraint
        WHERE conrelid = 'taximeter.invoice_void'::regclass AND contype IN ('p', 'u')
            AND pg_catalog.pg_get_constraintdef(oid) IN (
                'PRIMARY KEY (account_key, number)', 'UNIQUE (account_key, chain_position)'))
    THEN
        RAISE EXCEPTION 'taximeter.invoice_void is not unique by number and by chain position';
    END IF;
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint
        WHERE conrelid = 'taximeter.ledger_transfer'::regclass AND conname = 'ledger_transfer_sides' AND convalidated)
    THEN
        RAISE EXCEPTION 'the check of the two sides of taximeter.ledger_transfer is missing or not valid';
    END IF;
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint
        WHERE conrelid = 'taximeter.ledger_transfer'::regclass AND contype = 'p'
            AND pg_catalog.pg_get_constraintdef(oid) = 'PRIMARY KEY (account_key, transfer_id)')
    THEN
        RAISE EXCEPTION 'taximeter.ledger_transfer is not unique by account_key, transfer_id';
    END IF;
END
$$;
