/// Events as they travel from the meter through the spool to the store: rows of numbers, with every name once.
///
/// Rows point into the dictionaries, so that a million events of a hundred accounts carry a hundred names. A block says
/// what was recorded, in the order in which it was; whoever made it has checked every value (see ``UsageEvent``).
public struct EventBlock: Sendable, Hashable {
    /// What a row does to the sums.
    public enum Kind: UInt8, Sendable, Hashable {
        /// Usage: its counts are added.
        case usage = 0
        /// The undoing of an earlier event of the same account and request id: its counts are subtracted.
        case reversal = 1
    }

    /// One event.
    public struct Row: Sendable, Hashable {
        /// What it does to the sums.
        public var kind: Kind
        /// Place of its name in ``EventBlock/accounts``.
        public var account: Int32
        /// Place of its name in ``EventBlock/models``.
        public var model: Int32
        /// Place of its name in ``EventBlock/channels``.
        public var channel: Int32
        /// Place of its name in ``EventBlock/serviceTiers``.
        public var serviceTier: Int32
        /// Bytes of its request id: where they start in ``EventBlock/requestIDs``, and how many.
        public var requestIDStart: Int32
        /// 1 to 255.
        public var requestIDLength: Int32
        /// When the request began to be served.
        public var startedAt: Instant
        /// When it was finished.
        public var completedAt: Instant
        /// Tokens by class.
        public var tokens: TokenCounts
        /// How many requests the counts are the sum of.
        public var requests: Int64

        /// A row.
        public init(
            kind: Kind, account: Int32, model: Int32, channel: Int32, serviceTier: Int32, requestIDStart: Int32,
            requestIDLength: Int32, startedAt: Instant, completedAt: Instant, tokens: TokenCounts, requests: Int64
        ) {
            self.kind = kind
            self.account = account
            self.model = model
            self.channel = channel
            self.serviceTier = serviceTier
            self.requestIDStart = requestIDStart
            self.requestIDLength = requestIDLength
            self.startedAt = startedAt
            self.completedAt = completedAt
            self.tokens = tokens
            self.requests = requests
        }
    }

    /// Accounts that the rows name.
    public var accounts: [Identifier] = []
    /// Models that the rows name.
    public var models: [Identifier] = []
    /// Channels that the rows name.
    public var channels: [Identifier] = []
    /// Service tiers that the rows name.
    public var serviceTiers: [Identifier] = []
    /// The request ids, one after the other, as UTF-8 without NUL.
    public var requestIDs: [UInt8] = []
    /// The events.
    public var rows: [Row] = []

    /// A block without events.
    public init() {}

    /// Forgets events and names, and keeps the memory.
    mutating func removeAll() {
        accounts.removeAll(keepingCapacity: true)
        models.removeAll(keepingCapacity: true)
        channels.removeAll(keepingCapacity: true)
        serviceTiers.removeAll(keepingCapacity: true)
        requestIDs.removeAll(keepingCapacity: true)
        rows.removeAll(keepingCapacity: true)
    }
}

/// A block with its place in the order of its producer: what is shipped whole, and counted once.
public struct EventBatch: Sendable, Hashable {
    /// Who recorded it: one spool folder.
    public let producer: ProducerID
    /// Its place: 1, 2, 3, ... without a gap, for ever.
    public let sequence: Int64
    /// What was recorded.
    public let block: EventBlock

    /// A batch.
    public init(producer: ProducerID, sequence: Int64, block: EventBlock) {
        self.producer = producer
        self.sequence = sequence
        self.block = block
    }
}

/// The name of a producer: 128 random bits, made once for each spool folder. Written as a UUID.
public struct ProducerID: Sendable, Hashable, CustomStringConvertible {
    /// The upper and the lower half.
    public let high: UInt64
    /// The lower half.
    public let low: UInt64

    /// The id of these bits.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`, in small letters.
    public var description: String {
        let digits = [high, low].map { half in
            let text = String(half, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
        var parts: [Substring] = []
        var rest = digits[...]
        for length in [8, 4, 4, 4, 12] {
            parts.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return parts.joined(separator: "-")
    }

    /// Reads ``description``; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [8, 4, 4, 4, 12] else { return nil }
        let digits = parts.joined()
        guard digits.utf8.allSatisfy({ UInt8(ascii: "+") != $0 }), let high = UInt64(digits.prefix(16), radix: 16),
            let low = UInt64(digits.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }
}
