import Foundation
import TestKit
import Testing

@testable import Taximeter

/// Every imported model of LiteLLM's map against LiteLLM's own cost functions, where LiteLLM is installed.
///
/// It computes in binary floating point: a handful of products and sums, each off by at most 2⁻⁵³ of itself. So the
/// amounts agree to one part in 10¹⁴ or they do not agree.
///
/// One difference is left out: for a request without any input LiteLLM finds no tier of `tiered_pricing`, and takes
/// nothing for its output; here it is in the first tier.
@Suite(.enabled(if: LiteLLM.isInstalled, "TAXIMETER_LITELLM_PYTHON names no Python that has LiteLLM"))
struct LiteLLMDifferentialTests {
    @Test func everyImportedModelIsPricedAlike() async throws {
        let start = try #require(Instant(rfc3339: "2026-01-01T00:00:00Z"))
        let imported = try PriceImport.liteLLM(
            try LiteLLM.map(), file: "map.json", options: .init(name: "l", from: start))
        try await withSeed { generator in
            print("LiteLLM: seed \(SeededGenerator.runSeed)")
            let requests = try RandomRequest.all(25_000, of: imported.book, using: &generator).filter {
                $0.usage.tokens.totalInput != 0
            }
            #expect(requests.count > 20_000)
            let rater = Rater(book: imported.book)
            let answers = try LiteLLM.costs(
                requests.map { request in
                    ([request.usage.model.text, request.multiplier?.text ?? ""] + request.fields)
                        .joined(separator: "\t")
                })
            try #require(answers.count == requests.count)
            var differences: [String] = []
            for (request, answer) in zip(requests, answers) {
                guard case .priced(let amounts) = try rater.rate(request.usage), let cost = Double(answer),
                    let own = Double(amounts.scheduled.decimalText), abs(cost - own) <= 1e-14 * max(cost, own)
                else {
                    let rating = try rater.rate(request.usage)
                    differences.append("\(request.usage): \(answer), and here \(rating)")
                    continue
                }
            }
            #expect(differences.isEmpty, "\(differences.count): \(differences.prefix(5).joined(separator: "\n"))")
        }
    }
}

/// The map as a whole, where `.ci/price-maps` could get it.
@Suite(.enabled(if: LiteLLM.hasMap, "LiteLLM's map is not there: .ci/price-maps"))
struct LiteLLMMapTests {
    @Test func mostOfTheMapIsImported() throws {
        let start = try #require(Instant(rfc3339: "2026-01-01T00:00:00Z"))
        let imported = try PriceImport.liteLLM(
            try LiteLLM.map(), file: "map.json", options: .init(name: "l", from: start))
        #expect(imported.modelCount > 4000)
        #expect(imported.wholeCount * 2 > imported.modelCount)
        #expect(imported.book.tariffs.count == imported.wholeCount + imported.partCount)
        // Each model that is not whole says why.
        let named = Set(imported.findings.filter { $0.consequence != .note }.map(\.model))
        #expect(named.count == imported.modelCount - imported.wholeCount)
    }
}
