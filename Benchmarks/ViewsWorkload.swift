import PostgresWire

/// A year of margins as `taximeter run` leaves them, of 100,000 accounts: hours by four models and two channels, accounts
/// by month and model for the last two months, one row a month and account for the whole year. Made in the database
/// itself; always the same.
struct ViewsWorkload {
    static let accounts = 100_000
    /// The month that is asked about.
    static let month = "2025-03"

    func store(_ options: ConnectionOptions) throws {
        let connection = try Connection.open(options)
        try connection.runScript("SET statement_timeout = 0;" + names + hours + months)
        try connection.execute("VACUUM ANALYZE")
    }

    private var names: String {
        """
        INSERT INTO taximeter.account (account_key, external_id)
        SELECT n, 'account-' || n FROM generate_series(1, \(Self.accounts)) AS n;
        INSERT INTO taximeter.model (model_key, name) SELECT n, 'model-' || n FROM generate_series(1, 4) AS n;
        INSERT INTO taximeter.channel (channel_key, name) VALUES (1, 'api'), (2, 'web');
        INSERT INTO taximeter.gpu_pool (gpu_pool_key, name, gpu, gpus_per_node) VALUES (1, 'h800', 'H800', 8);
        INSERT INTO taximeter.plan_version (plan, effective_from, currency, definition)
        VALUES ('flat', '2024-01-01 00:00:00+00', 'USD',
            '{"price_book":"list","recurring_fee":{"amount":"20.00","due":"in_advance"},"unlimited":true}');
        INSERT INTO taximeter.subscription (account_key, effective_from, plan)
        SELECT a, '2024-01-01 00:00:00+00', 'flat' FROM generate_series(1, \(Self.accounts), 10) AS a;
        """
    }

    /// Everything of a row that follows from how many requests it has: amounts have all their digits.
    private static let columns = """
        events, requests, cache_hit_tokens, cache_miss_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens,
        theoretical_amount, list_amount, monetised_amount, scheduled_amount, tiered_amount, contracted_amount, net_amount,
        unpriced_events, cache_hit_cost, cache_miss_cost, cache_write_cost, cache_write_1h_cost, output_cost, idle_cost,
        headroom_cost, cache_hit_amount, cache_miss_amount, cache_write_amount, cache_write_1h_amount, output_amount
        """
    private static let values = """
        n, n, n * 1000, n * 800, 0, 0, n * 500, n * 0.001234567890123456, n * 0.001234567890123456,
        n * 0.001134567890123456, n * 0.000934567890123456, n * 0.000934567890123456, n * 0.000934567890123456,
        n * 0.000934567890123456, 0, n * 0.000034567890123456, n * 0.000134567890123456, 0, 0, n * 0.000234567890123456,
        n * 0.000034567890123456, 0, n * 0.000234567890123456, n * 0.0002, 0, 0, n * 0.0005
        """

    /// From 1 to 5,000; looks random, and is that of its key alone.
    private static func noise(_ key: String) -> String { "(1 + abs(hashint8(\(key)) % 5000))::numeric" }

    private var hours: String {
        """
        INSERT INTO taximeter.margin_hour (hour, model_key, channel_key, currency, \(Self.columns))
        SELECT hour, model, channel, 'USD', \(Self.values)
        FROM (
            SELECT h AS hour, m AS model, c AS channel, \(Self.noise("extract(epoch FROM h)::bigint + m * 7 + c")) AS n
            FROM generate_series('2024-04-01 00:00:00+00'::timestamptz, '2025-03-31 23:00:00+00', '1 hour') AS h,
                generate_series(1, 4) AS m, generate_series(1, 2) AS c
        ) AS drawn;
        INSERT INTO taximeter.gpu_cost_hourly (
            gpu_pool_key, hour, model, currency, node_microseconds, peak_nodes, gpus_per_node, cost)
        SELECT 1, h, '', 'USD', 3600000000 * 200, 278, 8, 3200
        FROM generate_series('2024-04-01 00:00:00+00'::timestamptz, '2025-03-31 23:00:00+00', '1 hour') AS h;
        """
    }

    private var months: String {
        """
        INSERT INTO taximeter.margin_account_month (
            month, account_key, model_key, channel_key, currency, \(Self.columns))
        SELECT month, account, model, 1 + (account % 10 = 0)::integer, 'USD', \(Self.values)
        FROM (
            SELECT month, a AS account, m AS model, \(Self.noise("a * 10 + m")) AS n
            FROM (VALUES ('2025-02-01 00:00:00+00'::timestamptz), ('2025-03-01 00:00:00+00')) AS months (month),
                generate_series(1, \(Self.accounts)) AS a, generate_series(1, 4) AS m
        ) AS drawn
        ORDER BY month, account;
        INSERT INTO taximeter.account_month (
            account_key, month, currency, output_tokens, theoretical_amount, list_amount, net_amount, cost,
            invoiced_exact, invoiced, fees, total, due, collected)
        SELECT account, month, 'USD', n * 500, n * 0.0012345678, n * 0.0012345678, net, n * 0.000434567890123456, net,
            round(net, 2), fee, round(net, 2) + fee, round(net, 2) + fee, (account % 3) * round(net, 2)
        FROM (
            SELECT month, a AS account, \(Self.noise("a")) AS n, \(Self.noise("a")) * 0.000934567890123456 AS net,
                (a % 10 = 1)::integer * 20 AS fee
            FROM generate_series('2024-04-01 00:00:00+00'::timestamptz, '2025-03-01 00:00:00+00', '1 month') AS month,
                generate_series(1, \(Self.accounts)) AS a
        ) AS drawn
        ORDER BY month, account;
        """
    }
}
