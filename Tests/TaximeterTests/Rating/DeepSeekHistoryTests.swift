import Foundation
import Testing

@testable import Taximeter

private let million: Int64 = 1_000_000

@Suite struct DeepSeekHistoryTests {
    /// Model, an instant, and the dollar prices of a million hits, misses and output tokens (FACTS section 2); each
    /// change with the microsecond before it.
    @Test(arguments: [
        ("deepseek-chat", "2025-02-08T15:59:59.999999Z", "0.014", "0.14", "0.28"),
        ("deepseek-chat", "2025-02-08T16:00:00Z", "0.07", "0.27", "1.1"),
        ("deepseek-v3", "2025-02-08T16:00:00Z", "0.07", "0.27", "1.1"),
        ("deepseek-reasoner", "2025-01-20T00:00:00Z", "0.14", "0.55", "2.19"),
        ("deepseek-r1", "2025-01-20T00:00:00Z", "0.14", "0.55", "2.19"),
        // The night of 2025-02-26 is the first: it begins with the day, which is inside the window of the day before.
        ("deepseek-reasoner", "2025-02-25T23:59:59.999999Z", "0.14", "0.55", "2.19"),
        ("deepseek-reasoner", "2025-02-26T00:00:00Z", "0.035", "0.135", "0.55"),
        ("deepseek-reasoner", "2025-02-26T00:29:59.999999Z", "0.035", "0.135", "0.55"),
        ("deepseek-reasoner", "2025-02-26T00:30:00Z", "0.14", "0.55", "2.19"),
        ("deepseek-reasoner", "2025-02-26T16:29:59.999999Z", "0.14", "0.55", "2.19"),
        ("deepseek-reasoner", "2025-02-26T16:30:00Z", "0.035", "0.135", "0.55"),
        ("deepseek-chat", "2025-02-27T00:29:59.999999Z", "0.035", "0.135", "0.55"),
        ("deepseek-chat", "2025-02-27T00:30:00Z", "0.07", "0.27", "1.1"),
        ("deepseek-chat", "2025-09-05T15:59:59.999999Z", "0.07", "0.27", "1.1"),
        ("deepseek-chat", "2025-09-05T16:00:00Z", "0.07", "0.56", "1.68"),
        ("deepseek-reasoner", "2025-09-05T16:00:00Z", "0.07", "0.56", "1.68"),
        ("deepseek-reasoner", "2025-09-05T17:00:00Z", "0.07", "0.56", "1.68"),  // no night any more
        ("deepseek-chat", "2025-09-28T23:59:59.999999Z", "0.07", "0.56", "1.68"),
        ("deepseek-chat", "2025-09-29T00:00:00Z", "0.028", "0.28", "0.42"),
        ("deepseek-chat", "2026-04-26T12:15:00Z", "0.0028", "0.14", "0.28"),
        ("deepseek-v4-pro", "2026-08-16T15:59:59.999999Z", "0.003625", "0.435", "0.87"),
        ("deepseek-v4-flash", "2026-08-16T16:00:00Z", "0.007", "0.22", "0.66"),
        ("deepseek-v4-flash", "2026-08-17T00:59:59.999999Z", "0.007", "0.22", "0.66"),
        ("deepseek-v4-flash", "2026-08-17T01:00:00Z", "0.014", "0.44", "1.32"),
        ("deepseek-v4-flash", "2026-08-17T04:00:00Z", "0.007", "0.22", "0.66"),
        ("deepseek-v4-pro", "2026-08-17T06:00:00Z", "0.044", "1.32", "3.96"),
        ("deepseek-v4-pro", "2026-08-17T10:00:00Z", "0.022", "0.66", "1.98"),
        ("deepseek-v4-flash", "2026-09-10T03:59:59.999999Z", "0.014", "0.44", "1.32"),
        // The retired name is served by V4.1 Flash at its price; 04:00 is the end of the morning's peak.
        ("deepseek-v4-flash", "2026-09-10T04:00:00Z", "0.003", "0.15", "0.6"),
        ("deepseek-flash", "2026-09-10T06:00:00Z", "0.006", "0.3", "1.2"),
        ("deepseek-flash", "2026-10-01T06:00:00Z", "0.003", "0.15", "0.6"),  // National Day
        ("deepseek-flash", "2026-10-08T06:00:00Z", "0.006", "0.3", "1.2"),
        ("deepseek-flash", "2026-09-20T06:00:00Z", "0.003", "0.15", "0.6"),  // a working Sunday stays off-peak
    ])
    func pricesInDollars(_ model: String, _ at: String, _ hit: String, _ miss: String, _ output: String) throws {
        try expect(
            try Rater(book: PriceBook.parse(fixture("deepseek-usd.yaml"), file: "usd")), model, at, [hit, miss, output])
    }

