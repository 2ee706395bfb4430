extension Money {
    /// The amount times a fraction, to 18 decimals by the rule: what a part of a period costs.
    ///
    /// The product is computed in 256 bits, so only a result that is too large overflows.
    ///
    /// - Throws: ``MoneyError/divisionByZero``, or ``MoneyError/overflow``.
    public func share(_ part: Int128, of whole: Int128, rounding rule: RoundingRule) throws(MoneyError) -> Money {
        Money(units: try rule.share(part, of: whole, units), currency)
    }
}

extension RoundingRule {
    /// `units × part ÷ whole` as a whole number by this rule, the product in 256 bits.
    func share(_ part: Int128, of whole: Int128, _ units: Int128) throws(MoneyError) -> Int128 {
        if whole == 0 { throw .divisionByZero }
        let isNegative = ((units < 0) != (part < 0)) != (whole < 0)
        let product = units.magnitude.multipliedFullWidth(by: part.magnitude)
        if product.high >= whole.magnitude { throw .overflow }
        let (quotient, rest) = whole.magnitude.dividingFullWidth(product)
        let isAway = roundsAway(rest: rest, restOfUnit: whole.magnitude - rest, isOdd: quotient & 1 == 1)
        let (magnitude, overflow) = quotient.addingReportingOverflow(rest != 0 && isAway ? 1 : 0)
        guard !overflow, let result = Int128(exactly: magnitude) else { throw .overflow }
        return isNegative ? -result : result
    }
}

extension Factor {
    /// An amount times this factor, to 18 decimals by the rule.
    ///
    /// - Throws: ``MoneyError/overflow``.
    public func applied(to amount: Money, rounding rule: RoundingRule) throws(MoneyError) -> Money {
        try amount.share(significand, of: (0..<decimals).reduce(Int128(1)) { power, _ in power * 10 }, rounding: rule)
    }
}
