-- Who may do what. Privileges, not triggers, keep facts append-only.

REVOKE ALL ON SCHEMA taximeter FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA taximeter FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA taximeter FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA taximeter FROM PUBLIC;
GRANT USAGE ON SCHEMA taximeter TO taximeter_writer, taximeter_biller, taximeter_reader;
GRANT SELECT ON taximeter.schema_migration TO taximeter_writer, taximeter_biller, taximeter_reader;

-- The writer takes events in. It can neither change nor remove one.
GRANT SELECT, INSERT ON taximeter.account, taximeter.model, taximeter.channel, taximeter.service_tier
TO taximeter_writer;
GRANT USAGE ON SEQUENCE
taximeter.account_account_key_seq, taximeter.model_model_key_seq, taximeter.channel_channel_key_seq,
taximeter.service_tier_service_tier_key_seq, taximeter.dirty_hour_mark_id_seq, taximeter.ingest_batch_batch_key_seq
TO taximeter_writer;
GRANT INSERT ON taximeter.usage_event, taximeter.dirty_hour, taximeter.quarantined_event TO taximeter_writer;
GRANT SELECT, INSERT ON taximeter.event_key, taximeter.event_reversal, taximeter.ingest_batch TO taximeter_writer;
GRANT SELECT ON taximeter.event_key_state TO taximeter_writer;
GRANT EXECUTE ON FUNCTION
taximeter.ensure_usage_partition(date), taximeter.originals(bigint[], text[], timestamptz[])
TO taximeter_writer;
-- Of money it may know balances, and hold and release amounts: the functions read and write for it.
GRANT EXECUTE ON FUNCTION
taximeter.balance(text, timestamptz), taximeter.balances(text[], timestamptz),
taximeter.reserve(text, text, numeric, text, bigint, timestamptz),
taximeter.settle_reservation(text, text, numeric, text), taximeter.release_reservation(text, text)
TO taximeter_writer;
-- The sidecar tells callers by the hashes of their tokens.
GRANT SELECT (id, hash, scopes, account, expires_at, revoked_at) ON taximeter.api_token TO taximeter_writer;

