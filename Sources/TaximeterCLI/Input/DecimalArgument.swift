import ArgumentParser
import Taximeter

/// An exact decimal of zero or more on the command line: `0.9`.
struct DecimalArgument: ExpressibleByArgument, CustomStringConvertible {
    /// 1, in ``units``.
    static let one: Int128 = 1_000_000_000_000_000_000

    let description: String
    /// As a multiplier.
    let factor: Factor
    /// As a count of 10⁻¹⁸.
    let units: Int128

    init?(argument: String) {
        // The currency has no part in the digits.
        guard let factor = try? Factor(argument), let money = try? Money(argument, .usd) else { return nil }
        (description, self.factor, units) = (argument, factor, money.units)
    }
}
