/// The exact price of one token: a whole number of 10⁻¹⁸ currency units, zero or more.
///
/// Written per million tokens, as providers do: `0.14` is 1.4 · 10⁻⁷ a token, 140,000,000,000 units.
public struct UnitPrice: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// 10⁻¹⁸ currency units for one token.
    public let unitsPerToken: Int128

    /// Decimals that a price per million tokens may have.
    public static let decimalsPerMillion = 12

    /// Reads a price per million tokens: `0.14`, at most 12 decimals, no exponent, not negative.
    ///
    /// - Throws: ``DecimalError`` with the text.
    public init(perMillion text: some StringProtocol) throws(DecimalError) {
        let units = try DecimalText.units(text, decimals: Self.decimalsPerMillion)
        if units < 0 { throw .negative(String(text)) }
        unitsPerToken = units
    }

    package init(unitsPerToken: Int128) { self.unitsPerToken = unitsPerToken }

    /// The exact price per million tokens: `0.14`.
    public var perMillion: String { DecimalText.text(unitsPerToken, decimals: Self.decimalsPerMillion) }

    /// The price per million tokens.
    public var description: String { perMillion }

    /// The cheaper one first.
    public static func < (left: Self, right: Self) -> Bool { left.unitsPerToken < right.unitsPerToken }

    /// The exact amount of so many tokens, in 10⁻¹⁸ currency units.
    ///
    /// - Throws: ``MoneyError/overflow``.
    public func amount(tokens: Int64) throws(MoneyError) -> Int128 {
        let (product, overflow) = unitsPerToken.multipliedReportingOverflow(by: Int128(tokens))
        if overflow { throw .overflow }
        return product
    }
}

extension Money {
    /// A million times the amount, exact: `0.14` for the price of one token.
    public var perMillion: String { DecimalText.text(units, decimals: UnitPrice.decimalsPerMillion) }
}
