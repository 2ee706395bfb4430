import Foundation
import Glibc
import PostgresWire
import Synchronization
import Taximeter
import TaximeterPostgres

/// Asking what an account can spend: the store over the Unix socket, next to a SELECT 1; and the cache in memory, next to a
/// look into a dictionary.
struct BalanceBenchmark {
    static let accounts = 1_000
    static let checks = 4_000
    static let checksInARow = 100
    static let together = 8
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
        print("the balance of an account, by one connection, median and 99th percentile of \(Self.checks)")
        try ask(accounts, store, "nothing else running: each side waits for the other's processor to wake up")
        try Self.withProcessorsAwake {
            try ask(accounts, store, "processors kept awake by work that gives way to all other: a machine in use")
        }
        try askTogether(accounts)
        try measureReservations(accounts, store)
        try measureCache(accounts, store)
    }

    /// Durable, so mostly the wait for the disk; each keeps the account's balance.
    private func measureReservations(_ accounts: [Identifier], _ store: Store) throws {
        let connection = try Connection.open(options)
        try connection.execute("CREATE TABLE one_row (number bigint)")
        let clock = ContinuousClock()
        let amount = try Money("0.01", .usd)
        var reserved: [Duration] = []
        var settled: [Duration] = []
        var plain: [Duration] = []
        for (index, account) in accounts.enumerated() {
            let id = try Identifier("measured-\(index)")
            var start = clock.now
            guard try store.reserve(account, id: id, amount, for: .seconds(60)) == .reserved else {
                throw Workload.OutOfRange()
            }
            reserved.append(clock.now - start)
            start = clock.now
            guard try store.settle(account, id: id, amount) == .settled else { throw Workload.OutOfRange() }
            settled.append(clock.now - start)
            start = clock.now
            try connection.withTransaction { _ = try connection.execute("INSERT INTO one_row VALUES (1)") }
            plain.append(clock.now - start)
        }
        print("a reservation of an account with ten others, durable, median and 99th percentile of \(accounts.count)")
        print("  \(Self.microseconds(reserved)) µs to reserve, \(Self.microseconds(settled)) µs to settle")
        print("  \(Self.microseconds(plain)) µs  a transaction that inserts one row")
    }

    /// A virtual processor that halts is woken by its host, which can take longer than an answer.
    private static func withProcessorsAwake(_ body: () throws -> Void) rethrows {
        final class Flag: Sendable { let isSet = Atomic(false) }
        let end = Flag()
        for _ in 0..<sysconf(Int32(_SC_NPROCESSORS_ONLN)) {
            // A thread of its own, because it keeps what it is set to.
            Thread.detachNewThread {
                var lowest = sched_param()
                // SCHED_IDLE of sched(7), which Swift does not import.
                sched_setscheduler(0, 5, &lowest)
                while !end.isSet.load(ordering: .relaxed) {}
            }
        }
        defer { end.isSet.store(true, ordering: .relaxed) }
        try body()
    }

    private func ask(_ accounts: [Identifier], _ store: Store, _ state: String) throws {
        let connection = try Connection.open(options)
        let clock = ContinuousClock()
        var asked: [Duration] = []
        var made: [Duration] = []
        var plain: [Duration] = []
        // After that instant nothing is kept.
        guard let later = SystemClock.now.advanced(byMicroseconds: Instant.day) else { throw Workload.OutOfRange() }
        // Each many times in a row, as one who keeps asking would; in turn, so that a machine that changes speed changes all.
        func measure(_ durations: inout [Duration], _ ask: (Identifier) throws -> Bool) throws {
            for index in durations.count..<durations.count + Self.checksInARow {
                let start = clock.now
                guard try ask(accounts[index * 7 % Self.accounts]) else { throw Workload.OutOfRange() }
                durations.append(clock.now - start)
            }
        }
        var busy = 0.0
        while asked.count < Self.checks {
            let start = Self.threadSeconds
            try measure(&asked) { try store.balance(of: $0) != nil }
            busy += Self.threadSeconds - start
            try measure(&plain) { _ in try connection.query(One()).first == 1 }
            try measure(&made) { try store.balance(of: $0, at: later) != nil }
        }
        print("  \(state)")
        let own = Int(busy / Double(Self.checks) * 1e6)
        print("  \(Self.microseconds(asked)) µs; \(own) µs of the caller's processor")
        print("  \(Self.microseconds(made)) µs  at an instant for which no balance is kept: made from its parts")
        print("  \(Self.microseconds(plain)) µs  SELECT 1, one round trip")
    }

    /// More who ask than there are processors.
    private func askTogether(_ accounts: [Identifier]) throws {
        let store = Store(options, connections: Self.together)
        defer { store.close() }
        let pool = ConnectionPool(options, limit: Self.together)
        defer { pool.close() }
        try Benchmark(
            name: "balances, asked for by \(Self.together) threads at once", unit: "balances", runs: 5,
            subject: { try Self.together(accounts) { try store.balance(of: $0) != nil } },
            baselineName: "SELECT 1 by as many",
            baseline: {
                try Self.together(accounts) { _ in
                    try pool.withConnection { try $0.query(One()).first == 1 }
                }
            }
        ).run()
    }

    /// How often it was answered.
    private static func together(
        _ accounts: [Identifier], _ ask: @escaping @Sendable (Identifier) throws -> Bool
    ) throws -> Int {
        let answered = Mutex(0)
        let group = DispatchGroup()
        for thread in 0..<together {
            group.enter()
            Thread.detachNewThread {
                let own = (0..<checks / together).count { index in
                    (try? ask(accounts[(index * 7 + thread) % Self.accounts])) == true
                }
                answered.withLock { $0 += own }
                group.leave()
            }
        }
        group.wait()
        guard answered.withLock({ $0 }) == checks else { throw Workload.OutOfRange() }
        return checks
    }

    private func measureCache(_ accounts: [Identifier], _ store: Store) throws {
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

    /// Two grants, a year of periods, ten open reservations of which one expires every minute, two limits for each account.
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
            SELECT account_key, 'r' || n, 0.01, 'USD', now() + n * interval '1 minute', now()
            FROM taximeter.account, generate_series(1, 10) AS n
            WHERE external_id LIKE 'prepaid-%';
            INSERT INTO taximeter.spend_limit (account_key, name, is_hard, amount, currency, thresholds)
            SELECT account_key, 'l' || n, true, 1000 * n, 'USD', '{50,100}' FROM taximeter.account, generate_series(1, 2) AS n
            WHERE external_id LIKE 'prepaid-%';
            SELECT taximeter.keep_balances(array_agg(account_key)) FROM taximeter.account WHERE external_id LIKE 'prepaid-%';
            ANALYZE taximeter.account, taximeter.account_balance, taximeter.account_period, taximeter.reservation, taximeter.spend_limit,
                taximeter.credit_grant, taximeter.grant_balance, taximeter.credit_account;
            """)
    }

    /// The processor time that this thread has taken.
    private static var threadSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Their median and 99th percentile.
    private static func microseconds(_ durations: [Duration]) -> String {
        let sorted = durations.sorted()
        func text(_ duration: Duration) -> String {
            let tenths = duration.components.attoseconds / 100_000_000_000
            return "\(tenths / 10).\(tenths % 10)"
        }
        return "\(text(sorted[sorted.count / 2])) (\(text(sorted[sorted.count * 99 / 100])))"
    }
}
