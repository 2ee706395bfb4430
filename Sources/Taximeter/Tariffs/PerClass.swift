/// One value for each token class, without a heap allocation.
public struct PerClass<Value> {
    private var cacheHit: Value
    private var cacheMiss: Value
    private var cacheWrite: Value
    private var cacheWrite1h: Value
    private var output: Value

    /// The values that a function gives, asked in the order of the classes.
    public init<Failure: Error>(_ value: (TokenClass) throws(Failure) -> Value) throws(Failure) {
        cacheHit = try value(.cacheHit)
        cacheMiss = try value(.cacheMiss)
        cacheWrite = try value(.cacheWrite)
        cacheWrite1h = try value(.cacheWrite1h)
        output = try value(.output)
    }

    /// The same value for all.
    public static func all(_ value: Value) -> PerClass { PerClass { _ in value } }

    /// The value of a class.
    public subscript(tokenClass: TokenClass) -> Value {
        get {
            switch tokenClass {
            case .cacheHit: cacheHit
            case .cacheMiss: cacheMiss
            case .cacheWrite: cacheWrite
            case .cacheWrite1h: cacheWrite1h
            case .output: output
            }
        }
        set {
            switch tokenClass {
            case .cacheHit: cacheHit = newValue
            case .cacheMiss: cacheMiss = newValue
            case .cacheWrite: cacheWrite = newValue
            case .cacheWrite1h: cacheWrite1h = newValue
            case .output: output = newValue
            }
        }
    }
}

extension PerClass: Sendable where Value: Sendable {}
extension PerClass: Equatable where Value: Equatable {}
extension PerClass: Hashable where Value: Hashable {}
