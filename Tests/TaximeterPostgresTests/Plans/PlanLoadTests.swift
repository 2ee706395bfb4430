import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// What loading plans and agreements stores, and what it refuses.
@Suite struct PlanLoadTests {
    private let database: TestDatabase
    private var store: Store { database.store }

    init() throws {
        database = try TestDatabase()
        _ = try database.store.load(
            try PriceBook.parse(
                """
                price_book: list
                currency: USD
                tariffs: [{model: m, versions: [{from: 2025-01-01T00:00:00Z, rates: {output: 0.000000000001}}]}]
                """, file: "list"))
    }

    private func plan(_ name: String, currency: String = "USD", _ versions: String...) throws -> Plan {
        let list = versions.map { "\n  - {\($0)}" }.joined()
        return try Plan.parse("plan: \(name)\ncurrency: \(currency)\nversions:\(list)", file: "plan")
    }

    private func agreements(_ text: String) throws -> [Agreement] {
        try AgreementFile.parse("accounts: [\(text)]", file: "accounts").agreements
    }

    private func refuses(_ words: String, _ body: () throws -> Void, _ place: SourceLocation = #_sourceLocation) {
        let error = #expect(throws: StoreError.self, sourceLocation: place, performing: body)
        #expect(error?.code == .plans, sourceLocation: place)
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")", sourceLocation: place)
    }

    @Test func reloadingIsNothing() throws {
        let first = try plan("p", "from: 2025-01-01T00:00:00Z, price_book: list, recurring_fee: {amount: 20}")
        for newVersions in [1, 0] {
            let load = PlanLoad(newVersions: newVersions, replacedVersions: 0, periodsToRate: 0, missingBooks: [])
            #expect(try store.load(first) == load)
        }
        let later = try plan("p", "from: 2026-01-01T00:00:00Z, price_book: list, recurring_fee: {amount: 25}")
        #expect(try store.load(later).newVersions == 1)
        #expect(try store.load(first).newVersions == 0)
        #expect(try store.plans().map(\.versions.count) == [2])
        #expect(try store.plans()[0].versions[0].effective.until == later.versions[0].effective.from)

        let text =
            "{account: a, time_zone: Asia/Shanghai, issuing_entity: e, subscriptions: [{plan: p, from: 2025-05-05T00:00:00Z}]}"
        let agreed = try agreements(text)
        #expect(try store.load(agreed).changedAccounts == 1)
        #expect(try store.load(agreed) == AgreementLoad(changedAccounts: 0, unchangedAccounts: 1, periodsToRate: 0))
        #expect(try store.agreement(of: Identifier("a")) == agreed[0])
        #expect(try store.agreement(of: Identifier("b")) == nil)
        try store.verify()
    }

    @Test func contradictionsAreRefused() throws {
        _ = try store.load(try plan("p", "from: 2025-01-01T00:00:00Z, price_book: list"))
        _ = try store.load(try plan("yuan", currency: "CNY", "from: 2025-01-01T00:00:00Z, price_book: list-cny"))
        refuses("the book is in USD, the plan in CNY") {
            _ = try store.load(try plan("q", currency: "CNY", "from: 2025-01-01T00:00:00Z, price_book: list"))
        }
        refuses("stored in USD") {
            _ = try store.load(try plan("p", currency: "CNY", "from: 2025-01-01T00:00:00Z, price_book: list"))
        }
        refuses("a price beyond 18 decimals a token for output") {
            let terms = "terms: {discount: {factor: 0.5}}"
            _ = try store.load(try plan("q", "from: 2025-01-01T00:00:00Z, price_book: list, \(terms)"))
        }
        refuses("no exact price") {
            let volume = "committed_volumes: [{name: v, tokens: 1, fee: 0, overage: 1.5}]"
            _ = try store.load(try plan("q", "from: 2025-01-01T00:00:00Z, price_book: list, \(volume)"))
        }
        refuses("a model of this book") {
            let terms = "terms: {allowances: [{name: x, tokens: 1, per: period, models: [n]}]}"
            _ = try store.load(try plan("q", "from: 2025-01-01T00:00:00Z, price_book: list, \(terms)"))
        }
        refuses("the store has no plan q") {
            _ = try store.load(try agreements("{account: a, subscriptions: [{plan: q, from: 2025-01-01T00:00:00Z}]}"))
        }
        refuses("another currency is another account") {
            let both = "{plan: p, from: 2025-01-01T00:00:00Z}, {plan: yuan, from: 2025-02-01T00:00:00Z}"
            _ = try store.load(try agreements("{account: a, subscriptions: [\(both)]}"))
        }
        let one = try agreements("{account: a}")
        refuses("two agreements") { _ = try store.load(one + one) }
        #expect(try store.plans().count == 2)
        #expect(try store.load(try agreements("{account: a, time_zone: UTC}")).changedAccounts == 0)
    }

    /// What was billed keeps its bounds and its plan versions; what comes after it may change.
    @Test func whatWasBilledStays() throws {
        _ = try store.load(try plan("p", "from: 2025-01-01T00:00:00Z, price_book: list"))
        _ = try store.load(
            try plan("w", "from: 2025-01-01T00:00:00Z, price_book: list, billing_period: week"))
        _ = try store.load(try agreements("{account: a, subscriptions: [{plan: p, from: 2025-01-01T00:00:00Z}]}"))
        for (id, at) in [("1", "2025-03-10T10:00:00Z"), ("2", "2025-04-10T10:00:00Z")] {
            let instant = try #require(Instant(rfc3339: at))
            _ = try store.record([
                UsageEvent(
                    account: Identifier("a"), model: Identifier("m"), channel: Identifier("api"),
                    serviceTier: Identifier("standard"), requestID: Identifier(id), startedAt: instant,
                    completedAt: instant, tokens: TokenCounts(output: 1))
            ])
        }
        try store.run()
        try database.psql(
            "UPDATE taximeter.account_period SET billed_revision = revision WHERE period_start = '2025-03-01T00:00:00Z'"
        )

        refuses("the period 2025-03-01T00:00:00Z to 2025-04-01T00:00:00Z was billed") {
            _ = try store.load(try agreements("{account: a, time_zone: Asia/Shanghai}"))
        }
        refuses("the period 2025-03-01T00:00:00Z to 2025-04-01T00:00:00Z was billed") {
            let change = "{plan: p, from: 2025-01-01T00:00:00Z}, {plan: w, from: 2025-03-15T00:00:00Z}"
            _ = try store.load(try agreements("{account: a, subscriptions: [\(change)]}"))
        }
        refuses("account a was billed by it for the period 2025-03-01T00:00:00Z") {
            _ = try store.load(try plan("p", "from: 2025-01-01T00:00:00Z, price_book: list, minimum: 5"))
        }
        refuses("account a was billed by it") {
            _ = try store.load(try plan("p", "from: 2025-03-31T00:00:00Z, price_book: list, minimum: 5"))
        }
        // The same bounds: the difference is billed as an adjustment.
        let gap = "{account: a, subscriptions: [{plan: p, from: 2025-03-20T00:00:00Z}]}"
        #expect(try store.load(try agreements(gap)).periodsToRate == 1)
        // From the end of what was billed on, everything may change.
        let ended = try plan("p", "from: 2025-01-01T00:00:00Z, until: 2025-04-01T00:00:00Z, price_book: list")
        #expect(try store.load(ended).periodsToRate == 1)
        let weekly = "{plan: p, from: 2025-01-01T00:00:00Z}, {plan: w, from: 2025-04-01T00:00:00Z}"
        #expect(try store.load(try agreements("{account: a, subscriptions: [\(weekly)]}")).periodsToRate > 1)
        try store.run()
        let periods = try store.ratedPeriods(of: Identifier("a")).map(\.period.start.description)
        #expect(periods.contains("2025-04-07T00:00:00Z") && periods.contains("2025-03-01T00:00:00Z"))
    }

    /// Usage that was charged stays owed, and stays in what a limit counts, while new periods wait to be rated.
    @Test func newPeriodsHaveComeToWhatWasCharged() throws {
        let (account, now) = (try Identifier("a"), try instant("2025-03-20T00:00:00Z"))
        _ = try store.load(
            PriceBook.parse(
                """
                price_book: dear
                currency: USD
                tariffs: [{model: m, versions: [{from: 2025-01-01T00:00:00Z, rates: {output: 1}}]}]
                """, file: "dear"))
        for (name, period) in [("m", "month"), ("w", "week")] {
            _ = try store.load(
                try plan(
                    name,
                    "from: 2025-01-01T00:00:00Z, price_book: dear, billing_period: \(period), payment: prepaid"))
        }
        _ = try store.load(try agreements("{account: a, subscriptions: [{plan: m, from: 2025-01-01T00:00:00Z}]}"))
        for (id, day) in [("1", "03"), ("2", "10"), ("3", "18")] {
            _ = try store.record([
                event(id, account: "a", model: "m", at: "2025-03-\(day)T10:00:00Z", output: 30_000_000)
            ])
        }
        let always = try #require(EffectivePeriod(from: instant("2025-01-01T00:00:00Z")))
        try store.grant(
            CreditGrant(
                account: account, id: Identifier("paid"), kind: .toppedUp, amount: usd("100"), effective: always),
            at: now)
        try store.set(
            SpendLimit(account: account, name: Identifier("cap"), isHard: true, amount: usd("95"), thresholds: [50]),
            at: now)
        try store.run(at: now)
        func said() throws -> String {
            let balance = try #require(try store.balance(of: account, at: now))
            return "\(balance.available) \(try #require(balance.limit).left)"
        }
        #expect(try said() == "10.00 USD 5.00 USD")
        let change = "{account: a, subscriptions: [{plan: w, from: 2025-01-01T00:00:00Z}]}"
        #expect(try store.load(try agreements(change)).periodsToRate > 1)
        // The limit counts the week alone.
        #expect(try said() == "10.00 USD 65.00 USD")
        try store.run(at: now)
        #expect(try said() == "10.00 USD 65.00 USD")
        #expect(try database.psql("SELECT * FROM taximeter.credit_audit") == "")
    }

    /// A period that was billed ahead takes the place of others that had usage, once.
    @Test func whatWasBilledAheadMeetsUsage() throws {
        _ = try store.load(try plan("p", "from: 2025-01-01T00:00:00Z, price_book: list, recurring_fee: {amount: 20}"))
        _ = try store.load(
            try plan("w", "from: 2025-01-01T00:00:00Z, price_book: list, billing_period: week"))
        let first = "{plan: p, from: 2025-01-01T00:00:00Z, until: 2025-02-01T00:00:00Z}"
        _ = try store.load(try agreements("{account: a, subscriptions: [{plan: p, from: 2025-01-01T00:00:00Z}]}"))
        try database.bill("2025-01")
        let weekly = "{plan: w, from: 2025-02-01T00:00:00Z}"
        _ = try store.load(try agreements("{account: a, subscriptions: [\(first), \(weekly)]}"))
        _ = try store.record([event("1", account: "a", model: "m", at: "2025-02-05T00:00:00Z")])
        try store.run()
        #expect(try store.load(try agreements("{account: a, subscriptions: [\(first)]}")).periodsToRate == 1)
        #expect(try database.bill("2025-02").sums["USD"]?.total.decimalText == "-20")
        #expect(try database.differences() == [])
    }

    @Test func manyAtOnce() throws {
        _ = try store.load(try plan("p", "from: 2025-01-01T00:00:00Z, price_book: list"))
        let from = try #require(Instant(rfc3339: "2025-02-03T04:05:06Z").flatMap { EffectivePeriod(from: $0) })
        let zone = try #require(TimeZoneRules(identifier: "Asia/Kolkata"))
        let many = try (0..<20_000).map { index in
            Agreement(
                account: try Identifier("account-\(index)"), timeZone: zone, issuingEntity: try Identifier("default"),
                subscriptions: [Subscription(plan: try Identifier("p"), effective: from)])
        }
        #expect(try store.load(many).changedAccounts == 20_000)
        #expect(try store.load(many).unchangedAccounts == 20_000)
        #expect(try store.agreement(of: Identifier("account-19999")) == many[19_999])
    }
}
