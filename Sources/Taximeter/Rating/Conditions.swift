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

extension LineMeaning {
    /// The version, or why there is none.
    @inline(__always)
    func pricedVersion() throws(UnpricedReason) -> CompiledVersion {
        guard let version else { throw reason ?? .noTariff }
        return version
    }

    /// Which prices of the version hold for usage of the line.
    @inline(__always)
    func conditions(
        _ version: CompiledVersion, _ instant: Instant, _ size: RequestSize, _ tokens: TokenCounts
    ) throws(UnpricedReason) -> Conditions {
        let band = try version.band(of: size)
        if let reason { throw reason }
        let unrated = tokens.usedClasses & ~version.prices.ratedClasses
        if unrated != 0 {
            throw .noRate(TokenClass(rawValue: UInt8(truncatingIfNeeded: unrated.trailingZeroBitCount)) ?? .output)
        }
        let schedule = version.schedule(at: instant)
        let listRow = version.prices.row(schedule: -1, band: band, multipliers: multipliers)
        let row = schedule < 0 ? listRow : version.prices.row(schedule: schedule, band: band, multipliers: multipliers)
        return Conditions(
            band: Int16(truncatingIfNeeded: band), schedule: Int16(truncatingIfNeeded: schedule),
            listRow: Int32(truncatingIfNeeded: listRow), row: Int32(truncatingIfNeeded: row))
    }

    /// What usage comes to up to its schedule.
    @inline(__always)
    func amounts(
        _ version: CompiledVersion, of tokens: TokenCounts, _ size: RequestSize, under conditions: Conditions,
        _ currency: Currency
    ) throws(MoneyError) -> RatedAmounts {
        let list = try version.prices.total(tokens, row: Int(conditions.listRow))
        var scheduled = list
        if isFree {
            scheduled = 0
        } else if conditions.row != conditions.listRow {
            scheduled = try version.prices.total(tokens, row: Int(conditions.row))
        }
        let theoretical = reference == nil ? list : try theoretical(tokens, size) ?? list
        return RatedAmounts(
            place: version.place, conditions: conditions, isFree: isFree, currency: currency,
            theoreticalUnits: theoretical, listUnits: list, scheduledUnits: scheduled)
    }

    /// The amount at the reference model's list price, or nil when there is none.
    private func theoretical(_ tokens: TokenCounts, _ size: RequestSize) throws(MoneyError) -> Int128? {
        guard let reference, tokens.usedClasses & ~reference.prices.ratedClasses == 0 else { return nil }
        let band: Int
        do { band = try reference.band(of: size) } catch { return nil }
        let row = reference.prices.row(schedule: -1, band: band, multipliers: referenceMultipliers)
        return try reference.prices.total(tokens, row: row)
    }
}

extension UnitPriceTable {
    /// The tokens of all classes at the prices of a row.
    @inline(__always)
    func total(_ tokens: TokenCounts, row: Int) throws(MoneyError) -> Int128 {
        let start = row * Self.columns
        var total = try amount(tokens.cacheHit, units[start])
        total = try sum(total, try amount(tokens.cacheMiss, units[start + 1]))
        if tokens.cacheWrite | tokens.cacheWrite1h != 0 {
            total = try sum(total, try amount(tokens.cacheWrite, units[start + 2]))
            total = try sum(total, try amount(tokens.cacheWrite1h, units[start + 3]))
        }
        return try sum(total, try amount(tokens.output, units[start + 4]))
    }
}

/// Tokens at a price. Most prices fit in 64 bits, where the product needs no check.
@inline(__always)
func amount(_ tokens: Int64, _ unitsPerToken: Int128) throws(MoneyError) -> Int128 {
    if let units = Int64(exactly: unitsPerToken) {
        let product = units.multipliedFullWidth(by: tokens)
        return Int128(product.high) << 64 | Int128(product.low)
    }
    let (product, overflow) = unitsPerToken.multipliedReportingOverflow(by: Int128(tokens))
    if overflow { throw .overflow }
    return product
}
