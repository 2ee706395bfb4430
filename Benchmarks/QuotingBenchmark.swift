import Foundation
import Taximeter

/// Quoting cases from JSON lines, next to JSONDecoder reading the same lines and pricing nothing.
struct QuotingBenchmark {
    let workload: Workload

    init(_ workload: Workload) { self.workload = workload }

    private struct Case: Decodable {
        let id, model, completed_at: String
        let cache_hit_tokens, cache_miss_tokens, output_tokens: Int64
    }

    func run() throws {
        let lines = workload.events.map { event in
            """
            {"id":"\(event.requestID)","model":"\(event.model)","completed_at":"\(event.completedAt)",\
            "cache_hit_tokens":\(event.tokens.cacheHit),"cache_miss_tokens":\(event.tokens.cacheMiss),\
            "output_tokens":\(event.tokens.output)}
            """
        }
        let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
        let data = lines.prefix(20_000).map { Data($0.utf8) }
        let decoder = JSONDecoder()
        let rater = PeriodRater(Rater(book: workload.book))
        try Benchmark(
            name: "quoting JSON lines: read, priced, explained, written", unit: "cases", runs: 3,
            subject: {
                var quoter = BatchQuoter(rater)
                var output: [UInt8] = []
                for start in stride(from: 0, to: bytes.count, by: 1 << 18) {
                    quoter.feed(Array(bytes[start..<min(start + 1 << 18, bytes.count)]))
                    quoter.quote(into: &output)
                    output.removeAll(keepingCapacity: true)
                }
                return quoter.counts.priced
            },
            baselineName: "JSONDecoder of the same lines, instants left as text, no price",
            baseline: {
                try data.reduce(0) { $0 + (try decoder.decode(Case.self, from: $1).output_tokens >= 0 ? 1 : 0) }
            }
        ).run()
    }
}
