/// How an amount that lies between two units becomes one of them.
public enum RoundingRule: String, Sendable, Hashable, CaseIterable {
    /// To the nearest; from the middle away from zero. What most invoices do.
    case halfAwayFromZero = "half_away_from_zero"
    /// To the nearest; from the middle to the even one ("banker's rounding").
    case halfEven = "half_even"
    /// Away from zero whatever the rest, so that a credit undoes exactly what the charge had been rounded to.
    case up

    /// `dividend / divisor`, as a whole number by this rule.
    func quotient(_ dividend: Int128, _ divisor: Int128) throws(MoneyError) -> Int128 {
        if divisor == 0 { throw .divisionByZero }
        let (quotient, overflow) = dividend.dividedReportingOverflow(by: divisor)
        if overflow { throw .overflow }
        let rest = (dividend % divisor).magnitude
        if rest == 0 || !roundsAway(rest: rest, restOfUnit: divisor.magnitude - rest, isOdd: quotient & 1 == 1) {
            return quotient
        }
        // Cannot overflow: a quotient with a rest is at most half as far from zero as the dividend.
        return (dividend < 0) == (divisor < 0) ? quotient + 1 : quotient - 1
    }

    func roundsAway(rest: UInt128, restOfUnit: UInt128, isOdd: Bool) -> Bool {
        switch self {
        case .up: true
        case .halfAwayFromZero: rest >= restOfUnit
        case .halfEven: rest > restOfUnit || rest == restOfUnit && isOdd
        }
    }
}

extension Money {
    /// The amount in whole minor units of its currency (cents), or of so many decimals.
    ///
    /// - Throws: ``MoneyError/overflow`` at the very end of the range.
    public func rounded(_ rule: RoundingRule, decimals: Int? = nil) throws(MoneyError) -> Money {
        let unit = Self.unit(decimals: decimals ?? currency.minorUnitDigits)
        let (units, overflow) = try rule.quotient(units, unit).multipliedReportingOverflow(by: unit)
        if overflow { throw .overflow }
        return Money(units: units, currency)
    }

    /// The amount divided by a whole number, to 18 decimals by the rule.
    ///
    /// - Throws: ``MoneyError/divisionByZero`` or ``MoneyError/overflow``.
    public func divided(by divisor: Int128, rounding rule: RoundingRule) throws(MoneyError) -> Money {
        Money(units: try rule.quotient(units, divisor), currency)
    }

    /// How many 10⁻¹⁸ are in a unit of so many decimals (0 to 18).
    static func unit(decimals: Int) -> Int128 {
        (min(max(decimals, 0), Money.decimals)..<Money.decimals).reduce(Int128(1)) { unit, _ in unit * 10 }
    }
}
