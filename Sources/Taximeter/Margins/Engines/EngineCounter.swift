/// What a counter of an inference engine counts, and which metered tokens that should be.
public enum EngineCounter: String, Sendable, CaseIterable {
    /// Tokens of prompts, those found in the cache included.
    case prompt
    /// Tokens of prompts that were found in the cache.
    case cached
    /// Tokens that were generated.
    case generated

    /// The token classes that sum to it.
    public var classes: [TokenClass] {
        switch self {
        case .prompt: [.cacheHit, .cacheMiss, .cacheWrite, .cacheWrite1h]
        case .cached: [.cacheHit]
        case .generated: [.output]
        }
    }
}

/// How many tokens there were, as far as counters tell: samples that do not lie on an hour's edge leave it open to which of
/// two hours an increase belongs, so both may have it.
public struct TokenRange: Sendable, Hashable, CustomStringConvertible {
    /// At least so many.
    public private(set) var least: Int128
    /// At most so many.
    public private(set) var most: Int128

    /// None.
    public static let none = TokenRange(least: 0, most: 0)

    /// Between two counts, both of them possible.
    public init(least: Int128, most: Int128) {
        self.least = least
        self.most = most
    }

    /// Adds an increase, that is certain or only possible.
    mutating func add(_ increase: Int128, isCertain: Bool) {
        if isCertain { least += increase }
        most += increase
    }

    /// How far a count is outside; 0 where it is possible.
    public func distance(of count: Int128) -> Int128 {
        count < least ? count - least : count > most ? count - most : 0
    }

    /// `1200`, or `1200 to 1260`.
    public var description: String { least == most ? "\(least)" : "\(least) to \(most)" }
}
