/// What a band or a schedule does to the price of a class.
public enum ClassRule: Sendable, Hashable {
    /// Puts this rate in its place.
    case rate(UnitPrice)
    /// Multiplies it.
    case factor(Factor)
}

/// Rates for large requests. A request with so much input and output has all its tokens priced by the band (a cliff).
///
/// A request may lie in several bands; it gets the narrowest, the one that lies within all the others it is in. Loading
/// makes sure that there always is one.
public struct Band: Sendable, Hashable {
    /// The band's name, unique in its version.
    public let name: Identifier
    /// The smallest total input, in tokens, of a request in the band; 0 when input does not matter. "More than 200,000"
    /// is 200,001 here.
    public let inputFrom: Int64
    /// The smallest output, in tokens, of a request in the band; 0 when output does not matter.
    public let outputFrom: Int64
    /// What the band does to each class; nil leaves a class as it is.
    public let rules: PerClass<ClassRule?>
}

/// A window of time with its own prices: off-peak, peak, night.
public struct Schedule: Sendable, Hashable {
    /// The schedule's name, unique in its version.
    public let name: Identifier
    /// When it holds.
    public let window: DailyWindow
    /// What it does to each class; nil leaves a class as it is.
    public let rules: PerClass<ClassRule?>
    /// Rates for a class under this schedule and one of the version's bands together, by the band's name. Needed where
    /// both give rates of their own.
    public let bandRates: [Identifier: PerClass<UnitPrice?>]
}

/// A named factor on some classes: `batch`, `priority`, a region. Several stack by multiplication.
public struct Multiplier: Sendable, Hashable {
    /// The name. One named like a service tier applies to that tier's requests.
    public let name: Identifier
    /// The factor of each class; nil leaves a class as it is.
    public let factors: PerClass<Factor?>
}

/// Everything that decides the price of one token in a tariff version.
public struct PriceRules: Sendable, Hashable {
    /// The base rates; a class without one cannot be priced.
    public let rates: PerClass<UnitPrice?>
    /// By threshold, wider before narrower.
    public let bands: [Band]
    /// In the order of the file. No two overlap, and all read the same time zone.
    public let schedules: [Schedule]
    /// In order of their names.
    public let multipliers: [Multiplier]
    /// Volume tiers; each class is in one table at most.
    public let tiers: [TierTable]

    /// The table that prices a class by volume.
    func tierTable(of tokenClass: TokenClass) -> TierTable? { tiers.first { $0.classes[tokenClass] } }
}
