import Dispatch
import PostgresWire
import Synchronization
import Taximeter

/// A month of usage made in the database itself: so that its size is bounded by the disk alone. Always the same.
///
/// Event by event the account is drawn by Zipf's law from 100,000, the model from four; instants are spread evenly over
/// the month, and events lie in the order in which they completed.
struct JobsWorkload {
    static let accounts = 100_000
    static let days = 30
    static let book = """
        price_book: bench
        currency: USD
        tariffs:
        \((1...4).map(tariff).joined(separator: "\n"))
        """

    let events: Int

    private static func tariff(_ model: Int) -> String {
        """
          - model: model-\(model)
            versions:
              - from: 2025-01-01T00:00:00Z
                rates: {cache_hit: "0.\(model)4", cache_miss: "0.\(model)5", output: "\(model).19"}
                schedules:
                  - {name: night, time_zone: UTC, from: "16:30", until: "00:30", factor: 0.25}
                tiers:
                  - name: volume
                    counter: tariff
                    mode: graduated
                    steps: [{up_to: 1000000}, {up_to: 10000000, factor: 0.9}, {factor: 0.8}]
        """
    }

    /// Stores the events, two days at a time, with the marks that the ingestion would have left.
    func store(_ options: ConnectionOptions) throws {
        let connection = try Connection.open(options)
        try connection.runScript(
            """
            INSERT INTO taximeter.account (account_key, external_id)
            SELECT n, 'account-' || n FROM generate_series(1, \(Self.accounts)) AS n;
            INSERT INTO taximeter.model (model_key, name) SELECT n, 'model-' || n FROM generate_series(1, 4) AS n;
            INSERT INTO taximeter.channel (channel_key, name) VALUES (1, 'api'), (2, 'web');
            INSERT INTO taximeter.service_tier (service_tier_key, name) VALUES (1, 'standard'), (2, 'batch');
            """)
        let failure = Mutex<(any Error)?>(nil)
        DispatchQueue.concurrentPerform(iterations: 2) { worker in
            do {
                let connection = try Connection.open(options)
                for day in stride(from: worker, to: Self.days, by: 2) { try store(day: day, connection) }
            } catch {
                failure.withLock { $0 = error }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
        // Nothing that is measured should pay for what the first reader of new rows does.
        try connection.execute("VACUUM ANALYZE taximeter.usage_event")
        try connection.execute("CHECKPOINT")
    }

    private func store(day: Int, _ connection: Connection) throws {
        let start = "timestamptz '2025-03-01 00:00:00+00' + interval '\(day) days'"
        let count = events / Self.days
        // From 0 to 1; looks random, and is that of the event alone.
        func noise(_ salt: Int) -> String {
            "((hashint8extended(n, \(salt)) & 9007199254740991)::float8 / 9007199254740992)"
        }
        try connection.runScript(
            """
            SELECT taximeter.ensure_usage_partition('2025-03-01'::date + \(day));
            INSERT INTO taximeter.usage_event (
                account_key, completed_at, started_at, cache_hit_tokens, cache_miss_tokens, cache_write_tokens,
                cache_write_1h_tokens, output_tokens, requests, model_key, channel_key, service_tier_key, request_id)
            SELECT
                account, at, at - interval '3 seconds', 4000 * \(noise(3)), 3000 * \(noise(4)), 0, 0, 2000 * \(noise(5)),
                1, ceil(4 * power(\(noise(2)), 2)), 1 + (account % 10 = 0)::integer, 1 + (account % 7 = 0)::integer,
                'r' || n
            FROM (
                SELECT n, floor(power(\(Self.accounts), \(noise(1))))::bigint AS account,
                    \(start) + interval '86400 seconds' * (n % \(count) / \(count)::float8) AS at
                FROM generate_series(\(day * count), \((day + 1) * count - 1)) AS n
            ) AS drawn;
            INSERT INTO taximeter.dirty_hour (hour) SELECT \(start) + interval '1 hour' * h FROM generate_series(0, 23) AS h;
            """)
    }
}