-- The biller runs the jobs: sums and prices, which can be made anew, and the tables of prices and costs.
GRANT SELECT ON
taximeter.account, taximeter.model, taximeter.channel, taximeter.service_tier, taximeter.usage_event,
taximeter.dirty_hour, taximeter.usage_hour, taximeter.usage_bucket, taximeter.account_period, taximeter.charge,
taximeter.price_book, taximeter.tariff_version, taximeter.model_alias, taximeter.price_state, taximeter.allowance_use,
taximeter.gpu_pool, taximeter.gpu_rate, taximeter.gpu_occupancy, taximeter.gpu_cost_hourly,
taximeter.plan_version, taximeter.subscription, taximeter.usage_line, taximeter.event_key_state
TO taximeter_biller;
GRANT INSERT, DELETE ON taximeter.dirty_hour TO taximeter_biller;
GRANT UPDATE (time_zone, issuing_entity) ON taximeter.account TO taximeter_biller;
GRANT INSERT ON taximeter.plan_version TO taximeter_biller;
GRANT UPDATE (definition, loaded_at) ON taximeter.plan_version TO taximeter_biller;
GRANT INSERT, DELETE ON taximeter.subscription, taximeter.usage_line TO taximeter_biller;
GRANT INSERT, UPDATE, DELETE ON
taximeter.usage_hour, taximeter.usage_bucket, taximeter.account_period, taximeter.charge, taximeter.allowance_use,
taximeter.gpu_rate, taximeter.gpu_occupancy, taximeter.gpu_cost_hourly
TO taximeter_biller;
GRANT INSERT ON taximeter.price_book, taximeter.tariff_version, taximeter.model_alias, taximeter.gpu_pool
TO taximeter_biller;
GRANT EXECUTE ON FUNCTION
taximeter.ensure_bucket_partitions(date[]), taximeter.replace_unused_version(integer, text, timestamptz),
taximeter.total(bigint)
TO taximeter_biller;
GRANT UPDATE (generation, default_price_book_key) ON taximeter.price_state TO taximeter_biller;
GRANT USAGE ON SEQUENCE
taximeter.price_book_price_book_key_seq, taximeter.tariff_version_tariff_version_key_seq,
taximeter.gpu_pool_gpu_pool_key_seq, taximeter.plan_version_plan_version_key_seq, taximeter.dirty_hour_mark_id_seq
TO taximeter_biller;
-- It computes margins, under policies that it can only add. Nodes may serve models that no request has named yet.
GRANT SELECT, INSERT ON taximeter.allocation_policy TO taximeter_biller;
GRANT SELECT, INSERT, DELETE ON
taximeter.margin_hour, taximeter.margin_account_day, taximeter.margin_account_month, taximeter.margin_dirty,
taximeter.margin_dirty_month
TO taximeter_biller;
GRANT UPDATE ON taximeter.margin_account_month TO taximeter_biller;
GRANT INSERT ON taximeter.model TO taximeter_biller;
GRANT USAGE ON SEQUENCE taximeter.model_model_key_seq TO taximeter_biller;
-- It takes exchange rates, which it can only add.
GRANT INSERT ON taximeter.fx_rate TO taximeter_biller;
GRANT SELECT ON taximeter.fx_rates TO taximeter_biller;
-- It makes tokens for the sidecar, and revokes them; it reads no hash.
GRANT SELECT (id, name, scopes, account, created_at, expires_at, revoked_at) ON taximeter.api_token TO taximeter_biller;
GRANT INSERT ON taximeter.api_token TO taximeter_biller;
GRANT UPDATE (revoked_at) ON taximeter.api_token TO taximeter_biller;
-- It gives and takes credits and tells the outbox. Grants and transfers it can only add.
GRANT SELECT, INSERT ON taximeter.credit_grant, taximeter.ledger_transfer TO taximeter_biller;
GRANT SELECT, INSERT, UPDATE ON
taximeter.ledger_balance, taximeter.grant_balance, taximeter.credit_account, taximeter.outbox_counter
TO taximeter_biller;
GRANT SELECT, INSERT, UPDATE, DELETE ON taximeter.spend_limit TO taximeter_biller;
GRANT SELECT, INSERT, DELETE ON taximeter.spend_alert, taximeter.outbox TO taximeter_biller;
GRANT SELECT, DELETE ON taximeter.reservation TO taximeter_biller;
GRANT EXECUTE ON FUNCTION
taximeter.balance(text, timestamptz), taximeter.balances(text[], timestamptz),
taximeter.balances_at(bigint[], timestamptz), taximeter.keep_balances(bigint[])
TO taximeter_biller;
GRANT SELECT (account_key, credits, unbilled, valid_until) ON taximeter.account_balance TO taximeter_biller;
-- For the audit, which holds kept balances against it.
GRANT EXECUTE ON FUNCTION taximeter.balances_at(bigint[], timestamptz) TO taximeter_reader;

