import PostgresWire
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// What the outbox is told of limits and balances.
@Suite struct AlertTests {
    private let bench: CreditBench
    private let acme: Identifier
    private let now: Instant

    init() throws {
        bench = try CreditBench()
        acme = try Identifier("acme")
        now = try instant("2026-01-15T00:00:00Z")
    }

    private func limit(_ name: String, _ amount: String, _ thresholds: [Int32], hard: Bool = false) throws {
        try bench.store.set(
            SpendLimit(
                account: acme, name: Identifier(name), isHard: hard, amount: usd(amount), thresholds: thresholds),
            at: now
        )
    }

    /// Kind, and limit and threshold or balance, of each event in order; all are acknowledged.
    private func told() throws -> [String] {
        try bench.store.settleCredits(at: now)
        let told = try bench.database.psql(
            """
            SELECT sequence, kind, coalesce(payload->>'limit', payload->>'balance'), payload->>'threshold'
            FROM taximeter.outbox ORDER BY account_key, sequence
            """
        ).split(separator: "\n").map(String.init)
        for event in try bench.store.readOutbox() {
            try bench.store.acknowledge(event.account, through: event.sequence)
        }
        return told
    }

    @Test func eachThresholdIsToldOnceAPeriod() throws {
        try bench.period("2026-01", "10")
        try limit("soft", "100", [80, 50, 100])
        #expect(try told() == [])
        try bench.period("2026-01", "50")
        #expect(try told() == ["1|spend_threshold|soft|50"])
        #expect(try told() == [])
        try bench.period("2026-01", "49")
        try bench.period("2026-01", "79.999999999999999999")
        #expect(try told() == [])
        // Several at once, in their order.
        try bench.period("2026-01", "250")
        #expect(try told() == ["2|spend_threshold|soft|80", "3|spend_threshold|soft|100"])
        // The next period begins anew; numbers go on.
        try bench.period("2026-02", "60")
        #expect(try told() == ["4|spend_threshold|soft|50"])
        // A new limit is held against the running period at once, and a changed one again.
        try limit("hard", "200", [100], hard: true)
        #expect(try told() == ["5|spend_threshold|hard|100"])
        try limit("hard", "200", [100], hard: true)
        #expect(try told() == [])
        try limit("hard", "250", [100], hard: true)
        #expect(try told() == ["6|spend_threshold|hard|100"])
    }

