/// A tariff version with its place, prepared for rating. A class, so that the rater hands it about without copying.
final class CompiledVersion: Sendable {
    /// Where the numbers stand that every request reads.
    let plan: VersionPlan
    /// The tariff's place among those of the book by the names of their models: a store keeps tariffs in another order
    /// than a file, and usage is counted in one.
    let tariffOrder: Int
    let version: TariffVersion
    let prices: UnitPriceTable
    /// Volume tiers, and the counters that its tokens advance.
    let tiers: CompiledTiers

    init(_ version: TariffVersion, _ plan: VersionPlan, tariffOrder: Int, tiers: CompiledTiers) {
        self.plan = plan
        self.tariffOrder = tariffOrder
        self.version = version
        self.tiers = tiers
        prices = version.prices
    }

    /// The schedule whose window contains the instant, or -1, whatever the clocks and the calendar do.
    @inline(never)
    func schedule(at instant: Instant) -> Int {
        let schedules = version.rules.schedules
        guard let zone = schedules.first?.window.zone else { return -1 }
        let shown = zone.wallClock(at: instant)
        return schedules.firstIndex { $0.window.contains(shown) } ?? -1
    }

    /// The multipliers of a service tier and those selected, as bits.
    func multipliers(_ tier: Identifier, _ selected: [Identifier]) throws(UnpricedReason) -> Int {
        let multipliers = version.rules.multipliers
        var bits = 0
        if tier != .standardTier {
            guard let index = multipliers.firstIndex(where: { $0.name == tier }) else { throw .unknownServiceTier }
            bits |= 1 << index
        }
        for name in selected {
            guard let index = multipliers.firstIndex(where: { $0.name == name }) else { throw .unknownMultiplier }
            bits |= 1 << index
        }
        return bits
    }
}

/// The versions of one tariff, in order of time.
struct CompiledTariff: Sendable {
    let versions: [CompiledVersion]

    /// The version in force.
    func version(at instant: Instant) -> CompiledVersion? {
        guard let last = versions.last(where: { $0.version.effective.from <= instant }) else { return nil }
        return last.version.effective.contains(instant) ? last : nil
    }
}
