import Foundation
import Taximeter

/// Rating a request by a book with a schedule and two bands, next to the plainest floating-point sum of three products
/// with the same window and bands written out.
struct RatingBenchmark {
    let workload: Workload

    init(_ workload: Workload) { self.workload = workload }

    private struct Request {
        let line: RatingLine
        let instant: Instant
        let size: RequestSize
        let tokens: TokenCounts
    }

    func run() throws {
        let rater = Rater(book: workload.book)
        var lines = RatingLines(rater)
        let requests = workload.events.map { event in
            let usage = event.usage
            return Request(
                line: lines.line(of: usage), instant: usage.instant, size: usage.size, tokens: usage.tokens)
        }
        try Benchmark(
            name: "rating a request: version, two bands, window, three classes, four steps", unit: "requests", runs: 5,
            subject: {
                var units: Int128 = 0
                for _ in 0..<10 { units &+= try Self.rate(requests, rater) }
                return units > 0 ? 10 * requests.count : 0
            },
            baselineName: "three floating-point products with window and bands written out (inexact)",
            baseline: {
                var total = 0.0
                for _ in 0..<10 {
                    for request in requests { total += Self.plain(request) }
                }
                return total > 0 ? 10 * requests.count : 0
            }
        ).run()
        Self.printGenAIPrices()
        try printAllocations(requests, rater)
    }

    private static func rate(_ requests: [Request], _ rater: Rater) throws -> Int128 {
        var units: Int128 = 0
        for request in requests {
            if case .priced(let rated) = try rater.rate(
                request.line, at: request.instant, size: request.size, tokens: request.tokens)
            {
                units &+= rated.scheduled.units
            }
        }
        return units
    }

    /// How often rating asks for memory. Making a line does, which shows that the count works.
    private func printAllocations(_ requests: [Request], _ rater: Rater) throws {
        let usage = workload.events[0].usage
        let start = Heap.allocations
        let units = try Self.rate(requests, rater)
        let rated = Heap.allocations
        let line = rater.line(of: usage)
        let made = Heap.allocations
        print("  \(rated - start) heap allocations in \(requests.count) ratings; \(made - rated) in making their line")
        withExtendedLifetime(line) { precondition(units > 0) }
    }

    /// Where genai-prices is installed (`.ci/price-maps` does that), its own rate for a request of three classes.
    private static func printGenAIPrices() {
        let python = ".build/price-maps/venv/bin/python"
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "genai_prices_rate.py").path
        guard FileManager.default.isExecutableFile(atPath: python), let pipe = popen("\(python) '\(script)'", "r")
        else {
            return print("  genai-prices is not installed: .ci/price-maps installs it")
        }
        defer { pclose(pipe) }
        var line = [CChar](repeating: 0, count: 64)
        guard fgets(&line, 64, pipe) != nil else { return print("  genai-prices gave no figure") }
        let digits = line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
        print("  \(String(decoding: digits, as: UTF8.self)) requests/s  genai-prices' calc_price, in the same run")
    }

    private static func plain(_ request: Request) -> Double {
        let minute = request.instant.microseconds / Instant.minute % 1_440
        let isNight = minute >= 990 || minute < 30
        let tokens = request.tokens
        var list = Double(tokens.cacheHit) * 0.14
        list += Double(tokens.cacheMiss) * 0.55
        list += Double(tokens.output) * 2.19
        let input = tokens.totalInput ?? 0
        return list * (isNight ? 0.25 : 1) * (input > 200_000 ? 2 : input > 6_000 ? 1.5 : 1)
    }
}

extension UsageEvent {
    /// The request, as a rater takes it.
    var usage: RatableUsage {
        RatableUsage(
            model: model, channel: channel, serviceTier: serviceTier, instant: completedAt,
            size: .request(totalInput: tokens.totalInput ?? 0, output: tokens.output), tokens: tokens)
    }
}