-- The reader sees the views, which are the interface, and no table: the views' owner reads the tables for it.
GRANT SELECT ON
taximeter.usage_hourly, taximeter.cost_hourly, taximeter.cost_hourly_by_model, taximeter.margin_hourly_by_model,
taximeter.margin_daily_by_model, taximeter.margin_hourly, taximeter.margin_daily, taximeter.waterfall_hourly,
taximeter.waterfall_daily, taximeter.unpriced_usage, taximeter.pending_work, taximeter.event_audit,
taximeter.event_totals, taximeter.quarantined_events, taximeter.credit_audit, taximeter.plans,
taximeter.subscriptions, taximeter.usage_lines, taximeter.usage_statement, taximeter.fx_rates,
taximeter.margin_hourly_by_model_and_channel, taximeter.margin_hourly_by_channel, taximeter.margin_daily_by_channel,
taximeter.margin_daily_by_account, taximeter.margin_daily_by_account_and_model, taximeter.margin_monthly,
taximeter.margin_monthly_by_model, taximeter.margin_monthly_by_channel, taximeter.margin_monthly_by_account,
taximeter.margin_monthly_by_account_and_model, taximeter.waterfall_hourly_by_channel,
taximeter.waterfall_daily_by_model, taximeter.waterfall_daily_by_account, taximeter.waterfall_monthly,
taximeter.waterfall_monthly_by_model, taximeter.waterfall_monthly_by_account, taximeter.billed_monthly_by_account,
taximeter.billed_monthly,
taximeter.cost_per_million_daily, taximeter.cost_per_million_daily_by_model, taximeter.cost_per_million_monthly,
taximeter.cost_per_million_monthly_by_model, taximeter.breakeven_daily, taximeter.breakeven_daily_by_model,
taximeter.breakeven_monthly, taximeter.breakeven_monthly_by_model, taximeter.cache_savings_daily,
taximeter.cache_savings_daily_by_model, taximeter.cache_savings_monthly, taximeter.cache_savings_monthly_by_model,
taximeter.capacity_hourly, taximeter.capacity_daily, taximeter.capacity_monthly, taximeter.account_margins_monthly,
taximeter.worst_accounts, taximeter.best_accounts, taximeter.flat_subscriptions_monthly, taximeter.month_over_month,
taximeter.month_over_month_by_model, taximeter.month_forecast, taximeter.charges
TO taximeter_reader;
GRANT EXECUTE ON FUNCTION
taximeter.interface_version(), taximeter.gross_margin(numeric, numeric), taximeter.cost_profit_margin(numeric, numeric),
taximeter.per_million(numeric, numeric), taximeter.add_months(timestamptz, integer),
taximeter.month_of(timestamptz, timestamptz), taximeter.margin_summary(timestamptz, timestamptz),
taximeter.fx_rate_on(text, text, date), taximeter.fx_converted(numeric, numeric, boolean),
taximeter.margins_in(text, timestamptz, timestamptz),
taximeter.concurrency_hourly(timestamptz, timestamptz, numeric),
taximeter.load_by_weekday_and_hour(timestamptz, timestamptz, text), taximeter.forecast_month(timestamptz),
taximeter.usage_by_account_and_hour(timestamptz, timestamptz)
TO taximeter_reader;
-- Accounts' months: what invoices and payments say is kept with them, what usage comes to with the margins.
GRANT SELECT, INSERT, UPDATE ON taximeter.account_month TO taximeter_biller;
GRANT EXECUTE ON FUNCTION taximeter.month_of(timestamptz, timestamptz) TO taximeter_biller;

-- The biller makes drafts anew, adds what is final, and keeps what these add up to.
GRANT SELECT ON
taximeter.issuing_entity, taximeter.invoice_draft, taximeter.invoice_chain, taximeter.invoice, taximeter.invoice_line,
taximeter.invoice_void, taximeter.parked_period, taximeter.ledger_transfer, taximeter.ledger_balance,
taximeter.standing_lines, taximeter.usage_line
TO taximeter_biller;
GRANT INSERT ON
taximeter.issuing_entity, taximeter.invoice, taximeter.invoice_line, taximeter.invoice_void, taximeter.ledger_transfer
TO taximeter_biller;
GRANT UPDATE (last_sequence) ON taximeter.issuing_entity TO taximeter_biller;
GRANT INSERT, UPDATE ON taximeter.invoice_chain, taximeter.ledger_balance TO taximeter_biller;
GRANT INSERT, UPDATE, DELETE ON taximeter.invoice_draft, taximeter.parked_period TO taximeter_biller;
GRANT SELECT ON
taximeter.invoices, taximeter.invoice_lines, taximeter.parked_periods, taximeter.trial_balance,
taximeter.invoice_chain_links, taximeter.invoice_chain_heads, taximeter.invoice_audit, taximeter.invoice_totals,
taximeter.ledger_audit, taximeter.charge_audit, taximeter.reconcile_usage, taximeter.reconcile_periods,
taximeter.reconcile_invoices, taximeter.reconcile_waiting, taximeter.reconcile_waiting_margins,
taximeter.margin_audit
TO taximeter_reader;

-- A tenant sees the account that the setting taximeter.account names, through these views alone.
GRANT USAGE ON SCHEMA taximeter TO taximeter_tenant;
GRANT SELECT ON
taximeter.tenant_usage, taximeter.tenant_usage_lines, taximeter.tenant_invoices, taximeter.tenant_invoice_lines,
taximeter.tenant_credits, taximeter.tenant_balance
TO taximeter_tenant;
GRANT EXECUTE ON FUNCTION taximeter.own_balance() TO taximeter_tenant;
