/// One finished request, or usage that arrives already summed: who used how many tokens of which model, and when.
///
/// An event that exists is valid: the limits are checked when it is made, so that nothing after it has to ask again.
public struct UsageEvent: Sendable, Hashable {
    /// The most tokens of one class in one event: 10¹⁵, so that the sum of any class over 9,000 events fits in 64 bits.
    public static let maximumTokenCount: Int64 = 1_000_000_000_000_000
    /// The most requests that one event may sum: 10¹².
    public static let maximumRequestCount: Int64 = 1_000_000_000_000
    /// The earliest instant of an event: 1970-01-01T00:00:00Z.
    public static let earliestInstant = Instant(unchecked: 0)
    /// The latest instant of an event: 2200-01-01T00:00:00Z. A time in other units than its source says lands beyond it.
    public static let latestInstant = Instant(unchecked: 7_258_118_400_000_000)

    /// Who is billed.
    public let account: Identifier
    /// The model that served the request, as the serving process names it.
    public let model: Identifier
    /// Where the request came from: `api`, `web`, `app`, ...
    public let channel: Identifier
    /// `standard`, `batch`, `flex`, `priority`, ...
    public let serviceTier: Identifier
    /// The source's own id of the request, unique for ever within its account.
    public let requestID: Identifier
    /// When the request began to be served; not after ``completedAt``.
    public let startedAt: Instant
    /// When the request was finished.
    public let completedAt: Instant
    /// Tokens by class; each 0 to ``maximumTokenCount``.
    public let tokens: TokenCounts
    /// How many requests the counts are the sum of: 1, or more for usage that arrives already summed.
    public let requests: Int64

    /// An event of these values.
    ///
    /// - Throws: ``Invalid``, naming the first field at fault: the instants first, then the token classes in the order
    ///   of ``TokenClass``, then the number of requests.
    public init(
        account: Identifier, model: Identifier, channel: Identifier, serviceTier: Identifier, requestID: Identifier,
        startedAt: Instant, completedAt: Instant, tokens: TokenCounts, requests: Int64 = 1
    ) throws(Invalid) {
        try Self.check(startedAt: startedAt, completedAt: completedAt, tokens: tokens, requests: requests)
        self.account = account
        self.model = model
        self.channel = channel
        self.serviceTier = serviceTier
        self.requestID = requestID
        self.startedAt = startedAt
        self.completedAt = completedAt
        self.tokens = tokens
        self.requests = requests
    }

    /// What ``init(account:model:channel:serviceTier:requestID:startedAt:completedAt:tokens:requests:)`` checks.
    @inline(__always)
    static func check(
        startedAt: Instant, completedAt: Instant, tokens: TokenCounts, requests: Int64
    ) throws(Invalid) {
        try check(startedAt: startedAt, completedAt: completedAt)
        try check(tokens)
        guard (1...maximumRequestCount).contains(requests) else { throw .requestsOutOfRange(requests) }
    }

    private static func check(startedAt: Instant, completedAt: Instant) throws(Invalid) {
        let range = earliestInstant...latestInstant
        guard range.contains(completedAt) else { throw .completedOutOfRange(completedAt) }
        guard range.contains(startedAt) else { throw .startedOutOfRange(startedAt) }
        guard startedAt <= completedAt else { throw .startedAfterCompletion(startedAt, completedAt: completedAt) }
    }

    private static func check(_ tokens: TokenCounts) throws(Invalid) {
        let range = 0...maximumTokenCount
        // Written out rather than looped over the classes: this runs for every request that is served.
        guard range.contains(tokens.cacheHit) else { throw .countOutOfRange(.cacheHit, tokens.cacheHit) }
        guard range.contains(tokens.cacheMiss) else { throw .countOutOfRange(.cacheMiss, tokens.cacheMiss) }
        guard range.contains(tokens.cacheWrite) else { throw .countOutOfRange(.cacheWrite, tokens.cacheWrite) }
        guard range.contains(tokens.cacheWrite1h) else { throw .countOutOfRange(.cacheWrite1h, tokens.cacheWrite1h) }
        guard range.contains(tokens.output) else { throw .countOutOfRange(.output, tokens.output) }
    }
}
