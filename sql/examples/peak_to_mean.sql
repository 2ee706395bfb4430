-- How uneven the day was, and what the peak would have cost all the time.
SELECT
    mean_nodes,
    peak_nodes,
    round(peak_to_mean_nodes, 3) AS peak_to_mean_nodes,
    round(peak_to_mean_output, 3) AS peak_to_mean_output,
    round(cost_at_peak_nodes, 2) AS cost_at_peak_nodes,
    round(cost_at_peak_nodes - cost, 2) AS more_than_now
FROM taximeter.margin_summary('2025-02-27 04:00:00+00', '2025-02-28 04:00:00+00');
