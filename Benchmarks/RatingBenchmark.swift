import Taximeter

/// Rating a request, next to the plainest floating-point sum of three products with the same window and band.
struct RatingBenchmark {
    let workload: Workload

    init(_ workload: Workload) { self.workload = workload }

    func run() throws {
        let rater = Rater(book: workload.book)
        let usages = workload.events.map { event in
            RatableUsage(
                model: event.model, channel: event.channel, serviceTier: event.serviceTier, instant: event.completedAt,
                size: .request(totalInput: event.tokens.totalInput ?? 0, output: event.tokens.output),
                tokens: event.tokens)
        }
        try Benchmark(
            name: "rating a request: version, band, window, three classes, four steps", unit: "requests", runs: 5,
            subject: {
                var units: Int128 = 0
                for usage in usages {
                    if case .priced(let rated) = try rater.rate(usage) { units &+= rated.total.units }
                }
                return units > 0 ? usages.count : 0
            },
            baselineName: "three floating-point products with the window written out (inexact)",
            baseline: {
                var total = 0.0
                for usage in usages {
                    let minute = usage.instant.microseconds / Instant.minute % 1_440
                    let isNight = minute >= 990 || minute < 30
                    let tokens = usage.tokens
                    let list =
                        Double(tokens.cacheHit) * 0.14 + Double(tokens.cacheMiss) * 0.55 + Double(tokens.output) * 2.19
                    total += list * (isNight ? 0.25 : 1) * ((tokens.totalInput ?? 0) > 200_000 ? 2 : 1)
                }
                return total > 0 ? usages.count : 0
            }
        ).run()
    }
}
