extension Money {
    /// By how much an amount changed to become another: `+100 %`, `−7.5 %`, or, where more than two decimals would be
    /// needed, the nearest figure with two: `≈ +33.33 %`. Nil in another currency, and where it was not above 0.
    public func percentChange(to other: Money) -> String? {
        currency == other.currency ? Taximeter.percentChange(from: units, to: other.units) : nil
    }
}

/// The change of a number, in per cent; nil where it was not above 0.
func percentChange(from old: Int128, to new: Int128) -> String? {
    if old <= 0 { return nil }
    // In hundredths of a per cent, half away from zero.
    let (difference, isTooFar) = new.subtractingReportingOverflow(old)
    let (scaled, overflow) = difference.multipliedReportingOverflow(by: 10_000)
    if isTooFar || overflow { return nil }
    let (quotient, remainder) = scaled.magnitude.quotientAndRemainder(dividingBy: old.magnitude)
    let hundredths = quotient + (remainder >= old.magnitude - remainder ? 1 : 0)
    guard let units = Int128(exactly: hundredths) else { return nil }
    let sign = new < old ? "−" : "+"
    return (remainder == 0 ? "" : "≈ ") + sign + DecimalText.text(units, decimals: 2) + " %"
}
