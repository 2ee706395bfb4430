import Foundation
import PostgresWire
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// Balances that are kept say what their parts come to, whatever changes them and when.
@Suite struct KeptBalanceTests {
    private let bench: CreditBench
    private var store: Store { bench.store }
    private static let accounts = ["acme", "beta"]

    init() throws {
        bench = try CreditBench()
        _ = try store.load(PriceBook.parse(Self.book, file: "kept.yaml"))
        for payment in ["prepaid", "postpaid"] {
            _ = try store.load(
                Plan.parse(
                    """
                    plan: \(payment)
                    currency: USD
                    versions:
                      - from: 2020-01-01T00:00:00Z
                        price_book: kept
                        payment: \(payment)
                    """, file: "\(payment).yaml"))
        }
    }

    private static let book = """
        price_book: kept
        currency: USD
        tariffs:
          - model: m
            versions:
              - from: 2020-01-01T00:00:00Z
                rates: {cache_hit: "1", cache_miss: "2", output: "3"}
        """

    /// What the store answers of all accounts, at the present and at instants after it, next to what the parts come to.
    private func differences() throws -> String {
        let instants = ["0 seconds", "3 seconds", "2 hours", "40 days"].map { "now() + interval '\($0)'" }
        let said = instants.map { instant in
            """
            SELECT '\(instant.replacing("'", with: ""))', k.account FROM (
                SELECT * FROM taximeter.balances(ARRAY['acme', 'beta', 'nobody'], \(instant))
                INTERSECT ALL
                SELECT o.* FROM taximeter.account AS a CROSS JOIN taximeter.balance(a.external_id, \(instant)) AS o) AS k
            FULL JOIN taximeter.balances_at(ARRAY(SELECT account_key FROM taximeter.account), \(instant)) AS b
            ON b.account_key = k.account_key
            WHERE (k.account, k.currency, k.other_currency, k.credits, k.unbilled, k.reserved, k.is_prepaid, k.limit_name,
                k.limit_left) IS DISTINCT FROM (b.account, b.currency, b.other_currency, b.credits, b.unbilled, b.reserved,
                b.is_prepaid, b.limit_name, b.limit_left)
            """
        }
        return try bench.audit() + bench.database.psql(said.joined(separator: " UNION ALL "))
    }

    private func after(_ hours: Int) throws -> Instant {
        try #require(SystemClock.now.advanced(byMicroseconds: Int64(hours) * Instant.hour))
    }

