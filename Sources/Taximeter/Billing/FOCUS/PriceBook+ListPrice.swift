extension PriceBook {
    /// What one token of a usage line costs by the list: base rate, band and multipliers, before schedules, tiers and
    /// discounts; nil when the book has no such price.
    public func listPrice(of key: UsageLine.Key) -> Money? {
        guard let tariff = tariffs.first(where: { $0.model == key.model }),
            let version = tariff.versions.first(where: { $0.effective.from == key.versionFrom }),
            version.rules.rates[key.tokenClass] != nil
        else { return nil }
        let (bands, multipliers) = (version.rules.bands, version.rules.multipliers)
        var (band, bits) = (-1, 0)
        if let name = key.band {
            guard let place = bands.firstIndex(where: { $0.name == name }) else { return nil }
            band = place
        }
        if key.serviceTier != .standardTier {
            guard let place = multipliers.firstIndex(where: { $0.name == key.serviceTier }) else { return nil }
            bits = 1 << place
        }
        let row = version.prices.row(schedule: -1, band: band, multipliers: bits)
        return Money(units: version.prices.price(row: row, key.tokenClass).unitsPerToken, currency)
    }
}
