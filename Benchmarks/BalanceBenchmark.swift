import Glibc
import PostgresWire
import Taximeter
import TaximeterPostgres

/// Asking what an account can spend: the store over the Unix socket, next to a SELECT 1; and the cache in memory, next to a
/// look into a dictionary.
struct BalanceBenchmark {
    static let accounts = 1_000
    static let checks = 2_000
    static let cachedChecks = 200_000

    let options: ConnectionOptions

    private struct One: Statement {
        var sql: SQL { "SELECT 1" }
        static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int32 { try row.get(0) }
    }

    func run() throws {
        let store = Store(options, connections: 1)
        defer { store.close() }
        let accounts = try (0..<Self.accounts).map { try Identifier("prepaid-\($0)") }
        try prepare(accounts, store)
        let connection = try Connection.open(options)
        let clock = ContinuousClock()
        var asked: [Duration] = []
        var plain: [Duration] = []
        // In turn, so that a machine that changes speed changes both.
        for index in 0..<Self.checks {
            let start = clock.now
            guard try store.balance(of: accounts[index * 7 % Self.accounts]) != nil else { throw Workload.OutOfRange() }
            let middle = clock.now
            _ = try connection.query(One())
            asked.append(middle - start)
            plain.append(clock.now - middle)
        }
        print("the balance of an account, by one connection, median of \(Self.checks)")
        print("  \(Self.microseconds(asked)) µs")
        print("  \(Self.microseconds(plain)) µs  SELECT 1, one round trip")

        let cache = BalanceCache(store)
        cache.start()
        defer { cache.stop() }
        let amount = try Money("0.01", .usd)
        let cached = accounts.map(cache.account)
        while cached.contains(where: { $0.allows(amount) == nil }) { usleep(10_000) }
        let dictionary = Dictionary(uniqueKeysWithValues: accounts.map { ($0, amount) })
        try Benchmark(
            name: "the cached check of an account", unit: "checks", runs: 25,
            subject: {
                var allowed = 0
                for index in 0..<Self.cachedChecks where cached[index % 100].allows(amount) == true {
                    allowed += 1
                }
                return allowed
            },
            baselineName: "a look into a dictionary of the same accounts, without a lock",
            baseline: {
                var found = 0
                for index in 0..<Self.cachedChecks where dictionary[accounts[index % 100]] != nil { found += 1 }
                return found
            }
        ).run()
    }

    /// Two grants, a year of periods, ten open reservations, two limits for each account.
    private func prepare(_ accounts: [Identifier], _ store: Store) throws {
        guard let now = Instant(microseconds: 1_767_225_600_000_000),
            let always = EffectivePeriod(from: UsageEvent.earliestInstant)
        else { throw Workload.OutOfRange() }
        for account in accounts {
            for kind in CreditGrant.Kind.allCases {
                try store.grant(
                    CreditGrant(
                        account: account, id: Identifier(kind.rawValue), kind: kind, amount: Money("1000", .usd),
                        effective: always), at: now)
            }
        }
        let connection = try Connection.open(options)
        try connection.runScript(
            """
            INSERT INTO taximeter.account_period (
                account_key, period_start, period_end, stale, currency, net_amount, invoiced_amount)
            SELECT account_key, m, m + interval '1 month', false, 'USD', 12.345, CASE WHEN m < '2025-12-01' THEN 12.345 ELSE 0 END
            FROM taximeter.account, generate_series(timestamptz '2025-01-01 00:00+00', '2025-12-01 00:00+00', '1 month') AS m
            WHERE external_id LIKE 'prepaid-%';
            INSERT INTO taximeter.reservation (account_key, reservation_id, amount, currency, expires_at, made_at)
            SELECT account_key, 'r' || n, 0.01, 'USD', '2100-01-01', '2026-01-01' FROM taximeter.account, generate_series(1, 10) AS n
            WHERE external_id LIKE 'prepaid-%';
            INSERT INTO taximeter.spend_limit (account_key, name, is_hard, amount, currency, thresholds)
            SELECT account_key, 'l' || n, true, 1000 * n, 'USD', '{50,100}' FROM taximeter.account, generate_series(1, 2) AS n
            WHERE external_id LIKE 'prepaid-%';
            ANALYZE taximeter.account, taximeter.account_period, taximeter.reservation, taximeter.spend_limit,
                taximeter.credit_grant, taximeter.grant_balance, taximeter.credit_account;
            """)
    }

    private static func microseconds(_ durations: [Duration]) -> String {
        let median = durations.sorted()[durations.count / 2].components.attoseconds / 100_000_000_000
        return "\(median / 10).\(median % 10)"
    }
}
