/// Shares a whole number out over weights so that nothing is lost: each gets its exact share rounded down, and the
/// units left over go one each to the largest remainders, the earlier weight first among equals.
///
/// The method of Hamilton (https://en.wikipedia.org/wiki/Quota_method), as used for cents: 5 over 1 : 1 : 1 is 2, 2, 1.
public enum LargestRemainder {
    /// The shares, in the order of the weights; they add up to the total exactly.
    ///
    /// - Throws: ``MoneyError/unusableWeights`` when there are none, one is negative, or all are zero;
    ///   ``MoneyError/overflow`` when the weights do not add up in 128 bits.
    public static func shares(of total: Int128, over weights: [Int128]) throws(MoneyError) -> [Int128] {
        var sum: UInt128 = 0
        for weight in weights {
            if weight < 0 { throw .unusableWeights }
            let (next, overflow) = sum.addingReportingOverflow(weight.magnitude)
            if overflow || next > Int128.max.magnitude { throw .overflow }
            sum = next
        }
        if sum == 0 { throw .unusableWeights }

        var left = total.magnitude
        var shares: [(quotient: UInt128, remainder: UInt128)] = []
        for weight in weights {
            // A weight is at most the sum, so the quotient is at most the total and always fits.
            let share = sum.dividingFullWidth(total.magnitude.multipliedFullWidth(by: weight.magnitude))
            shares.append(share)
            left -= share.quotient
        }
        let byRemainder = shares.indices.sorted { first, second in
            let (a, b) = (shares[first].remainder, shares[second].remainder)
            return a == b ? first < second : a > b
        }
        // Fewer units are left over than there are weights with a remainder.
        for index in byRemainder.prefix(Int(left)) { shares[index].quotient += 1 }
        return shares.map { Int128(truncatingIfNeeded: total < 0 ? 0 &- $0.quotient : $0.quotient) }
    }
}

extension Money {
    /// Shares the amount out over weights by ``LargestRemainder``, in the currency's minor units or in units of so many
    /// decimals (18 shares any amount). The shares add up to the amount exactly.
    ///
    /// - Throws: ``MoneyError/notWhole(decimals:)`` when the amount itself is not a whole number of those units, and the
    ///   errors of ``LargestRemainder/shares(of:over:)``.
    public func allocated(over weights: [Int128], decimals: Int? = nil) throws(MoneyError) -> [Money] {
        let decimals = decimals ?? currency.minorUnitDigits
        let unit = Self.unit(decimals: decimals)
        if units % unit != 0 { throw .notWhole(decimals: decimals) }
        // A share is at most the amount, so the way back cannot overflow.
        return try LargestRemainder.shares(of: units / unit, over: weights).map { Money(units: $0 * unit, currency) }
    }
}
