/// What a node that was bought costs, an hour: straight-line depreciation, power, and everything else as a share of the
/// price.
public struct OwnedNode: Sendable, Hashable {
    /// The price of a node, in units of the currency.
    public let capex: Factor
    /// What of the price is got back at the end: 0.1 for a tenth.
    public let residual: Factor
    /// How many years it serves.
    public let years: Int64
    /// The hours of a year in which it is there to serve.
    public let hoursPerYear: Int64
    /// What it draws, in kilowatts.
    public let kilowatts: Factor
    /// What the building draws for each watt of the node's (power usage effectiveness).
    public let pue: Factor
    /// The price of a kilowatt-hour, in units of the currency.
    public let perKilowattHour: Factor
    /// What a year of running it costs besides, as a share of the price: 0.08 for 8 %.
    public let opexPerYear: Factor

    /// Hours of a year of 365 days.
    public static let hoursOfAYear: Int64 = 8_760
    /// Decimals of each of its figures.
    public static let decimals = 6

    /// A node.
    public init(
        capex: Factor, residual: Factor = .zero, years: Int64, hoursPerYear: Int64 = Self.hoursOfAYear,
        kilowatts: Factor = .zero, pue: Factor = .one, perKilowattHour: Factor = .zero, opexPerYear: Factor = .zero
    ) {
        self.capex = capex
        self.residual = residual
        self.years = years
        self.hoursPerYear = hoursPerYear
        self.kilowatts = kilowatts
        self.pue = pue
        self.perKilowattHour = perKilowattHour
        self.opexPerYear = opexPerYear
    }

    /// capex × (1 − residual) ÷ (years × hours) + kilowatts × PUE × price + capex × opex ÷ hours, over so many GPUs; rounded
    /// once, to 18 decimals, half away from zero.
    ///
    /// - Throws: ``MoneyError/overflow``; ``MoneyError/divisionByZero`` without GPUs, years or hours.
    public func perGPUHour(gpusPerNode: Int32, _ currency: Currency) throws(MoneyError) -> Money {
        // Products of three figures of six decimals each are whole numbers of 10⁻¹⁸.
        let million: Int128 = 1_000_000
        let depreciation = try Self.product([micros(capex), million - micros(residual), million])
        let power = try Self.product([micros(kilowatts), micros(pue), micros(perKilowattHour)])
        let opex = try Self.product([micros(capex), micros(opexPerYear), million])
        let (years, hours) = (Int128(years), Int128(hoursPerYear))
        let ofALife = try AllocatedCost.sum(
            AllocatedCost.sum(depreciation, Self.product([power, years, hours])), Self.product([opex, years]))
        let divisor = try Self.product([years, hours, Int128(gpusPerNode)])
        return try Money(units: ofALife, currency).share(1, of: divisor, rounding: .halfAwayFromZero)
    }

    private func micros(_ factor: Factor) throws(MoneyError) -> Int128 {
        var power: Int128 = 1
        for _ in 0..<max(0, Self.decimals - factor.decimals) { power *= 10 }
        if factor.decimals > Self.decimals { throw .notWhole(decimals: Self.decimals) }
        return try Self.product([factor.significand, power])
    }

    private static func product(_ factors: [Int128]) throws(MoneyError) -> Int128 {
        var product: Int128 = 1
        for factor in factors {
            let (next, overflow) = product.multipliedReportingOverflow(by: factor)
            if overflow { throw .overflow }
            product = next
        }
        return product
    }
}
