-- Which model earns its nodes.
SELECT
    model,
    output_tokens,
    round(revenue, 2) AS revenue,
    round(cost, 2) AS cost,
    gross_margin,
    cost_profit_margin
FROM (
    SELECT
        model,
        sum(output_tokens) AS output_tokens,
        sum(revenue) AS revenue,
        sum(cost) AS cost,
        taximeter.gross_margin(sum(revenue), sum(cost)) AS gross_margin,
        taximeter.cost_profit_margin(sum(revenue), sum(cost)) AS cost_profit_margin
    FROM taximeter.margin_hourly_by_model
    WHERE hour >= '2025-02-27 04:00:00+00' AND hour < '2025-02-28 04:00:00+00'
    GROUP BY model
) AS by_model
ORDER BY revenue DESC;
