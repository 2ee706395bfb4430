/// One call of ``PeriodRater``.
struct PeriodRun {
    let rater: Rater
    let usages: [PeriodUsage]
    let keepsSlices: Bool
    var outcome = PeriodRater.Outcome()
    /// What was found for each usage; nil where it has no price.
    private(set) var found: [FoundPrices?] = []
    /// The order in which tokens are counted.
    private var order: [Int] = []
    private var totals: [Int64] = []

    init(_ rater: Rater, _ usages: [PeriodUsage], keepsSlices: Bool, counted: PeriodCounts) {
        self.rater = rater
        self.usages = usages
        self.keepsSlices = keepsSlices
        outcome.counted = counted
        if outcome.counted.tokens.count != rater.counters.count {
            outcome.counted.tokens = Array(repeating: 0, count: rater.counters.count)
        }
    }

    /// Whether amounts are settled only when all slices are known.
    var needsSlices: Bool { keepsSlices || rater.book.terms.changesQuantities }

    /// What each request decides by itself, and the order in which to count.
    mutating func rateRequests() throws(MoneyError) {
        found.reserveCapacity(usages.count)
        outcome.amounts.reserveCapacity(usages.count)
        outcome.reasons.reserveCapacity(usages.count)
        order.reserveCapacity(usages.count)
        var isSorted = true
        for (index, usage) in usages.enumerated() {
            let meaning = usage.line.meaning(at: usage.instant)
            let version: CompiledVersion
            let conditions: Conditions
            do {
                version = try meaning.pricedVersion()
                conditions = try meaning.conditions(version, usage.instant, usage.size, usage.tokens)
            } catch {
                found.append(nil)
                outcome.amounts.append(nil)
                outcome.reasons.append(error)
                continue
            }
            found.append(FoundPrices(meaning: meaning, version: version, conditions: conditions))
            outcome.amounts.append(
                PeriodAmounts(
                    try meaning.amounts(
                        version, of: usage.tokens, usage.size, under: conditions, rater.book.currency)))
            outcome.reasons.append(nil)
            if isSorted, let last = order.last, precedes(index, last) { isSorted = false }
            order.append(index)
        }
        if !isSorted { order = order.sorted { precedes($0, $1) } }
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
            guard let found = found[index], !found.meaning.isFree, !found.version.tiers.isEmpty else { continue }
            for tokenClass in TokenClass.allCases {
                for counter in found.version.tiers.counted[tokenClass] {
                    totals[counter] = try sum(totals[counter], usages[index].tokens[tokenClass])
                }
            }
        }
    }

    /// Counts tokens in order, and cuts them where a step ends.
    mutating func tier() throws(MoneyError) {
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, precedesByCell(order[start], order[end]) == nil { end += 1 }
            // Usage of one price, class by class: so it does not matter into how many parts it was cut.
            try tier(.cacheHit, start..<end)
            try tier(.cacheMiss, start..<end)
            try tier(.cacheWrite, start..<end)
            try tier(.cacheWrite1h, start..<end)
            try tier(.output, start..<end)
            start = end
        }
    }

    @inline(__always)
    private mutating func tier(_ tokenClass: TokenClass, _ cell: Range<Int>) throws(MoneyError) {
        for position in cell {
            let index = order[position]
            let tokens = usages[index].tokens[tokenClass]
            if tokens == 0 { continue }
            guard let found = found[index] else { continue }
            if found.meaning.isFree || found.version.tiers.isEmpty {
                try take(Piece(tokens: tokens), tokenClass, index, found)
            } else {
                try tier(tokens, tokenClass, index, found)
            }
        }
    }

    /// Tokens that are counted: as far as they reach in each step.
    private mutating func tier(
        _ tokens: Int64, _ tokenClass: TokenClass, _ index: Int, _ found: FoundPrices
    ) throws(MoneyError) {
        if let table = found.version.tiers.tables[tokenClass] {
            var position = outcome.counted.tokens[table.counter]
            var left = tokens
            while left > 0 {
                let isVolume = table.mode == .volume
                let step = table.step(ofToken: isVolume ? totals[table.counter] : try sum(position, 1))
                let reaches = isVolume || step >= table.bounds.count ? left : min(left, table.bounds[step] - position)
                try take(try table.piece(step, from: position, tokens: reaches), tokenClass, index, found)
                position = try sum(position, reaches)
                left -= reaches
            }
        } else {
            try take(Piece(tokens: tokens), tokenClass, index, found)
        }
        for counter in found.version.tiers.counted[tokenClass] {
            outcome.counted.tokens[counter] = try sum(outcome.counted.tokens[counter], tokens)
        }
    }

    /// Adds a piece to the amounts of its usage.
    @inline(__always)
    private mutating func take(
        _ piece: Piece, _ tokenClass: TokenClass, _ index: Int, _ found: FoundPrices
    ) throws(MoneyError) {
        let prices = found.version.prices
        var row = Int(found.conditions.row)
        if let tier = piece.tier { row = prices.row(row, step: tier.step) }
        if needsSlices { outcome.slices.append(slice(piece, tokenClass, index, found, row: row)) }
        if found.meaning.isFree { return }
        let cell = row * UnitPriceTable.columns + Int(tokenClass.rawValue)
        let tiered = try sum(try amount(piece.tokens, prices.units[cell]), piece.fee)
        var contracted = tiered
        if !prices.contracted.isEmpty {
            contracted = try sum(try amount(piece.tokens, prices.contracted[cell]), piece.contractedFee)
        }
        let settles = !rater.book.terms.changesQuantities
        try outcome.amounts[index]?.add(tiered: tiered, contracted: contracted, settles: settles, tokenClass)
    }
}

/// The prices that hold for usage.
struct FoundPrices: Sendable {
    let meaning: LineMeaning
    let version: CompiledVersion
    let conditions: Conditions

    /// Version, schedule and band, none first, in one number: it orders usage, and tells what has the same price.
    var key: Int64 {
        Int64(version.place.version) << 32 | Int64(conditions.schedule + 1) << 16
            | Int64(conditions.band + 1)
    }
}
