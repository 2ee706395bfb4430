import Foundation

@testable import Taximeter

/// A price book of the repository.
func fixture(_ name: String) throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized
    return try String(contentsOf: root.appending(path: "fixtures/price-books/\(name)"), encoding: .utf8)
}

/// A book with one tariff `m` in US dollars whose only version is this YAML, indented as it comes.
func book(version: String, header: String = "") throws -> PriceBook {
    let lines = version.split(separator: "\n").map { "        " + $0 }.joined(separator: "\n")
    let text = """
        price_book: test
        currency: USD
        \(header)
        tariffs:
          - model: m
            versions:
              -
        \(lines)
        """
    return try PriceBook.parse(text, file: "test.yaml")
}

/// Usage of one request with its own size.
func usage(
    _ model: String = "m", at instant: String = "2025-06-01T12:00:00Z", hit: Int64 = 0, miss: Int64 = 0,
    write: Int64 = 0, write1h: Int64 = 0, output: Int64 = 0, channel: String = "api", tier: String = "standard",
    multipliers: [String] = []
) throws -> RatableUsage {
    let tokens = TokenCounts(cacheHit: hit, cacheMiss: miss, cacheWrite: write, cacheWrite1h: write1h, output: output)
    return RatableUsage(
        model: try Identifier(model), channel: try Identifier(channel), serviceTier: try Identifier(tier),
        instant: try given(Instant(rfc3339: instant)),
        size: .request(totalInput: try given(tokens.totalInput), output: output), tokens: tokens,
        multipliers: try multipliers.map { try Identifier($0) })
}

extension Rating {
    /// The total, or the reason's code.
    var text: String {
        switch self {
        case .priced(let amounts): amounts.scheduled.decimalText
        case .unpriced(let reason): reason.code
        }
    }

    /// The amounts.
    var amounts: RatedAmounts? { if case .priced(let amounts) = self { amounts } else { nil } }
}

extension Rater {
    /// What usage comes to as the only one of its period.
    func alone(_ usage: RatableUsage) throws -> PeriodAmounts? {
        if case .priced(let amounts) = try explain(usage).rating { amounts } else { nil }
    }

    /// How that comes about.
    func explain(_ usage: RatableUsage) throws -> RatingExplanation {
        try PeriodRater(self).explain(usage)
    }
}
