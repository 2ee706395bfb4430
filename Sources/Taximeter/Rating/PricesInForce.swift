/// The prices of one model at one instant.
public struct PricesInForce: Sendable, Hashable {
    /// What requests of one size pay for a million tokens.
    public struct BandPrices: Sendable, Hashable {
        /// The band; nil below all thresholds.
        public let band: Band?
        /// The price of each class, before multipliers; nil for a class without a rate.
        public let rates: PerClass<UnitPrice?>
    }

    /// The model.
    public let model: Identifier
    /// Other names that mean the model at the instant.
    public let aliases: [Identifier]
    /// The version in force.
    public let version: TariffVersion
    /// The schedule in force; nil outside all windows.
    public let schedule: Schedule?
    /// The prices below all thresholds, and those of each band.
    public let bands: [BandPrices]
}

extension Rater {
    /// The prices in force at an instant, by model in the order of the book. A model without a version then is left out.
    public func prices(at instant: Instant) -> [PricesInForce] {
        book.tariffs.compactMap { prices(of: $0, at: instant) }
    }

    /// The prices of a tariff in force at an instant, or nil without a version.
    func prices(of tariff: Tariff, at instant: Instant) -> PricesInForce? {
        guard let version = tariff.versions.first(where: { $0.effective.contains(instant) }) else { return nil }
        let bands = ([nil] + version.rules.bands.map(Optional.some)).map { band in
            PricesInForce.BandPrices(
                band: band, rates: PerClass { price(of: $0, band, in: version, of: tariff.model, at: instant) })
        }
        return PricesInForce(
            model: tariff.model, aliases: tariff.aliases.filter { $0.effective.contains(instant) }.map(\.name),
            version: version, schedule: version.rules.schedules.first { $0.window.contains(instant) }, bands: bands)
    }

    /// What one token costs. Asked of the rating itself, so that what is shown is what is billed.
    private func price(
        of tokenClass: TokenClass, _ band: Band?, in version: TariffVersion, of model: Identifier, at instant: Instant
    ) -> UnitPrice? {
        guard version.rules.rates[tokenClass] != nil else { return nil }
        let usage = RatableUsage(
            model: model, channel: version.listedChannel, serviceTier: .standardTier, instant: instant,
            size: .request(totalInput: band?.inputFrom ?? 0, output: band?.outputFrom ?? 0),
            tokens: TokenCounts(one: tokenClass))
        guard case .priced(let amounts) = try? rate(usage) else { return nil }
        return UnitPrice(unitsPerToken: amounts.scheduled.units)
    }
}

extension PriceBook {
    /// The tariff that a name means at an instant: an alias in force, else the model of that name.
    public func tariff(named name: Identifier, at instant: Instant) -> Tariff? {
        tariffs.first { $0.aliases.contains { $0.name == name && $0.effective.contains(instant) } }
            ?? tariffs.first { $0.model == name }
    }
}

extension TariffVersion {
    /// A channel whose requests are not free.
    fileprivate var listedChannel: Identifier {
        let names = (0...freeChannels.count).map { Identifier(unchecked: "channel-\($0)") }
        return names.first { !freeChannels.contains($0) } ?? .standardTier
    }
}

extension TokenCounts {
    /// One token of a class.
    fileprivate init(one tokenClass: TokenClass) {
        func count(_ other: TokenClass) -> Int64 { other == tokenClass ? 1 : 0 }
        self.init(
            cacheHit: count(.cacheHit), cacheMiss: count(.cacheMiss), cacheWrite: count(.cacheWrite),
            cacheWrite1h: count(.cacheWrite1h), output: count(.output))
    }
}
