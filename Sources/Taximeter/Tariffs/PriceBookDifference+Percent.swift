extension PriceBookDifference.Change {
    /// By how much a number changed: `+100 %`, `−7.5 %`, or, where more than two decimals would be needed, the nearest
    /// figure with two: `≈ +33.33 %`. Nil where a value is no number, or was 0.
    public var percent: String? {
        guard let before, let after else { return nil }
        let decimals = [before, after].map { $0.split(separator: ".").dropFirst().first?.count ?? 0 }.max() ?? 0
        guard let old = try? DecimalText.units(before, decimals: decimals), old > 0,
            let new = try? DecimalText.units(after, decimals: decimals)
        else { return nil }
        // In hundredths of a per cent, half away from zero.
        let (difference, isTooFar) = new.subtractingReportingOverflow(old)
        let (scaled, overflow) = difference.multipliedReportingOverflow(by: 10_000)
        if isTooFar || overflow { return nil }
        let (quotient, remainder) = scaled.magnitude.quotientAndRemainder(dividingBy: old.magnitude)
        let hundredths = quotient + (remainder * 2 >= old.magnitude ? 1 : 0)
        guard let units = Int128(exactly: hundredths) else { return nil }
        let sign = new < old ? "−" : "+"
        return (remainder == 0 ? "" : "≈ ") + sign + DecimalText.text(units, decimals: 2) + " %"
    }
}
