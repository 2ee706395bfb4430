extension PeriodRun {
    /// One piece of usage, with everything that its price is made of.
    func slice(
        _ piece: Piece, _ tokenClass: TokenClass, _ index: Int, _ found: FoundPrices, row: Int
    ) -> RatedSlice {
        let prices = found.version.prices
        let table = found.version.tiers.plans[tokenClass].table
        return RatedSlice(
            usage: index, tokenClass: tokenClass, tokens: piece.tokens,
            tier: piece.step < 0 ? nil : RatedSlice.Tier(table: table, step: piece.step), isFree: found.isFree,
            listPrice: prices.price(row: Int(found.conditions.listRow), tokenClass),
            scheduledPrice: prices.price(row: Int(found.conditions.row), tokenClass),
            tieredPrice: prices.price(row: row, tokenClass),
            contractedPrice: prices.contractedPrice(row: row, tokenClass),
            chargedPrice: prices.contractedPrice(row: row, tokenClass), feeUnits: piece.fee,
            contractedFeeUnits: piece.contractedFee, allowance: nil,
            chargedTokens: found.isFree ? 0 : piece.tokens)
    }

    /// Takes allowances off, rounds quantities up, and adds what is left to what is billed.
    mutating func applyTerms(used: [Int64]) throws(MoneyError) {
        let terms = rater.book.terms
        outcome.allowancesUsed = terms.allowances.indices.map { $0 < used.count ? used[$0] : 0 }
        guard needsSlices else { return }
        if isUnlimited {
            makeFree()
            return
        }
        for (place, allowance) in terms.allowances.enumerated() {
            if place == overages.count { try chargeOverages() }
            take(allowance, place)
        }
        if overages.count == terms.allowances.count { try chargeOverages() }
        if terms.quantities != .everyToken { try roundUp(terms.quantities) }
        if terms.changesQuantities {
            for slice in outcome.slices {
                try outcome.amounts[slice.usage]?.addNet(try slice.netUnits, slice.tokenClass)
            }
        }
        if !keepsSlices { outcome.slices = [] }
    }

    /// Makes all usage free, and leaves what it would have cost.
    private mutating func makeFree() {
        for index in outcome.slices.indices {
            outcome.slices[index].chargedTokens = 0
            outcome.slices[index].contractedFeeUnits = 0
        }
        if !keepsSlices { outcome.slices = [] }
    }

    /// What goes beyond a committed volume, in its scope, has the price of the last volume that says one.
    private mutating func chargeOverages() throws(MoneyError) {
        let allowances = rater.book.terms.allowances
        for (place, overage) in overages.enumerated() {
            guard let overage else { continue }
            for index in outcome.slices.indices where isEligible(outcome.slices[index], for: allowances[place]) {
                // Loading made sure that this is exact.
                guard let price = try overage.applied(to: outcome.slices[index].contractedPrice) else { continue }
                outcome.slices[index].chargedPrice = price
            }
        }
    }

    /// Makes tokens free, as far as the allowance goes.
    private mutating func take(_ allowance: Allowance, _ place: Int) {
        var left = allowance.tokens - outcome.allowancesUsed[place]
        var eligible = outcome.slices.indices.filter { isEligible(outcome.slices[$0], for: allowance) }
        if allowance.order == .dearestFirst {
            let slices = outcome.slices
            eligible.sort {
                let (a, b) = (slices[$0].chargedPrice, slices[$1].chargedPrice)
                return a == b ? $0 < $1 : a > b
            }
        }
        for index in eligible where left > 0 {
            let tokens = outcome.slices[index].tokens
            if tokens > left {
                // The rest is a slice of its own, without the fees, which stay where they are.
                var rest = outcome.slices[index]
                rest.tokens = tokens - left
                rest.chargedTokens = rest.tokens
                rest.feeUnits = 0
                rest.contractedFeeUnits = 0
                outcome.slices[index].tokens = left
                outcome.slices.insert(rest, at: index + 1)
            }
            outcome.slices[index].allowance = place
            outcome.slices[index].chargedTokens = 0
            let taken = min(tokens, left)
            left -= taken
            outcome.allowancesUsed[place] += taken
        }
    }

    private func isEligible(_ slice: RatedSlice, for allowance: Allowance) -> Bool {
        guard !slice.isFree, slice.allowance == nil, slice.chargedPrice.unitsPerToken > 0,
            allowance.classes[slice.tokenClass], let version = found[slice.usage]?.version
        else { return false }
        return allowance.models.isEmpty
            || allowance.models.contains(rater.book.tariffs[version.plan.place.tariff].model)
    }

    /// What the tokens of one invoice line have in common.
    private struct LineKey: Hashable {
        let version: VersionPlace
        let tokenClass: TokenClass
        let row: Int32
        let tier: RatedSlice.Tier?
    }

    /// Charges each line for its quantity rounded up; each slice bears what the line's quantity grows by.
    private mutating func roundUp(_ rule: QuantityRule) throws(MoneyError) {
        var quantities: [LineKey: Int64] = [:]
        for index in outcome.slices.indices {
            let slice = outcome.slices[index]
            guard slice.chargedTokens > 0, let found = found[slice.usage] else { continue }
            let key = LineKey(
                version: found.version.plan.place, tokenClass: slice.tokenClass, row: found.conditions.row,
                tier: slice.tier)
            let before = quantities[key] ?? 0
            let after = try sum(before, slice.chargedTokens)
            quantities[key] = after
            outcome.slices[index].chargedTokens = try rule.charged(after) - rule.charged(before)
        }
    }
}
