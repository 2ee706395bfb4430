/// What tokens cost on nodes of a known throughput, and what a flat price has to carry.
public enum TokenEconomics {
    /// Tokens that prices are written for.
    public static let million: Int128 = 1_000_000

    /// What a million tokens cost, given what so many did: to 18 decimals, half away from zero.
    ///
    /// - Throws: ``MoneyError/divisionByZero`` without tokens, or ``MoneyError/overflow``.
    public static func costPerMillion(_ cost: Money, tokens: Int128) throws(MoneyError) -> Money {
        try cost.share(million, of: tokens, rounding: .halfAwayFromZero)
    }

    /// The price of a million tokens that just pays for a node-hour at this throughput.
    ///
    /// - Parameters:
    ///   - nodeHour: What a node costs an hour.
    ///   - throughput: Tokens a node-second.
    /// - Throws: ``MoneyError/divisionByZero`` without throughput, or ``MoneyError/overflow``.
    public static func breakevenPerMillion(nodeHour: Money, throughput: Ratio) throws(MoneyError) -> Money {
        let (part, partOverflows) = throughput.denominator.multipliedReportingOverflow(by: million)
        let (whole, wholeOverflows) = throughput.numerator.multipliedReportingOverflow(by: 3_600)
        if partOverflows || wholeOverflows { throw .overflow }
        return try nodeHour.share(part, of: whole, rounding: .halfAwayFromZero)
    }

    /// How many tokens a flat fee pays for: the whole tokens at the mean cost (or, given the list value of the same
    /// tokens instead of their cost, at list price) that so many tokens had.
    ///
    /// - Throws: ``MoneyError/currencyMismatch(_:_:)``, ``MoneyError/divisionByZero`` where the tokens cost nothing,
    ///   or ``MoneyError/overflow``.
    public static func tokens(paidBy fee: Money, cost: Money, tokens: Int128) throws(MoneyError) -> Int128 {
        if fee.currency != cost.currency { throw .currencyMismatch(fee.currency, cost.currency) }
        return try RoundingRule.halfAwayFromZero.share(tokens, of: cost.units, fee.units)
    }
}
