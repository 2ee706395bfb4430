import Foundation
import Taximeter

/// Generating events of the example profile, next to writing one constant event as often.
struct GeneratingBenchmark {
    func run() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "fixtures/profiles/small-provider.yaml")
        let profile = try LoadProfile.parse(String(contentsOf: file, encoding: .utf8), file: file.path)
        guard let from = Instant(rfc3339: "2025-01-01T00:00:00Z") else { throw Workload.OutOfRange() }
        var first = try LoadGenerator(profile, from: from, until: UsageEvent.latestInstant, seed: 1)
        guard let constant = try first.next() else { throw Workload.OutOfRange() }
        let count = 1_000_000
        func write() -> Int {
            var writer = EventLineWriter()
            for index in 1...count {
                writer.append(constant)
                if index % 10_000 == 0 { _ = writer.take() }
            }
            return count
        }
        func generate(writing: Bool) throws -> Int {
            var generator = try LoadGenerator(profile, from: from, until: UsageEvent.latestInstant, seed: 1)
            var writer = EventLineWriter()
            var made = 0
            while made < count, let event = try generator.next() {
                made += 1
                if writing { writer.append(event) }
                if made % 10_000 == 0 { _ = writer.take() }
            }
            return made
        }
        for (name, writing) in [("generating events", false), ("generating events as JSON lines", true)] {
            try Benchmark(
                name: name, unit: "events", runs: 3, subject: { try generate(writing: writing) },
                baselineName: "writing one constant event as JSON lines", baseline: write
            ).run()
        }
    }
}
