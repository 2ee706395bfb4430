/// What a tier table counts, per account and billing period. A change of version inside the period does not reset it.
public enum TierCounter: Sendable, Hashable {
    /// Each class of this tariff by itself.
    case tokenClass
    /// All tokens of this tariff.
    case tariff
    /// All tokens of all tariffs of the book.
    case book
    /// The tokens of the classes of every table that names it.
    case named(Identifier)

    /// `class`, `tariff`, `book`, or the author's own name.
    public var name: String {
        switch self {
        case .tokenClass: "class"
        case .tariff: "tariff"
        case .book: "book"
        case .named(let name): name.text
        }
    }
}

/// How a step's price reaches the tokens that were counted before it.
public enum TierMode: String, Sendable, Hashable, CaseIterable {
    /// Each slice of the volume has the price of its own step.
    case graduated
    /// The whole volume has the price of the step that the period's total reaches.
    case volume
}

/// One step of a tier table: the tokens after the step before it, up to and including its bound.
public struct TierStep: Sendable, Hashable {
    /// Tokens sold in packages: each one that is started costs the same.
    public struct Package: Sendable, Hashable {
        /// Tokens in a package, 1 or more.
        public let tokens: Int64
        /// 10⁻¹⁸ currency units for a package.
        public let units: Int128
    }

    /// A rate for a class under a band, a schedule or both together, where one of them has rates of its own too.
    public struct Combination: Sendable, Hashable {
        /// The band that must be in force; nil for none.
        public let band: Identifier?
        /// The schedule that must be in force; nil for none.
        public let schedule: Identifier?
        /// The rates.
        public let rates: PerClass<UnitPrice?>
    }

    /// The last token of the step, counted from 1; nil for the last step, which has no end.
    public let upTo: Int64?
    /// What the step does to each class; nil leaves the scheduled price. Absolute rates replace the base rate.
    public let rules: PerClass<ClassRule?>
    /// Rates that hold under a band and a schedule.
    public let combinations: [Combination]
    /// 10⁻¹⁸ currency units due with the token that enters the step; in volume mode, with the period's first token.
    public let feeUnits: Int128
    /// Packages in place of a price for each token.
    public let package: Package?
}

/// Prices that depend on how much an account has used in its billing period.
public struct TierTable: Sendable, Hashable {
    /// The table's name, unique in its version.
    public let name: Identifier
    /// What is counted.
    public let counter: TierCounter
    /// The classes that it prices; each class of a version is in one table at most.
    public let classes: PerClass<Bool>
    /// How a step's price reaches earlier tokens.
    public let mode: TierMode
    /// The steps, in order; the last one has no end.
    public let steps: [TierStep]
}
