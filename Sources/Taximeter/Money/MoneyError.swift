/// Why an amount cannot be computed. Nothing here ever wraps round, saturates or guesses.
public enum MoneyError: Error, Equatable, CustomStringConvertible {
    /// The result does not fit in 128 bits of 10⁻¹⁸ units (about 1.7 · 10²⁰ of any currency).
    case overflow
    /// Two currencies met where there must be one.
    case currencyMismatch(Currency, Currency)
    /// A division by zero.
    case divisionByZero
    /// Weights to share an amount over are missing, negative, or all zero.
    case unusableWeights
    /// An amount to be shared out in units of so many decimals is not a whole number of them.
    case notWhole(decimals: Int)

    /// What went wrong.
    public var description: String {
        switch self {
        case .overflow: "the amount does not fit in 128 bits of 10^-18 units"
        case .currencyMismatch(let left, let right): "amounts in \(left) and \(right) cannot be combined"
        case .divisionByZero: "an amount cannot be divided by zero"
        case .unusableWeights: "the weights to share over must be zero or more, and not all zero"
        case .notWhole(let decimals):
            "the amount has more than \(decimals) decimals, so it cannot be shared in such units"
        }
    }
}
