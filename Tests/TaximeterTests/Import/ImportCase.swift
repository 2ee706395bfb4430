import Foundation
import Testing

@testable import Taximeter

/// A small map, and what the import makes of it. The maps are written for the tests, in the formats of the sources.
struct ImportCase: CustomTestStringConvertible {
    let testDescription: String
    /// A JSON object a model: of genai-prices a member of `models`, of LiteLLM the row of the model `m`.
    let model: String
    /// What stands under `tariffs` in the book, from the first version on; empty when the model is not in it.
    let expected: String
    /// `field: reason (consequence)` of each finding, a line each.
    let findings: String

    init(_ description: String, _ model: String, _ expected: String, findings: String = "") {
        testDescription = description
        self.model = model
        self.expected = expected
        self.findings = findings
    }

    static let start = "2025-01-01T00:00:00Z"

    static func options(_ providers: [String] = []) throws -> PriceImport.Options {
        .init(name: "b", from: try #require(Instant(rfc3339: start)), providers: providers)
    }

    /// Imports the model as a whole map and compares.
    func check(_ result: PriceImport) {
        let lines = result.text.split(separator: "\n").drop { !$0.hasPrefix("      - from:") }
        let text = lines.map { $0.dropFirst(6) }.joined(separator: "\n")
        #expect(text == expected)
        let found = result.findings.map { "\($0.field): \($0.reason) (\($0.consequence.rawValue))" }
        #expect(found.joined(separator: "\n") == findings)
        #expect(result.modelCount == 1)
        #expect(result.wholeCount == (expected.isEmpty || !findings.isEmpty ? 0 : 1))
        #expect(result.partCount == (expected.isEmpty || findings.isEmpty ? 0 : 1))
        // What is written is what is read.
        #expect((try? PriceBook.parse(result.text, file: "again")) == result.book)
    }
}
