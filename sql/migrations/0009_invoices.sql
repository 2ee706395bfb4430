-- Invoices and the ledger. What is final is only ever inserted: drafts are a table of their own, and voiding is a row.

CREATE TABLE taximeter.issuing_entity (
    entity text COLLATE "C" PRIMARY KEY CHECK (octet_length(entity) BETWEEN 1 AND 255),
    number_prefix text NOT NULL,
    last_sequence bigint NOT NULL DEFAULT 0 CHECK (last_sequence >= 0)
);
INSERT INTO taximeter.issuing_entity (entity, number_prefix) VALUES ('default', 'INV-');
COMMENT ON TABLE taximeter.issuing_entity IS
    'Who issues invoices. The row is the lock that keeps numbers without gaps: whoever finalizes takes the next ones and commits them with the invoices.';

CREATE TABLE taximeter.invoice_draft (
    account_key bigint NOT NULL,
    period_start timestamptz NOT NULL,
    period_end timestamptz NOT NULL,
    currency text NOT NULL,
    total numeric NOT NULL,
    document text NOT NULL,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (account_key, period_start)
);
COMMENT ON TABLE taximeter.invoice_draft IS 'What the next invoice of an account would say. Made again by every run, gone once it is final.';

CREATE TABLE taximeter.invoice (
    account_key bigint NOT NULL,
    number text COLLATE "C" NOT NULL,
    issuing_entity text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL CHECK (sequence > 0),
    kind text NOT NULL CHECK (kind IN ('invoice', 'credit_note')),
    period_start timestamptz NOT NULL,
    period_end timestamptz NOT NULL,
    issue integer NOT NULL CHECK (issue > 0),
    currency text NOT NULL,
    total numeric NOT NULL,
    finalized_at timestamptz NOT NULL,
    document text NOT NULL,
    chain_position bigint NOT NULL CHECK (chain_position > 0),
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (account_key, number),
    UNIQUE (account_key, period_start, issue),
    UNIQUE (account_key, chain_position)
);
COMMENT ON TABLE taximeter.invoice IS 'Final invoices and credit notes. Append-only.';
COMMENT ON COLUMN taximeter.invoice.issue IS '1 for the first invoice that closes the period; one more after each that was voided.';
COMMENT ON COLUMN taximeter.invoice.document IS 'All of the invoice as canonical JSON: what every form of it is made from.';
COMMENT ON COLUMN taximeter.invoice.hash IS 'SHA-256 of previous_hash and the document; of the first, previous_hash is empty.';

CREATE TABLE taximeter.invoice_line (
    account_key bigint NOT NULL,
    number text COLLATE "C" NOT NULL,
    line integer NOT NULL CHECK (line > 0),
    kind text NOT NULL,
    line_id text COLLATE "C" NOT NULL,
    period_start timestamptz NOT NULL,
    period_end timestamptz NOT NULL,
    adjusts text COLLATE "C",
    description text NOT NULL,
    quantity bigint NOT NULL,
    unit_price numeric,
    exact_amount numeric NOT NULL,
    amount numeric NOT NULL,
    PRIMARY KEY (account_key, number, line)
);
CREATE INDEX invoice_line_of_period ON taximeter.invoice_line (account_key, period_start, line_id);
COMMENT ON TABLE taximeter.invoice_line IS 'Lines of final invoices. Append-only.';
COMMENT ON COLUMN taximeter.invoice_line.period_start IS 'The period whose usage or fee it is; not the invoice''s for adjustments and fees in advance.';
COMMENT ON COLUMN taximeter.invoice_line.amount IS 'Rounded: all that the line has come to, rounded, less what earlier invoices said.';

CREATE TABLE taximeter.invoice_void (
    account_key bigint NOT NULL,
    number text COLLATE "C" NOT NULL,
    reason text NOT NULL,
    voided_at timestamptz NOT NULL,
    chain_position bigint NOT NULL CHECK (chain_position > 0),
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (account_key, number),
    UNIQUE (account_key, chain_position)
);
COMMENT ON TABLE taximeter.invoice_void IS 'Invoices that were voided: they count for nothing, and their period can be billed again. Append-only.';

CREATE TABLE taximeter.parked_period (
    account_key bigint NOT NULL,
    period_start timestamptz NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    parked_at timestamptz NOT NULL,
    PRIMARY KEY (account_key, period_start)
);
COMMENT ON TABLE taximeter.parked_period IS 'Periods that the last run could not bill, and why. A run that can bill one takes it out.';

-- One row moves an amount from one side to the other, so every set of rows sums to zero.
CREATE TABLE taximeter.ledger_transfer (
    account_key bigint NOT NULL,
    transfer_id text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    debit text NOT NULL,
    credit text NOT NULL,
    amount numeric NOT NULL CHECK (amount > 0 AND amount < 'Infinity'),
    currency text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    invoice_number text COLLATE "C",
    grant_id text COLLATE "C",
    reverses text COLLATE "C",
    PRIMARY KEY (account_key, transfer_id),
    CONSTRAINT ledger_transfer_sides CHECK (
        debit <> credit
        AND debit IN ('receivable', 'revenue', 'deferred_revenue', 'credits', 'promotions', 'cash', 'tax', 'write_off')
        AND credit IN ('receivable', 'revenue', 'deferred_revenue', 'credits', 'promotions', 'cash', 'tax', 'write_off'))
);
CREATE INDEX ledger_transfer_of_grant ON taximeter.ledger_transfer (account_key, grant_id) WHERE grant_id IS NOT NULL;
COMMENT ON TABLE taximeter.ledger_transfer IS 'Every movement of money of an account: double entry, append-only.';
COMMENT ON COLUMN taximeter.ledger_transfer.transfer_id IS 'Says what it is for, so that the same thing is never booked twice.';
COMMENT ON COLUMN taximeter.ledger_transfer.reverses IS 'The transfer that this one undoes.';

CREATE TABLE taximeter.ledger_balance (
    account_key bigint NOT NULL,
    currency text NOT NULL,
    ledger_account text NOT NULL,
    balance numeric NOT NULL,
    PRIMARY KEY (account_key, currency, ledger_account)
);
COMMENT ON TABLE taximeter.ledger_balance IS
    'Debits less credits of an account''s transfers, kept with them in the same transaction; audit ledger makes it again.';
