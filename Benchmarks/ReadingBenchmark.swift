import Foundation
import Taximeter

/// Reading event files, next to JSONDecoder.
struct ReadingBenchmark {
    let workload: Workload

    init(_ workload: Workload) { self.workload = workload }

    private struct Line: Decodable {
        let account, request_id, model, completed_at: String
        let cache_hit_tokens, cache_miss_tokens, output_tokens: Int64
    }

    func run() throws {
        let events = workload.events.prefix(50_000)
        let lines = events.map { event in
            """
            {"account":"\(event.account)","request_id":"\(event.requestID)","model":"\(event.model)",\
            "completed_at":"\(event.completedAt)","cache_hit_tokens":\(event.tokens.cacheHit),\
            "cache_miss_tokens":\(event.tokens.cacheMiss),"output_tokens":\(event.tokens.output)}
            """
        }
        let json = Array((lines.joined(separator: "\n") + "\n").utf8)
        let header = "account,request_id,model,completed_at,cache_hit_tokens,cache_miss_tokens,output_tokens\n"
        let csv = Array(
            (header
                + events.map { event in
                    "\(event.account),\(event.requestID),\(event.model),\(event.completedAt),\(event.tokens.cacheHit),"
                        + "\(event.tokens.cacheMiss),\(event.tokens.output)\n"
                }.joined()).utf8)
        let data = lines.map { Data($0.utf8) }
        let decoder = JSONDecoder()
        func decode() throws -> Int {
            try data.reduce(0) { $0 + (try decoder.decode(Line.self, from: $1).output_tokens >= 0 ? 1 : 0) }
        }
        for (name, format, bytes) in [("JSON lines", EventFormat.jsonLines, json), ("CSV", .csv, csv)] {
            try Benchmark(
                name: "reading \(name): every field checked, an event or a reason", unit: "rows", runs: 3,
                subject: { Self.read(bytes, format) },
                baselineName: "JSONDecoder of the same rows, instants left as text",
                baseline: decode
            ).run()
        }
    }

    private static func read(_ bytes: [UInt8], _ format: EventFormat) -> Int {
        var reader = EventReader(format)
        var count = 0
        var start = 0
        while start < bytes.count {
            let end = min(start + 1 << 18, bytes.count)
            reader.feed(Array(bytes[start..<end]))
            while case .event? = reader.next() { count += 1 }
            start = end
        }
        reader.finish()
        while case .event? = reader.next() { count += 1 }
        return count
    }
}
