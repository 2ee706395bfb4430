import Foundation
import Taximeter
import TestKit
import Testing

@testable import TaximeterPostgres

/// A hundred thousand real requests, of six published traces, from the file to the charges.
@Suite(.enabled(if: TestData.folder != nil, "the traces are not here: set TAXIMETER_TEST_DATA"))
struct BundleTests {
    /// What a model costs, in millionths of a dollar per million tokens, and with more than 200,000 tokens of input.
    struct Rates {
        let hit, miss, output: Int128
        let longHit, longMiss, longOutput: Int128
    }

    static let rates: [String: Rates] = [
        "claude": Rates(
            hit: 300_000, miss: 3_000_000, output: 15_000_000, longHit: 600_001, longMiss: 6_000_000,
            longOutput: 22_500_000),
        "kimi": Rates(hit: 150_000, miss: 600_000, output: 2_500_000, longHit: 1, longMiss: 2, longOutput: 3),
        "gpt-4": Rates(hit: 7, miss: 30_000_000, output: 60_000_000, longHit: 1, longMiss: 2, longOutput: 3),
        "rag-model": Rates(hit: 0, miss: 270_001, output: 1_100_003, longHit: 1, longMiss: 2, longOutput: 3),
    ]

    static let models = [
        "claude-opus-4-1-20250805", "claude-sonnet-4-20250514", "claude-haiku-4-5-20251001", "claude-opus-4-6",
        "claude-opus-4-5-20251101", "claude-sonnet-4-5-20250929", "kimi", "gpt-4", "rag-model",
    ]

    private static func rates(of model: String) -> Rates? {
        rates[model.hasPrefix("claude") ? "claude" : model]
    }

    /// Every model with its band, at half price in a night window that crosses midnight.
    static func book() throws -> PriceBook {
        func price(_ millionths: Int128) -> String {
            let digits = String(millionths % 1_000_000)
            return "\"\(millionths / 1_000_000).\(String(repeating: "0", count: 6 - digits.count))\(digits)\""
        }
        let tariffs = models.compactMap { model in
            rates(of: model).map { rates in
                """
                  - model: \(model)
                    versions:
                      - from: 2020-01-01T00:00:00Z
                        rates: {cache_hit: \(price(rates.hit)), cache_miss: \(price(rates.miss)), output: \(price(rates.output))}
                        bands:
                          - name: long
                            input: {over: 200000}
                            rates: {cache_hit: \(price(rates.longHit)), cache_miss: \(price(rates.longMiss)), output: \(price(rates.longOutput))}
                        schedules:
                          - {name: night, time_zone: UTC, from: "16:30", until: "00:30", factor: "0.5"}
                """
            }
        }
        let text = "price_book: bundle\ncurrency: USD\ntariffs:\n" + tariffs.joined(separator: "\n")
        return try PriceBook.parse(text, file: "bundle.yaml")
    }

    /// What a source of the bundle comes to.
    struct Total: Equatable {
        var events = 0
        var input: Int64 = 0
        var hits: Int64 = 0
        var output: Int64 = 0
        /// In 10⁻¹⁸ dollars.
        var amount: Int128 = 0
    }

