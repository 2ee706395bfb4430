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
    public let tariff: Int
    /// The version's place in the tariff.
    public let version: Int
}

/// The exact amounts of priced usage, step by step. Each step's discount is the difference to the step before.
public struct RatedAmounts: Sendable, Hashable {
    /// The version that priced it.
    public let version: VersionPlace
    /// The schedule in force, by its place in the version's rules; nil outside all windows.
    public let schedule: Int?
    /// The band of the request, by its place in the version's rules; nil below all thresholds.
    public let band: Int?
    /// What each class costs in the end.
    public let net: PerClass<Money>
    /// At the list price of the book's reference model; the own list where there is no reference, or it has no price.
    public let theoretical: Money
    /// Base rate, band and multipliers, whatever the channel and the time of day.
    public let list: Money
    /// The list amount, or 0 when the channel is free.
    public let monetised: Money
    /// With the schedule's prices, or 0 when the channel is free.
    public let scheduled: Money

    /// The sum of the classes: the last step.
    public var total: Money { scheduled }
}
