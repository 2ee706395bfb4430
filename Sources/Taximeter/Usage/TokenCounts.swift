/// Token counts of one request, one bucket or one charge, by class. Counts are tokens.
public struct TokenCounts: Sendable, Hashable {
    /// Input read from the prompt cache.
    public var cacheHit: Int64
    /// Input that had to be computed.
    public var cacheMiss: Int64
    /// Input written to the cache at the default lifetime.
    public var cacheWrite: Int64
    /// Input written to the cache for one hour.
    public var cacheWrite1h: Int64
    /// Generated tokens, reasoning included.
    public var output: Int64

    /// Counts by class; a class left out is zero.
    public init(
        cacheHit: Int64 = 0, cacheMiss: Int64 = 0, cacheWrite: Int64 = 0, cacheWrite1h: Int64 = 0, output: Int64 = 0
    ) {
        self.cacheHit = cacheHit
        self.cacheMiss = cacheMiss
        self.cacheWrite = cacheWrite
        self.cacheWrite1h = cacheWrite1h
        self.output = output
    }

    /// The count of one class.
    public subscript(tokenClass: TokenClass) -> Int64 {
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

    /// All input: hits, misses and both kinds of writes. Nil when the sum does not fit in 64 bits.
    public var totalInput: Int64? {
        let (a, overflowA) = cacheHit.addingReportingOverflow(cacheMiss)
        let (b, overflowB) = cacheWrite.addingReportingOverflow(cacheWrite1h)
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflowA || overflowB || overflow ? nil : sum
    }

    /// The classes of which there are tokens, as bits by the raw value of ``TokenClass``.
    @inline(__always)
    public var usedClasses: Int16 {
        // Written out rather than looped over the classes: this runs for every request that is priced.
        (cacheHit == 0 ? 0 : 1) | (cacheMiss == 0 ? 0 : 2) | (cacheWrite == 0 ? 0 : 4) | (cacheWrite1h == 0 ? 0 : 8)
            | (output == 0 ? 0 : 16)
    }
}