    /// Straight from the text of the CSV, without any of the engine: tokens times price, request by request.
    static func recomputed(_ csv: Substring) -> [String: Total] {
        var totals: [String: Total] = [:]
        for line in csv.split(whereSeparator: \.isNewline).dropFirst() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            let source = String(fields[0])
            let origin: Int64 = source.hasPrefix("azure2023") ? 0 : 1_740_787_200_000
            let milliseconds = origin + (Int64(fields[2]) ?? 0) + (Int64(fields[3]) ?? 0)
            let minute = milliseconds / 60_000 % 1_440
            let isNight = minute >= 16 * 60 + 30 || minute < 30
            let model = fields[4].isEmpty ? (source == "ragpulse" ? "rag-model" : "gpt-4") : String(fields[4])
            let (input, hits, output) = (Int64(fields[5]) ?? 0, Int64(fields[6]) ?? 0, Int64(fields[7]) ?? 0)
            guard let rates = rates(of: model) else { continue }
            let isLong = input > 200_000
            let millionths =
                Int128(hits) * (isLong ? rates.longHit : rates.hit)
                + Int128(input - hits) * (isLong ? rates.longMiss : rates.miss)
                + Int128(output) * (isLong ? rates.longOutput : rates.output)
            totals[source, default: Total()].events += 1
            totals[source, default: Total()].input += input
            totals[source, default: Total()].hits += hits
            totals[source, default: Total()].output += output
            // A millionth of a dollar per million tokens is 10⁻¹² dollars a token; half of it is still whole.
            totals[source, default: Total()].amount += millionths * (isNight ? 500_000 : 1_000_000)
        }
        return totals
    }

    /// As FACTS has them: rows, input with hits, hits, output.
    static let published: [String: (Int, Int64, Int64, Int64)] = [
        "azure2023_code": (8_819, 18_059_974, 0, 245_896), "azure2023_conv": (19_366, 22_361_870, 0, 4_088_665),
        "mooncake_conversation": (12_031, 144_793_823, 54_098_411, 4_122_048),
        "mooncake_synthetic": (3_993, 61_194_628, 39_852_661, 595_432),
        "claudecode_weka": (49_334, 6_037_445_403, 5_815_020_032, 21_709_920),
        "ragpulse": (7_106, 20_917_099, 0, 2_012_676),
    ]

    @Test func everyTokenIsChargedExactly() throws {
        let file = try #require(TestData.folder).appending(path: "traces/bundle_requests.csv.gz")
        let unpacked = try Command(
            program: "/usr/bin/gzip", arguments: ["-dc", file.path], environment: ServerAccount.environment
        ).run()
        try #require(unpacked.succeeded)
        let mappingFile = Fixtures.folder.appending(path: "mappings/bundle.yaml")
        let mapping = try EventMapping.parse(String(contentsOf: mappingFile, encoding: .utf8), file: "bundle.yaml")
        let events = try EventFile.read(Data(unpacked.output.utf8), .mapped(mapping))
        #expect(events.count == 100_649)

        let database = try TestDatabase()
        _ = try database.store.load(Self.book())
        for start in stride(from: 0, to: events.count, by: 10_000) {
            let answers = try database.store.record(Array(events[start..<min(start + 10_000, events.count)]))
            #expect(answers.allSatisfy { $0 == .accepted })
        }
        let run = try database.store.run()
        #expect(run.rating.unpriced == 0)
        let totals = try database.totals()
        #expect(Set(totals).count == 1 && totals.count == 3, "\(totals)")

        let charged = try database.psql(
            """
            SELECT ch.name, sum(c.events), sum(c.cache_hit_tokens + c.cache_miss_tokens), sum(c.cache_hit_tokens),
                sum(c.output_tokens), trunc(sum(c.net_amount) * 1e18)
            FROM taximeter.charge AS c JOIN taximeter.channel AS ch USING (channel_key) GROUP BY 1
            """)
        var bySource: [String: Total] = [:]
        for line in charged.split(separator: "\n") {
            let fields = line.split(separator: "|")
            try #require(fields.count == 6)
            bySource[String(fields[0])] = Total(
                events: Int(fields[1]) ?? -1, input: Int64(fields[2]) ?? -1, hits: Int64(fields[3]) ?? -1,
                output: Int64(fields[4]) ?? -1, amount: Int128(fields[5]) ?? -1)
        }
        let expected = Self.recomputed(unpacked.output[...])
        #expect(bySource == expected)
        #expect(Set(bySource.keys) == Set(Self.published.keys))
        for (source, total) in bySource {
            #expect(try #require(Self.published[source]) == (total.events, total.input, total.hits, total.output))
        }
        // The prices of the band and of the night have both been used.
        #expect(try database.psql("SELECT count(*) > 0 FROM taximeter.charge WHERE input_floor > 0") == "t\n")
        #expect(
            try database.psql("SELECT count(*) > 0 FROM taximeter.charge WHERE scheduled_amount < monetised_amount")
                == "t\n")
    }
}
