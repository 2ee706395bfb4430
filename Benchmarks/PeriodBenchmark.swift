import Taximeter

/// Rating again all buckets of many accounts, by a book with graduated tiers, a schedule and bands; next to the plainest
/// sum of the same buckets in the same loop.
///
/// The accounts' buckets are made one account at a time, outside the clock's view only in so far as both loops make them:
/// so memory is that of one account, however many there are.
struct PeriodBenchmark {
    private static let accounts = 100_000
    private static let bucketsPerAccount = 100
    private static let book = """
        price_book: bench
        currency: USD
        tariffs:
          - model: m
            versions:
              - from: 2025-01-01T00:00:00Z
                rates: {cache_hit: 0.14, cache_miss: 0.55, output: 2.19}
                schedules:
                  - {name: night, time_zone: UTC, from: "16:30", until: "00:30", factor: 0.25}
                bands:
                  - {name: long, input: {over: 200000}, factor: 2}
                tiers:
                  - name: volume
                    counter: tariff
                    mode: graduated
                    steps: [{up_to: 1000000}, {up_to: 10000000, factor: 0.9}, {factor: 0.8}]
        """

    func run() throws {
        let rater = PeriodRater(Rater(book: try PriceBook.parse(Self.book, file: "bench.yaml")))
        let model = try Identifier("m")
        let api = try Identifier("api")
        let standard = try Identifier("standard")
        let line = rater.rater.line(
            of: RatableUsage(
                model: model, channel: api, serviceTier: standard, instant: .earliest, size: .summed,
                tokens: TokenCounts()))
        let start: Int64 = 1_740_787_200_000_000
        var buckets = (0..<Self.bucketsPerAccount).map { index in
            PeriodUsage(
                line: line, instant: Instant(microseconds: start + Int64(index * 7) * Instant.hour) ?? .earliest,
                size: .request(totalInput: 0, output: 0), tokens: TokenCounts())
        }
        func fill(_ account: Int) {
            for index in buckets.indices {
                let seed = Int64(account &* 31 &+ index &* 17)
                buckets[index].tokens = TokenCounts(
                    cacheHit: seed % 50_000, cacheMiss: seed % 30_000, output: seed % 20_000)
            }
        }
        let before = Measuring.memoryKiB("VmHWM") / 1_024
        try Benchmark(
            name: "rating billing periods again, 100 buckets each, graduated tiers, schedule and band", unit: "buckets",
            runs: 3,
            subject: {
                var units = 0
                for account in 0..<Self.accounts {
                    fill(account)
                    let outcome = try rater.rate(buckets)
                    if case .priced(let amounts) = outcome[Self.bucketsPerAccount - 1], amounts.net.units > 0 {
                        units += 1
                    }
                }
                return units * Self.bucketsPerAccount
            },
            baselineName: "three floating-point products a bucket (inexact, no tiers)",
            baseline: {
                var total = 0.0
                for account in 0..<Self.accounts {
                    fill(account)
                    for bucket in buckets {
                        var amount = Double(bucket.tokens.cacheHit) * 0.14
                        amount += Double(bucket.tokens.cacheMiss) * 0.55
                        amount += Double(bucket.tokens.output) * 2.19
                        total += amount
                    }
                }
                return total > 0 ? Self.accounts * Self.bucketsPerAccount : 0
            }
        ).run()
        print("  peak memory \(Measuring.memoryKiB("VmHWM") / 1_024) MB, \(before) MB before the first account")
    }
}