    @Test func anEventSaysEverything() throws {
        try limit("monthly", "100.50", [90], hard: true)
        try bench.period("2026-01", "95.125")
        try bench.store.settleCredits(at: now)
        let event = try #require(try bench.store.readOutbox().first)
        #expect(
            event.payload == """
                {"hard": true, "limit": "monthly", "spent": "95.125", "currency": "USD", "threshold": 90, \
                "period_end": "2026-02-01T00:00:00Z", "limit_amount": "100.5", "period_start": "2026-01-01T00:00:00Z"}
                """)
        #expect(event.account == acme && event.sequence == 1 && event.kind == "spend_threshold" && event.madeAt == now)
    }

    @Test func balancesThatComeDown() throws {
        try bench.grant("paid", "100")
        try bench.store.setLowBalance(usd("20"), of: acme, at: now)
        #expect(try told() == [])
        try bench.period("2026-01", "80")
        #expect(try told() == ["1|low_balance|20|"])
        try bench.period("2026-01", "90")
        #expect(try told() == [])
        try bench.period("2026-01", "100.5")
        #expect(try told() == ["2|balance_exhausted|-0.5|"])
        // Topped up, it can be told again.
        try bench.grant("more", "100")
        #expect(try told() == [])
        try bench.period("2026-01", "250")
        #expect(try told() == ["3|balance_exhausted|-50|"])
        // Back to low is no news; and without a mark only the end is told.
        try bench.grant("again", "60")
        #expect(try told() == [])
        try bench.store.setLowBalance(nil, of: acme, at: now)
        try bench.period("2026-01", "259")
        #expect(try told() == [])
        try bench.period("2026-01", "260")
        #expect(try told() == ["4|balance_exhausted|0|"])
        #expect(throws: StoreError.self) { try bench.store.setLowBalance(usd("0"), of: acme, at: now) }
    }

    /// Credits that expire take the balance down too.
    @Test func expiredCreditsAreTold() throws {
        try bench.grant("gift", "5", kind: .granted, from: "2026-01-01T00:00:00Z", until: "2026-01-10T00:00:00Z")
        #expect(try told() == ["1|balance_exhausted|0|"])
    }

    /// Time alone takes the balance down: at the grant's end, not when its expiry is booked a day later. What is kept is as of
    /// the server's time, which this test sets back.
    @Test func theEndOfCreditsIsTold() throws {
        try bench.grant("gift", "5", kind: .granted, from: "2025-03-01T00:00:00Z", until: "2025-03-10T00:00:00Z")
        try bench.grant("next", "5", kind: .granted, from: "2025-03-11T00:00:00Z", until: "2025-03-20T00:00:00Z")
        try bench.database.psql("UPDATE taximeter.credit_account SET told = 'nothing'; DELETE FROM taximeter.outbox")
        for (time, kept, events) in [
            ("2025-03-09T23:59:59Z", 5, 0), ("2025-03-09T23:59:59Z", 0, 0), ("2025-03-10T00:00:00Z", 0, 1),
            ("2025-03-11T00:00:00Z", 5, 1), ("2025-03-20T00:00:00Z", 0, 2), ("2025-03-20T00:00:00Z", 0, 2),
        ] {
            try bench.database.psql("UPDATE taximeter.account_balance SET credits = \(kept)")
            try bench.store.settleCredits(at: instant(time))
            let told = try bench.database.psql("SELECT kind FROM taximeter.outbox ORDER BY sequence")
            #expect(told == String(repeating: "balance_exhausted\n", count: events), "\(time)")
        }
    }

    /// Taxes of an invoice use up what usage had left; a void gives it back, so that the next end is told again.
    @Test func invoicesAndVoidsAreTold() throws {
        let (store, database) = (bench.store, bench.database)
        let plan = """
            plan: prepaid
            currency: USD
            versions: [{from: 2025-01-01T00:00:00Z, price_book: list, payment: prepaid, tax: {name: VAT, rate: 0.19}}]
            """
        _ = try store.load(try Plan.parse(plan, file: "plan"))
        let accounts = "accounts: [{account: acme, subscriptions: [{plan: prepaid, from: 2026-01-01T00:00:00Z}]}]"
        _ = try store.load(try AgreementFile.parse(accounts, file: "accounts").agreements)
        try bench.grant("paid", "100")
        try database.rate("acme", "2026-01", [("m", 85)], at: "1")
        #expect(try told() == [])
        #expect(try database.bill("2026-01").sums["USD"]?.total == usd("101.15"))
        #expect(try told() == ["1|balance_exhausted|0|"])
        try store.voidInvoice("INV-000001", reason: "r", at: now)
        #expect(try bench.balance()?.available == usd("15"))
        try database.rate("acme", "2026-01", [("m", 100)], at: "1")
        #expect(try told() == ["2|balance_exhausted|0|"])
    }

    @Test func theOutboxKeepsWhatIsNotAcknowledged() throws {
        try limit("soft", "100", [10, 20, 30])
        try bench.period("2026-01", "35")
        try bench.period("2026-01", "35", account: "other")
        try bench.store.settleCredits(at: now)
        #expect(try bench.store.readOutbox().map(\.sequence) == [1, 2, 3])
        #expect(try bench.store.readOutbox(limit: 2).map(\.sequence) == [1, 2])
        #expect(try bench.store.acknowledge(acme, through: 2) == 2)
        #expect(try bench.store.acknowledge(acme, through: 2) == 0)
        #expect(try bench.store.readOutbox().map(\.sequence) == [3])
        #expect(throws: StoreError.self) { try bench.store.acknowledge(Identifier("nobody"), through: 1) }
    }

    /// Several runs at once, which are killed, tell each crossing once, in order, without a gap.
    @Test func atOnceAndKilled() throws {
        var killed = 0
        for _ in 0..<20 where killed == 0 {
            let bench = try CreditBench()
            for index in 0..<60 {
                let account = "account-\(index)"
                try bench.period("2026-01", "95", account: account)
                try bench.store.set(
                    SpendLimit(
                        account: Identifier(account), name: Identifier("l"), amount: usd("100"),
                        thresholds: [50, 90, 100]), at: instant("2025-06-01T00:00:00Z"))
            }
            let killer = BackendKiller(bench.database.options, everyMilliseconds: 5)
            _ = try concurrently(4) { _ in
                let store = Store(bench.database.options)
                defer { store.close() }
                do {
                    try store.settleCredits(at: now)
                } catch let error as PostgresError where error.isRetryable {}
            }
            killed = try killer.stop()
            try bench.store.settleCredits(at: now)
            let counts = try bench.database.psql(
                """
                SELECT count(DISTINCT account_key), count(*), min(sequence), max(sequence),
                    count(DISTINCT (account_key, payload->>'threshold'))
                FROM taximeter.outbox
                """)
            #expect(counts == "60|120|1|2|120\n")
        }
        #expect(killed > 0)
    }

    @Test func limitsAreKept() throws {
        #expect(throws: StoreError.self) { try bench.store.limits(of: acme) }
        try limit("b", "100", [90, 50, 90])
        try limit("a", "7", [100], hard: true)
        let limits = try bench.store.limits(of: acme)
        #expect(limits.map(\.name.text) == ["a", "b"] && limits.map(\.thresholds) == [[100], [50, 90]])
        #expect(try bench.store.removeLimit(Identifier("a"), of: acme))
        #expect(try bench.store.removeLimit(Identifier("a"), of: acme) == false)
        try bench.period("2026-01", "5", account: "chinese", currency: "CNY")
        #expect(throws: StoreError.self) {
            try bench.store.set(
                SpendLimit(account: Identifier("chinese"), name: acme, isHard: true, amount: usd("7")), at: now)
        }
        #expect(throws: SpendLimit.Invalid.self) { try limit("c", "0", [100]) }
        #expect(throws: SpendLimit.Invalid.threshold(0)) { try limit("c", "1", [0]) }
        #expect(throws: SpendLimit.Invalid.threshold(1_001)) { try limit("c", "1", [1_001]) }
    }
}
