-- From what the usage would be worth at the reference list to what is billed. Each step is a column, each total the sum
-- of the total and the step to its left, exactly.

CREATE OR REPLACE VIEW taximeter.waterfall_hourly AS
SELECT
    hour,
    model,
    currency,
    theoretical_revenue AS theoretical,
    list_revenue - theoretical_revenue AS model_mix,
    list_revenue AS list,
    monetised_revenue - list_revenue AS free_channels,
    monetised_revenue AS monetised,
    scheduled_revenue - monetised_revenue AS off_peak,
    scheduled_revenue AS scheduled,
    tiered_revenue - scheduled_revenue AS volume_tiers,
    tiered_revenue AS tiered,
    contracted_revenue - tiered_revenue AS contract,
    contracted_revenue AS contracted,
    revenue - contracted_revenue AS allowances,
    revenue AS allowed,
    revenue AS billed
FROM taximeter.usage_hourly;
COMMENT ON VIEW taximeter.waterfall_hourly IS
    'theoretical + model_mix = list; + free_channels = monetised; + off_peak = scheduled; + volume_tiers = tiered; + contract = contracted; + allowances (and quantities rounded up) = allowed; billed is what is billed of it. By UTC hour, model and currency.';

CREATE OR REPLACE VIEW taximeter.waterfall_daily AS
SELECT
    date_trunc('day', hour, 'UTC') AS day,
    currency,
    sum(theoretical) AS theoretical,
    sum(model_mix) AS model_mix,
    sum(list) AS list,
    sum(free_channels) AS free_channels,
    sum(monetised) AS monetised,
    sum(off_peak) AS off_peak,
    sum(scheduled) AS scheduled,
    sum(volume_tiers) AS volume_tiers,
    sum(tiered) AS tiered,
    sum(contract) AS contract,
    sum(contracted) AS contracted,
    sum(allowances) AS allowances,
    sum(allowed) AS allowed,
    sum(billed) AS billed
FROM taximeter.waterfall_hourly
GROUP BY 1, 2;
COMMENT ON VIEW taximeter.waterfall_daily IS 'The waterfall by UTC day and currency.';
