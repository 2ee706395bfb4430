extension PriceBookDifference.Change {
    /// By how much a number changed, as ``Money/percentChange(to:)`` says it. Nil where a value is no number, or was 0.
    public var percent: String? {
        guard let before, let after else { return nil }
        let decimals = [before, after].map { $0.split(separator: ".").dropFirst().first?.count ?? 0 }.max() ?? 0
        guard let old = try? DecimalText.units(before, decimals: decimals),
            let new = try? DecimalText.units(after, decimals: decimals)
        else { return nil }
        return percentChange(from: old, to: new)
    }
}
