/// How large the requests were, which decides the band.
public enum RequestSize: Sendable, Hashable {
    /// One request, or several of one size class: any request of the class stands for all. Tokens.
    case request(totalInput: Int64, output: Int64)
    /// Requests whose single sizes are not known any more. A tariff with size bands does not price them.
    case summed
}

/// Usage to be priced: one request, or the sum of requests that every price book prices alike.
public struct RatableUsage: Sendable, Hashable {
    /// The name of the model, as the request gave it.
    public var model: Identifier
    /// Where the request came from.
    public var channel: Identifier
    /// The service tier: `standard`, or one for which the tariff has a multiplier.
    public var serviceTier: Identifier
    /// The rating instant of the book: when the request was completed, or started.
    public var instant: Instant
    /// The size that decides the band.
    public var size: RequestSize
    /// The tokens to be priced.
    public var tokens: TokenCounts
    /// Multipliers of the tariff that apply besides the service tier's. Each applies once, however often it is named.
    public var multipliers: [Identifier]

    /// Usage to be priced.
    public init(
        model: Identifier, channel: Identifier, serviceTier: Identifier, instant: Instant, size: RequestSize,
        tokens: TokenCounts, multipliers: [Identifier] = []
    ) {
        self.model = model
        self.channel = channel
        self.serviceTier = serviceTier
        self.instant = instant
        self.size = size
        self.tokens = tokens
        self.multipliers = multipliers
    }
}