    /// The same in yuan, a list of its own.
    @Test(arguments: [
        ("deepseek-chat", "2025-02-08T15:59:59.999999Z", "0.1", "1", "2"),
        ("deepseek-chat", "2025-02-08T16:00:00Z", "0.5", "2", "8"),
        ("deepseek-reasoner", "2025-02-26T00:30:00Z", "1", "4", "16"),
        ("deepseek-reasoner", "2025-02-26T16:30:00Z", "0.25", "1", "4"),
        ("deepseek-chat", "2025-02-26T16:30:00Z", "0.25", "1", "4"),
        ("deepseek-chat", "2025-09-05T16:00:00Z", "0.5", "4", "12"),
        ("deepseek-reasoner", "2025-09-29T00:00:00Z", "0.2", "2", "3"),
        ("deepseek-v4-flash", "2026-07-01T00:00:00Z", "0.02", "1", "2"),
        ("deepseek-v4-pro", "2026-07-01T00:00:00Z", "0.025", "3", "6"),
        ("deepseek-v4-flash", "2026-08-24T01:00:00Z", "0.1", "3", "9"),
        ("deepseek-v4-pro", "2026-08-24T10:00:00Z", "0.15", "4.5", "13.5"),
        ("deepseek-flash", "2026-09-11T01:00:00Z", "0.04", "2", "8"),
    ])
    func pricesInYuan(_ model: String, _ at: String, _ hit: String, _ miss: String, _ output: String) throws {
        try expect(
            try Rater(book: PriceBook.parse(fixture("deepseek-cny.yaml"), file: "cny")), model, at, [hit, miss, output])
    }

    private func expect(_ rater: Rater, _ model: String, _ at: String, _ prices: [String]) throws {
        let usage = try usage(model, at: at, hit: million, miss: million, output: million)
        let amounts = try #require(try rater.alone(usage))
        let classes: [TokenClass] = [.cacheHit, .cacheMiss, .output]
        #expect(classes.map { amounts.netByClass[$0].decimalText } == prices)
    }

    @Test(arguments: [
        ("deepseek-reasoner", "2025-01-19T23:59:59.999999Z", "no_version"),
        ("deepseek-r1", "2025-09-05T16:00:00Z", "no_tariff"),
        ("deepseek-chat", "2026-04-24T00:00:00Z", "no_version"),  // the gap, for want of a source
        ("deepseek-chat", "2026-07-24T15:59:00Z", "no_version"),  // retired
        ("deepseek-v4-flash-vision-exp", "2026-09-10T03:59:59.999999Z", "no_tariff"),
        ("gpt-5", "2026-01-01T00:00:00Z", "no_tariff"),
    ])
    func hasNoPriceBeforeAndAfter(_ model: String, _ at: String, _ reason: String) throws {
        let rater = Rater(book: try PriceBook.parse(fixture("deepseek-usd.yaml"), file: "usd"))
        #expect(try rater.rate(usage(model, at: at, output: 1)).text == reason)
    }

    /// The published day at the prices of its list, and what the same tokens would have cost later (FACTS section 1).
    @Test(arguments: [
        ("deepseek-reasoner", "2025-02-27T12:00:00Z", "562100"),
        ("deepseek-chat", "2025-02-27T12:00:00Z", "280560"),
        ("deepseek-chat", "2025-09-06T12:00:00Z", "455140"),
        ("deepseek-chat", "2025-09-30T12:00:00Z", "154616"),
    ])
    func pricesThePublishedDay(_ model: String, _ at: String, _ total: String) throws {
        let rater = Rater(book: try PriceBook.parse(fixture("deepseek-usd.yaml"), file: "usd"))
        let day = try usage(model, at: at, hit: 342_000 * million, miss: 266_000 * million, output: 168_000 * million)
        #expect(try rater.rate(day).text == total)
    }

    /// Instants that a public set of vectors calls peak or off-peak, and China's holidays of 2026. The file is not part
    /// of the repository: TAXIMETER_TEST_DATA names its folder, or it lies in ../shared/data.
    @Test(
        .enabled(
            if: PeakVectors.url != nil,
            "deepseek-peak-vectors.json is neither in TAXIMETER_TEST_DATA nor in ../shared/data"))
    func agreesWithThePublicVectors() throws {
        let vectors = try JSONDecoder().decode(PeakVectors.self, from: Data(contentsOf: given(PeakVectors.url)))
        let rater = Rater(book: try PriceBook.parse(fixture("deepseek-usd.yaml"), file: "usd"))
        func isPeak(_ at: String) throws -> Bool {
            try given(rater.rate(usage("deepseek-v4-pro", at: at, output: 1)).amounts).schedule != nil
        }
        #expect(!vectors.vectors.isEmpty)
        for vector in vectors.vectors { #expect(try isPeak(vector[0]) == (vector[1] == "peak"), "\(vector)") }
        for range in vectors.cn_holidays_2026_offpeak_all_day {
            let ends = try range.split(separator: "..").map { try given(CivilDate(iso8601: $0)) }
            for day in ends[0].daysSinceEpoch...ends[1].daysSinceEpoch {
                let date = CivilDate(daysSinceEpoch: day)
                guard date.description >= "2026-08-23" else { continue }  // no peak hours before
                for hour in 0..<24 {
                    #expect(try !isPeak("\(date)T\(decimal(Int64(hour), width: 2)):30:00+08:00"), "\(date) \(hour)")
                }
            }
        }
    }
}

private struct PeakVectors: Decodable {
    let vectors: [[String]]
    let cn_holidays_2026_offpeak_all_day: [String]

    static let url: URL? = {
        let shared = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../../shared/data")
        let folder =
            ProcessInfo.processInfo.environment["TAXIMETER_TEST_DATA"].map { URL(filePath: $0) } ?? shared.standardized
        let url = folder.appending(path: "deepseek-peak-vectors.json")
        return FileManager.default.fileExists(atPath: url.path) ? url : nil
    }()
}
