-- At which prices, and at which load of the same nodes, each model breaks even.
SELECT model, round(revenue, 2) AS revenue, round(cost, 2) AS cost, breakeven_price_multiplier, utilisation,
    breakeven_utilisation
FROM taximeter.breakeven_monthly_by_model
WHERE month = '2025-02-01 00:00:00+00'
ORDER BY model;
