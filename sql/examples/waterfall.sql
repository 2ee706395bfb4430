-- From theoretical to billed revenue of the published day: each step, and the proof that the steps sum.
SELECT
    currency,
    round(sum(theoretical), 2) AS theoretical,
    round(sum(model_mix), 2) AS model_mix,
    round(sum(free_channels), 2) AS free_channels,
    round(sum(off_peak), 2) AS off_peak,
    round(sum(billed), 2) AS billed,
    sum(theoretical) + sum(model_mix) + sum(free_channels) + sum(off_peak) = sum(billed) AS sums
FROM taximeter.waterfall_hourly
WHERE hour >= '2025-02-27 04:00:00+00' AND hour < '2025-02-28 04:00:00+00'
GROUP BY currency;
