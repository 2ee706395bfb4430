@testable import Taximeter

/// A book of one tariff `m` in US dollars with base rates of 1 a token in all classes, and these tiers and terms.
func tieredBook(_ tiers: String, terms: String = "{}", more: String = "", rates: String? = nil) throws -> PriceBook {
    // A price of 1 a token is one million per million.
    let rates =
        rates ?? "{cache_hit: 1000000, cache_miss: 1000000, cache_write: 1000000, output: 1000000}"
    let version = """
        from: 2025-01-01T00:00:00Z
        rates: \(rates)
        \(more)
        \(tiers.isEmpty ? "" : "tiers: [\(tiers)]")
        """
    return try book(version: version, header: "terms: \(terms)")
}

extension PeriodRater {
    init(_ book: PriceBook) { self.init(Rater(book: book)) }

    /// Usage with its line.
    func usage(_ usage: RatableUsage) -> PeriodUsage {
        PeriodUsage(line: rater.line(of: usage), instant: usage.instant, size: usage.size, tokens: usage.tokens)
    }

    /// Rates usages as one period.
    func rate(_ usages: [RatableUsage], allowancesUsed: [Int64] = [], slices: Bool = false) throws -> Outcome {
        try rate(usages.map(usage), allowancesUsed: allowancesUsed, slices: slices)
    }

    /// What each usage of a period is billed, as decimal text; the code of the reason where it has no price.
    func texts(_ usages: [RatableUsage]) throws -> [String] {
        let outcome = try rate(usages)
        return usages.indices.map { outcome[$0].text }
    }
}

extension PeriodRating {
    var text: String {
        switch self {
        case .priced(let amounts): amounts.net.decimalText
        case .unpriced(let reason): reason.code
        }
    }

    var amounts: PeriodAmounts? { if case .priced(let amounts) = self { amounts } else { nil } }
}
