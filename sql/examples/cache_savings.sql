-- What hits earned less than misses would have, and what they cost less: nothing, where every token costs the same.
SELECT model, hit_rate, round(revenue_forgone, 2) AS revenue_forgone, round(prefill_saved, 2) AS prefill_saved, hit_price,
    miss_price, neutral_hit_price
FROM taximeter.cache_savings_monthly_by_model
WHERE month = '2025-02-01 00:00:00+00'
ORDER BY model;
