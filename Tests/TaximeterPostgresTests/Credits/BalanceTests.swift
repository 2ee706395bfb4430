import Foundation
import PostgresWire
import Synchronization
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// What an account has, and what is spoken for.
@Suite struct BalanceTests {
    @Test func everyPartOfIt() throws {
        let bench = try CreditBench()
        #expect(try bench.balance() == nil)
        try bench.grant("paid", "100")
        try bench.grant("gone", "30", kind: .granted, until: "2026-01-10T00:00:00Z")
        try bench.grant("ahead", "7", kind: .granted, from: "2026-02-01T00:00:00Z")
        #expect(try bench.balance()?.credits == usd("100"))
        #expect(try bench.balance(at: "2026-01-09T23:59:59.999999Z")?.credits == usd("130"))
        #expect(try bench.balance(at: "2026-02-01T00:00:00Z")?.credits == usd("107"))
        // Charges count until an invoice covers them: also a correction below what was invoiced.
        try bench.period("2025-11", "20", billed: "20")
        try bench.period("2025-12", "4.5", billed: "5")
        try bench.period("2026-01", "11.000000000000000001")
        #expect(try bench.balance()?.unbilled == usd("10.500000000000000001"))
        #expect(try bench.balance()?.available == usd("89.499999999999999999"))
        #expect(try bench.balance("other") == nil)
        let all = try bench.store.balances(
            of: [Identifier("acme"), Identifier("other")], at: instant("2026-01-15T00:00:00Z"))
        let balance = try bench.balance()
        #expect(all.count == 1 && all.first?.value == balance)
        // Postpaid accounts without credits owe what is unbilled.
        try bench.period("2026-01", "3", account: "postpaid")
        #expect(try bench.balance("postpaid")?.available == usd("-3"))
    }

    /// By the plan in force; without one, nothing was agreed and only what is there can be spent.
    @Test func whoIsPrepaid() throws {
        let bench = try CreditBench()
        try bench.period("2026-01", "3")
        #expect(try bench.balance()?.isPrepaid == true)
        try bench.database.psql(
            """
            INSERT INTO taximeter.plan_version (plan, effective_from, currency, definition) VALUES
                ('p', '2025-01-01', 'USD', '{"payment":"prepaid"}'), ('p', '2026-01-10', 'USD', '{}'),
                ('p', '2026-01-20', 'USD', '{"payment":"prepaid"}');
            INSERT INTO taximeter.subscription (account_key, effective_from, effective_until, plan)
            SELECT account_key, '2026-01-01 00:00+00', '2026-01-25 00:00+00', 'p' FROM taximeter.account
            """)
        for (day, isPrepaid) in [("05", true), ("15", false), ("21", true), ("26", true)] {
            #expect(try bench.balance(at: "2026-01-\(day)T00:00:00Z")?.isPrepaid == isPrepaid, "\(day)")
        }
        #expect(try bench.balance(at: "2026-01-15T00:00:00Z")?.spendable == nil)
        #expect(try bench.balance(at: "2026-01-21T00:00:00Z")?.spendable == usd("-3"))
    }

    @Test func twoCurrenciesAreAnError() throws {
        let bench = try CreditBench()
        try bench.grant("paid", "100")
        try bench.period("2026-01", "3", currency: "CNY")
        let error = #expect(throws: StoreError.self) { try bench.balance() }
        #expect(error?.description == "acme has money in USD and in CNY: another currency is another account")
        #expect(try bench.store.balances(of: [Identifier("acme")]) == [:])
    }

    /// The serving process knows and holds, and can do nothing else with money.
    @Test func theWritersPart() throws {
        let bench = try CreditBench()
        try bench.grant("paid", "100")
        var options = bench.database.options
        options.sessionInit = { try $0.execute("SET ROLE taximeter_writer") }
        let store = Store(options)
        defer { store.close() }
        let acme = try Identifier("acme")
        #expect(try store.balance(of: acme)?.available == usd("100"))
        let connection = try Connection.open(options)
        for sql in [
            "SELECT FROM taximeter.credit_grant", "SELECT FROM taximeter.reservation",
            "SELECT FROM taximeter.ledger_transfer", "SELECT FROM taximeter.grant_balance",
            "UPDATE taximeter.grant_balance SET remaining = 1", "DELETE FROM taximeter.spend_limit",
            "INSERT INTO taximeter.reservation VALUES (1, 'r', 1, 'USD', now(), false, now())",
        ] {
            let error = #expect(throws: PostgresError.self) { try connection.execute(SQL(unsafe: sql)) }
            #expect(error?.sqlState == .insufficientPrivilege, "\(sql)")
        }
    }

    /// The cache answers what the store would, of accounts that it was asked for, while it is fresh.
    @Test func theCache() throws {
        let bench = try CreditBench()
        try bench.grant("paid", "100")
        let acme = try Identifier("acme")
        let cache = BalanceCache(bench.store, options: .init(maximumAge: .seconds(3_600)))
        let (cached, nobody) = try (cache.account(acme), cache.account(Identifier("nobody")))
        #expect(try cached.allows(usd("1")) == nil)
        cache.refresh()
        for (amount, isAllowed) in [("0", true), ("100", true), ("100.01", false)] {
            #expect(try cached.allows(usd(amount)) == isAllowed)
        }
        #expect(try cached.allows(Money("1", .cny)) == false)
        _ = try bench.store.reserve(acme, id: Identifier("r"), usd("60"), for: .seconds(60))
        #expect(try cached.allows(usd("50")) == true, "what was read last answers until the next refresh")
        cache.refresh()
        #expect(try cached.allows(usd("50")) == false)
        #expect(try nobody.allows(usd("0")) == nil)
    }

