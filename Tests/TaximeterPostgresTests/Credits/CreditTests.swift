import PostgresWire
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// Grants, top-ups, refunds and expiry: what the ledger says of them.
@Suite struct CreditTests {
    private let bench = Result { try CreditBench() }

    @Test func aGrantIsBookedOnce() throws {
        let bench = try bench.get()
        #expect(try bench.grant("welcome", "25", kind: .granted, until: "2026-06-01T00:00:00Z") == .granted)
        #expect(try bench.grant("pay-1", "100") == .granted)
        #expect(try bench.grant("pay-1", "100.00", at: "2026-01-09T00:00:00Z") == .alreadyGranted)
        #expect(
            try bench.ledger() == """
                acme|grant/pay-1|top_up|cash|credits|100|USD|pay-1
                acme|grant/welcome|grant|promotions|credits|25|USD|welcome

                """)
        #expect(
            try bench.database.psql(
                "SELECT ledger_account, trim_scale(balance) FROM taximeter.ledger_balance ORDER BY 1")
                == "cash|100\ncredits|-125\npromotions|25\n")
        let grants = try bench.store.grants(of: Identifier("acme"))
        #expect(grants.map { "\($0.grant.id) \($0.left)" } == ["welcome 25.00 USD", "pay-1 100.00 USD"])
        #expect(try bench.audit() == "")
    }

    /// Another content under the same id, and another currency, are refused and leave nothing behind.
    @Test func contradictionsAreRefused() throws {
        let bench = try bench.get()
        try bench.grant("pay-1", "100")
        let before = try bench.ledger()
        for (attempt, text) in [
            ({ try bench.grant("pay-1", "101") }, "acme has another grant pay-1"),
            ({ try bench.grant("pay-1", "100", kind: .granted) }, "acme has another grant pay-1"),
            ({ try bench.grant("pay-1", "100", models: ["m"]) }, "acme has another grant pay-1"),
            ({ try bench.grant("pay-2", "100", currency: .cny) }, "the money of acme is USD, not CNY"),
        ] as [(() throws -> GrantAnswer, String)] {
            let error = #expect(throws: StoreError.self) { try attempt() }
            #expect(error?.code == .credits && error?.description.contains(text) == true, "\(text)")
        }
        try bench.period("2026-01", "5", account: "charged", currency: "CNY")
        #expect(throws: StoreError.self) { try bench.grant("pay-1", "100", account: "charged") }
        #expect(try bench.ledger() == before)
        // The same id in another account is another grant.
        #expect(try bench.grant("pay-1", "7", account: "other") == .granted)
        #expect(try bench.audit() == "")
    }

    @Test func refundsAreBoundByWhatIsLeftAndAvailable() throws {
        let bench = try bench.get()
        try bench.grant("pay-1", "100")
        try bench.grant("welcome", "10", kind: .granted)
        let (acme, pay) = try (Identifier("acme"), Identifier("pay-1"))
        let now = try instant("2026-01-15T00:00:00Z")
        func refund(_ id: String, _ amount: String?, grant: Identifier? = nil) throws -> Money {
            try bench.store.refund(
                grant ?? pay, of: acme, id: Identifier(id), amount: amount.map { try usd($0) }, at: now
            ).amount
        }
        #expect(try refund("r1", "30") == usd("30"))
        #expect(try refund("r1", "30") == usd("30"))
        #expect(try refund("r1", nil) == usd("30"))
        #expect(throws: StoreError.self) { try refund("r1", "31") }
        #expect(throws: StoreError.self) { try refund("r2", "70.01") }
        #expect(throws: StoreError.self) { try refund("r2", "0") }
        #expect(throws: StoreError.self) { try refund("r2", "-1") }
        let fraction = #expect(throws: StoreError.self) { try refund("r2", "20.005") }
        #expect(fraction?.code == .credits)
        #expect(fraction?.description == "the amount is 20.005 USD; expected at most 2 decimals, as on invoices")
        #expect(throws: StoreError.self) { try refund("r2", nil, grant: Identifier("welcome")) }
        #expect(throws: StoreError.self) { try refund("r2", nil, grant: Identifier("none")) }
        // 80 are left in all, of which 75.005 were used and not billed yet: 4.995 are available.
        try bench.period("2026-01", "75.005")
        #expect(throws: StoreError.self) { try refund("r3", "5") }
        #expect(try refund("r3", nil) == usd("4.99"))
        #expect(throws: StoreError.self) { try refund("r4", nil) }
        #expect(
            try bench.ledger().contains(
                "acme|grant/pay-1/refund/r3|refund|credits|cash|4.99|USD|pay-1\n"))
        #expect(try bench.balance()?.available == usd("0.005"))
        #expect(try bench.audit() == "")
    }

    /// The first grants of an account, in two currencies at the same moment: one of the currencies is its own from then on.
    @Test func firstGrantsAtOnce() throws {
        let bench = try bench.get()
        for round in 0..<20 {
            let granted = try concurrently(2) { index in
                do {
                    try bench.grant("first", "10", account: "a\(round)", currency: index == 0 ? .usd : .cny)
                    return true
                } catch let error as StoreError where error.code == .credits {
                    return false
                }
            }
            #expect(granted.count { $0 } == 1, "round \(round)")
        }
        #expect(try bench.audit() == "")
    }

    /// Many at once pay back what there is, not more.
    @Test func refundsAtOnce() throws {
        let bench = try bench.get()
        try bench.grant("pay-1", "10")
        let refunded = try concurrently(8) { index in
            do {
                _ = try bench.store.refund(
                    Identifier("pay-1"), of: Identifier("acme"), id: Identifier("r\(index)"), amount: usd("3"),
                    at: instant("2026-01-15T00:00:00Z"))
                return true
            } catch let error as StoreError where error.code == .credits {
                return false
            }
        }
        #expect(refunded.count { $0 } == 3)
        #expect(try bench.balance()?.credits == usd("1"))
        #expect(try bench.audit() == "")
    }

    /// Names with slashes are names: no grant, refund or expiry is taken for another's.
    @Test func namesWithSlashes() throws {
        let bench = try bench.get()
        let until = "2026-02-01T00:00:00Z"
        try bench.grant("a", "10", until: until)
        try bench.grant("a/refund/b", "20")
        try bench.grant("a/expiry/1", "30")
        try bench.grant("a%2Fexpiry%2F1", "40")
        let (acme, now) = (try Identifier("acme"), try instant("2026-01-15T00:00:00Z"))
        let refund = try bench.store.refund(Identifier("a"), of: acme, id: Identifier("b"), amount: usd("4"), at: now)
        #expect(try refund == RefundAnswer(amount: usd("4"), isNew: true))
        #expect(try CreditExpiry(store: bench.store).run(at: instant("2026-02-05T00:00:00Z")) == 1)
        #expect(try bench.balance(at: "2026-02-05T00:00:00Z")?.credits == usd("90"))
        #expect(try bench.audit() == "")
    }

    /// A void that was committed between the two steps of an expiry has given back what its period needs.
    @Test func expiryMeetsAVoid() throws {
        let bench = try bench.get()
        try bench.grant("gift", "10", kind: .granted, from: "2026-01-01T00:00:00Z", until: "2026-02-01T00:00:00Z")
        try bench.period("2026-01", "5", billed: "5")
        let due = try instant("2026-02-05T00:00:00Z")
        let keys = try bench.store.transaction(as: .biller) { try $0.query(LockDueGrants(due: due, limit: 9)) }
        #expect(keys.count == 1)
        func read() throws -> Int {
            try bench.store.transaction(as: .biller) { try $0.query(ReadDueGrants(keys, due: due)) }.count
        }
        #expect(try read() == 1)
        try bench.period("2026-01", "5")
        #expect(try read() == 0)
    }

    /// What is left expires a day after its time, once every period that the grant could pay is final; once.
    @Test func expiry() throws {
        let bench = try bench.get()
        try bench.grant("gift", "10", kind: .granted, from: "2026-01-01T00:00:00Z", until: "2026-02-01T00:00:00Z")
        try bench.grant("paid", "20", from: "2026-01-01T00:00:00Z", until: "2026-02-01T00:00:00Z")
        try bench.grant("ever", "40")
        try bench.grant("later", "80", from: "2026-01-01T00:00:00Z", until: "2026-03-01T00:00:00Z")
        func expire(_ now: String) throws -> Int { try CreditExpiry(store: bench.store).run(at: instant(now)) }
        try bench.period("2026-01", "5")
        #expect(try expire("2026-02-05T00:00:00Z") == 0, "January is not billed")
        try bench.period("2026-01", "5", billed: "5")
        try bench.database.psql("UPDATE taximeter.account_period SET stale = true")
        #expect(try expire("2026-02-05T00:00:00Z") == 0, "January is to be rated again")
        try bench.database.psql("UPDATE taximeter.account_period SET stale = false")
        #expect(try expire("2026-02-01T23:59:59Z") == 0, "usage may be on its way")
        #expect(try expire("2026-02-02T00:00:00Z") == 2)
        #expect(try expire("2026-02-02T00:00:00Z") == 0)
        let expired = """
            acme|grant/gift/expiry/1|expiry|credits|promotions|10|USD|gift
            acme|grant/paid/expiry/1|expiry|credits|revenue|20|USD|paid
            """
        #expect(
            try bench.ledger().split(separator: "\n").filter { $0.contains("expiry") }.joined(separator: "\n")
                == expired)
        #expect(try bench.balance(at: "2026-02-10T00:00:00Z")?.credits == usd("120"))
        #expect(try bench.audit() == "")
        // An invoice that is voided gives something back, which expires too.
        let key = try #require(Int64(bench.database.psql("SELECT account_key FROM taximeter.account").dropLast()))
        try bench.store.transaction(as: .biller) { connection in
            let back = try LedgerTransfer(
                id: "INV-1/credit_used/gift/void", kind: .creditUsed, debit: .receivable, credit: .credits,
                amount: usd("3"), occurredAt: instant("2026-02-03T00:00:00Z"), grant: Identifier("gift"))
            try LedgerWriter.write([back].compactMap { $0 }.map { (key, $0) }, connection)
        }
        #expect(try expire("2026-02-04T00:00:00Z") == 1)
        #expect(try bench.ledger().contains("acme|grant/gift/expiry/2|expiry|credits|promotions|3|USD|gift\n"))
        #expect(try bench.audit() == "")
    }

    /// Two runs at once, and runs that are killed, book each expiry once.
    @Test func expiryAtOnceAndKilled() throws {
        var killed = 0
        for _ in 0..<20 where killed == 0 {
            let bench = try CreditBench()
            for index in 0..<40 {
                try bench.grant("g\(index)", "1", account: "account-\(index % 7)", until: "2026-02-01T00:00:00Z")
            }
            let killer = BackendKiller(bench.database.options, everyMilliseconds: 5)
            let counts = try concurrently(4) { _ in
                let store = Store(bench.database.options)
                defer { store.close() }
                do {
                    return try CreditExpiry(store: store).run(at: instant("2026-03-01T00:00:00Z"))
                } catch let error as PostgresError where error.isRetryable {
                    return 0
                }
            }
            killed = try killer.stop()
            #expect(counts.reduce(0, +) <= 40)
            _ = try CreditExpiry(store: bench.store).run(at: instant("2026-03-01T00:00:00Z"))
            let expiries = "SELECT count(*) FROM taximeter.ledger_transfer WHERE kind = 'expiry'"
            #expect(try bench.database.psql(expiries) == "40\n")
            #expect(try bench.audit() == "")
        }
        #expect(killed > 0)
    }

    /// What is left can be used by one transaction at a time, and never below zero.
    @Test func openGrantsAreLockedAndCapped() throws {
        let bench = try bench.get()
        _ = try bench.store.load(book("- from: 2025-01-01T00:00:00Z\n  rates: {output: 1000000}"))
        for (id, time) in [("1", "03T00:00:00Z"), ("2", "10T10:30:00Z"), ("3", "10T11:30:00Z"), ("4", "20T00:00:00Z")] {
            _ = try bench.store.record([event(id, channel: id == "3" ? "web" : "api", at: "2026-01-\(time)", output: 1)]
            )
        }
        try bench.store.run()
        try bench.grant("part", "9", from: "2026-01-10T10:45:00Z")
        try bench.grant("scoped", "9", from: "2026-01-02T00:00:00Z", until: "2026-01-15T00:00:00Z", channels: ["api"])
        try bench.grant("whole", "9", models: ["model-a"])
        try bench.grant("none", "9", from: "2026-01-02T00:00:00Z", models: ["model-b"])
        let key = try #require(Int64(bench.database.psql("SELECT account_key FROM taximeter.account").dropLast()))
        let january = try AccountPeriod(
            accountKey: key, start: instant("2026-01-01T00:00:00Z"), end: instant("2026-02-01T00:00:00Z"))
        let open = try bench.store.transaction(as: .biller) { try OpenGrants.read(closing: [january], locks: true, $0) }
        let found = try #require(open[key])
        #expect(found.grants.map(\.grant.id.text).sorted() == ["none", "part", "scoped", "whole"])
        // The first event, the second, and the other two; nothing of what whole may pay.
        let shared = found.shared.map {
            "\($0.grants.map(\.text).sorted().joined(separator: " ")) \($0.amount.decimalText)"
        }
        #expect(Set(shared) == ["scoped 1", "part scoped 1", "part 2"])
        let error = #expect(throws: PostgresError.self) {
            try bench.store.transaction(as: .biller) { connection in
                let use = try LedgerTransfer(
                    id: "INV-1/credit_used/part", kind: .creditUsed, debit: .credits, credit: .receivable,
                    amount: usd("9.01"), occurredAt: january.end, grant: Identifier("part"))
                try LedgerWriter.write([use].compactMap { $0 }.map { (key, $0) }, connection)
            }
        }
        #expect(error?.sqlState == .checkViolation)
        #expect(try bench.audit() == "")
    }

    /// The tables themselves refuse what the library would never write.
    @Test(arguments: [
        "UPDATE taximeter.grant_balance SET remaining = -0.01", "UPDATE taximeter.grant_balance SET remaining = 'NaN'",
        "UPDATE taximeter.credit_account SET low_amount = 0", "UPDATE taximeter.credit_account SET told = 'much'",
        "INSERT INTO taximeter.credit_grant VALUES (1, 'g', 'granted', 'NaN', 'USD', 0, '2026-01-01')",
        "INSERT INTO taximeter.credit_grant VALUES (1, 'g', 'granted', 0, 'USD', 0, '2026-01-01')",
        "INSERT INTO taximeter.credit_grant VALUES (1, 'g', 'lent', 1, 'USD', 0, '2026-01-01')",
        "INSERT INTO taximeter.credit_grant VALUES (1, 'g', 'granted', 1, 'USD', 0, '2026-01-01', '2026-01-01')",
        "INSERT INTO taximeter.credit_grant VALUES (1, '', 'granted', 1, 'USD', 0, '2026-01-01')",
        "INSERT INTO taximeter.reservation VALUES (1, 'r', 'Infinity', 'USD', '2026-01-01', false, '2026-01-01')",
        "INSERT INTO taximeter.reservation VALUES (1, 'r', -1, 'USD', '2026-01-01', false, '2026-01-01')",
        "INSERT INTO taximeter.spend_limit VALUES (1, 'l', true, 0, 'USD', '{100}')",
        "INSERT INTO taximeter.spend_limit VALUES (1, 'l', true, 1, 'USD', '{0}')",
        "INSERT INTO taximeter.spend_limit VALUES (1, 'l', true, 1, 'USD', '{100,NULL}')",
    ])
    func theTablesRefuse(_ sql: String) throws {
        let bench = try bench.get()
        try bench.grant("pay-1", "100")
        let connection = try Connection.open(bench.database.options)
        let error = #expect(throws: PostgresError.self) { try connection.execute(SQL(unsafe: sql)) }
        #expect(error?.sqlState == .checkViolation)
    }

    /// Each way of breaking the books is found.
    @Test(arguments: [
        (
            "UPDATE taximeter.grant_balance SET remaining = 99",
            """
            balance|acme kept balance|USD 99 0 0 t infinity|USD 100 0 0 t infinity
            credits|acme USD|100|99
            left|acme pay-1|100|99

            """
        ),
        (
            "SET TimeZone = 'UTC'; UPDATE taximeter.grant_balance SET expires_at = '2199-01-01'; "
                + "SELECT taximeter.keep_balances('{1}')",
            "validity|acme pay-1|[\"2025-01-01 00:00:00+00\",)|[\"2025-01-01 00:00:00+00\",\"2199-01-01 00:00:00+00\")\n"
        ),
        (
            "DELETE FROM taximeter.grant_balance; SELECT taximeter.keep_balances('{1}')",
            "credits|acme USD|100|nothing\nleft|acme pay-1|100|nothing\n"
        ),
        (
            """
            ALTER TABLE taximeter.ledger_transfer DISABLE TRIGGER ALL;
            DELETE FROM taximeter.ledger_transfer
            """,
            "credits|acme USD|nothing|100\ngrant|acme pay-1|100|nothing\nleft|acme pay-1|nothing|100\n"
        ),
        (
            """
            INSERT INTO taximeter.ledger_transfer (
                account_key, transfer_id, kind, debit, credit, amount, currency, occurred_at)
            SELECT account_key, 'x', 'top_up', 'cash', 'credits', 1, 'USD', now() FROM taximeter.account
            """,
            "credits|acme USD|101|100\n"
        ),
    ])
    func theAuditFinds(_ damage: String, _ findings: String) throws {
        let bench = try bench.get()
        try bench.grant("pay-1", "100")
        #expect(try bench.audit() == "")
        try bench.database.psql(damage)
        #expect(try bench.audit() == findings)
        // As the reader, who may see it.
        let read = try bench.store.transaction(as: .reader) { try $0.query(ReadFindings.ofCredits) }
        #expect(read.count == findings.count { $0 == "\n" })
    }
}
