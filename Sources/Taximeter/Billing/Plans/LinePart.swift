/// The part of a usage that is on a usage line: tokens of its class in one step of a tier, at one price.
///
/// The parts of a line sum to it: tokens, charged tokens, fees and net.
package struct LinePart: Sendable, Hashable {
    /// Which of the usages it belongs to.
    package let usage: Int
    /// Its tokens.
    package let tokens: Int64
    /// Tokens that are charged.
    package let chargedTokens: Int64
    /// What one of these costs.
    package let price: UnitPrice
    /// Flat fees and packages that its tokens started.
    package let fees: Money
    /// What is billed: `chargedTokens × price + fees`, exact.
    package let net: Money

    init(_ slice: RatedSlice, usage: Int, _ currency: Currency) throws(MoneyError) {
        self.usage = usage
        tokens = slice.tokens
        chargedTokens = slice.chargedTokens
        price = slice.isFree ? UnitPrice(unitsPerToken: 0) : slice.chargedPrice
        fees = Money(units: slice.isFree ? 0 : slice.contractedFeeUnits, currency)
        net = Money(units: try slice.netUnits, currency)
    }
}