    /// One change of an account, of any kind.
    private func change(_ step: Int, _ generator: inout SeededGenerator) throws {
        let name = try #require(Self.accounts.randomElement(using: &generator))
        let account = try Identifier(name)
        let id = try Identifier("\(Int.random(in: 0..<12, using: &generator))")
        let amount = try usd("\(Int.random(in: 1...9, using: &generator)).5")
        let now = SystemClock.now
        do {
            switch Int.random(in: 0..<12, using: &generator) {
            case 0:
                let from = try after(Int.random(in: -3...1, using: &generator))
                let hours = Int.random(in: 2...2_000, using: &generator)
                let until = Bool.random(using: &generator) ? try after(hours) : nil
                try store.grant(
                    CreditGrant(
                        account: account, id: id, kind: .toppedUp, amount: amount,
                        effective: #require(EffectivePeriod(from: from, until: until))), at: now)
            case 1: _ = try store.refund(id, of: account, id: Identifier("r\(step)"), at: now)
            case 2, 3, 4:
                let seconds = Int.random(in: 1...4_000, using: &generator)
                _ = try store.reserve(account, id: id, amount, for: .seconds(seconds))
            case 5: _ = try store.settle(account, id: id, amount)
            case 6: _ = try store.release(account, id: id)
            case 7:
                try store.set(
                    SpendLimit(
                        account: account, name: id, isHard: Bool.random(using: &generator), amount: amount), at: now)
            case 8: try store.removeLimit(id, of: account)
            case 9:
                let plan = try Identifier(["prepaid", "postpaid"].randomElement(using: &generator) ?? "")
                let hours = Int.random(in: -2...2, using: &generator)
                _ = try store.load([
                    Agreement(
                        account: account, timeZone: .utc, issuingEntity: Identifier("default"),
                        subscriptions: [
                            Subscription(plan: plan, effective: #require(EffectivePeriod(from: after(hours))))
                        ])
                ])
            case 10: try bench.period("2026-0\(Int.random(in: 1...9, using: &generator))", "\(step)", account: name)
            default:
                _ = try store.record([
                    event(
                        "e\(step)", account: name, model: "m", at: "\(now)",
                        output: Int64.random(in: 1...2_000_000, using: &generator))
                ])
                // Later than that, credits expire.
                try store.run(at: Bool.random(using: &generator) ? after(3_000) : nil)
            }
        } catch let error as StoreError {
            // What cannot be (a refund of what is not there, another grant under the same id) changes nothing.
            #expect(error.code == .credits || error.code == .account || error.code == .plans, "\(error)")
        }
    }

    @Test func saysWhatItsPartsComeTo() async throws {
        try await withSeed { generator in
            for step in 0..<120 {
                try change(step, &generator)
                let found = try differences()
                #expect(found == "", "after step \(step)")
                if !found.isEmpty { return }
            }
            #expect(try bench.database.psql("SELECT count(*) FROM taximeter.account_balance") == "2\n")
        }
    }

    /// Many at once, on the same accounts: nobody waits for ever, and who comes last has seen all that was before.
    @Test func manyAtOnce() async throws {
        let tests = self
        try bench.grant("paid", "100000")
        try await withSeed { generator in
            let seeds = (0..<6).map { _ in generator.next() }
            _ = try concurrently(6) { thread in
                var generator = SeededGenerator(seed: seeds[thread])
                for step in 0..<20 { try tests.change(thread * 1_000 + step, &generator) }
            }
            #expect(try differences() == "")
            usleep(100_000)
            #expect(
                try bench.database.psql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
                    == "0\n")
        }
    }

    /// The answer is the kept one, where it is right, and no other: the control of all that is asserted above.
    @Test func isWhatIsAnswered() throws {
        try bench.grant("paid", "10")
        let acme = try Identifier("acme")
        #expect(try store.balance(of: acme)?.credits == usd("10"))
        try bench.database.psql(
            "UPDATE taximeter.account_balance SET credits = 11, valid_until = now() + interval '1 hour'")
        #expect(try store.balance(of: acme)?.credits == usd("11"))
        #expect(try store.balance(of: acme, at: after(2))?.credits == usd("10"))
        #expect(try store.balance(of: acme, at: instant("2026-01-15T00:00:00Z"))?.credits == usd("10"))
        // Somebody who writes around the functions is found.
        #expect(try bench.audit().contains("balance|acme kept balance|USD 10 0 0 t infinity|USD 11 0 0 t"))
        // A change keeps it anew.
        #expect(try store.reserve(acme, id: Identifier("a"), usd("1"), for: .seconds(60)) == .reserved)
        #expect(try bench.audit() == "")
        #expect(try store.balance(of: acme)?.available == usd("9"))
    }

    /// Time alone changes what an account has: nothing needs to run at that moment, and the next run keeps it.
    @Test func timeGoesOn() throws {
        try bench.grant("paid", "10")
        let acme = try Identifier("acme")
        #expect(try store.reserve(acme, id: Identifier("a"), usd("4"), for: .milliseconds(300)) == .reserved)
        #expect(try store.balance(of: acme)?.reserved == usd("4"))
        func isKept() throws -> Bool {
            try bench.database.psql("SELECT valid_until > now() FROM taximeter.account_balance") == "t\n"
        }
        #expect(try isKept())
        usleep(400_000)
        #expect(try store.balance(of: acme)?.reserved == usd("0"))
        #expect(try !isKept())
        try store.run()
        #expect(try isKept())
        #expect(try differences() == "")
    }

    /// Usage of a new period that is rolled up and not rated, as between two steps of a run, is no difference: the period's
    /// end changes nothing yet.
    @Test func aNewPeriodIsNoDifference() throws {
        try bench.grant("paid", "10")
        try store.set(
            SpendLimit(
                account: Identifier("acme"), name: Identifier("cap"), isHard: true, amount: usd("5"), thresholds: [100]),
            at: instant("2026-01-02T00:00:00Z"))
        #expect(try bench.audit() == "")
        _ = try store.record([event("1", account: "acme", at: SystemClock.now.description)])
        _ = try RollUp(store: store, prices: PriceSnapshot.read(store)).run { _, _ in }
        #expect(try bench.database.psql("SELECT count(*) FROM taximeter.account_period") == "1\n")
        #expect(try bench.audit() == "")
    }

    /// A balance that is kept beyond the end of a grant is found, months without usage or not.
    @Test func keptTooLongIsFound() throws {
        try bench.grant("gift", "10", kind: .granted, until: "2100-01-01T00:00:00Z")
        try bench.database.psql(
            """
            INSERT INTO taximeter.account_period (account_key, period_start, period_end, stale)
            SELECT account_key, '2025-01-01Z', '2025-02-01Z', false FROM taximeter.account
            """)
        #expect(try bench.audit() == "")
        try bench.database.psql("UPDATE taximeter.account_balance SET valid_until = 'infinity'")
        #expect(try bench.audit().contains("kept balance"))
    }

    /// An account that paid for all it used has nothing, in its currency: which is not the same as not being known.
    @Test func nothingIsLeftToBill() throws {
        try bench.period("2026-01", "20", billed: "20")
        #expect(try bench.balance(at: "2026-03-01T00:00:00Z")?.available == usd("0"))
        #expect(try store.balance(of: Identifier("acme"))?.available == usd("0"))
        #expect(try store.balance(of: Identifier("nobody")) == nil)
    }

    /// Two who change an account at once: the second waits, and sees what the first did. Without the lock it would not.
    @Test func theSecondSeesTheFirst() throws {
        let bench = bench
        try bench.grant("paid", "10")
        _ = try concurrently(2) { thread in
            if thread == 1 {
                usleep(100_000)
                let id = try Identifier("a")
                #expect(try bench.store.reserve(Identifier("acme"), id: id, usd("1"), for: .seconds(60)) == .reserved)
                return
            }
            try Connection.open(bench.database.options).runScript(
                """
                BEGIN;
                INSERT INTO taximeter.reservation SELECT account_key, 'x', 3, 'USD', now() + interval '1 hour', false, now()
                FROM taximeter.account;
                SELECT taximeter.keep_balances(array_agg(account_key)) FROM taximeter.account;
                SELECT pg_sleep(0.4); COMMIT
                """)
        }
        #expect(try differences() == "")
        #expect(try store.balance(of: Identifier("acme"))?.available == usd("6"))
    }
}
