/// One call of ``PeriodRater``.
struct PeriodRun: ~Copyable {
    let rater: Rater
    let overages: [Factor?]
    let isUnlimited: Bool
    let usages: [PeriodUsage]
    let keepsSlices: Bool
    /// Whether amounts are settled at once, and not when allowances and quantities are known.
    private let settles: Bool
    /// Whether slices are kept until then.
    let needsSlices: Bool
    var outcome = PeriodRater.Outcome()
    /// What was found for each usage; nil where it has no price.
    private(set) var found: [FoundPrices?] = []
    /// The order in which tokens are counted.
    private var order: [Int] = []
    private var ends: [Int] = []
    private var totals: [Int64] = []

    init(_ period: PeriodRater, _ usages: [PeriodUsage], keepsSlices: Bool, counted: PeriodCounts) {
        rater = period.rater
        overages = period.overages
        isUnlimited = period.isUnlimited
        self.usages = usages
        self.keepsSlices = keepsSlices
        settles = !rater.book.terms.changesQuantities && !isUnlimited
        needsSlices = keepsSlices || rater.book.terms.changesQuantities
        outcome.counted = counted
        if outcome.counted.tokens.count != rater.counters.count {
            outcome.counted = PeriodCounts(0, on: rater)
        }
    }

    /// What each request decides by itself, and the order in which to count.
    mutating func rateRequests() throws(MoneyError) {
        found.reserveCapacity(usages.count)
        outcome.amounts.reserveCapacity(usages.count)
        outcome.reasons.reserveCapacity(usages.count)
        order.reserveCapacity(usages.count)
        for index in usages.indices {
            let usage = usages[index]
            let meaning = usage.line.meaning(at: usage.instant)
            let conditions: Conditions
            do {
                conditions = try usage.line.tables.conditions(meaning, usage.instant, usage.size, usage.tokens)
            } catch {
                found.append(nil)
                outcome.amounts.append(nil)
                outcome.reasons.append(error)
                continue
            }
            let version = usage.line.tables.versions[meaning.plan.number]
            found.append(FoundPrices(version: version, isFree: meaning.isFree, conditions: conditions))
            outcome.amounts.append(
                PeriodAmounts(
                    try usage.line.tables.amounts(meaning, of: usage.tokens, usage.size, under: conditions)))
            outcome.reasons.append(nil)
            order.append(index)
        }
        if let found = cellEnds() {
            ends = found
        } else {
            order = order.sorted { precedes($0, $1) }
            ends = cellEnds() ?? []
        }
    }

    /// Where in ``order`` usage of one price ends, and that of the next begins; nil when it is out of order.
    ///
    /// Looks at all usage in one call, because a call from a method that mutates copies the run.
    private func cellEnds() -> [Int]? {
        var ends: [Int] = []
        ends.reserveCapacity(order.count)
        for place in order.indices.dropLast() {
            switch precedesByCell(order[place], order[place + 1]) {
            case true?: ends.append(place)
            case false?: return nil
            case nil: if precedes(order[place + 1], order[place]) { return nil }
            }
        }
        if let last = order.indices.last { ends.append(last) }
        return ends
    }

    private func precedes(_ first: Int, _ second: Int) -> Bool {
        if let precedes = precedesByCell(first, second) { return precedes }
        // Of one price; the order decides only which of them lies at the edge of a tier.
        let (a, b) = (usages[first], usages[second])
        if a.instant != b.instant { return a.instant < b.instant }
        return a.content.lexicographicallyPrecedes(b.content)
    }

    /// Which comes first by what decides the price; nil when that is the same.
    private func precedesByCell(_ first: Int, _ second: Int) -> Bool? {
        let (firstHour, secondHour) = (usages[first].instant.startOfHour, usages[second].instant.startOfHour)
        if firstHour != secondHour { return firstHour < secondHour }
        if usages[first].line !== usages[second].line {
            if usages[first].line.precedes(usages[second].line) { return true }
            if usages[second].line.precedes(usages[first].line) { return false }
        }
        guard let a = found[first], let b = found[second] else { return nil }
        return a.key == b.key ? nil : a.key < b.key
    }

    // MARK: Tiers

    /// Counts the whole period, for tables whose price is that of the total.
    mutating func total() throws(MoneyError) {
        totals = outcome.counted.tokens
        for index in order {
            guard let found = found[index], !found.isFree else { continue }
            for tokenClass in TokenClass.allCases {
                for place in found.version.tiers.plans[tokenClass].counted {
                    let counter = found.version.tiers.counters[place]
                    totals[counter] = try sum(totals[counter], usages[index].tokens[tokenClass])
                }
            }
        }
    }

