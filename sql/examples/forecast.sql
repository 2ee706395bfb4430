-- The month at the run rate of its last hours, as of the day's end.
SELECT currency, hours_so_far, hours_to_come, round(revenue_so_far, 2) AS revenue_so_far, round(revenue, 2) AS revenue,
    round(cost, 2) AS cost, gross_margin, cost_profit_margin
FROM taximeter.forecast_month('2025-02-28 04:00:00+00');
