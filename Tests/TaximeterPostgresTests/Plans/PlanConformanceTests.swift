import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// The store in PostgreSQL does with plans what the one in memory does, which makes everything anew each time.
@Suite struct PlanConformanceTests {
    private static let accounts = ["a", "b", "ü", "u\u{308}"]
    private static let zones = [
        "UTC", "UTC", "Asia/Shanghai", "Asia/Kathmandu", "America/St_Johns", "America/New_York",
    ]
    /// The events lie in the sixty hours from here.
    private static let start: Int64 = 1_740_772_800_000_000

    /// A moment near the events: often a whole hour, a day, or the middle of one.
    private static func moment(_ generator: inout SeededGenerator) throws -> Instant {
        let step = try #require([1, Instant.minute, Instant.hour, Instant.day].randomElement(using: &generator))
        let offset = Int64.random(in: -Instant.day..<4 * Instant.day, using: &generator)
        return try #require(Instant(microseconds: start + offset / step * step))
    }

    private static func plan(_ name: String, _ generator: inout SeededGenerator) throws -> Plan {
        let cycles = [
            "month", "month", "week", "{length: month, anchor_day: 31}", "{length: week, anchor_day: saturday}",
            "{length: quarter, anchor_day: 2, anchor_month: 3}",
        ]
        func pick(_ words: [String]) -> String { words.randomElement(using: &generator) ?? "" }
        func version() -> String {
            let terms = pick([
                "", "terms: {}",
                "terms: {discount: {factor: 0.5}, quantities: {step: 100}}",
                "terms: {allowances: [{name: welcome, tokens: 90000, per: lifetime, order: dearest_first}]}",
                "terms: {allowances: [{name: extra, tokens: 20000, per: period, models: [big]}]}",
            ])
            let other = pick([
                "", "unlimited: true", "recurring_fee: {amount: 5}",
                "committed_volumes: [{name: v, tokens: 700000, fee: 1, overage: 1.5, classes: [cache_miss]}]",
                "recurring_fee: {amount: 5, prorated: days}, committed_volumes: [{name: w, tokens: 99999, fee: 1}]",
            ])
            let book = pick(["conformance", "conformance", "other", "missing"])
            return ["price_book: \(book)", "billing_period: \(pick(cycles))", terms, other].filter { !$0.isEmpty }
                .joined(separator: ", ")
        }
        let change = try moment(&generator)
        return try Plan.parse(
            """
            plan: \(name)
            currency: USD
            versions:
              - {from: 2025-01-01T00:00:00Z, \(version())}
              - {from: \(change), \(version())}
            """, file: name)
    }

    private static func agreements(_ generator: inout SeededGenerator) throws -> [Agreement] {
        try accounts.map { account in
            let edges = Set(try (0..<4).map { _ in try moment(&generator) }).sorted()
            let subscriptions = try zip(edges, edges.dropFirst()).compactMap { from, until -> Subscription? in
                let plan = try Identifier(["p", "q"].randomElement(using: &generator) ?? "p")
                let effective = EffectivePeriod(from: from, until: until)
                return Int.random(in: 0..<4, using: &generator) == 0
                    ? nil : effective.map { Subscription(plan: plan, effective: $0) }
            }
            let zone = TimeZoneRules(identifier: zones.randomElement(using: &generator) ?? "UTC")
            return Agreement(
                account: try Identifier(account), timeZone: try #require(zone),
                issuingEntity: try Identifier("default"), subscriptions: subscriptions)
        }
    }

    private static func compare(_ memory: MemoryStore, _ database: TestDatabase) throws {
        let (expected, found) = (memory.charges(), try database.store.charges())
        #expect(expected == found)
        for account in accounts {
            let name = try Identifier(account)
            for row in try database.store.ratedPeriods(of: name) {
                let lines = try database.store.usageLines(of: name, periodStart: row.period.start)
                #expect(lines == memory.usageLines(of: name, periodStart: row.period.start), "\(account) \(row)")
                let charges = found.filter {
                    $0.bucket.key.account == name && row.period.range.contains($0.bucket.key.slotStart)
                }
                var (net, unpriced): (Int128, Int64) = (0, 0)
                for charge in charges {
                    switch charge.outcome {
                    case .priced(let amounts): net += amounts.units[6]
                    case .unpriced: unpriced += charge.bucket.events
                    }
                }
                #expect(lines.reduce(0) { $0 + $1.net.units } == net, "\(account) \(row)")
                #expect((row.net?.units ?? 0) == net && row.unpricedEvents == unpriced, "\(account) \(row)")
                for line in lines {
                    let product = try line.unitPrice.amount(tokens: line.chargedTokens)
                    #expect(line.net.units == product + line.fees.units, "\(line)")
                }
            }
        }
    }

    @Test func randomPlansZonesAndChanges() async throws {
        try await withSeed { generator in
            for _ in 0..<3 {
                let database = try TestDatabase()
                let memory = MemoryStore()
                let stores: [any UsageStore] = [memory, database.store]
                let book = StoreConformanceTests.book(ratingInstant: .completedAt, laterVersion: true, periods: true)
                let books = try [book, book.replacing("price_book: conformance", with: "price_book: other")].map {
                    try PriceBook.parse($0, file: "book")
                }
                let plans = try ["p", "q"].map { try Self.plan($0, &generator) }
                let events = try StoreConformanceTests.events(400, &generator)
                for store in stores { for book in books { try store.add(book) } }
                var steps: [(any UsageStore) throws -> Void] = []
                for part in [events[..<150], events[150..<300], events[300...]] {
                    steps.append { _ = try $0.record(Array(part), reversing: []) }
                }
                steps.append { store in for plan in plans { try store.add(plan) } }
                for _ in 0..<3 {
                    let agreements = try Self.agreements(&generator)
                    steps.append { store in try store.agree(agreements) }
                }
                // Plans are there before anybody agrees to them; else in any order.
                let order = [0, 3] + [1, 2, 4, 5, 6].shuffled(using: &generator)
                for step in order {
                    for store in stores {
                        try steps[step](store)
                        try store.rollUpAndRate()
                    }
                    try Self.compare(memory, database)
                }
                let revisions = try database.psql("SELECT sum(revision) FROM taximeter.account_period")
                try database.psql("UPDATE taximeter.account_period SET stale = true")
                try database.store.rollUpAndRate()
                try Self.compare(memory, database)
                #expect(try database.psql("SELECT sum(revision) FROM taximeter.account_period") == revisions)
                #expect(try database.psql("SELECT * FROM taximeter.event_audit") == "")
            }
        }
    }
}
