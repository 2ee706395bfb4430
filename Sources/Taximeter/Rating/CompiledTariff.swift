/// A tariff version with its place. A class, so that the rater hands it about without copying.
final class CompiledVersion: Sendable {
    let place: VersionPlace
    let version: TariffVersion
    private let bands: [Band]
    private let zone: TimeZoneRules
    private let windows: [DailyWindow]
    private let multipliers: [Identifier]

    init(_ version: TariffVersion, at place: VersionPlace) {
        self.place = place
        self.version = version
        bands = version.rules.bands
        windows = version.rules.schedules.map(\.window)
        zone = windows.first?.zone ?? .utc
        multipliers = version.rules.multipliers.map(\.name)
    }

    /// The schedule whose window contains the instant.
    func schedule(at instant: Instant) -> Int? {
        if windows.isEmpty { return nil }
        let shown = zone.wallClock(at: instant)
        return windows.firstIndex { $0.contains(shown) }
    }

    /// The narrowest band that the request is in: the last, as wider bands come first and crossing ones have a corner.
    func band(of size: RequestSize) throws(UnpricedReason) -> Int? {
        if bands.isEmpty { return nil }
        guard case .request(let input, let output) = size else { throw .summedUnderBands }
        return bands.lastIndex { $0.contains(input: input, output: output) }
    }

    /// The multipliers of a service tier and those selected, as bits.
    func multipliers(_ tier: Identifier, _ selected: [Identifier]) throws(UnpricedReason) -> Int {
        var bits = 0
        if tier != .standardTier {
            guard let index = multipliers.firstIndex(of: tier) else { throw .unknownServiceTier }
            bits |= 1 << index
        }
        for name in selected {
            guard let index = multipliers.firstIndex(of: name) else { throw .unknownMultiplier }
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
