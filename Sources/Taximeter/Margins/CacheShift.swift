/// What a million input tokens change when they become cache hits instead of misses. Amounts are per million tokens.
///
/// A hit needs (almost) no prefill, but earns less: below the neutral price it costs more revenue than it saves, even
/// while the margin in per cent rises.
public struct CacheShift: Sendable, Hashable {
    /// What a million hits earn less than a million misses, as a negative amount.
    public let revenue: Money
    /// What a million misses cost to compute.
    public let cost: Money
    /// The change of profit.
    public let profit: Money
    /// The price of a million hits at which the change leaves the profit as it is.
    public let neutralHitPrice: Money

    /// The shift at these prices and this cost per million tokens, in one currency.
    ///
    /// - Throws: ``MoneyError/currencyMismatch(_:_:)`` or ``MoneyError/overflow``.
    public init(hitPrice: Money, missPrice: Money, missCost: Money) throws(MoneyError) {
        revenue = try hitPrice - missPrice
        cost = missCost
        profit = try revenue + missCost
        neutralHitPrice = try missPrice - missCost
    }
}
