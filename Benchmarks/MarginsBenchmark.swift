import PostgresWire
import Taximeter
import TaximeterPostgres

/// The margins of a day of 100,000 accounts and 600,000 charges, computed anew, next to a hand-written GROUP BY of the same
/// charges by account, model and channel: no cost, no hours, no month. Then the same day in a month that has twenty more.
struct MarginsBenchmark {
    let options: ConnectionOptions
    private static let (accounts, charges) = (100_000, 600_000)
    private static let runs = 3

    func run() throws {
        print(
            "margins: a day of \(Self.accounts) accounts and \(Self.charges) charges, seconds (least of \(Self.runs))")
        let connection = try Connection.open(options)
        try connection.runScript("SET statement_timeout = 0;" + names + usage)
        try connection.execute("VACUUM ANALYZE")
        let store = Store(options)
        let (alone, plain) = try (
            least { try compute(store, connection) }, least { try connection.runScript(Self.baseline) }
        )
        print("  \(Benchmark.hundredths(alone))  the day and its month")
        print("  \(Benchmark.hundredths(plain))  GROUP BY of its charges, by hand")
        try connection.runScript(otherDays)
        try connection.execute("VACUUM ANALYZE")
        print("  \(Benchmark.hundredths(try least { try compute(store, connection) }))  in a month of 21 such days")
    }

    private func compute(_ store: Store, _ connection: Connection) throws {
        try connection.runScript(
            "INSERT INTO taximeter.margin_dirty (day, marker) VALUES ('2025-03-10 00:00:00+00', pg_current_xact_id())")
        try store.run()
    }

    private func least(_ work: () throws -> Void) throws -> Double {
        let clock = ContinuousClock()
        return try (0..<Self.runs).map { _ in
            let time = try clock.measure(work).components
            return Double(time.seconds) + Double(time.attoseconds) / 1e18
        }.min() ?? 0
    }

    private static let baseline = """
        SELECT count(*) FROM (
            SELECT account_key, model_key, channel_key, currency, sum(events) AS a, sum(requests) AS b,
                sum(cache_hit_tokens) AS c, sum(cache_miss_tokens) AS d, sum(cache_write_tokens) AS e,
                sum(cache_write_1h_tokens) AS f, sum(output_tokens) AS g, sum(theoretical_amount) AS h,
                sum(list_amount) AS i, sum(monetised_amount) AS j, sum(scheduled_amount) AS k, sum(tiered_amount) AS l,
                sum(contracted_amount) AS m, sum(net_amount) AS n, sum(cache_hit_amount) AS o,
                sum(cache_miss_amount) AS p, sum(output_amount) AS q
            FROM taximeter.charge WHERE slot_start >= '2025-03-10Z' AND slot_start < '2025-03-11Z' GROUP BY 1, 2, 3, 4
            OFFSET 0
        ) AS sums WHERE a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q > 0
        """

    private var names: String {
        """
        INSERT INTO taximeter.account (account_key, external_id)
        SELECT n, 'account-' || n FROM generate_series(1, \(Self.accounts)) AS n;
        INSERT INTO taximeter.model (model_key, name) SELECT n, 'model-' || n FROM generate_series(1, 4) AS n;
        INSERT INTO taximeter.channel (channel_key, name) VALUES (1, 'api'), (2, 'web');
        INSERT INTO taximeter.service_tier (service_tier_key, name) VALUES (1, 'standard') ON CONFLICT DO NOTHING;
        INSERT INTO taximeter.gpu_pool (gpu_pool_key, name, gpu, gpus_per_node) VALUES (1, 'h800', 'H800', 8);
        INSERT INTO taximeter.allocation_policy (name, effective_from, definition) VALUES ('default', '2025-01-01Z',
            '{"method":"phase_weights","throughput":{"cache_hit":"73700","cache_miss":"73700","output":"14800"}}');
        """
    }

    private var usage: String {
        """
        INSERT INTO taximeter.charge (
            account_key, slot_start, model_key, channel_key, service_tier_key, input_floor, output_floor, unrated_classes,
            period_start, events, requests, cache_hit_tokens, cache_miss_tokens, cache_write_tokens,
            cache_write_1h_tokens, output_tokens, currency, tariff_version_key, theoretical_amount, list_amount,
            monetised_amount, scheduled_amount, tiered_amount, contracted_amount, net_amount, cache_hit_amount,
            cache_miss_amount, cache_write_amount, cache_write_1h_amount, output_amount)
        SELECT account, '2025-03-10Z'::timestamptz + make_interval(hours => (account * 7 + part * 4) % 24),
            1 + (account + part / 3) % 4, 1 + account % 2, 1, 0, 0, 0, '2025-03-01Z', 1, 1, n * 1000, n * 800, 0, 0, n * 500,
            'USD', 1, n * 0.001734567890123456, n * 0.001534567890123456, n * 0.001434567890123456,
            n * 0.000934567890123456, n * 0.000934567890123456, n * 0.000934567890123456, n * 0.000934567890123456,
            n * 0.000234567890123456, n * 0.0002, 0, 0, n * 0.0005
        FROM (
            SELECT account, part, 1 + abs(hashint8(account * 10 + part) % 5000) AS n
            FROM generate_series(1, \(Self.accounts)) AS account,
                generate_series(0, \(Self.charges / Self.accounts - 1)) AS part
        ) AS drawn;
        INSERT INTO taximeter.gpu_cost_hourly (
            gpu_pool_key, hour, model, currency, node_microseconds, peak_nodes, gpus_per_node, cost)
        SELECT 1, h, '', 'USD', 3600000000 * 200, 278, 8, 3200
        FROM generate_series('2025-03-10Z'::timestamptz, '2025-03-10 23:00:00Z', '1 hour') AS h;
        """
    }

    private var otherDays: String {
        let columns = """
            account_key, model_key, channel_key, currency, events, requests, cache_hit_tokens, cache_miss_tokens,
            cache_write_tokens, cache_write_1h_tokens, output_tokens, theoretical_amount, list_amount, monetised_amount,
            scheduled_amount, tiered_amount, contracted_amount, net_amount, unpriced_events, cache_hit_cost,
            cache_miss_cost, cache_write_cost, cache_write_1h_cost, output_cost, idle_cost, headroom_cost,
            cache_hit_amount, cache_miss_amount, cache_write_amount, cache_write_1h_amount, output_amount
            """
        return """
            INSERT INTO taximeter.margin_account_day (day, \(columns))
            SELECT d, \(columns) FROM taximeter.margin_account_day
            CROSS JOIN generate_series('2025-03-11Z'::timestamptz, '2025-03-30Z', '1 day') AS d
            WHERE day = '2025-03-10Z'
            """
    }
}
