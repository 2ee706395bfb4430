import PostgresWire
import Taximeter

/// What ``OperatorReport`` asks the views.
struct ReportQueries {
    let from: Instant
    let until: Instant
    let zone: String

    var totals: SQL { "SELECT * FROM taximeter.margin_summary(\(from), \(until)) ORDER BY currency" }

    var byHour: SQL {
        """
        SELECT to_char(hour AT TIME ZONE \(zone), 'YYYY-MM-DD HH24:MI') AS label, currency, theoretical_revenue, revenue,
            cost
        FROM taximeter.margin_hourly WHERE hour >= \(from) AND hour < \(until) AND currency IS NOT NULL
        ORDER BY currency, hour
        """
    }

    var models: SQL {
        """
        SELECT model, currency, sum(cache_hit_tokens + cache_miss_tokens + cache_write_tokens + cache_write_1h_tokens)
                AS input_tokens, sum(output_tokens) AS output_tokens, sum(revenue) AS revenue, sum(cost) AS cost,
            sum(revenue) - sum(cost) AS profit, taximeter.gross_margin(sum(revenue), sum(cost)) AS gross_margin,
            taximeter.cost_profit_margin(sum(revenue), sum(cost)) AS cost_profit_margin
        FROM taximeter.margin_hourly_by_model
        WHERE hour >= \(from) AND hour < \(until) AND currency IS NOT NULL
        GROUP BY model, currency
        ORDER BY currency, sum(revenue) DESC, model
        """
    }

    var unitCosts: SQL {
        let classes = ["cache_hit", "cache_miss", "cache_write", "cache_write_1h", "output"]
        let columns = classes.map { "taximeter.per_million(sum(\($0)_cost), sum(sum(\($0)_tokens)) OVER ()) AS \($0)" }
        let tokens = classes.map { "\($0)_tokens" }.joined(separator: " + ")
        return """
            SELECT c.* FROM (
                SELECT currency, sum(cost) AS cost, \(unsafe: columns.joined(separator: ", ")),
                    taximeter.per_million(sum(cost), sum(sum(\(unsafe: tokens))) OVER ()) AS all_in,
                    taximeter.per_million(sum(cost), sum(sum(output_tokens)) OVER ()) AS all_in_output
                FROM taximeter.margin_hourly_by_model_and_channel
                WHERE hour >= \(from) AND hour < \(until)
                GROUP BY currency
            ) AS c
            WHERE c.cost IS NOT NULL ORDER BY c.currency
            """
    }

    var accountsOfMonth: SQL {
        ranked(
            """
            SELECT account, currency, output_tokens, usage_revenue, fees + commitments AS fees, revenue, cost, profit,
                gross_margin, cost_profit_margin
            FROM taximeter.account_margins_monthly WHERE month = \(from)
            """)
    }

    var accountsOfDays: SQL {
        ranked(
            """
            SELECT account, currency, sum(output_tokens) AS output_tokens, sum(revenue) AS usage_revenue, 0 AS fees,
                sum(revenue) AS revenue, sum(cost) AS cost, sum(revenue) - sum(cost) AS profit,
                taximeter.gross_margin(sum(revenue), sum(cost)) AS gross_margin,
                taximeter.cost_profit_margin(sum(revenue), sum(cost)) AS cost_profit_margin
            FROM taximeter.margin_daily_by_account
            WHERE day >= date_trunc('day', \(from)::timestamptz, 'UTC') AND day < \(until) AND account IS NOT NULL
            GROUP BY account, currency
            """)
    }

    /// The ends of a list of accounts, and how many there are.
    private func ranked(_ accounts: SQL) -> SQL {
        """
        SELECT r.* FROM (
            SELECT a.*, count(*) OVER (PARTITION BY currency) AS accounts,
                row_number() OVER (PARTITION BY currency ORDER BY profit DESC, account) AS rank
            FROM (\(accounts)) AS a WHERE a.profit IS NOT NULL
        ) AS r
        WHERE r.rank <= 10 OR r.rank > r.accounts - 10
        ORDER BY r.currency, r.rank
        """
    }

    var load: SQL { "SELECT * FROM taximeter.load_by_weekday_and_hour(\(from), \(until), \(zone))" }

    var capacity: SQL {
        """
        SELECT to_char(hour AT TIME ZONE \(zone), 'YYYY-MM-DD HH24:MI') AS label, peak_nodes, node_hours,
            headroom_node_hours, lent_node_hours, output_tokens_per_second
        FROM taximeter.capacity_hourly WHERE hour >= \(from) AND hour < \(until) ORDER BY hour
        """
    }
}
