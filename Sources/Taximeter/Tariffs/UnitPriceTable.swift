/// The unit price of every class under every combination of schedule, band, tier step and multipliers, computed once.
struct UnitPriceTable: Sendable, Hashable {
    /// Limits the time and memory that a file can ask for: 16,384 rows are about 1.3 MB.
    static let maximumRows = 16_384
    /// More would make more than 2⁸ combinations of multipliers alone.
    static let maximumMultipliers = 8
    /// One column a class.
    static let columns = TokenClass.allCases.count

    /// Units per token, one row a combination, one column a class; 0 where the class has no rate.
    fileprivate(set) var units: [Int128] = []
    /// The same with the contract discount; empty where there is none.
    fileprivate(set) var contracted: [Int128] = []
    /// The classes that have a rate, as bits; the same in every row.
    let ratedClasses: Int16
    private let bandCount: Int
    private let stepCount: Int
    private let multiplierCount: Int

    fileprivate init(_ rules: PriceRules) {
        ratedClasses = TokenClass.allCases.reduce(0) { rules.rates[$1] == nil ? $0 : $0 | $1.bit }
        bandCount = rules.bands.count + 1
        stepCount = (rules.tiers.map(\.steps.count).max() ?? 0) + 1
        multiplierCount = rules.multipliers.count
    }

    /// The price of a class in a row; meaningless for a class without a rate.
    func price(row: Int, _ tokenClass: TokenClass) -> UnitPrice {
        UnitPrice(unitsPerToken: units[row * Self.columns + Int(tokenClass.rawValue)])
    }

    /// The price of a class in a row, after the contract discount.
    func contractedPrice(row: Int, _ tokenClass: TokenClass) -> UnitPrice {
        if contracted.isEmpty { return price(row: row, tokenClass) }
        return UnitPrice(unitsPerToken: contracted[row * Self.columns + Int(tokenClass.rawValue)])
    }

    /// The row of a schedule (-1 outside all of them), a band (-1 in none) and a set of multipliers (bit n for the
    /// n-th), before volume tiers.
    @inline(__always)
    func row(schedule: Int, band: Int, multipliers: Int) -> Int {
        (((schedule + 1) * bandCount + band + 1) * stepCount) << multiplierCount + multipliers
    }

    /// The row with the prices of a tier step, of a row before tiers.
    func row(_ row: Int, step: Int) -> Int { row + (step + 1) << multiplierCount }
}

extension UnitPriceTable {
    /// Computes every price. With faults the table is of no use.
    static func computed(
        _ rules: PriceRules, discount: PerClass<Factor?> = .all(nil)
    ) -> (table: UnitPriceTable, faults: [PriceFault]) {
        var table = UnitPriceTable(rules)
        if table.multiplierCount > maximumMultipliers { return (table, [.tooManyMultipliers(table.multiplierCount)]) }
        let rows = ((rules.schedules.count + 1) * table.bandCount * table.stepCount) << table.multiplierCount
        if rows > maximumRows { return (table, [.tooManyCombinations(rows)]) }
        var faults: [PriceFault] = []
        table.units.reserveCapacity(rows * columns)
        for schedule in [nil] + rules.schedules.map(Optional.some) {
            for band in [nil] + rules.bands.map(Optional.some) {
                for step in [nil] + (0..<table.stepCount - 1).map(Optional.some) {
                    let conditions = PriceConditions(schedule: schedule, band: band, step: step, multipliers: 0)
                    table.append(conditions, rules, discount, &faults)
                }
            }
        }
        if !TokenClass.allCases.contains(where: { discount[$0] != nil }) { table.contracted = [] }
        return (table, faults)
    }

    private mutating func append(
        _ conditions: PriceConditions, _ rules: PriceRules, _ discount: PerClass<Factor?>, _ faults: inout [PriceFault]
    ) {
        let priced = PerClass { rules.factoredPrice(of: $0, conditions, &faults) }
        for set in 0..<1 << multiplierCount {
            var conditions = conditions
            conditions.multipliers = set
            for tokenClass in TokenClass.allCases {
                let price = rules.price(of: tokenClass, priced[tokenClass], conditions, nil, &faults)
                units.append(price?.unitsPerToken ?? 0)
                var reduced = price
                if let discount = discount[tokenClass], price != nil {
                    reduced = rules.price(of: tokenClass, priced[tokenClass], conditions, discount, &faults)
                }
                contracted.append(reduced?.unitsPerToken ?? 0)
            }
        }
    }
}
