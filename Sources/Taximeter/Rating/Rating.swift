/// What pricing came to.
public enum Rating: Sendable, Hashable {
    /// The amounts.
    case priced(RatedAmounts)
    /// There is no price, and why. Never the same as a price of 0.
    case unpriced(UnpricedReason)
}

/// Why usage has no price. When several hold, the first in this order is given.
public enum UnpricedReason: Error, Sendable, Hashable, CaseIterable {
    /// The book has no tariff for the model, nor an alias in force at the instant.
    case noTariff
    /// The tariff has no version in force at the instant.
    case noVersion
    /// The tariff has size bands, and the usage is a sum of requests of unknown sizes.
    case summedUnderBands
    /// The service tier is not `standard` and the tariff has no multiplier of its name.
    case unknownServiceTier
    /// The tariff has no multiplier of a selected name.
    case unknownMultiplier
    /// The tariff has no rate for a class of which tokens were used; the first such class.
    case noRate(TokenClass)

    /// Every reason, in order of precedence.
    public static let allCases: [UnpricedReason] =
        [.noTariff, .noVersion, .summedUnderBands, .unknownServiceTier, .unknownMultiplier]
        + TokenClass.allCases.map(UnpricedReason.noRate)

    /// A short text that never changes: `no_tariff`, `no_rate_cache_write`. What is stored and reported.
    public var code: String {
        switch self {
        case .noTariff: "no_tariff"
        case .noVersion: "no_version"
        case .summedUnderBands: "summed_under_bands"
        case .unknownServiceTier: "unknown_service_tier"
        case .unknownMultiplier: "unknown_multiplier"
        case .noRate(let tokenClass): "no_rate_\(tokenClass.name)"
        }
    }

    /// The reason of that code, or nil.
    public init?(code: some StringProtocol) {
        guard let found = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = found
    }
}

/// A version of a price book, by its place: `book.tariffs[tariff].versions[version]`.
public struct VersionPlace: Sendable, Hashable {
    /// The tariff's place in the book.
    public var tariff: Int { Int(tariffPlace) }
    /// The version's place in the tariff.
    public var version: Int { Int(versionPlace) }

    private let tariffPlace: Int32
    private let versionPlace: Int32

    init(tariff: Int, version: Int) {
        tariffPlace = Int32(truncatingIfNeeded: tariff)
        versionPlace = Int32(truncatingIfNeeded: version)
    }
}

/// The exact amounts of priced usage up to its schedule. Each step's discount is the difference to the step before.
public struct RatedAmounts: Sendable, Hashable {
    /// The version that priced it.
    public let version: VersionPlace
    /// The currency of all amounts.
    public let currency: Currency

    private let schedulePlace: Int16
    private let bandPlace: Int16
    private let isFree: Bool
    let theoreticalUnits: Int128
    let listUnits: Int128
    let scheduledUnits: Int128
    var monetisedUnits: Int128 { isFree ? 0 : listUnits }

    @inline(__always)
    init(
        place: VersionPlace, conditions: Conditions, isFree: Bool, currency: Currency, theoreticalUnits: Int128,
        listUnits: Int128, scheduledUnits: Int128
    ) {
        version = place
        schedulePlace = conditions.schedule
        bandPlace = conditions.band
        self.isFree = isFree
        self.currency = currency
        self.theoreticalUnits = theoreticalUnits
        self.listUnits = listUnits
        self.scheduledUnits = scheduledUnits
    }

    /// The schedule in force, by its place in the version's rules; nil outside all windows.
    public var schedule: Int? { schedulePlace < 0 ? nil : Int(schedulePlace) }
    /// The band of the request, by its place in the version's rules; nil below all thresholds.
    public var band: Int? { bandPlace < 0 ? nil : Int(bandPlace) }
    /// At the list price of the book's reference model; the own list where there is no reference, or it has no price.
    public var theoretical: Money { Money(units: theoreticalUnits, currency) }
    /// Base rate, band and multipliers, whatever the channel and the time of day.
    public var list: Money { Money(units: listUnits, currency) }
    /// The list amount, or 0 when the channel is free.
    public var monetised: Money { Money(units: monetisedUnits, currency) }
    /// With the schedule's prices, or 0 when the channel is free. Volume tiers and terms come after it.
    public var scheduled: Money { Money(units: scheduledUnits, currency) }
}
