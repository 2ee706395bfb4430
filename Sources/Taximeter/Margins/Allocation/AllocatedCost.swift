/// A cost by what it was paid for, in 10⁻¹⁸ units of a currency: serving each token class, idle time, headroom.
public struct AllocatedCost: Sendable, Hashable {
    /// Serving, by the raw value of ``TokenClass``.
    private var serving: (Int128, Int128, Int128, Int128, Int128) = (0, 0, 0, 0, 0)
    /// Serving nodes, for the time that was not needed.
    public var idle: Int128 = 0
    /// Nodes that did not serve.
    public var headroom: Int128 = 0

    /// Nothing.
    public init() {}

    /// What serving tokens of a class cost.
    public subscript(tokenClass: TokenClass) -> Int128 {
        get {
            switch tokenClass {
            case .cacheHit: serving.0
            case .cacheMiss: serving.1
            case .cacheWrite: serving.2
            case .cacheWrite1h: serving.3
            case .output: serving.4
            }
        }
        set {
            switch tokenClass {
            case .cacheHit: serving.0 = newValue
            case .cacheMiss: serving.1 = newValue
            case .cacheWrite: serving.2 = newValue
            case .cacheWrite1h: serving.3 = newValue
            case .output: serving.4 = newValue
            }
        }
    }

    /// All parts: serving in the order of the classes, idle, headroom.
    public var units: [Int128] { TokenClass.allCases.map { self[$0] } + [idle, headroom] }

    /// Whether there is no cost at all.
    public var isZero: Bool { self == AllocatedCost() }

    /// Adds another cost of the same currency.
    ///
    /// - Throws: ``MoneyError/overflow``.
    public mutating func add(_ other: AllocatedCost) throws(MoneyError) {
        for tokenClass in TokenClass.allCases { self[tokenClass] = try Self.sum(self[tokenClass], other[tokenClass]) }
        idle = try Self.sum(idle, other.idle)
        headroom = try Self.sum(headroom, other.headroom)
    }

    static func sum(_ left: Int128, _ right: Int128) throws(MoneyError) -> Int128 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        if overflow { throw .overflow }
        return sum
    }

    /// Whether all parts are alike.
    public static func == (left: Self, right: Self) -> Bool {
        left.serving == right.serving && left.idle == right.idle && left.headroom == right.headroom
    }

    /// Alike parts hash alike.
    public func hash(into hasher: inout Hasher) {
        for part in units { hasher.combine(part) }
    }
}
