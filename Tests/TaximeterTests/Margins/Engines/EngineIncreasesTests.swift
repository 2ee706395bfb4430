import TestKit
import Testing

@testable import Taximeter

/// What counters go up by in an hour: resets, edges, gaps and engines that come and go; against engines that were simulated.
@Suite struct EngineIncreasesTests {
    /// An instant of 2025-03-10, given as minutes after midnight.
    private static func at(_ minutes: Int64) throws -> Instant {
        try #require(Instant(rfc3339: "2025-03-10T00:00:00Z")?.advanced(byMicroseconds: minutes * Instant.minute))
    }

    private static func counters(_ engines: [String: [(Int64, Int128)]], every: Int64? = nil) throws -> EngineCounters {
        var mapping = EngineMapping.standard
        mapping.every = every.map { $0 * Instant.minute }
        var counters = EngineCounters(mapping)
        for (name, samples) in engines {
            for (minutes, value) in samples {
                try counters.add(
                    "vllm:generation_tokens_total{model_name=\"m\",instance=\"\(name)\"} \(value)\n", file: name,
                    name: ScrapeName("\(at(minutes).microseconds / Instant.second)"))
            }
        }
        return counters
    }

    /// Each hour that is covered, the total, and the notes.
    private static func shown(_ engines: [String: [(Int64, Int128)]], every: Int64? = nil) throws -> [String] {
        let increases = try EngineIncreases(counters(engines, every: every), in: at(0)..<at(24 * 60))
        let key = EngineIncreases.Key(model: try Identifier("m"), counter: .generated)
        guard let covered = increases.covered else { return [] }
        var lines: [String] = []
        var hour = covered.lowerBound
        while hour < covered.upperBound {
            lines.append((increases.hours[key]?[hour] ?? .none).description)
            hour = try #require(hour.advanced(byMicroseconds: Instant.hour))
        }
        lines.append("total \(increases.totals[key] ?? .none)")
        return lines
            + increases.notes.map { note in
                let minutes = [note.from, note.until].map { one in
                    String((one.microseconds % Instant.day) / Instant.minute)
                }
                return "\(note.kind.rawValue) of \(note.instance) \(minutes.joined(separator: "-")): "
                    + "\(note.before) > \(note.after)"
            }
    }

    struct Case: Sendable {
        let name: String
        let engines: [String: [(Int64, Int128)]]
        let expected: [String]

        init(_ name: String, _ engines: [String: [(Int64, Int128)]], _ expected: [String]) {
            (self.name, self.engines, self.expected) = (name, engines, expected)
        }
    }

    private static let cases: [Case] = [
        // Samples on the edges: exact.
        Case("edges", ["a": [(0, 100), (60, 150), (120, 150)]], ["50", "0", "total 50"]),
        Case("within the hour", ["a": [(0, 0), (30, 5), (60, 9)]], ["9", "total 9"]),
        // Two engines are summed.
        Case("two", ["a": [(0, 0), (60, 5)], "b": [(0, 7), (60, 10)]], ["8", "total 8"]),
        // Off the edges: what lies between the samples on both sides may be of either hour.
        Case(
            "off the edges", ["a": [(-5, 0), (25, 3), (55, 10), (85, 12), (115, 20), (145, 21)]],
            ["7 to 12", "8 to 11", "total 17 to 21"]),
        // Hours that are not whole are left out.
        Case("parts of hours", ["a": [(30, 0), (60, 100), (90, 110), (120, 130), (150, 500)]], ["30", "total 30"]),
        Case("no whole hour", ["a": [(10, 0), (50, 100)]], []),
        // As Prometheus has it: after a reset, what the counter shows is the increase.
        Case(
            "a reset", ["a": [(0, 100), (30, 150), (60, 20), (90, 30), (120, 45)]],
            ["70", "25", "total 95", "counter reset of a 30-60: generated 150 > generated 20"]
        ),
        Case(
            "a reset to 0", ["a": [(0, 100), (30, 0), (60, 0)]],
            ["0", "total 0", "counter reset of a 0-30: generated 100 > generated 0"]
        ),
        // A hole of hours: what was counted in it may be of any of them; the sum is known.
        Case(
            "missing", ["a": [(0, 0), (30, 1), (60, 2), (180, 62), (210, 63), (240, 64)]],
            [
                "2", "0 to 60", "0 to 60", "2", "total 64",
                "missing scrapes of a 60-180: generated 2 > generated 62",
            ]
        ),
        // An engine that comes later may have counted before it was first looked at, but only what it shows.
        Case(
            "appeared", ["a": [(0, 0), (30, 0), (60, 0), (90, 0), (120, 0)], "b": [(90, 5), (120, 8)]],
            ["0", "3 to 8", "total 3 to 8", "engine appeared of b 0-90: no sample > generated 5"]
        ),
        // Engines that are looked at one after the other are all there from the beginning, and to the end.
        Case(
            "one after the other",
            [
                "a": [(-4, 0), (26, 3), (56, 3), (86, 4)],
                "b": [(-2, 1_000_000), (28, 1_000_010), (58, 1_000_010), (88, 1_000_010)],
            ],
            ["0 to 14", "total 0 to 14"]
        ),
        Case(
            "not all on the hour", ["a": [(0, 0), (60, 0), (120, 5)], "b": [(1, 1_000), (61, 1_000), (121, 1_000)]],
            ["5", "total 5"]
        ),
        Case(
            "disappeared", ["a": [(0, 0), (30, 0), (60, 0), (90, 0), (120, 0)], "b": [(0, 5), (30, 8)]],
            ["3", "0", "total 3", "engine disappeared of b 30-120: generated 8 > no sample"]
        ),
    ]

