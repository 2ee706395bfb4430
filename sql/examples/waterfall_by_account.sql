-- From theoretical to charged by account, and what of it no invoice covers yet.
SELECT
    account,
    round(theoretical, 2) AS theoretical,
    round(model_mix, 2) AS model_mix,
    round(free_channels, 2) AS free_channels,
    round(off_peak, 2) AS off_peak,
    round(allowed, 2) AS allowed,
    round(not_invoiced, 2) AS not_invoiced,
    round(collected, 2) AS collected
FROM taximeter.waterfall_monthly_by_account
WHERE month = '2025-02-01 00:00:00+00'
ORDER BY allowed DESC, account;
