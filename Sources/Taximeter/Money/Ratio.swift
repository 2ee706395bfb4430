/// The exact ratio of two whole numbers: a margin, a count of nodes, a price factor. Rounded only where it is written.
public struct Ratio: Sendable, Hashable {
    /// What is divided.
    public let numerator: Int128
    /// What it is divided by; not 0.
    public let denominator: Int128

    /// The ratio, or nil where the divisor is 0: a margin on no cost is not 0, it does not exist.
    public init?(_ numerator: Int128, to denominator: Int128) {
        if denominator == 0 { return nil }
        self.numerator = numerator
        self.denominator = denominator
    }

    /// The ratio of two amounts of one currency.
    ///
    /// - Throws: ``MoneyError/currencyMismatch(_:_:)``.
    static func of(_ amount: Money, to other: Money) throws(MoneyError) -> Ratio? {
        if amount.currency != other.currency { throw .currencyMismatch(amount.currency, other.currency) }
        return Ratio(amount.units, to: other.units)
    }

    /// The decimal with so many places (0 to 18), half away from zero: `0.845075`.
    ///
    /// - Throws: ``MoneyError/overflow`` where that has more digits than 128 bits hold.
    public func text(places: Int) throws(MoneyError) -> String {
        let places = min(max(places, 0), Money.decimals)
        let unit = (0..<places).reduce(Int128(1)) { unit, _ in unit * 10 }
        let scaled = try RoundingRule.halfAwayFromZero.share(numerator, of: denominator, unit)
        return DecimalText.text(scaled, decimals: places, atLeast: places)
    }
}
