extension PriceBook {
    /// The book with its prices of one instant, for ever: what any usage would cost at the list of another time.
    ///
    /// Models keep the version and the names that they have at the instant, with schedules and terms; models without a
    /// version then are left out. For trying prices out: versions are not those that would be stored.
    public func fixed(at instant: Instant) -> PriceBook {
        let always = EffectivePeriod(from: .earliest)
        let fixed = tariffs.compactMap { tariff -> Tariff? in
            guard let version = tariff.versions.first(where: { $0.effective.contains(instant) }), let always else {
                return nil
            }
            return Tariff(
                model: tariff.model,
                aliases: tariff.aliases.filter { $0.effective.contains(instant) }.map {
                    ModelAlias(name: $0.name, effective: always)
                },
                versions: [
                    TariffVersion(
                        effective: always, source: version.source, freeChannels: version.freeChannels,
                        rules: version.rules, prices: version.prices, canonicalJSON: version.canonicalJSON)
                ])
        }
        let reference = reference.flatMap { name in fixed.contains { $0.model == name } ? name : nil }
        return PriceBook(
            header: Header(
                name: name, currency: currency, ratingInstant: ratingInstant, reference: reference, terms: terms),
            tariffs: fixed)
    }
}
