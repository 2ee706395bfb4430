/// An exact decimal multiplier, zero or more: `0.5`, `1.25`, `2`.
public struct Factor: Sendable, Hashable, CustomStringConvertible {
    /// The value is `significand / 10^decimals`, with no zero at the end of the significand's decimals.
    let significand: Int128
    let decimals: Int

    /// The most decimals a factor or a product of factors may have: what a power of ten in 128 bits allows.
    private static let maximumDecimals = 38

    /// Changes nothing.
    public static let one = Factor(significand: 1, decimals: 0)
    /// Leaves nothing.
    public static let zero = Factor(significand: 0, decimals: 0)

    /// Reads `0.5`: at most 18 decimals, no exponent, not negative (that would be a discount of more than 100 %).
    ///
    /// - Throws: ``DecimalError`` with the text.
    public init(_ text: some StringProtocol) throws(DecimalError) {
        let units = try DecimalText.units(text, decimals: Money.decimals)
        if units < 0 { throw .negative(String(text)) }
        self.init(significand: units, decimals: Money.decimals)
    }

    private init(significand: Int128, decimals: Int) {
        var (significand, decimals) = (significand, decimals)
        while decimals > 0, significand % 10 == 0 {
            significand /= 10
            decimals -= 1
        }
        self.significand = significand
        self.decimals = decimals
    }

    /// The exact decimal: `0.5`.
    public var description: String { DecimalText.text(significand, decimals: decimals) }

    /// The product of both, exactly.
    ///
    /// - Throws: ``MoneyError/overflow`` when it has more digits than 128 bits can hold.
    public func multiplied(by other: Factor) throws(MoneyError) -> Factor {
        let (product, overflow) = significand.multipliedReportingOverflow(by: other.significand)
        if overflow || decimals + other.decimals > Self.maximumDecimals { throw .overflow }
        return Factor(significand: product, decimals: decimals + other.decimals)
    }

    /// Whether it makes more of what it is applied to.
    var exceedsOne: Bool { significand > (0..<decimals).reduce(Int128(1)) { power, _ in power * 10 } }

    /// The price times this factor, or nil when that is not a whole number of 10⁻¹⁸ a token.
    ///
    /// - Throws: ``MoneyError/overflow``.
    public func applied(to price: UnitPrice) throws(MoneyError) -> UnitPrice? {
        try applied(to: price.unitsPerToken).map(UnitPrice.init(unitsPerToken:))
    }

    /// A count of 10⁻¹⁸ units times this factor, or nil when that is not a whole number.
    ///
    /// - Throws: ``MoneyError/overflow``.
    func applied(to units: Int128) throws(MoneyError) -> Int128? {
        // Cancelled before multiplying, so that only a result that is too large overflows.
        var divisor = (0..<decimals).reduce(Int128(1)) { power, _ in power * 10 }
        let first = Self.greatestCommonDivisor(units, divisor)
        divisor /= first
        let second = Self.greatestCommonDivisor(significand, divisor)
        if divisor / second != 1 { return nil }
        let (product, overflow) = (units / first).multipliedReportingOverflow(by: significand / second)
        if overflow { throw .overflow }
        return product
    }

    private static func greatestCommonDivisor(_ a: Int128, _ b: Int128) -> Int128 {
        var (a, b) = (a, b)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }
}
