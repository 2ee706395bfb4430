/// What usage comes to within its account's billing period.
public enum PeriodRating: Sendable, Hashable {
    /// The amounts.
    case priced(PeriodAmounts)
    /// There is no price, and why. Such usage counts towards no tier.
    case unpriced(UnpricedReason)
}

/// The exact amounts of usage at every step. Each step's discount is the difference to the step before.
public struct PeriodAmounts: Sendable, Hashable {
    /// What the request decides by itself, up to its schedule.
    public let request: RatedAmounts

    var tieredUnits: Int128 = 0
    var contractedUnits: Int128 = 0
    var netUnits: Int128 = 0
    var netUnitsByClass = PerClass<Int128>.all(0)

    @inline(__always)
    init(_ request: RatedAmounts) { self.request = request }

    /// Adds what some tokens came to; it is also what is billed where they settle at once.
    @inline(__always)
    mutating func add(
        tiered: Int128, contracted: Int128, settles: Bool, _ tokenClass: TokenClass
    ) throws(MoneyError) {
        tieredUnits = try sum(tieredUnits, tiered)
        contractedUnits = try sum(contractedUnits, contracted)
        if settles { try addNet(contracted, tokenClass) }
    }

    /// Adds to what is billed.
    @inline(__always)
    mutating func addNet(_ units: Int128, _ tokenClass: TokenClass) throws(MoneyError) {
        netUnits = try sum(netUnits, units)
        netUnitsByClass[tokenClass] = try sum(netUnitsByClass[tokenClass], units)
    }

    /// With volume tiers, their fees and packages; may be more than the schedule left.
    public var tiered: Money { Money(units: tieredUnits, request.currency) }
    /// After the contract discount.
    public var contracted: Money { Money(units: contractedUnits, request.currency) }
    /// After allowances, and with quantities rounded up: what is billed.
    public var net: Money { Money(units: netUnits, request.currency) }
    /// ``net`` by class.
    public var netByClass: PerClass<Money> { PerClass { Money(units: netUnitsByClass[$0], request.currency) } }
}

/// Usage of one account and billing period, of one line, priced alike by every rule that looks at a single request.
public struct PeriodUsage: Sendable {
    /// Its names, resolved by the rater of the book.
    public var line: RatingLine
    /// The rating instant.
    public var instant: Instant
    /// The size that decides the band.
    public var size: RequestSize
    /// Its tokens.
    public var tokens: TokenCounts

    /// Usage of a line.
    public init(line: RatingLine, instant: Instant, size: RequestSize, tokens: TokenCounts) {
        self.line = line
        self.instant = instant
        self.size = size
        self.tokens = tokens
    }

    /// Size and tokens, for an order that does not depend on how usage came.
    var content: [Int64] {
        let size: [Int64] =
            switch size {
            case .summed: [-1, -1]
            case .request(let totalInput, let output): [totalInput, output]
            }
        return size + TokenClass.allCases.map { tokens[$0] }
    }
}
