/// How much more than the mean a number of customers needs, so that there is enough at nearly every instant.
///
/// The model: every customer is on with probability ``activity`` and then wants the same, else nothing. Independent
/// customers pool, so that many of them need little more than the mean; what they have in common does not pool: shares
/// that are unequal, demand that is correlated, the rhythm of the day. That rhythm is not in the model; multiply by the
/// day's peak to mean.
///
/// Floating point, because these are probabilities: no money and no tokens pass through here.
public struct Pooling: Sendable, Hashable {
    /// The probability that a customer is on; above 0, at most 1.
    public let activity: Double
    /// The probability with which there is enough; above 0, below 1.
    public let level: Double

    /// The mean number of customers that are on, below which the normal approximation is too far off.
    public static let exactBelow = 30.0

    /// A model, or nil where a probability is none.
    public init?(activity: Double, level: Double) {
        guard activity > 0, activity <= 1, level > 0, level < 1 else { return nil }
        self.activity = activity
        self.level = level
    }

    /// The multiple of the mean that equal and independent customers need: exact where few are on at a time, by the
    /// normal approximation from ``exactBelow`` on. Nil without customers.
    public func multiple(customers: Int) -> Double? {
        if customers <= 0 { return nil }
        let isExact = Double(customers) * activity < Self.exactBelow
        return isExact ? exactMultiple(customers: customers) : approximateMultiple(sumOfSquares: 1 / Double(customers))
    }

    /// Q(level; Bin(N, p)) ÷ (N p). Nil without customers.
    public func exactMultiple(customers: Int) -> Double? {
        if customers <= 0 { return nil }
        let needed = Quantile.binomial(level: level, count: customers, chance: activity)
        return Double(needed) / (Double(customers) * activity)
    }

    /// 1 + z · √((1 − p) ÷ p) · √(Σw² + ρ (1 − Σw²)).
    ///
    /// - Parameters:
    ///   - sumOfSquares: Σw² of the customers' shares w, which sum to 1; 1/N where they are equal.
    ///   - correlation: ρ between any two customers; 0 for independent ones.
    public func approximateMultiple(sumOfSquares: Double, correlation: Double = 0) -> Double {
        let variation = ((1 - activity) / activity).squareRoot()
        let spread = (sumOfSquares + correlation * (1 - sumOfSquares)).squareRoot()
        return 1 + Quantile.normal(level: level) * variation * spread
    }

    /// Σw² of shares in proportion to these amounts; nil where they do not sum to more than 0.
    public static func sumOfSquares(_ amounts: some Sequence<Double>) -> Double? {
        let (sum, squares) = amounts.reduce(into: (0.0, 0.0)) { sums, amount in
            sums.0 += amount
            sums.1 += amount * amount
        }
        return sum > 0 ? squares / (sum * sum) : nil
    }

    /// Σw² where the k-th customer's share is in proportion to 1/k: how usage is commonly spread.
    public static func sumOfSquaresOfZipf(customers: Int) -> Double? {
        customers > 0 ? sumOfSquares((1...customers).lazy.map { 1 / Double($0) }) : nil
    }
}
