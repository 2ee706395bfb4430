/// An exact amount of one currency: a whole number of 10⁻¹⁸ units.
///
/// Sums and products are exact or they throw; two currencies never meet. Rounding happens only where it is asked for,
/// by ``rounded(_:decimals:)`` or ``divided(by:rounding:)``.
public struct Money: Sendable, Hashable, CustomStringConvertible {
    /// The amount in 10⁻¹⁸ of the currency's unit.
    public let units: Int128
    /// The currency.
    public let currency: Currency

    /// Decimals that an amount keeps.
    public static let decimals = 18

    /// So many 10⁻¹⁸ units of a currency.
    public init(units: Int128, _ currency: Currency) {
        self.units = units
        self.currency = currency
    }

    /// Reads a decimal such as `0.14` or `-1.5`: no exponent, at most 18 decimals.
    ///
    /// - Throws: ``DecimalError`` with the text.
    public init(_ text: some StringProtocol, _ currency: Currency) throws(DecimalError) {
        self.init(units: try DecimalText.units(text, decimals: Self.decimals), currency)
    }

    /// Nothing, in a currency.
    public static func zero(_ currency: Currency) -> Money { Money(units: 0, currency) }

    /// The exact decimal without the currency: `0.14`, `-1.5`, `87072`. What SQL's `numeric` reads and writes.
    public var decimalText: String { DecimalText.text(units, decimals: Self.decimals) }

    /// The amount with at least the minor unit's decimals and the code: `87072.00 USD`, `0.0028 USD`, `5 JPY`.
    public var description: String {
        DecimalText.text(units, decimals: Self.decimals, atLeast: currency.minorUnitDigits) + " " + currency.code
    }

    /// The sum. Throws ``MoneyError/overflow`` or ``MoneyError/currencyMismatch(_:_:)``.
    public static func + (left: Money, right: Money) throws(MoneyError) -> Money {
        try left.combined(with: right) { $0.addingReportingOverflow($1) }
    }

    /// The difference. Throws ``MoneyError/overflow`` or ``MoneyError/currencyMismatch(_:_:)``.
    public static func - (left: Money, right: Money) throws(MoneyError) -> Money {
        try left.combined(with: right) { $0.subtractingReportingOverflow($1) }
    }

    /// The opposite amount. Throws ``MoneyError/overflow`` for the most negative one.
    public static prefix func - (amount: Money) throws(MoneyError) -> Money {
        try Money.zero(amount.currency) - amount
    }

    /// So many times the amount. Throws ``MoneyError/overflow``.
    public static func * (amount: Money, count: Int64) throws(MoneyError) -> Money {
        let (product, overflow) = amount.units.multipliedReportingOverflow(by: Int128(count))
        if overflow { throw .overflow }
        return Money(units: product, amount.currency)
    }

    /// Whether this amount is the smaller one. Throws ``MoneyError/currencyMismatch(_:_:)``: two currencies have no
    /// order, so `Money` is not `Comparable`.
    public func isLess(than other: Money) throws(MoneyError) -> Bool {
        if currency != other.currency { throw .currencyMismatch(currency, other.currency) }
        return units < other.units
    }

    private func combined(
        with other: Money, _ operation: (Int128, Int128) -> (partialValue: Int128, overflow: Bool)
    ) throws(MoneyError) -> Money {
        if currency != other.currency { throw .currencyMismatch(currency, other.currency) }
        let (result, overflow) = operation(units, other.units)
        if overflow { throw .overflow }
        return Money(units: result, currency)
    }
}
