-- What is owed to an account is part of its balance.
DO $$
BEGIN
    IF (SELECT prosrc FROM pg_catalog.pg_proc WHERE oid = 'taximeter.balances_at(bigint[], timestamptz)'::regprocedure)
        NOT LIKE '%v.ledger_account = ''receivable''%v.balance < 0%'
    THEN
        RAISE EXCEPTION 'taximeter.balances_at leaves out what is owed to an account';
    END IF;
END
$$;
