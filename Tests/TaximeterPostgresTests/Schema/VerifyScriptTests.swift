import PostgresWire
import TaximeterPostgres
import TestKit
import Testing

@Suite struct VerifyScriptTests {
    @Test func aMigratedDatabasePasses() throws {
        try TestDatabase().store.verify()
    }

    /// Each way of breaking the schema is found by a verify script, which says what is wrong.
    @Test(arguments: [
        (
            "ALTER TABLE taximeter.charge DROP CONSTRAINT charge_classes_sum_to_net",
            "a check of taximeter.charge is missing or not valid"
        ),
        (
            """
            ALTER TABLE taximeter.charge DROP CONSTRAINT charge_amounts_not_negative;
            ALTER TABLE taximeter.charge ADD CONSTRAINT charge_amounts_not_negative CHECK (net_amount >= 0) NOT VALID
            """,
            "a check of taximeter.charge is missing or not valid"
        ),
        (
            """
            DO $$
            DECLARE
                view regclass;
            BEGIN
                LOOP
                    view := (SELECT oid FROM pg_class WHERE relnamespace = 'taximeter'::regnamespace AND relkind = 'v' LIMIT 1);
                    EXIT WHEN view IS NULL;
                    EXECUTE format('DROP VIEW %s CASCADE', view);
                END LOOP;
            END
            $$;
            ALTER TABLE taximeter.account ALTER external_id TYPE text COLLATE "und-x-icu"
            """,
            "not compared bytewise: account.external_id"
        ),
        ("ALTER TABLE taximeter.channel RENAME TO canal", "a dictionary table is missing"),
        (
            """
            ALTER TABLE taximeter.event_key DROP CONSTRAINT event_key_pkey;
            ALTER TABLE taximeter.event_key ADD PRIMARY KEY (request_id, account_key)
            """,
            "account_key does not lead every unique key of: event_key"
        ),
        (
            "DROP VIEW taximeter.event_audit, taximeter.charge_audit; ALTER TABLE taximeter.usage_bucket ALTER account_key TYPE integer",
            "account_key is not bigint NOT NULL in: usage_bucket"
        ),
        (
            "ALTER TABLE taximeter.usage_bucket ADD number bigint GENERATED ALWAYS AS IDENTITY",
            "identity columns cannot be distributed: usage_bucket.number"
        ),
        (
            "ALTER TABLE taximeter.usage_event ADD FOREIGN KEY (model_key) REFERENCES taximeter.model",
            "usage_event must have neither a foreign key nor a unique one"
        ),
        (
            "ALTER TABLE taximeter.event_key DROP CONSTRAINT event_key_pkey",
            "event_key is not unique by account_key, request_id"
        ),
        (
            "ALTER TABLE taximeter.event_key DISABLE TRIGGER ALL",
            "not guarded against changes: event_key (append_only), event_key (no_truncate)"
        ),
        (
            """
            SELECT taximeter.ensure_usage_partition('2025-03-10');
            DROP TRIGGER no_truncate ON taximeter.usage_event_2025_03_10
            """,
            "not guarded against changes: usage_event_2025_03_10 (no_truncate)"
        ),
        (
            "ALTER TABLE taximeter.ingest_batch DROP CONSTRAINT ingest_batch_pkey",
            "ingest_batch is not unique by producer_id, sequence"
        ),
        (
            """
            SELECT taximeter.ensure_bucket_partitions('{2025-03-10}');
            ALTER TABLE taximeter.usage_bucket_2025_03_10 RESET (fillfactor)
            """,
            "taximeter.usage_bucket_2025_03_10 leaves no room for sums to grow"
        ),
        (
            """
            CREATE OR REPLACE FUNCTION taximeter.ensure_bucket_partitions(days date[]) RETURNS integer LANGUAGE sql
            SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT 0'
            """,
            "taximeter.ensure_bucket_partitions attaches partitions while others write"
        ),
        (
            """
            CREATE OR REPLACE FUNCTION taximeter.replace_unused_version(
                version_key integer, new_definition text, unused_from timestamptz)
            RETURNS boolean LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT true'
            """,
            "taximeter.replace_unused_version must look charges up by account"
        ),
        (
            """
            ALTER TABLE taximeter.event_reversal DROP CONSTRAINT event_reversal_pkey;
            ALTER TABLE taximeter.event_reversal ADD PRIMARY KEY (account_key)
            """,
            "event_reversal is not unique by account_key, request_id"
        ),
        (
            "ALTER TABLE taximeter.invoice DROP CONSTRAINT invoice_account_key_chain_position_key",
            "taximeter.invoice is not unique by number, by period and issue, and by chain position"
        ),
        (
            "ALTER TABLE taximeter.ledger_transfer DROP CONSTRAINT ledger_transfer_sides",
            "the check of the two sides of taximeter.ledger_transfer is missing or not valid"
        ),
        (
            "ALTER TABLE taximeter.invoice_line DISABLE TRIGGER ALL",
            "not guarded against changes: invoice_line (append_only), invoice_line (no_truncate)"
        ),
        ("DELETE FROM taximeter.event_key_state", "event_key_state must have exactly one row"),
        (
            "ALTER FUNCTION taximeter.drop_event_keys RESET search_path",
            "taximeter.originals and taximeter.drop_event_keys must run as their owner, with a search_path of their own"
        ),
        (
            "ALTER TABLE taximeter.grant_balance DROP CONSTRAINT grant_balance_remaining_check",
            "the check of taximeter.grant_balance is missing or not valid"
        ),
        (
            "ALTER FUNCTION taximeter.reserve RESET search_path",
            "the functions of credits must run as their owner, with a search_path of their own"
        ),
        (
            "GRANT SELECT ON taximeter.account TO taximeter_tenant",
            "taximeter_tenant may read only the views made for it, which must be security barriers"
        ),
        (
            "ALTER VIEW taximeter.tenant_invoices RESET (security_barrier)",
            "taximeter_tenant may read only the views made for it, which must be security barriers"
        ),
        ("DELETE FROM taximeter.price_state", "price_state must have exactly one row"),
        (
            "INSERT INTO taximeter.price_book (name, currency, rating_instant) VALUES ('a', 'USD', 'completed_at')",
            "there are price books, but none of them is the default"
        ),
        (
            """
            DO $$ DECLARE name text; BEGIN
                SELECT conname INTO name FROM pg_constraint
                WHERE conrelid = 'taximeter.gpu_rate'::regclass AND contype = 'x';
                EXECUTE format('ALTER TABLE taximeter.gpu_rate DROP CONSTRAINT %I', name);
            END $$
            """,
            "gpu_rate does not exclude overlapping rates"
        ),
        (
            "ALTER TABLE taximeter.margin_hour DROP CONSTRAINT margin_hour_cost_is_known_or_not",
            "a check of margins or occupancy is missing or not valid: margin_hour_cost_is_known_or_not"
        ),
        (
            "ALTER TABLE taximeter.margin_account_month RENAME tiered_amount TO graduated_amount",
            "margins by account lack: margin_account_month.tiered_amount"
        ),
        (
            "ALTER TABLE taximeter.margin_account_month ALTER days DROP NOT NULL",
            "taximeter.margin_account_month does not count its days"
        ),
    ])
    func findsWhatIsBroken(_ breakage: String, _ finding: String) throws {
        let database = try TestDatabase()
        try database.psql(breakage)
        let error = #expect(throws: PostgresError.self) { try database.store.verify() }
        #expect(error?.message == finding)
    }
}
