/// A tariff version with its place, prepared for rating. A class, so that the rater hands it about without copying.
final class CompiledVersion: Sendable {
    let place: VersionPlace
    /// The tariff's place among those of the book by the names of their models: a store keeps tariffs in another order
    /// than a file, and usage is counted in one.
    let tariffOrder: Int
    let version: TariffVersion
    let prices: UnitPriceTable
    /// Volume tiers, and the counters that its tokens advance.
    let tiers: CompiledTiers
    private let bands: [BandBounds]
    private let zone: TimeZoneRules
    private let windows: [DailyWindow]
    private let multipliers: [Identifier]

    init(_ version: TariffVersion, at place: VersionPlace, tariffOrder: Int, tiers: CompiledTiers) {
        self.place = place
        self.tariffOrder = tariffOrder
        self.version = version
        self.tiers = tiers
        prices = version.prices
        bands = version.rules.bands.map { BandBounds(input: $0.inputFrom, output: $0.outputFrom) }
        windows = version.rules.schedules.map(\.window)
        zone = windows.first?.zone ?? .utc
        multipliers = version.rules.multipliers.map(\.name)
    }

    /// The schedule whose window contains the instant, or -1.
    @inline(__always)
    func schedule(at instant: Instant) -> Int {
        if windows.isEmpty { return -1 }
        let shown = zone.wallClock(at: instant)
        for index in windows.indices where windows[index].contains(shown) { return index }
        return -1
    }

    /// The narrowest band that the request is in, or -1: the last, as wider bands come first and crossing ones have a
    /// corner.
    @inline(__always)
    func band(of size: RequestSize) throws(UnpricedReason) -> Int {
        var index = bands.count - 1
        if index < 0 { return index }
        guard case .request(let input, let output) = size else { throw .summedUnderBands }
        while index >= 0, !bands[index].contains(input: input, output: output) { index -= 1 }
        return index
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

/// Where a band begins.
struct BandBounds: Sendable {
    let input: Int64
    let output: Int64

    /// Whether a request of this size is in the band.
    @inline(__always)
    func contains(input: Int64, output: Int64) -> Bool { input >= self.input && output >= self.output }
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
