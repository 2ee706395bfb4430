/// Why the prices of a tariff version cannot be told.
enum PriceFault: Hashable {
    /// A band and a schedule both give a rate for a class, and the schedule does not say which rate holds for both.
    case conflict(TokenClass, band: Identifier, schedule: Identifier)
    /// The price under these conditions is not a whole number of 10⁻¹⁸.
    case notWhole(String)
    /// The price under these conditions does not fit in 128 bits.
    case tooLarge(String)
    /// There are more multipliers than ``UnitPriceTable/maximumMultipliers``.
    case tooManyMultipliers(Int)
    /// There are more combinations of schedule, band and multipliers than ``UnitPriceTable/maximumRows``.
    case tooManyCombinations(Int)
}

/// The unit price of every class under every combination of schedule, band and multipliers, computed once.
struct UnitPriceTable: Sendable, Hashable {
    /// Limits the time and memory that a file can ask for: 16,384 rows are about 1.3 MB.
    static let maximumRows = 16_384
    /// More would make more than 2⁸ combinations of multipliers alone.
    static let maximumMultipliers = 8

    /// Units per token, one row a combination, one column a class; 0 where the class has no rate.
    private var units: [Int128] = []
    /// The classes that have a rate; the same in every row.
    let ratedClasses: PerClass<Bool>
    private let bandCount: Int
    private let multiplierCount: Int

    private static let columns = TokenClass.allCases.count

    /// The price of a class in a row; meaningless for a class without a rate.
    func price(row: Int, _ tokenClass: TokenClass) -> UnitPrice {
        UnitPrice(unitsPerToken: units[row * Self.columns + Int(tokenClass.rawValue)])
    }

    /// The row of a schedule (nil outside all of them), a band (nil in none) and a set of multipliers (bit n for the
    /// n-th).
    func row(schedule: Int?, band: Int?, multipliers: Int) -> Int {
        let schedule = schedule.map { $0 + 1 } ?? 0
        let band = band.map { $0 + 1 } ?? 0
        return (schedule * bandCount + band) << multiplierCount + multipliers
    }

    /// Computes every price. With faults the table is of no use.
    static func computed(_ rules: PriceRules) -> (table: UnitPriceTable, faults: [PriceFault]) {
        var table = UnitPriceTable(
            ratedClasses: PerClass { rules.rates[$0] != nil }, bandCount: rules.bands.count + 1,
            multiplierCount: rules.multipliers.count)
        if table.multiplierCount > maximumMultipliers { return (table, [.tooManyMultipliers(table.multiplierCount)]) }
        let rows = ((rules.schedules.count + 1) * table.bandCount) << table.multiplierCount
        if rows > maximumRows { return (table, [.tooManyCombinations(rows)]) }
        var faults: [PriceFault] = []
        table.units.reserveCapacity(rows * columns)
        let schedules = [nil] + rules.schedules.map(Optional.some)
        let bands = [nil] + rules.bands.map(Optional.some)
        for schedule in schedules {
            for band in bands {
                let priced = PerClass { rules.price(of: $0, schedule, band, &faults) }
                for set in 0..<1 << table.multiplierCount {
                    for tokenClass in TokenClass.allCases {
                        let price = rules.price(of: tokenClass, priced[tokenClass], schedule, band, set, &faults)
                        table.units.append(price?.unitsPerToken ?? 0)
                    }
                }
            }
        }
        return (table, faults)
    }
}

/// A rate and the factors on it, not yet multiplied: only the product must be a whole number.
fileprivate struct FactoredPrice {
    let rate: UnitPrice
    let factor: Factor
}

extension PriceRules {
    /// The price of a class under a schedule and a band, before multipliers; nil without a rate or with a fault.
    fileprivate func price(
        of tokenClass: TokenClass, _ schedule: Schedule?, _ band: Band?, _ faults: inout [PriceFault]
    ) -> FactoredPrice? {
        guard let base = rates[tokenClass] else { return nil }
        if let schedule, let band, let pair = schedule.bandRates[band.name]?[tokenClass] {
            return FactoredPrice(rate: pair, factor: .one)
        }
        switch (schedule?.rules[tokenClass], band?.rules[tokenClass]) {
        case (.rate, .rate):
            if let schedule, let band {
                faults.append(.conflict(tokenClass, band: band.name, schedule: schedule.name))
            }
            return nil
        case (.rate(let rate), .factor(let factor)), (.factor(let factor), .rate(let rate)):
            return FactoredPrice(rate: rate, factor: factor)
        case (.rate(let rate), nil), (nil, .rate(let rate)):
            return FactoredPrice(rate: rate, factor: .one)
        case (.factor(let first), .factor(let second)):
            guard let both = try? first.multiplied(by: second) else {
                faults.append(.tooLarge(name(tokenClass, schedule, band, 0)))
                return nil
            }
            return FactoredPrice(rate: base, factor: both)
        case (.factor(let factor), nil), (nil, .factor(let factor)):
            return FactoredPrice(rate: base, factor: factor)
        case (nil, nil):
            return FactoredPrice(rate: base, factor: .one)
        }
    }

    /// The price with a set of multipliers.
    fileprivate func price(
        of tokenClass: TokenClass, _ price: FactoredPrice?, _ schedule: Schedule?, _ band: Band?, _ set: Int,
        _ faults: inout [PriceFault]
    ) -> UnitPrice? {
        guard let price else { return nil }
        do {
            var factor = price.factor
            for (index, multiplier) in multipliers.enumerated() where set & 1 << index != 0 {
                if let next = multiplier.factors[tokenClass] { factor = try factor.multiplied(by: next) }
            }
            if let whole = try factor.applied(to: price.rate) { return whole }
            faults.append(.notWhole(name(tokenClass, schedule, band, set)))
        } catch {
            faults.append(.tooLarge(name(tokenClass, schedule, band, set)))
        }
        return nil
    }

    /// `output, band long, schedule night, multipliers batch and us`: what a price is called in a message.
    private func name(_ tokenClass: TokenClass, _ schedule: Schedule?, _ band: Band?, _ set: Int) -> String {
        let selected = multipliers.enumerated().filter { set & 1 << $0.offset != 0 }.map(\.element.name.text)
        let parts = [
            tokenClass.name, band.map { "band \($0.name)" }, schedule.map { "schedule \($0.name)" },
            selected.isEmpty ? nil : "multipliers \(selected.joined(separator: " and "))",
        ]
        return parts.compactMap(\.self).joined(separator: ", ")
    }
}
