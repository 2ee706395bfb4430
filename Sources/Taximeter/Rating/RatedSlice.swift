/// Tokens of one class that have one price and one fate: what becomes of a bucket where it is cut at the edges of tiers
/// and allowances. All that is needed to compute an amount again by hand.
public struct RatedSlice: Sendable, Hashable {
    /// A step of a tier table.
    public struct Tier: Sendable, Hashable {
        /// The table's place in the version's rules.
        public let table: Int
        /// The step's place in the table.
        public let step: Int

        package init(table: Int, step: Int) {
            self.table = table
            self.step = step
        }
    }

    /// Which of the usages it belongs to.
    public let usage: Int
    /// The class.
    public let tokenClass: TokenClass
    /// Its tokens.
    public internal(set) var tokens: Int64
    /// The step that prices it; nil where no table prices the class.
    public let tier: Tier?
    /// Whether the channel costs nothing.
    public let isFree: Bool
    /// The price of one token by the list: base rate, band and multipliers.
    public let listPrice: UnitPrice
    /// With the schedule; also where the channel is free.
    public let scheduledPrice: UnitPrice
    /// With the tier's step.
    public let tieredPrice: UnitPrice
    /// After the contract discount.
    public let contractedPrice: UnitPrice
    /// What a charged token costs: the contracted price, or with the overage of a committed volume.
    public internal(set) var chargedPrice: UnitPrice
    /// Flat fees and packages that its tokens started, and the same after the contract discount; 10⁻¹⁸ units.
    var feeUnits: Int128
    var contractedFeeUnits: Int128
    /// The allowance that makes all its tokens free, by its place in the terms.
    public internal(set) var allowance: Int?
    /// Tokens that are charged: none where they are free, else with the line's quantity rounded up.
    public internal(set) var chargedTokens: Int64

    /// What is billed of it, in 10⁻¹⁸ units.
    var netUnits: Int128 {
        get throws(MoneyError) {
            if isFree { return 0 }
            return try sum(try chargedPrice.amount(tokens: chargedTokens), contractedFeeUnits)
        }
    }
}

/// The sum of two amounts in the same units.
@inline(__always)
func sum(_ left: Int128, _ right: Int128) throws(MoneyError) -> Int128 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    if overflow { throw .overflow }
    return sum
}

/// The sum of two counts.
@inline(__always)
func sum(_ left: Int64, _ right: Int64) throws(MoneyError) -> Int64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    if overflow { throw .overflow }
    return sum
}
