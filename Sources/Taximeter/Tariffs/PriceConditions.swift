/// What decides a unit price besides the class.
struct PriceConditions {
    let schedule: Schedule?
    let band: Band?
    /// Place of the step in the class's tier table; nil before tiers.
    let step: Int?
    /// Bit n for the n-th multiplier.
    var multipliers: Int
}

/// A rate and the factors on it, not yet multiplied: only the product must be a whole number.
struct FactoredPrice {
    let rate: UnitPrice
    let factor: Factor
}

extension PriceRules {
    /// The price of a class before multipliers; nil without a rate or with a fault.
    ///
    /// One rule at most may give a rate of its own; where two do, the pair has to be spelled out. Factors multiply.
    func factoredPrice(
        of tokenClass: TokenClass, _ conditions: PriceConditions, _ faults: inout [PriceFault]
    ) -> FactoredPrice? {
        guard let base = rates[tokenClass] else { return nil }
        let (schedule, band) = (conditions.schedule, conditions.band)
        let table = conditions.step == nil ? nil : tierTable(of: tokenClass)
        // A class in no table, or in a shorter one than the longest, has no such step: nobody asks for the price.
        if conditions.step != nil, table == nil { return nil }
        let step = conditions.step.flatMap { index in table.flatMap { index < $0.steps.count ? $0.steps[index] : nil } }
        if conditions.step != nil, step == nil { return nil }

        let spelled = step?.combinations.first { $0.band == band?.name && $0.schedule == schedule?.name }
        if let rate = spelled?.rates[tokenClass] { return FactoredPrice(rate: rate, factor: .one) }
        var rules = [schedule?.rules[tokenClass], band?.rules[tokenClass]].compactMap(\.self)
        if let schedule, let band, let pair = schedule.bandRates[band.name]?[tokenClass] {
            rules = [.rate(pair)]
        } else if rules.count(where: \.isRate) == 2, let schedule, let band {
            // Said once, not for every step.
            if step == nil { faults.append(.conflict(tokenClass, band: band.name, schedule: schedule.name)) }
            return nil
        }
        if let rule = step?.rules[tokenClass] {
            if rule.isRate, rules.contains(where: \.isRate) {
                faults.append(
                    .tierConflict(
                        tokenClass, table: table?.name ?? .standardTier, step: conditions.step ?? 0, band: band?.name,
                        schedule: schedule?.name))
                return nil
            }
            rules.append(rule)
        }
        return product(base, rules, tokenClass, conditions, &faults)
    }

    private func product(
        _ base: UnitPrice, _ rules: [ClassRule], _ tokenClass: TokenClass, _ conditions: PriceConditions,
        _ faults: inout [PriceFault]
    ) -> FactoredPrice? {
        var (rate, factor) = (base, Factor.one)
        for rule in rules {
            switch rule {
            case .rate(let own): rate = own
            case .factor(let next):
                guard let both = try? factor.multiplied(by: next) else {
                    faults.append(.tooLarge(name(tokenClass, conditions)))
                    return nil
                }
                factor = both
            }
        }
        return FactoredPrice(rate: rate, factor: factor)
    }

    /// The price with the multipliers of the conditions, and with one more factor.
    func price(
        of tokenClass: TokenClass, _ price: FactoredPrice?, _ conditions: PriceConditions, _ discount: Factor?,
        _ faults: inout [PriceFault]
    ) -> UnitPrice? {
        guard let price else { return nil }
        do {
            var factor = price.factor
            for (index, multiplier) in multipliers.enumerated() where conditions.multipliers & 1 << index != 0 {
                if let next = multiplier.factors[tokenClass] { factor = try factor.multiplied(by: next) }
            }
            if let discount { factor = try factor.multiplied(by: discount) }
            if let whole = try factor.applied(to: price.rate) { return whole }
            faults.append(.notWhole(name(tokenClass, conditions) + (discount == nil ? "" : ", the terms' discount")))
        } catch {
            faults.append(.tooLarge(name(tokenClass, conditions)))
        }
        return nil
    }

    /// `output, band long, schedule night, tier volume step 2, multipliers batch and us`: what a price is called in a
    /// message.
    private func name(_ tokenClass: TokenClass, _ conditions: PriceConditions) -> String {
        let selected = multipliers.enumerated().filter { conditions.multipliers & 1 << $0.offset != 0 }
            .map(\.element.name.text)
        let tier = conditions.step.flatMap { step in
            tierTable(of: tokenClass).map { "tier \($0.name) step \(step + 1)" }
        }
        let parts = [
            tokenClass.name, conditions.band.map { "band \($0.name)" },
            conditions.schedule.map { "schedule \($0.name)" }, tier,
            selected.isEmpty ? nil : "multipliers \(selected.joined(separator: " and "))",
        ]
        return parts.compactMap(\.self).joined(separator: ", ")
    }
}

extension ClassRule {
    /// Whether it puts a rate of its own in the place of the base rate.
    fileprivate var isRate: Bool { if case .rate = self { true } else { false } }
}