    /// Counts tokens in order, and cuts them where a step ends.
    mutating func tier() throws(MoneyError) {
        var start = 0
        for last in ends {
            // Usage of one price, class by class: so it does not matter into how many parts it was cut.
            if last == start {
                try tierAll(order[start])
            } else {
                for tokenClass in TokenClass.allCases {
                    for position in start...last { try tier(tokenClass, order[position]) }
                }
            }
            start = last + 1
        }
    }

    /// All classes of one usage.
    private mutating func tierAll(_ index: Int) throws(MoneyError) {
        guard let found = found[index] else { return }
        let tokens = usages[index].tokens
        try tier(tokens.cacheHit, .cacheHit, index, found)
        try tier(tokens.cacheMiss, .cacheMiss, index, found)
        try tier(tokens.cacheWrite, .cacheWrite, index, found)
        try tier(tokens.cacheWrite1h, .cacheWrite1h, index, found)
        try tier(tokens.output, .output, index, found)
    }

    /// One class of one usage.
    private mutating func tier(_ tokenClass: TokenClass, _ index: Int) throws(MoneyError) {
        guard let found = found[index] else { return }
        try tier(usages[index].tokens[tokenClass], tokenClass, index, found)
    }

    /// Tokens of one class: as far as they reach in each step.
    @inline(__always)
    private mutating func tier(
        _ tokens: Int64, _ tokenClass: TokenClass, _ index: Int, _ found: FoundPrices
    ) throws(MoneyError) {
        if tokens == 0 { return }
        if found.isFree || found.version.tiers.isEmpty {
            try take(Piece(tokens: tokens), tokenClass, index, found)
            return
        }
        let plan = found.version.tiers.plans[tokenClass]
        if plan.table >= 0 {
            try takeSteps(tokens, plan, tokenClass, index, found)
        } else {
            try take(Piece(tokens: tokens), tokenClass, index, found)
        }
        for place in plan.counted {
            let counter = found.version.tiers.counters[place]
            outcome.counted.tokens[counter] = try sum(outcome.counted.tokens[counter], tokens)
        }
    }

    @inline(__always)
    private mutating func takeSteps(
        _ tokens: Int64, _ plan: CompiledTiers.ClassPlan, _ tokenClass: TokenClass, _ index: Int, _ found: FoundPrices
    ) throws(MoneyError) {
        var position = outcome.counted.tokens[plan.counter]
        var left = tokens
        while left > 0 {
            let number = plan.isVolume ? totals[plan.counter] : try sum(position, 1)
            let step = found.version.tiers.step(plan, ofToken: number)
            var reaches = left
            if !plan.isVolume, step < plan.bounds.count {
                reaches = min(left, found.version.tiers.bounds[plan.bounds.lowerBound + step] - position)
            }
            var piece = Piece(tokens: reaches, step: step)
            if plan.hasFees {
                piece = try found.version.tiers.pieceWithFees(
                    plan, tokenClass, step: step, from: position, tokens: reaches,
                    &outcome.counted.fees[plan.counter])
            }
            try take(piece, tokenClass, index, found)
            position = try sum(position, reaches)
            left -= reaches
        }
    }

    /// Adds a piece to the amounts of its usage.
    @inline(__always)
    private mutating func take(
        _ piece: Piece, _ tokenClass: TokenClass, _ index: Int, _ found: FoundPrices
    ) throws(MoneyError) {
        var row = Int(found.conditions.row)
        if piece.step >= 0 { row = found.version.prices.row(row, step: piece.step) }
        if needsSlices { outcome.slices.append(slice(piece, tokenClass, index, found, row: row)) }
        if found.isFree { return }
        let cell = row * UnitPriceTable.columns + Int(tokenClass.rawValue)
        let tiered = try sum(try amount(piece.tokens, found.version.prices.units[cell]), piece.fee)
        var contracted = tiered
        if !found.version.prices.contracted.isEmpty {
            contracted = try sum(
                try amount(piece.tokens, found.version.prices.contracted[cell]), piece.contractedFee)
        }
        try outcome.amounts[index]?.add(tiered: tiered, contracted: contracted, settles: settles, tokenClass)
    }
}

/// The prices that hold for usage.
struct FoundPrices: Sendable {
    let version: CompiledVersion
    /// Whether the channel costs nothing.
    let isFree: Bool
    let conditions: Conditions

    /// Tariff, version, schedule and band, none first, in one number: it orders usage, and tells what has the same price.
    var key: UInt128 {
        UInt128(UInt32(truncatingIfNeeded: version.tariffOrder)) << 64
            | UInt128(UInt32(truncatingIfNeeded: version.plan.place.version)) << 32
            | UInt128(UInt16(truncatingIfNeeded: conditions.schedule + 1)) << 16
            | UInt128(UInt16(truncatingIfNeeded: conditions.band + 1))
    }
}
