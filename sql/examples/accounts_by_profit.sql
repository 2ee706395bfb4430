-- Who pays for whom: the accounts of a month by profit, the cost of serving them included.
SELECT rank, account, round(revenue, 2) AS revenue, round(cost, 2) AS cost, round(profit, 2) AS profit, cost_profit_margin
FROM taximeter.worst_accounts
WHERE month = '2025-02-01 00:00:00+00' AND currency = 'USD'
ORDER BY rank;
