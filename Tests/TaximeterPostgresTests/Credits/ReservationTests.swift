import PostgresWire
import Synchronization
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// What is held before a request is served.
@Suite struct ReservationTests {
    private let bench: CreditBench
    private let acme: Identifier

    init() throws {
        bench = try CreditBench()
        acme = try Identifier("acme")
    }

    private func reserve(
        _ id: String, _ amount: String, seconds: Int = 600, at now: String = "2026-01-15T00:00:00Z"
    ) throws -> ReservationAnswer {
        try bench.store.reserve(acme, id: Identifier(id), usd(amount), for: .seconds(seconds), at: instant(now))
    }

    private func settle(_ id: String, _ amount: String) throws -> SettlementAnswer {
        try bench.store.settle(acme, id: Identifier(id), usd(amount))
    }

    @Test func holdsUntilItExpires() throws {
        try bench.grant("paid", "10")
        #expect(try reserve("a", "6") == .reserved)
        #expect(try reserve("b", "5") == .insufficient(available: usd("4")))
        #expect(try reserve("b", "4") == .reserved)
        #expect(try reserve("c", "0.000000000000000001") == .insufficient(available: usd("0")))
        #expect(try reserve("c", "0") == .reserved)
        // By themselves, to the microsecond.
        #expect(try bench.balance(at: "2026-01-15T00:09:59.999999Z")?.reserved == usd("10"))
        #expect(try bench.balance(at: "2026-01-15T00:10:00Z")?.reserved == usd("0"))
        #expect(try reserve("d", "10", at: "2026-01-15T00:10:00Z") == .reserved)
    }

    @Test func theSameIDAgain() throws {
        try bench.grant("paid", "10")
        #expect(try reserve("a", "6") == .reserved)
        #expect(try reserve("a", "6") == .reserved)
        #expect(try bench.balance()?.reserved == usd("6"))
        #expect(try reserve("a", "5") == .conflict)
        #expect(try bench.balance()?.reserved == usd("6"))
        // An id whose reservation expired and was never settled holds nothing, so it is free.
        #expect(try reserve("a", "7", at: "2026-01-15T01:00:00Z") == .reserved)
        #expect(try settle("a", "2") == .settled)
        #expect(try reserve("a", "7", at: "2026-01-15T02:00:00Z") == .conflict)
    }

    @Test func settlingAndReleasing() throws {
        try bench.grant("paid", "10")
        #expect(try reserve("a", "6") == .reserved)
        #expect(try settle("a", "2.5") == .settled)
        #expect(try settle("a", "2.5") == .settled)
        #expect(try settle("a", "2.6") == .conflict)
        // Held until it expires: nothing is free between settling and rating.
        #expect(try bench.balance()?.reserved == usd("2.5"))
        #expect(try bench.store.release(acme, id: Identifier("a")) == false)
        #expect(try reserve("b", "7.5") == .reserved)
        #expect(try bench.store.release(acme, id: Identifier("b")) == true)
        #expect(try bench.store.release(acme, id: Identifier("b")) == true)
        #expect(try settle("b", "1") == .unknown)
        #expect(try bench.balance()?.available == usd("7.5"))
        // What cost more than was reserved is held as well; the balance says so.
        #expect(try reserve("c", "7.5") == .reserved)
        #expect(try settle("c", "9") == .settled)
        #expect(try bench.balance()?.available == usd("-1.5"))
        #expect(try bench.store.settle(Identifier("nobody"), id: Identifier("a"), usd("1")) == .unknown)
    }

