/// How many tokens of each class a node gets through in a second of its time, as measured.
///
/// A node that works for several classes at once spends time on each: tokens ÷ throughput. So the time that usage needs
/// is the sum over its classes, and the shares of that sum are how phase weights split a cost.
public struct Throughput: Sendable, Hashable {
    /// Tokens a node-second, in millionths, by the raw value of ``TokenClass``; nil for a class that costs no time.
    private let rates: [Int128?]

    /// Decimals of a throughput.
    public static let decimals = 6
    /// The unit in which node-time is counted: a picosecond, so that a token's time is known to nine digits or more.
    public static let picosecondsPerMicrosecond: Int128 = 1_000_000

    /// Throughputs in millionths of a token a node-second. A write that is left out takes as long as a miss, one for an
    /// hour as long as a write; a hit that is left out takes no time.
    ///
    /// - Returns: nil where one is not more than 0.
    public init?(
        cacheHit: Int128? = nil, cacheMiss: Int128, cacheWrite: Int128? = nil, cacheWrite1h: Int128? = nil,
        output: Int128
    ) {
        let rates = [cacheHit, cacheMiss, cacheWrite ?? cacheMiss, cacheWrite1h ?? cacheWrite ?? cacheMiss, output]
        guard rates.allSatisfy({ $0.map { $0 > 0 } ?? true }) else { return nil }
        self.rates = rates
    }

    /// The throughput of a class in millionths of a token a node-second; nil where it costs no time.
    public subscript(tokenClass: TokenClass) -> Int128? { rates[Int(tokenClass.rawValue)] }

    /// The node-time that so many tokens need, in picoseconds, rounded half up.
    func picoseconds(_ tokens: Int64, of tokenClass: TokenClass) -> Int128 {
        guard let rate = self[tokenClass], tokens > 0 else { return 0 }
        // Tokens × 10¹² ps ÷ (rate ÷ 10⁶): 2⁶³ × 10¹⁸ fits in 128 bits.
        let (quotient, remainder) = (Int128(tokens) * 1_000_000_000_000_000_000).quotientAndRemainder(dividingBy: rate)
        return quotient + (remainder >= rate - remainder ? 1 : 0)
    }
}
