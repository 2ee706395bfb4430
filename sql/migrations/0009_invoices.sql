-- Invoices and the ledger. What is final is only ever inserted: drafts are a table of their own, and voiding is a row.

CREATE TABLE taximeter.issuing_entity (
    entity text COLLATE "C" PRIMARY KEY CHECK (octet_length(entity) BETWEEN 1 AND 255),
    number_prefix text COLLATE "C" NOT NULL UNIQUE,
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

-- Invoices and voids of an account are the links of one chain.
CREATE TABLE taximeter.invoice_chain (
    account_key bigint PRIMARY KEY,
    position bigint NOT NULL DEFAULT 0 CHECK (position >= 0),
    hash bytea NOT NULL DEFAULT ''
);
COMMENT ON TABLE taximeter.invoice_chain IS
    'The last link of each account''s chain. The row is the lock of the account''s invoices: whoever makes one final or void holds it.';

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
    due numeric NOT NULL,
    finalized_at timestamptz NOT NULL,
    document text NOT NULL,
    chain_position bigint NOT NULL CHECK (chain_position > 0),
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (account_key, number),
    UNIQUE (account_key, period_start, issue),
    UNIQUE (account_key, chain_position)
);
CREATE INDEX invoice_number ON taximeter.invoice (number);
COMMENT ON TABLE taximeter.invoice IS 'Final invoices and credit notes. Append-only.';
COMMENT ON COLUMN taximeter.invoice.issue IS '1 for the first invoice that closes the period; one more after each that was voided.';
COMMENT ON COLUMN taximeter.invoice.due IS 'The total less the credits that pay for it.';
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
    fees numeric NOT NULL,
    exact_amount numeric NOT NULL,
    amount numeric NOT NULL,
    segment_start timestamptz,
    plan text COLLATE "C",
    price_book text COLLATE "C",
    model text COLLATE "C",
    version_from timestamptz,
    channel text COLLATE "C",
    service_tier text COLLATE "C",
    band text COLLATE "C",
    schedule text COLLATE "C",
    token_class text,
    tier_table integer,
    tier_step integer,
    allowance text COLLATE "C",
    PRIMARY KEY (account_key, number, line),
    CONSTRAINT invoice_line_usage CHECK (
        CASE WHEN kind = 'usage'
        THEN num_nulls(segment_start, price_book, model, version_from, channel, service_tier, token_class) = 0
        ELSE num_nonnulls(segment_start, price_book, model, version_from, channel, service_tier, token_class) = 0
        END)
);
CREATE INDEX invoice_line_of_period ON taximeter.invoice_line (account_key, period_start);
COMMENT ON TABLE taximeter.invoice_line IS 'Lines of final invoices. Append-only.';
COMMENT ON COLUMN taximeter.invoice_line.period_start IS 'The period whose usage or fee it is; not the invoice''s for adjustments and fees in advance.';
COMMENT ON COLUMN taximeter.invoice_line.fees IS 'Flat fees and packages of tiers within the exact amount: quantity * unit_price + fees.';
COMMENT ON COLUMN taximeter.invoice_line.amount IS 'Rounded: all that the line has come to, rounded, less what earlier invoices said.';
COMMENT ON COLUMN taximeter.invoice_line.segment_start IS 'What was used, from here on: of lines of usage only, as in taximeter.usage_line.';

CREATE TABLE taximeter.invoice_void (
    account_key bigint NOT NULL,
    number text COLLATE "C" NOT NULL,
    reason text NOT NULL,
    voided_at timestamptz NOT NULL,
    document text NOT NULL,
    chain_position bigint NOT NULL CHECK (chain_position > 0),
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (account_key, number),
    UNIQUE (account_key, chain_position)
);
COMMENT ON TABLE taximeter.invoice_void IS 'Invoices that were voided: they count for nothing, and their period can be billed again. Append-only.';
COMMENT ON COLUMN taximeter.invoice_void.document IS 'Number, reason and time as canonical JSON: what the link''s hash is of.';

CREATE TABLE taximeter.parked_period (
    account_key bigint NOT NULL,
    period_start timestamptz NOT NULL,
    period_end timestamptz NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    parked_at timestamptz NOT NULL,
    PRIMARY KEY (account_key, period_start)
);
COMMENT ON TABLE taximeter.parked_period IS 'Periods that the last run could not bill, and why. A run that can bill one takes it out.';

-- What there is to bill is found without reading all that was billed.
CREATE INDEX account_period_unbilled ON taximeter.account_period (account_key, period_start)
WHERE billed_revision IS DISTINCT FROM revision;
COMMENT ON COLUMN taximeter.account_period.billed_revision IS
    'The revision that its invoices cover; NULL while none closes it; -1 where one that only adjusted it was voided.';

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
CREATE INDEX ledger_transfer_of_invoice ON taximeter.ledger_transfer (account_key, invoice_number)
WHERE invoice_number IS NOT NULL;
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
