-- A second line behind the privileges, for owners and superusers who act in haste: events, their keys and their
-- batches, credit grants, invoices and the ledger refuse UPDATE, DELETE and TRUNCATE. Left out where the tables are distributed (Citus allows no triggers there).
-- Dropping a partition, which is how retention works, is not refused.

CREATE OR REPLACE FUNCTION taximeter.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'taximeter.% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation', HINT = 'What corrects it is a row of its own.';
END
$$;
COMMENT ON FUNCTION taximeter.refuse_change IS 'Trigger of append-only tables: refuses every change.';

CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON taximeter.usage_event
FOR EACH ROW EXECUTE FUNCTION taximeter.refuse_change();
CREATE OR REPLACE TRIGGER no_truncate BEFORE TRUNCATE ON taximeter.usage_event
FOR EACH STATEMENT EXECUTE FUNCTION taximeter.refuse_change();
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON taximeter.event_key
FOR EACH ROW EXECUTE FUNCTION taximeter.refuse_change();
CREATE OR REPLACE TRIGGER no_truncate BEFORE TRUNCATE ON taximeter.event_key
FOR EACH STATEMENT EXECUTE FUNCTION taximeter.refuse_change();
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON taximeter.ingest_batch
FOR EACH ROW EXECUTE FUNCTION taximeter.refuse_change();
CREATE OR REPLACE TRIGGER no_truncate BEFORE TRUNCATE ON taximeter.ingest_batch
FOR EACH STATEMENT EXECUTE FUNCTION taximeter.refuse_change();
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON taximeter.quarantined_event
FOR EACH ROW EXECUTE FUNCTION taximeter.refuse_change();
CREATE OR REPLACE TRIGGER no_truncate BEFORE TRUNCATE ON taximeter.quarantined_event
FOR EACH STATEMENT EXECUTE FUNCTION taximeter.refuse_change();
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON taximeter.event_reversal
FOR EACH ROW EXECUTE FUNCTION taximeter.refuse_change();
CREATE OR REPLACE TRIGGER no_truncate BEFORE TRUNCATE ON taximeter.event_reversal
FOR EACH STATEMENT EXECUTE FUNCTION taximeter.refuse_change();
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON taximeter.invoice
FOR EACH ROW EXECUTE FUNCTION taximeter.refuse_change();
CREATE OR REPLACE TRIGGER no_truncate BEFORE TRUNCATE ON taximeter.invoice
FOR EACH STATEMENT EXECUTE FUNCTION taximeter.refuse_change();
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON taximeter.invoice_line
FOR EACH ROW EXECUTE FUNCTION taximeter.refuse_change();
CREATE OR REPLACE TRIGGER no_truncate BEFORE TRUNCATE ON taximeter.invoice_line
FOR EACH STATEMENT EXECUTE FUNCTION taximeter.refuse_change();
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON taximeter.invoice_void
FOR EACH ROW EXECUTE FUNCTION taximeter.refuse_change();
CREATE OR REPLACE TRIGGER no_truncate BEFORE TRUNCATE ON taximeter.invoice_void
FOR EACH STATEMENT EXECUTE FUNCTION taximeter.refuse_change();
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON taximeter.ledger_transfer
FOR EACH ROW EXECUTE FUNCTION taximeter.refuse_change();
CREATE OR REPLACE TRIGGER no_truncate BEFORE TRUNCATE ON taximeter.ledger_transfer
FOR EACH STATEMENT EXECUTE FUNCTION taximeter.refuse_change();
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON taximeter.credit_grant
FOR EACH ROW EXECUTE FUNCTION taximeter.refuse_change();
CREATE OR REPLACE TRIGGER no_truncate BEFORE TRUNCATE ON taximeter.credit_grant
FOR EACH STATEMENT EXECUTE FUNCTION taximeter.refuse_change();
