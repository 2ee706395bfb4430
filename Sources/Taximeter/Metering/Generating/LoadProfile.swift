/// What traffic looks like: who asks which models how often, and how long requests and answers are. Without a date or a
/// seed; see ``LoadGenerator``.
///
/// docs/generating-load.md has the file format.
public struct LoadProfile: Sendable, Hashable {
    /// Events per second in millionths, on average over ``period``.
    var rate: UInt64
    /// The length of a window in microseconds. Windows begin with the UTC day.
    let window: Int64
    /// Streams, each with as many windows.
    let streams: [LoadStream]
    /// Who is billed; nil where each stream is an account of its own.
    var accounts: LoadAccounts?

    /// Highest rate in events per second.
    public static let maximumRate: UInt64 = 1_000_000

    /// After how many microseconds the windows begin anew.
    var period: Int64 { window * Int64(streams.first?.windows.count ?? 0) }

    /// The work of every window of every stream at the profile's rate: how many events are expected in it, in units of
    /// 1/``GapSampler/one``.
    func work() -> [[UInt64]] {
        let total = streams.reduce(UInt128(0)) { $1.windows.reduce($0) { $0 + UInt128($1.weight) } }
        let events = UInt128(rate) * UInt128(period / Instant.second) * UInt128(GapSampler.one) / 1_000_000
        return streams.map { stream in
            stream.windows.map { total == 0 ? 0 : UInt64(UInt128($0.weight) * events / total) }
        }
    }
}

/// Requests of one kind.
struct LoadStream: Sendable, Hashable {
    /// A part of the period.
    struct Window: Sendable, Hashable {
        /// How many requests there are, compared with other windows and streams. At most 10¹⁸.
        let weight: UInt64
        let gaps: GapSampler
        /// Place of its lengths in ``LoadStream/lengths``.
        let lengths: Int
    }

    /// The account, where the profile has none.
    let name: Identifier
    let windows: [Window]
    let lengths: [RequestLengths]
    let models: WeightedNames
    let channels: WeightedNames
    let serviceTiers: WeightedNames
}

/// How long requests, answers and waiting times are.
struct RequestLengths: Sendable, Hashable {
    /// All input and output tokens.
    var input: LengthDistribution
    var output: LengthDistribution
    /// Which part of the input is read from the cache, and which part of the rest is written to it, in millionths.
    var cacheHit = LengthDistribution(constant: 0)
    var cacheWrite = LengthDistribution(constant: 0)
    /// Milliseconds to the first token, and output tokens per second from then on (at least 1).
    var firstToken = LengthDistribution(constant: 0)
    /// DeepSeek's published average is 20 to 22.
    var tokensPerSecond = LengthDistribution(constant: 21)

    /// The tokens by class.
    func tokens(_ random: inout SplitMix64) -> TokenCounts {
        let input = input.sample(&random)
        let hit = input * cacheHit.sample(&random) / 1_000_000
        let write = (input - hit) * cacheWrite.sample(&random) / 1_000_000
        return TokenCounts(
            cacheHit: hit, cacheMiss: input - hit - write, cacheWrite: write, output: output.sample(&random))
    }

    /// Microseconds from start to completion of an answer of so many tokens.
    func duration(output: Int64, _ random: inout SplitMix64) -> Int64 {
        firstToken.sample(&random) * 1_000 + output * Instant.second / max(1, tokensPerSecond.sample(&random))
    }
}

/// Accounts by rank: the k-th has a part of the requests as k to the power of minus the exponent (Zipf's law).
struct LoadAccounts: Sendable, Hashable {
    /// How many; 1 to ``maximumCount``.
    var count: Int
    /// In thousandths; 0 gives all the same part.
    var exponent: UInt64
    var prefix: String

    static let maximumCount = 1_000_000

    /// Their names, drawn by rank.
    ///
    /// - Returns: Nil when there is none, or a name is too long.
    func names() -> WeightedNames? {
        if count < 1 { return nil }
        let names = (1...count).compactMap { try? Identifier("\(prefix)\($0)") }
        let weights = (1...UInt64(count)).map { rank in
            FixedPoint.exp2(minus: FixedPoint.log2(rank) * exponent / 1_000)
        }
        return WeightedNames(names, weights: weights)
    }
}
