import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// What every store of usage must do; the plain one in memory is the oracle of the one in PostgreSQL.
@Suite struct StoreConformanceTests {
    /// Versions inside an hour, a window that wraps midnight and starts inside an hour, bands, a multiplier, an alias
    /// with an end, a free channel, a reference, a class without a rate.
    static func book(ratingInstant: RatingInstant, laterVersion: Bool, periods: Bool) -> String {
        let later = """

                  - from: 2025-03-02T10:20:30.000001Z
                    rates: {cache_hit: 0.2, cache_miss: 0.7, output: 3}
            """
        // Two billing periods: what the first uses of the lifetime allowance is gone in the second.
        let terms = """
            {discount: {factor: 0.5}, quantities: {step: 100}, allowances: [
              {name: welcome, tokens: 250000, per: lifetime, models: [big], order: dearest_first},
              {name: monthly, tokens: 40000, per: period}]}
            """
        func tiers(_ mode: String) -> String {
            func table(_ name: String, _ counter: String, _ classes: String, _ steps: String) -> String {
                "{name: \(name), counter: \(counter), classes: [\(classes)], mode: \(mode), steps: [\(steps)]}"
            }
            let input = table("t", "all", "cache_miss", "{up_to: 50000}, {up_to: 90000, factor: 0.5}, {factor: 0.25}")
            let output = table(
                "f", "class", "output", "{up_to: 5000}, {up_to: 9000, factor: 0.5, flat: 1}, {factor: 0.25}")
            return periods ? "\n        tiers: [\(input), \(output)]" : ""
        }
        return """
            price_book: conformance
            currency: USD
            rating_instant: \(ratingInstant.rawValue)
            reference: big
            terms: \(periods ? terms.replacing("\n", with: " ") : "{}")
            channels: {web: free}
            tariffs:
              - model: big
                aliases:
                  - {name: large, until: 2025-03-02T12:34:56Z}
                versions:
                  - from: 2025-03-01T05:00:00Z
                    rates: {cache_hit: 0.14, cache_miss: 0.55, output: 2.19}
                    schedules:
                      - {name: night, time_zone: Asia/Kathmandu, from: "22:10", until: "06:20", factor: 0.25}
                    bands:
                      - {name: long, input: {over: 2000}, output: {from: 300}, factor: 2}
                    multipliers: {batch: 0.5}\(tiers("graduated"))\(laterVersion ? later : "")
              - model: small
                versions:
                  - from: 2025-02-01T00:00:00Z
                    rates: {cache_miss: 0.07, output: 0.01}\(tiers("volume"))
            """
    }

    static func events(_ count: Int, _ generator: inout SeededGenerator) throws -> [UsageEvent] {
        let start = try #require(Instant(rfc3339: "2025-02-28T20:00:00Z"))
        return try (0..<count).map { _ in
            func pick(_ names: [String]) throws -> Identifier {
                try Identifier(try #require(names.randomElement(using: &generator)))
            }
            let started = try #require(
                start.advanced(byMicroseconds: Int64.random(in: 0..<60 * Instant.hour, using: &generator)))
            let completed = try #require(
                started.advanced(byMicroseconds: Int64.random(in: 0...40 * Instant.minute, using: &generator)))
            let output = [0, 299, 300, 301].randomElement(using: &generator) ?? 0
            return try UsageEvent(
                account: pick(["a", "b", "ü", "u\u{308}"]), model: pick(["big", "large", "small", "unknown"]),
                channel: pick(["api", "web"]), serviceTier: pick(["standard", "standard", "batch", "odd"]),
                requestID: Identifier("r\(Int.random(in: 0..<count, using: &generator))"), startedAt: started,
                completedAt: completed,
                tokens: TokenCounts(
                    cacheHit: [0, 1].randomElement(using: &generator) ?? 0,
                    cacheMiss: Int64.random(in: 1998...2001, using: &generator), output: Int64(output)),
                requests: Int64.random(in: 0..<10, using: &generator) == 0 ? 3 : 1)
        }
    }

    @Test(arguments: RatingInstant.allCases, [false, true])
    func bothStoresAgree(_ ratingInstant: RatingInstant, _ periods: Bool) async throws {
        try await withSeed { generator in
            let database = try TestDatabase()
            let memory = MemoryStore()
            let stores: [any UsageStore] = [memory, database.store]
            let events = try Self.events(600, &generator)
            let first = try PriceBook.parse(
                Self.book(ratingInstant: ratingInstant, laterVersion: false, periods: periods), file: "first.yaml")

            // Usage before there is any price; then prices; then more usage, some of it twice and some in conflict.
            // Some of it is undone, some again, and some that was never there.
            var reversals: [EventReversal] = []
            for part in [events[..<200], events[200..<450], events[150...]] {
                let undone = part.shuffled(using: &generator).prefix(40)
                let fresh =
                    undone.map { EventReversal(account: $0.account, requestID: $0.requestID) }
                    + [try EventReversal(account: Identifier("a"), requestID: Identifier("never"))]
                let answers = try stores.map { try $0.record(Array(part), reversing: fresh + reversals.prefix(5)) }
                reversals += fresh
                #expect(answers[0] == answers[1])
                for store in stores { try store.rollUpAndRate() }
                #expect(try stores[0].charges() == stores[1].charges())
                #expect(try database.psql("SELECT * FROM taximeter.event_audit") == "")
                if part.startIndex == 0 { for store in stores { try store.add(first) } }
            }

            // A later version of the same book reaches what it covers, and cuts an hour elsewhere.
            let second = try PriceBook.parse(
                Self.book(ratingInstant: ratingInstant, laterVersion: true, periods: periods), file: "second.yaml")
            try database.store.add(second)
            let oracle = MemoryStore()
            oracle.add(second)
            _ = oracle.record(events, reversing: reversals)
            try oracle.rollUpAndRate()
            try database.store.rollUpAndRate()
            #expect(try database.store.charges() == oracle.charges())
            #expect(oracle.charges().count > 100)

            // And once more changes nothing.
            #expect(try database.store.run() == database.store.run())
            #expect(try database.store.charges() == oracle.charges())
        }
    }
}
