/// Which part of requests nodes serve, where prefill and decode run apart.
public enum GPUPhase: String, Sendable, Hashable, CaseIterable, Comparable {
    /// Reading the input.
    case prefill
    /// Generating the output.
    case decode
    /// Both on the same nodes.
    case both

    /// The token classes that nodes of the phase work for.
    public var tokenClasses: [TokenClass] {
        switch self {
        case .prefill: [.cacheHit, .cacheMiss, .cacheWrite, .cacheWrite1h]
        case .decode: [.output]
        case .both: TokenClass.allCases
        }
    }

    /// In the order of their names.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// What nodes are paid for.
public enum GPUUse: String, Sendable, Hashable, CaseIterable, Comparable {
    /// They serve, or are ready to.
    case serving
    /// They are paid for and do not serve.
    case headroom
    /// They were given to something else, such as training: no cost of serving.
    case lent
    /// All that are paid for, whatever they do. What is neither serving nor lent of them is headroom.
    case provisioned

    /// In the order of their names.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
