/// A name that a meter has interned: who is billed. Belongs to the meter that gave it.
public struct AccountHandle: Sendable, Hashable {
    let name: NameHandle
}

/// A name that a meter has interned: the model that served a request.
public struct ModelHandle: Sendable, Hashable {
    let name: NameHandle
}

/// A name that a meter has interned: where a request came from.
public struct ChannelHandle: Sendable, Hashable {
    let name: NameHandle
}

/// A name that a meter has interned: `standard`, `batch`, ...
public struct ServiceTierHandle: Sendable, Hashable {
    let name: NameHandle
}

/// Where a name stands in the table of which meter.
struct NameHandle: Sendable, Hashable {
    let meter: UInt32
    let place: Int32
}

/// One finished request, as a serving process tells a meter: a ``UsageEvent`` by handles.
///
/// Token classes are disjoint, so that there cannot be more hits than input: who has a total with the hits in it
/// subtracts them first.
public struct MeterEvent: Sendable, Hashable {
    /// Who is billed.
    public var account: AccountHandle
    /// The model that served the request.
    public var model: ModelHandle
    /// Where the request came from.
    public var channel: ChannelHandle
    /// `standard`, `batch`, ...
    public var serviceTier: ServiceTierHandle
    /// When the request began to be served; not after ``completedAt``.
    public var startedAt: Instant
    /// When it was finished.
    public var completedAt: Instant
    /// Tokens by class.
    public var tokens: TokenCounts
    /// How many requests the counts are the sum of.
    public var requests: Int64

    /// An event of these values; they are checked when it is recorded.
    public init(
        account: AccountHandle, model: ModelHandle, channel: ChannelHandle, serviceTier: ServiceTierHandle,
        startedAt: Instant, completedAt: Instant, tokens: TokenCounts, requests: Int64 = 1
    ) {
        self.account = account
        self.model = model
        self.channel = channel
        self.serviceTier = serviceTier
        self.startedAt = startedAt
        self.completedAt = completedAt
        self.tokens = tokens
        self.requests = requests
    }
}
