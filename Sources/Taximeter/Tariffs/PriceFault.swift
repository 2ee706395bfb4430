/// Why the prices of a tariff version cannot be told.
enum PriceFault: Hashable {
    /// A band and a schedule both give a rate for a class, and the schedule does not say which rate holds for both.
    case conflict(TokenClass, band: Identifier, schedule: Identifier)
    /// A tier step gives a rate for a class, and so does a band or a schedule, and the step does not say which holds.
    case tierConflict(TokenClass, table: Identifier, step: Int, band: Identifier?, schedule: Identifier?)
    /// The price under these conditions is not a whole number of 10⁻¹⁸.
    case notWhole(String)
    /// The price under these conditions does not fit in 128 bits.
    case tooLarge(String)
    /// There are more multipliers than ``UnitPriceTable/maximumMultipliers``.
    case tooManyMultipliers(Int)
    /// There are more combinations of schedule, band, tier step and multipliers than ``UnitPriceTable/maximumRows``.
    case tooManyCombinations(Int)
}
