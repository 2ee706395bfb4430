-- Requests that were generating at once, at 21 output tokens a second and stream; hours of UTC+8.
SELECT
    to_char(hour AT TIME ZONE 'Asia/Shanghai', 'HH24:MI') AS hour_in_china,
    round(output_tokens_per_second) AS output_tokens_per_second,
    round(streams) AS streams,
    round(streams_per_node) AS streams_per_node
FROM taximeter.concurrency_hourly('2025-02-27 04:00:00+00', '2025-02-28 04:00:00+00', 21)
ORDER BY hour;