    @Test func whatCannotBe() throws {
        try bench.grant("paid", "10")
        #expect(throws: StoreError.self) { try reserve("a", "-1") }
        #expect(throws: StoreError.self) { try reserve("a", "1", seconds: 0) }
        #expect(throws: StoreError.self) { try reserve("a", "1", seconds: 367 * 86_400) }
        #expect(throws: StoreError.self) { try settle("a", "-1") }
        let error = #expect(throws: StoreError.self) {
            try bench.store.reserve(acme, id: Identifier("a"), Money("1", .cny), for: .seconds(1))
        }
        #expect(error?.description == "the money of acme is USD, not CNY")
        let nobody = try Identifier("nobody")
        #expect(
            try bench.store.reserve(nobody, id: Identifier("a"), usd("1"), for: .seconds(1))
                == .insufficient(available: usd("0")))
        // A snapshot from before the lock would not see what others hold.
        let connection = try Connection.open(bench.database.options)
        let refused = #expect(throws: PostgresError.self) {
            try connection.withTransaction(TransactionSettings(isolation: .repeatableRead)) {
                _ = try connection.query(
                    Reserve(account: acme, id: acme, amount: usd("1"), microseconds: 1, instant: nil))
            }
        }
        #expect(refused?.sqlState == "25000")
    }

    @Test func hardLimitsRefuse() throws {
        let now = try instant("2026-01-15T00:00:00Z")
        try bench.period("2026-01", "30")
        try bench.database.psql(
            """
            INSERT INTO taximeter.plan_version (plan, effective_from, currency, definition) VALUES ('p', '2025-01-01', 'USD', '{}');
            INSERT INTO taximeter.subscription (account_key, effective_from, plan)
            SELECT account_key, '2025-01-01', 'p' FROM taximeter.account
            """)
        #expect(try reserve("free", "1000") == .reserved)
        #expect(try bench.store.release(acme, id: Identifier("free")))
        let (monthly, soft) = try (Identifier("monthly"), Identifier("soft"))
        try bench.store.set(SpendLimit(account: acme, name: soft, amount: usd("1")), at: now)
        try bench.store.set(SpendLimit(account: acme, name: monthly, isHard: true, amount: usd("50")), at: now)
        try bench.store.set(
            SpendLimit(account: acme, name: Identifier("wide"), isHard: true, amount: usd("500")), at: now)
        #expect(try reserve("a", "21") == .limitReached(.init(name: monthly, left: usd("20"))))
        #expect(try reserve("a", "15") == .reserved)
        #expect(try reserve("b", "6") == .limitReached(.init(name: monthly, left: usd("5"))))
        #expect(try bench.balance()?.spendable == usd("5"))
        // Another period has its own.
        #expect(try reserve("b", "50", at: "2026-02-01T00:00:00Z") == .reserved)
        #expect(try bench.store.removeLimit(monthly, of: acme))
        #expect(try reserve("c", "100") == .reserved)
    }

    /// Whoever crashes between reserving and settling leaves nothing behind for longer than he said.
    @Test func aCrashLeaksNothing() throws {
        try bench.grant("paid", "10")
        do {
            let store = Store(bench.database.options)
            #expect(
                try store.reserve(
                    acme, id: Identifier("a"), usd("10"), for: .seconds(60), at: instant("2026-01-15T00:00:00Z"))
                    == .reserved)
            // The backend dies too.
            try bench.database.psql(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'taximeter'
                """)
        }
        #expect(try reserve("b", "1", at: "2026-01-15T00:00:59Z") == .insufficient(available: usd("0")))
        #expect(try reserve("b", "10", at: "2026-01-15T00:01:00Z") == .reserved)
        // An answer that was lost: asking again under the same id is the same reservation.
        #expect(try reserve("b", "10", at: "2026-01-15T00:01:00Z") == .reserved)
        // Rows go a day after they expired; the control is the one that expired later.
        try bench.store.settleCredits(at: instant("2026-01-16T00:05:00Z"))
        #expect(try bench.database.psql("SELECT reservation_id FROM taximeter.reservation") == "b\n")
    }

    /// Whatever many threads ask for at once, and however often their connections are cut: what is granted never exceeds
    /// the balance, and an answer of `reserved` is a row.
    @Test func manyAtOnce() async throws {
        let acme = acme
        try await withSeed { generator in
            var killed = 0
            for _ in 0..<20 where killed == 0 {
                let bench = try CreditBench()
                try bench.grant("paid", "20")
                let seeds = (0..<8).map { _ in generator.next() }
                let killer = BackendKiller(bench.database.options, everyMilliseconds: 50)
                let held = try concurrently(8) { thread in
                    var generator = SeededGenerator(seed: seeds[thread])
                    let store = Store(bench.database.options, connections: 1)
                    defer { store.close() }
                    var held: [String: Int128] = [:]
                    for index in 0..<30 {
                        let cents = Int.random(in: 1...100, using: &generator)
                        let amount = try usd("0.\(cents / 10)\(cents % 10)")
                        let id = "\(thread)-\(index)"
                        if try store.reserve(
                            acme, id: Identifier(id), amount, for: .seconds(600), at: instant("2026-01-15T00:00:00Z"))
                            == .reserved
                        {
                            held[id] = amount.units
                        }
                    }
                    return held
                }
                killed = try killer.stop()
                let granted = held.flatMap(\.values).reduce(0, +)
                let balance = try #require(try bench.balance())
                #expect(try balance.reserved.units == granted && granted <= usd("20").units)
                // There was more asked for than there is: what is left is less than anybody may want.
                #expect(try balance.available.isLess(than: usd("1.01")))
            }
            #expect(killed > 0)
        }
    }

    /// Where each transaction may run on another connection of the server's.
    @Test(.enabled(if: Bouncer.isInstalled, "pgbouncer is not installed")) func throughAPooler() throws {
        try bench.grant("paid", "20")
        let (bench, acme) = (bench, acme)
        let granted = try concurrently(4) { thread in
            let store = try bench.database.bouncedStore()
            defer { store.close() }
            var granted = 0
            for index in 0..<10 {
                let id = try Identifier("\(thread)-\(index)")
                if try store.reserve(acme, id: id, usd("1"), for: .seconds(60)) == .reserved { granted += 1 }
                #expect(try store.balance(of: acme) != nil)
            }
            return granted
        }
        #expect(granted.reduce(0, +) == 20)
        #expect(try bench.store.balance(of: acme)?.available == usd("0"))
    }

    /// The control: without the lock, the same threads spend more than there is.
    @Test func theLockIsNeeded() throws {
        try bench.grant("paid", "3")
        let lock = "PERFORM pg_advisory_xact_lock(hashtextextended('taximeter.credits', key));"
        let source = try bench.database.psql("SELECT pg_get_functiondef('taximeter.reserve'::regproc)")
        #expect(source.contains(lock))
        let unlocked = source.replacing(lock, with: "").replacing(
            "    ELSE\n        INSERT INTO", with: "    ELSE\n        PERFORM pg_sleep(1);\n        INSERT INTO")
        #expect(unlocked.contains("pg_sleep"))
        let (bench, acme) = (bench, acme)
        func granted(_ round: String) throws -> Int {
            let answers: [ReservationAnswer] = try concurrently(6) { thread in
                let store = Store(bench.database.options, connections: 1)
                defer { store.close() }
                return try store.reserve(
                    acme, id: Identifier("\(round)\(thread)"), usd("1"), for: .seconds(60),
                    at: instant(round == "locked" ? "2026-01-15T00:00:00Z" : "2026-01-16T00:00:00Z"))
            }
            return answers.count { $0 == .reserved }
        }
        #expect(try granted("locked") == 3)
        try bench.database.psql(unlocked)
        #expect(try granted("unlocked") > 3)
    }
}
