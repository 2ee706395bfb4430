import Foundation
import TestKit
import Testing

@testable import Taximeter

/// Every imported model of genai-prices against its own `calc_price`, and exactly: it computes in decimals, its script
/// traps on a result that would have to be rounded, and nothing is rounded here. There is no tolerance.
@Suite(.enabled(if: GenAIPrices.isInstalled, "genai-prices is not installed: .ci/price-maps"))
struct GenAIPricesDifferentialTests {
    @Test func everyImportedModelIsPricedAlike() async throws {
        let data = try GenAIPrices.data()
        let start = try #require(Instant(rfc3339: "2023-01-01T00:00:00Z"))
        let imported = try PriceImport.genAIPrices(data, file: "data.json", options: .init(name: "g", from: start))
        #expect(imported.book.tariffs.count > 2000)
        #expect(imported.wholeCount * 2 > imported.modelCount)
        try await withSeed { generator in
            print("genai-prices: seed \(SeededGenerator.runSeed)")
            let requests = try RandomRequest.all(25_000, of: imported.book, using: &generator)
            #expect(requests.count { $0.multiplier != nil } > 1000)
            #expect(requests.count(where: \.hasBand) > 1000)
            #expect(requests.count(where: \.hasSchedule) > 100)
            try Self.compare(requests, by: Rater(book: imported.book))
        }
    }

    private static func compare(_ requests: [RandomRequest], by rater: Rater) throws {
        let lines = requests.map { request in
            // provider/model, and provider/name
            let model = request.tariff.model.text.split(separator: "/", maxSplits: 1)
            let name = request.usage.model.text.split(separator: "/", maxSplits: 1)
            return
                ([model[0], model[1], name[1]].map(String.init) + [request.multiplier?.text ?? ""] + request.fields)
                .joined(separator: "\t")
        }
        let answers = try GenAIPrices.prices(lines)
        try #require(answers.count == lines.count)
        var differences: [String] = []
        for ((request, line), answer) in zip(zip(requests, lines), answers) {
            switch try rater.rate(request.usage) {
            case .priced(let amounts):
                // Read as money, because their text may have zeros at its end.
                if (try? Money(answer, .usd)) != amounts.scheduled {
                    differences.append("\(line): \(answer), and here \(amounts.scheduled)")
                }
            case .unpriced(let reason): differences.append("\(line): \(answer), and here unpriced: \(reason)")
            }
        }
        #expect(differences.isEmpty, "\(differences.count): \(differences.prefix(5).joined(separator: "\n"))")
    }
}
