/// What the events of a bucket have in common. All of them have the same rate, whatever price book they are rated with.
public struct BucketKey: Sendable, Hashable {
    /// Who is billed.
    public var account: Identifier
    /// Start of the slot, by the rating instant.
    public var slotStart: Instant
    /// The model, by the name that the requests carried.
    public var model: Identifier
    /// Where the requests came from.
    public var channel: Identifier
    /// Their service tier.
    public var serviceTier: Identifier
    /// Lower bound of the size class by total input tokens; -1 for usage that arrived summed.
    public var inputFloor: Int64
    /// Lower bound of the size class by output tokens; -1 for usage that arrived summed.
    public var outputFloor: Int64
    /// The token classes in use, of those that some tariff version has no rate for; bits by the raw value of ``TokenClass``.
    public var unratedClasses: Int16

    /// A key.
    public init(
        account: Identifier, slotStart: Instant, model: Identifier, channel: Identifier, serviceTier: Identifier,
        inputFloor: Int64, outputFloor: Int64, unratedClasses: Int16
    ) {
        self.account = account
        self.slotStart = slotStart
        self.model = model
        self.channel = channel
        self.serviceTier = serviceTier
        self.inputFloor = inputFloor
        self.outputFloor = outputFloor
        self.unratedClasses = unratedClasses
    }
}

/// The sum of the events of one key.
public struct UsageBucket: Sendable, Hashable {
    /// What the events have in common.
    public var key: BucketKey
    /// How many events were summed.
    public var events: Int64
    /// How many requests these were.
    public var requests: Int64
    /// Their tokens, by class.
    public var tokens: TokenCounts

    /// A bucket.
    public init(key: BucketKey, events: Int64, requests: Int64, tokens: TokenCounts) {
        self.key = key
        self.events = events
        self.requests = requests
        self.tokens = tokens
    }
}
