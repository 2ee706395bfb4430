import TestKit

@testable import TaximeterPostgres

extension TestDatabase {
    /// Everything in which the margin tables are not what charges and costs add up to, computed by the server alone: what
    /// they say of usage, of the whole cost of each hour, and of days and months. Empty when nothing is.
    func marginFaults() throws -> String {
        let usage = ["events", "requests"] + MarginSums.counts[2..<7] + MarginSums.amounts
        let ofCharges = usage.map { "coalesce(sum(c.\($0)), 0)" }.joined(separator: ", ")
        let sums = MarginSums.columns.map { "sum(\($0))" }.joined(separator: ", ")
        let cost = MarginSums.costs.joined(separator: " + ")
        func differ(_ name: String, _ left: String, _ right: String) -> String {
            """
            SELECT '\(name)' AS fault, d::text FROM (
                (SELECT * FROM (\(left)) AS l EXCEPT ALL SELECT * FROM (\(right)) AS r)
                UNION ALL (SELECT * FROM (\(right)) AS r EXCEPT ALL SELECT * FROM (\(left)) AS l)) AS d
            """
        }
        return try psql(
            [
                differ(
                    "usage",
                    """
                    SELECT date_trunc('hour', c.slot_start, 'UTC'), c.model_key, c.channel_key, coalesce(c.currency, ''),
                        \(ofCharges), coalesce(sum(c.events) FILTER (WHERE c.unpriced_reason IS NOT NULL), 0)
                    FROM taximeter.charge AS c GROUP BY 1, 2, 3, 4
                    """,
                    """
                    SELECT hour, model_key, channel_key, currency, \(usage.joined(separator: ", ")), unpriced_events
                    FROM taximeter.margin_hour WHERE events > 0
                    """),
                differ(
                    "cost of an hour",
                    """
                    SELECT hour, currency, sum(cost), sum(cost) FILTER (WHERE use = 'headroom') FROM taximeter.gpu_cost_hourly
                    WHERE use <> 'lent' GROUP BY 1, 2
                    """,
                    """
                    SELECT hour, currency, sum(\(cost)), nullif(sum(headroom_cost), 0) FROM taximeter.margin_hour
                    WHERE idle_cost IS NOT NULL GROUP BY 1, 2
                    """),
                differ(
                    "days",
                    """
                    SELECT date_trunc('day', hour, 'UTC'), model_key, channel_key, currency, \(sums)
                    FROM taximeter.margin_hour GROUP BY 1, 2, 3, 4
                    """,
                    """
                    SELECT day, model_key, channel_key, currency, \(sums)
                    FROM taximeter.margin_account_day GROUP BY 1, 2, 3, 4
                    """),
                differ(
                    "accounts",
                    """
                    SELECT c.account_key, date_trunc('day', c.slot_start, 'UTC'), coalesce(c.currency, ''), \(ofCharges)
                    FROM taximeter.charge AS c GROUP BY 1, 2, 3
                    """,
                    """
                    SELECT c.account_key, day, currency, \(usage.map { "sum(\($0))" }.joined(separator: ", "))
                    FROM taximeter.margin_account_day AS c WHERE events > 0 GROUP BY 1, 2, 3
                    """),
                differ(
                    "months",
                    """
                    SELECT account_key, date_trunc('month', day, 'UTC'), model_key, channel_key, currency, \(sums),
                        count(*), count(output_cost)
                    FROM taximeter.margin_account_day GROUP BY 1, 2, 3, 4, 5
                    """,
                    """
                    SELECT account_key, month, model_key, channel_key, currency, \(sums), sum(days), sum(costed_days)
                    FROM taximeter.margin_account_month GROUP BY 1, 2, 3, 4, 5
                    """),
                "SELECT 'marks', m::text FROM taximeter.margin_dirty AS m",
                "SELECT 'marks', m::text FROM taximeter.margin_dirty_month AS m",
            ].joined(separator: " UNION ALL "))
    }

    /// The margins by account, with names, in order: the same in every store.
    func namedMargins() throws -> String {
        try psql(
            """
            SELECT d.day, a.external_id, m.name, c.name, d.currency, \(MarginSums.columns.joined(separator: ", "))
            FROM taximeter.margin_account_day AS d
            LEFT JOIN taximeter.account AS a USING (account_key)
            LEFT JOIN taximeter.model AS m USING (model_key)
            LEFT JOIN taximeter.channel AS c USING (channel_key)
            ORDER BY 1, 2, 3, 4, 5
            """)
    }
}
