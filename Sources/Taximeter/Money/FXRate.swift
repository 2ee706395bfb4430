/// What one unit of a currency cost in another on a day.
public struct FXRate: Sendable, Hashable, CustomStringConvertible {
    /// The currency of which one unit is priced.
    public let base: Currency
    /// The currency in which it is.
    public let quote: Currency
    /// The day for which the rate was published.
    public let day: CivilDate
    /// How much of `quote` one unit of `base` is; more than zero.
    public let rate: Money
    /// Who published it.
    public let source: Identifier

    /// A rate; nil when it is not more than zero, or its currencies are one.
    ///
    /// - Parameter rate: In `quote`, its currency.
    public init?(base: Currency, day: CivilDate, rate: Money, source: Identifier) {
        guard rate.units > 0, base != rate.currency else { return nil }
        self.base = base
        self.day = day
        self.rate = rate
        self.source = source
        quote = rate.currency
    }

    /// `1 EUR = 1.0478 USD on 2025-02-28 (ECB)`: what is said beside a converted figure.
    public var description: String { "1 \(base) = \(rate.decimalText) \(quote) on \(day) (\(source))" }
}

/// An amount in another currency than it came in, with the rate that made it so.
public struct ConvertedMoney: Sendable, Hashable, CustomStringConvertible {
    /// The amount, to 18 decimals.
    public let amount: Money
    /// The rate and its day; nil for an amount that was in the currency already.
    public let rate: FXRate?

    /// The amount, and at which rate of which day.
    public var description: String { "\(amount)" + (rate.map { " at \($0)" } ?? "") }
}

extension FXRate {
    /// One 10⁻¹⁸ of a rate's own unit: `rate.units / unit` is the rate.
    private static let unit = Money.unit(decimals: 0)

    /// An amount of one of both currencies in the other, to 18 decimals, from the middle away from zero. It is exact up to
    /// that rounding: product and quotient are computed in 256 bits.
    ///
    /// - Throws: ``MoneyError/currencyMismatch(_:_:)`` for an amount of neither, or ``MoneyError/overflow``.
    public func convert(_ amount: Money) throws(MoneyError) -> ConvertedMoney {
        let (part, whole, currency) =
            switch amount.currency {
            case base: (rate.units, Self.unit, quote)
            case quote: (Self.unit, rate.units, base)
            default: throw .currencyMismatch(amount.currency, base)
            }
        let units = try amount.share(part, of: whole, rounding: .halfAwayFromZero).units
        return ConvertedMoney(amount: Money(units: units, currency), rate: self)
    }
}
