/// What decides the prices of usage before volume tiers, besides its version. Small, because it is made for every
/// request.
struct Conditions: Sendable {
    /// The band's place in the version's rules, or -1.
    let band: Int16
    /// The schedule's place, or -1.
    let schedule: Int16
    /// The row of list prices.
    let listRow: Int32
    /// The row of the prices in force.
    let row: Int32
}

extension RateTables {
    /// The price of usage before volume tiers and terms, or why it has none.
    @inline(__always)
    func rate(
        _ meaning: LineMeaning, _ instant: Instant, _ size: RequestSize, _ tokens: TokenCounts
    ) throws(MoneyError) -> Rating {
        let conditions: Conditions
        do { conditions = try self.conditions(meaning, instant, size, tokens) } catch { return .unpriced(error) }
        return .priced(try amounts(meaning, of: tokens, size, under: conditions))
    }

    /// Which prices hold for usage of a meaning, or why there are none.
    @inline(__always)
    func conditions(
        _ meaning: LineMeaning, _ instant: Instant, _ size: RequestSize, _ tokens: TokenCounts
    ) throws(UnpricedReason) -> Conditions {
        let plan = meaning.plan
        let band = try band(plan, of: size)
        if let reason = meaning.reason { throw reason }
        let unrated = tokens.usedClasses & ~plan.ratedClasses
        if unrated != 0 {
            throw .noRate(TokenClass(rawValue: UInt8(truncatingIfNeeded: unrated.trailingZeroBitCount)) ?? .output)
        }
        let schedule = schedule(plan, at: instant)
        let listRow = plan.row(band: band, multipliers: meaning.multipliers)
        return Conditions(
            band: Int16(truncatingIfNeeded: band), schedule: Int16(truncatingIfNeeded: schedule),
            listRow: Int32(truncatingIfNeeded: listRow),
            row: Int32(truncatingIfNeeded: listRow &+ (schedule &+ 1) &* plan.scheduleStride))
    }

    /// What usage comes to up to its schedule.
    @inline(__always)
    func amounts(
        _ meaning: LineMeaning, of tokens: TokenCounts, _ size: RequestSize, under conditions: Conditions
    ) throws(MoneyError) -> RatedAmounts {
        let plan = meaning.plan
        let list = try total(plan, tokens, row: Int(conditions.listRow))
        // Also where it is the same row: sparing the sum would cost a branch that is guessed wrong too often.
        let scheduled = meaning.isFree ? 0 : try total(plan, tokens, row: Int(conditions.row))
        var theoretical = list
        if let reference = meaning.reference {
            theoretical = try self.theoretical(reference, tokens, size) ?? list
        }
        return RatedAmounts(
            place: plan.place, conditions: conditions, isFree: meaning.isFree, currency: currency,
            theoreticalUnits: theoretical, listUnits: list, scheduledUnits: scheduled)
    }

    /// The amount at the reference model's list price, or nil when there is none.
    private func theoretical(
        _ reference: LineMeaning.Reference, _ tokens: TokenCounts, _ size: RequestSize
    ) throws(MoneyError) -> Int128? {
        let plan = versions[reference.version].plan
        guard tokens.usedClasses & ~plan.ratedClasses == 0 else { return nil }
        let band: Int
        do { band = try self.band(plan, of: size) } catch { return nil }
        let row = plan.row(band: band, multipliers: reference.multipliers)
        return try total(plan, tokens, row: row)
    }

    /// The tokens of all classes at the prices of a row.
    @inline(__always)
    private func total(_ plan: VersionPlan, _ tokens: TokenCounts, row: Int) throws(MoneyError) -> Int128 {
        if plan.firstRow < 0 { return try checkedTotal(plan, tokens, row: row) }
        // No sum needs a check; see ``plainPrices``.
        let prices = rows[plan.firstRow &+ row]
        var total = product(tokens.cacheHit, prices[.cacheHit]) &+ product(tokens.cacheMiss, prices[.cacheMiss])
        if tokens.cacheWrite | tokens.cacheWrite1h != 0 {
            total &+= product(tokens.cacheWrite, prices[.cacheWrite])
            total &+= product(tokens.cacheWrite1h, prices[.cacheWrite1h])
        }
        return total &+ product(tokens.output, prices[.output])
    }

    /// The same at prices of any size.
    @inline(never)
    private func checkedTotal(_ plan: VersionPlan, _ tokens: TokenCounts, row: Int) throws(MoneyError) -> Int128 {
        let prices = versions[plan.number].prices
        var total: Int128 = 0
        for tokenClass in TokenClass.allCases {
            total = try sum(total, try prices.price(row: row, tokenClass).amount(tokens: tokens[tokenClass]))
        }
        return total
    }
}

/// Tokens at a price that fits in 64 bits: so the product fits in 128.
@inline(__always)
func product(_ tokens: Int64, _ unitsPerToken: Int64) -> Int128 {
    let product = unitsPerToken.multipliedFullWidth(by: tokens)
    return Int128(product.high) << 64 | Int128(product.low)
}

/// Tokens at a price.
@inline(__always)
func amount(_ tokens: Int64, _ unitsPerToken: Int128) throws(MoneyError) -> Int128 {
    if let units = Int64(exactly: unitsPerToken) { return product(tokens, units) }
    let (product, overflow) = unitsPerToken.multipliedReportingOverflow(by: Int128(tokens))
    if overflow { throw .overflow }
    return product
}
