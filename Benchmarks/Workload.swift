import Taximeter

/// Events of some accounts over three days, always the same.
struct Workload {
    let events: [UsageEvent]
    let book: PriceBook

    init(events count: Int) throws {
        var state: UInt64 = 1
        func random(_ limit: UInt64) -> Int64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int64((state >> 33) % limit)
        }
        let accounts = try (0..<1_000).map { try Identifier("account-\($0)") }
        let model = try Identifier("deepseek-reasoner")
        let api = try Identifier("api")
        let standard = try Identifier("standard")
        let start: Int64 = 1_740_614_400_000_000
        events = try (0..<count).map { index in
            guard let instant = Instant(microseconds: start + random(3 * 86_400) * Instant.second) else {
                throw OutOfRange()
            }
            // Small accounts are many, large ones few.
            let account = accounts[Int(min(random(1_000), random(1_000), random(1_000)))]
            return try UsageEvent(
                account: account, model: model, channel: api, serviceTier: standard, requestID: Identifier("r\(index)"),
                startedAt: instant, completedAt: instant,
                tokens: TokenCounts(cacheHit: random(4_000), cacheMiss: random(3_000), output: random(2_000)))
        }
        book = try PriceBook.parse(
            """
            price_book: bench
            currency: USD
            tariffs:
              - model: deepseek-reasoner
                versions:
                  - from: 2025-01-20T00:00:00Z
                    rates: {cache_hit: 0.14, cache_miss: 0.55, output: 2.19}
                    schedules:
                      - {name: night, time_zone: UTC, from: "16:30", until: "00:30", factor: 0.25}
                    bands:
                      - {name: middle, input: {over: 6000}, factor: 1.5}
                      - {name: long, input: {over: 200000}, factor: 2}
            """, file: "bench.yaml")
    }

    struct OutOfRange: Error {}
}
