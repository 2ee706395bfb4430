import Taximeter
import TestKit

/// Engines that count the tokens of some usage exactly as it was metered, scraped every hour on the hour.
struct SyntheticEngines {
    /// What an engine shows, by time: prompt, cached, generated.
    typealias Samples = [(at: Instant, values: [Int64])]

    /// An engine's samples, under its name and its model's.
    struct Engine {
        let name: String
        let model: String
        var samples: Samples
    }

    var engines: [Engine] = []

    private static let metrics = ["prompt_tokens", "prompt_tokens_cached", "generation_tokens"]

    /// Splits usage at random over some engines of each model.
    ///
    /// - Parameters:
    ///   - usage: The instant that usage counts at, its model and its tokens.
    ///   - span: Whole hours.
    init(
        _ usage: [(at: Instant, model: Identifier, tokens: TokenCounts)], over span: Range<Instant>,
        engines count: Int = 2, _ generator: inout SeededGenerator
    ) {
        let hours = Int((span.upperBound.microseconds - span.lowerBound.microseconds) / Instant.hour)
        for model in Set(usage.map(\.model)).sorted() {
            var added = [[[Int64]]](
                repeating: [[Int64]](repeating: [0, 0, 0], count: hours), count: count)
            for one in usage where one.model == model && span.contains(one.at) {
                let hour = Int((one.at.microseconds - span.lowerBound.microseconds) / Instant.hour)
                let tokens = one.tokens
                let counts = [
                    tokens.cacheHit + tokens.cacheMiss + tokens.cacheWrite + tokens.cacheWrite1h, tokens.cacheHit,
                    tokens.output,
                ]
                let engine = Int.random(in: 0..<count, using: &generator)
                for (place, tokens) in counts.enumerated() { added[engine][hour][place] += tokens }
            }
            for engine in 0..<count {
                // They have run for long.
                var values = (0..<3).map { _ in Int64.random(in: 1_000_000_000...2_000_000_000, using: &generator) }
                var samples: Samples = [(span.lowerBound, values)]
                for hour in 0..<hours {
                    for place in 0..<3 { values[place] += added[engine][hour][place] }
                    let at = Instant(microseconds: span.lowerBound.microseconds + Int64(hour + 1) * Instant.hour)
                    samples.append((at ?? span.upperBound, values))
                }
                engines.append(Engine(name: "\(model)-\(engine)", model: model.text, samples: samples))
            }
        }
    }

    /// The answer of Prometheus to a range query over their counters.
    var rangeAnswer: String {
        let series = engines.flatMap { engine in
            Self.metrics.enumerated().map { place, metric in
                let values = engine.samples.map { "[\($0.at.microseconds / Instant.second),\"\($0.values[place])\"]" }
                return
                    #"{"metric":{"__name__":"vllm:\#(metric)_total","instance":"\#(engine.name)","model_name":"\#(engine.model)"},"#
                    + #""values":[\#(values.joined(separator: ","))]}"#
            }
        }
        return #"{"status":"success","data":{"resultType":"matrix","result":[\#(series.joined(separator: ",\n"))]}}"#
    }

    /// One scrape a time and engine, in Prometheus's text format, under its file's name.
    var scrapes: [(file: String, text: String)] {
        engines.flatMap { engine in
            engine.samples.map { sample in
                let lines = Self.metrics.enumerated().map { place, metric in
                    "vllm:\(metric)_total{engine=\"0\",model_name=\"\(engine.model)\"} \(sample.values[place]).0\n"
                }
                return ("\(engine.name)-\(sample.at.microseconds / Instant.second).prom", lines.joined())
            }
        }
    }

    /// The samples, as a range answer.
    func counters(_ mapping: EngineMapping = .standard) throws -> EngineCounters {
        var counters = EngineCounters(mapping)
        try counters.add(rangeAnswer, file: "answer.json", name: ScrapeName("answer.json"))
        return counters
    }
}
