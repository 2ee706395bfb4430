-- A draft says what credits would leave to pay of it, as the invoice will. Drafts from before do not know; the next run makes
-- them anew.
ALTER TABLE taximeter.invoice_draft ADD COLUMN due numeric;
UPDATE taximeter.invoice_draft SET due = total;
ALTER TABLE taximeter.invoice_draft ALTER COLUMN due SET NOT NULL;
ALTER TABLE taximeter.invoice_draft
ADD CONSTRAINT invoice_draft_credits_pay_at_most_the_total CHECK (due = total OR (due >= 0 AND due < total));
