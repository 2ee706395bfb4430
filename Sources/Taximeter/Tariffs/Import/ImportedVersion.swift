/// The rates of every class, by request size: those below all thresholds, then those from each threshold on.
typealias SizedRates = [PerClass<UnitPrice?>]

/// A total input from which other rates hold.
struct ImportedThreshold: Hashable {
    /// The number that the source gives.
    let tokens: Int64
    /// Whether a request of exactly so many tokens has reached it.
    let isInclusive: Bool

    /// The smallest total input beyond it.
    var firstInput: Int64 { isInclusive ? tokens : tokens + 1 }
}

/// What a source says a model costs from an instant on, worked out for each condition.
struct ImportedVersion {
    let from: Instant
    /// The clock that the schedules read.
    var timeZone = "UTC"
    /// In order.
    let thresholds: [ImportedThreshold]
    /// Outside all schedules.
    let base: SizedRates
    /// Where other rates hold, and which.
    let schedules: [(windows: [ImportedWindow], rates: SizedRates)]
    /// Named factors.
    var multipliers: [(name: String, factors: PerClass<Factor?>)] = []

    /// The rates outside schedules, and in each of them.
    var standard: [SizedRates] { [base] + schedules.map(\.rates) }

    /// Whether any class has a rate.
    var hasRates: Bool { base.contains { rates in TokenClass.allCases.contains { rates[$0] != nil } } }

    /// A class that has a rate under some conditions only, which no price book can say.
    var unevenClass: TokenClass? {
        TokenClass.allCases.first { tokenClass in
            Set(standard.joined().map { $0[tokenClass] != nil }).count > 1
        }
    }

    /// Adds a multiplier that turns the standard rates into these, in the same order.
    ///
    /// - Returns: The first class on which no one factor does so everywhere; nil when there is none.
    mutating func addMultiplier(_ name: String, rates variant: [SizedRates]) -> TokenClass? {
        var factors = PerClass<Factor?>.all(nil)
        for tokenClass in TokenClass.allCases {
            var found: Factor?
            for (standard, variant) in zip(standard.joined(), variant.joined()) {
                guard let price = standard[tokenClass] else { continue }
                guard let other = variant[tokenClass] else { return tokenClass }
                // Zero times any factor is zero.
                if price.unitsPerToken == 0, other.unitsPerToken == 0 { continue }
                guard let factor = Factor(of: other, over: price), found == nil || found == factor else {
                    return tokenClass
                }
                found = factor
            }
            factors[tokenClass] = found
        }
        multipliers.append((name, factors))
        return nil
    }
}

extension Factor {
    /// What the second price has to be multiplied by to give the first; nil where that is no decimal of 18 places.
    init?(of price: UnitPrice, over base: UnitPrice) {
        let (scaled, overflow) = price.unitsPerToken.multipliedReportingOverflow(by: Money.unit(decimals: 0))
        guard base.unitsPerToken > 0, !overflow, scaled % base.unitsPerToken == 0 else { return nil }
        let text = DecimalText.text(scaled / base.unitsPerToken, decimals: Money.decimals)
        guard let factor = try? Factor(text) else { return nil }
        self = factor
    }
}