    @Test(arguments: cases)
    func increases(_ one: Case) throws {
        #expect(try Self.shown(one.engines) == one.expected, "\(one.name)")
    }

    /// How far samples are apart is what they mostly are, unless it is given.
    @Test func cadence() throws {
        let engine: [String: [(Int64, Int128)]] = ["a": [(0, 0), (20, 0), (60, 0), (120, 0)]]
        #expect(try Self.shown(engine, every: 20).count == 5)
        #expect(try Self.shown(engine, every: 60).count == 3)
    }

    /// Simulated engines, scraped at random times: each hour's truth lies in its range but for what a restart lost, and
    /// is met exactly with samples on the edges.
    @Test(arguments: [1, 2, 3, 4, 5, 6]) func theTruthIsInTheRange(_ round: UInt64) async throws {
        try await withSeed { generator in
            var generator = SeededGenerator(seed: generator.next() &+ round)
            let hasEdges = round % 2 == 0
            var truth = [Int128](repeating: 0, count: 6)
            var lost = [Int128](repeating: 0, count: 6)
            var engines: [String: [(Int64, Int128)]] = [:]
            for engine in 0..<Int.random(in: 1...4, using: &generator) {
                var (value, samples): (Int128, [(Int64, Int128)]) = (
                    .random(in: 1_000_000...2_000_000, using: &generator), []
                )
                var sinceLast: Int128 = 0
                for minute in Int64(-30)...(6 * 60 + 30) {
                    let isEdge = hasEdges && minute % 60 == 0
                    if isEdge || minute == -30 || minute == 390 || Int.random(in: 0..<10, using: &generator) == 0 {
                        samples.append((minute, value))
                        sinceLast = 0
                    }
                    // A restart, of which the counter tells as it starts from far above.
                    if Int.random(in: 0..<200, using: &generator) == 0, minute > 0, minute < 300, value > 100_000 {
                        if (0..<6).contains(minute / 60) { lost[Int(minute / 60)] += sinceLast }
                        (value, sinceLast) = (0, 0)
                    }
                    let tokens = Int128.random(in: 0..<10, using: &generator)
                    value += tokens
                    sinceLast += tokens
                    if minute >= 0, minute < 360 { truth[Int(minute / 60)] += tokens }
                }
                engines["e\(engine)"] = samples
            }
            let increases = try EngineIncreases(Self.counters(engines), in: Self.at(0)..<Self.at(360))
            let key = EngineIncreases.Key(model: try Identifier("m"), counter: .generated)
            for hour in 0..<6 {
                let range = try increases.hours[key]?[Self.at(Int64(hour) * 60)] ?? .none
                let isExact = range.least == range.most
                #expect(isExact || !hasEdges)
                if hasEdges {
                    #expect(truth[hour] == range.least + lost[hour])
                } else if lost.allSatisfy({ $0 == 0 }) {
                    #expect(range.distance(of: truth[hour]) == 0)
                }
            }
            let sum = truth.reduce(0, +) - lost.reduce(0, +)
            if hasEdges { #expect(increases.totals[key] == TokenRange(least: sum, most: sum)) }
            let resets = increases.notes.filter { $0.kind == .reset }.count
            #expect((resets > 0) || lost.allSatisfy { $0 == 0 })
        }
    }
}