    /// Too old is nobody knows; and what cannot be refreshed says why.
    @Test func aStaleCacheAnswersNothing() throws {
        let bench = try CreditBench()
        try bench.grant("paid", "100")
        let acme = try Identifier("acme")
        let cache = BalanceCache(bench.store, options: .init(maximumAge: .zero))
        let cached = cache.account(acme)
        cache.refresh()
        #expect(cache.lastFailure == nil)
        #expect(try cached.allows(usd("1")) == nil)
        bench.store.close()
        cache.refresh()
        #expect(cache.lastFailure?.contains("the pool is closed") == true)
    }

    /// However old its clock's last tick is, no answer is by a balance that was read longer ago than was said; where the
    /// machine itself was stopped and has missed ticks, nothing can be said of it.
    @Test func theCacheAgesInTime() throws {
        let cached = try CachedAccount(Identifier("acme"))
        let balance = try Balance(credits: usd("5"), unbilled: usd("0"), reserved: usd("0"), isPrepaid: true)
        for _ in 0..<20 {
            cached.keep(balance, goodUntil: CoarseClock.now().advanced(by: .milliseconds(5)))
            usleep(5_000)
            if Self.hasMissedTicks() { continue }
            #expect(try cached.allows(usd("1")) == nil)
        }
        cached.keep(balance, goodUntil: CoarseClock.now().advanced(by: .seconds(Int64.max)))
        #expect(try cached.allows(usd("5")) == true)
        cached.keep(nil, goodUntil: CoarseClock.now().advanced(by: .seconds(60)))
        #expect(try cached.allows(usd("1")) == nil)
    }

    private static func hasMissedTicks() -> Bool {
        var tick = timespec()
        var now = timespec()
        clock_getres(CLOCK_MONOTONIC_COARSE, &tick)
        let coarse = CoarseClock.now().nanoseconds
        clock_gettime(CLOCK_MONOTONIC, &now)
        return now.tv_sec * 1_000_000_000 + now.tv_nsec - Int(coarse) > tick.tv_nsec
    }

    /// Amounts beyond 64 bits and below zero are kept whole.
    @Test(arguments: ["0", "-1", "-1000000", "18.446744073709551616", "123456789012.000000000000000001"])
    func theCacheKeepsAmounts(_ text: String) throws {
        let cached = try CachedAccount(Identifier("acme"))
        let most = try usd(text)
        let balance = try Balance(credits: most, unbilled: usd("0"), reserved: usd("0"), isPrepaid: true)
        cached.keep(balance, goodUntil: CoarseClock.now().advanced(by: .seconds(3_600)))
        #expect(cached.allows(most) == true)
        #expect(cached.allows(Money(units: most.units + 1, .usd)) == false)
        #expect(cached.allows(Money(units: most.units, .cny)) == false)
        let postpaid = try Balance(credits: most, unbilled: usd("0"), reserved: usd("0"), isPrepaid: false)
        cached.keep(postpaid, goodUntil: CoarseClock.now().advanced(by: .seconds(3_600)))
        #expect(try cached.allows(usd("1000000000000")) == true)
    }

    /// Who reads while a balance is written sees the one before or the one after, and no mixture: neither allows the amount,
    /// the currency of one with the number of the other would.
    @Test func theCacheIsReadWhole() throws {
        let cached = try CachedAccount(Identifier("acme"))
        let dollars = try Balance(credits: usd("5"), unbilled: usd("0"), reserved: usd("0"), isPrepaid: true)
        let none = try Money("0", .cny)
        let yuan = try Balance(credits: Money("1000", .cny), unbilled: none, reserved: none, isPrepaid: true)
        let amount = try usd("50")
        let until = CoarseClock.now().advanced(by: .seconds(3_600))
        cached.keep(dollars, goodUntil: until)
        let isDone = Atomic<Bool>(false)
        let mixtures = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: 3) { part in
            if part == 0 {
                for round in 0..<50_000 { cached.keep(round % 2 == 0 ? yuan : dollars, goodUntil: until) }
                isDone.store(true, ordering: .releasing)
            } else {
                while !isDone.load(ordering: .acquiring) {
                    if cached.allows(amount) != false { mixtures.add(1, ordering: .relaxed) }
                }
            }
        }
        #expect(mixtures.load(ordering: .relaxed) == 0)
    }

    /// Its own thread finds a new account and keeps it fresh.
    @Test func theCachesThread() throws {
        let bench = try CreditBench()
        try bench.grant("paid", "100")
        let acme = try Identifier("acme")
        let cache = BalanceCache(bench.store, options: .init(pause: .milliseconds(10), maximumAge: .seconds(60)))
        let cached = cache.account(acme)
        cache.start()
        defer { cache.stop() }
        func wait(for answer: Bool, _ amount: String) throws -> Bool {
            for _ in 0..<3_000 {
                if try cached.allows(usd(amount)) == answer { return true }
                usleep(10_000)
            }
            return false
        }
        #expect(try wait(for: true, "100"))
        try bench.grant("more", "50")
        #expect(try wait(for: true, "150"))
    }

    /// However long the pause and the age are: then only new accounts wake it.
    @Test func theCacheTakesAnyPause() throws {
        let bench = try CreditBench()
        try bench.grant("paid", "100")
        let cache = BalanceCache(
            bench.store, options: .init(pause: .seconds(Int64.max), maximumAge: .seconds(Int64.max)))
        cache.start()
        defer { cache.stop() }
        usleep(50_000)
        let cached = cache.account(try Identifier("acme"))
        for _ in 0..<3_000 where try cached.allows(usd("100")) != true { usleep(10_000) }
        #expect(try cached.allows(usd("100")) == true)
    }
}
