-- What a million tokens cost. Without a throughput in the allocation policy every token costs the same.
SELECT model, cache_hit, cache_miss, output, all_in, all_in_output
FROM taximeter.cost_per_million_monthly_by_model
WHERE month = '2025-02-01 00:00:00+00'
ORDER BY model;
