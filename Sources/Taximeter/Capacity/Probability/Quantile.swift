#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Quantiles. Floating point, because these are probabilities: no money and no tokens pass through here.
enum Quantile {
    /// The smallest k with P(X ≤ k) ≥ level, X being how many of `count` independent trials succeed.
    ///
    /// Exact but for the rounding of the terms, which are summed from their logarithms, so that none underflows.
    static func binomial(level: Double, count: Int, chance: Double) -> Int {
        if chance <= 0 || count <= 0 { return 0 }
        if chance >= 1 { return count }
        let odds = log(chance) - log1p(-chance)
        var logTerm = Double(count) * log1p(-chance)
        var sum = exp(logTerm)
        var successes = 0
        while sum < level, successes < count {
            logTerm += log(Double(count - successes) / Double(successes + 1)) + odds
            successes += 1
            sum += exp(logTerm)
        }
        return successes
    }

    /// z with P(Z ≤ z) = level, Z being standard normal: by bisection of erfc, to the last bits.
    static func normal(level: Double) -> Double {
        var (low, high) = (-40.0, 40.0)
        for _ in 0..<100 {
            let middle = (low + high) / 2
            if erfc(-middle / 2.0.squareRoot()) / 2 < level { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// The smallest of the values that at least this part of them does not exceed; nil of none.
    ///
    /// - Parameter values: In order.
    static func empirical(level: Double, of values: [Double]) -> Double? {
        if values.isEmpty { return nil }
        return values[min(max(Int((level * Double(values.count)).rounded(.up)) - 1, 0), values.count - 1)]
    }
}
