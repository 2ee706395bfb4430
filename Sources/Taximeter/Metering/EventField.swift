/// The fields of the documented event format (docs/event-format.md), in the order in which they are read and reported:
/// those of a usage event, then the one that makes a row a reversal.
public enum EventField: Int, CaseIterable, Sendable, Hashable, CustomStringConvertible {
    /// Who is billed. Required.
    case account
    /// The source's own id of the request. Required.
    case requestID
    /// The model. Required.
    case model
    /// Where the request came from; `api` when left out.
    case channel
    /// The service tier; `standard` when left out.
    case serviceTier
    /// When the request began; `completed_at` when left out.
    case startedAt
    /// When the request was finished. Required.
    case completedAt
    /// Input read from the prompt cache.
    case cacheHitTokens
    /// Input that had to be computed.
    case cacheMissTokens
    /// Input written to the cache at the default lifetime.
    case cacheWriteTokens
    /// Input written to the cache for one hour.
    case cacheWrite1hTokens
    /// Generated tokens.
    case outputTokens
    /// How many requests the row sums; 1 when left out.
    case requests
    /// The request id of the event that the row undoes; beside it stands the account alone.
    case reverses

    /// The name in files.
    public var name: String {
        switch self {
        case .account: "account"
        case .requestID: "request_id"
        case .model: "model"
        case .channel: "channel"
        case .serviceTier: "service_tier"
        case .startedAt: "started_at"
        case .completedAt: "completed_at"
        case .cacheHitTokens: "cache_hit_tokens"
        case .cacheMissTokens: "cache_miss_tokens"
        case .cacheWriteTokens: "cache_write_tokens"
        case .cacheWrite1hTokens: "cache_write_1h_tokens"
        case .outputTokens: "output_tokens"
        case .requests: "requests"
        case .reverses: "reverses"
        }
    }

    /// The name in files.
    public var description: String { name }

    /// The field of that name, or nil.
    public init?(name: some StringProtocol) {
        guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    /// The field that counts the tokens of a class.
    public static func tokens(_ tokenClass: TokenClass) -> EventField {
        switch tokenClass {
        case .cacheHit: .cacheHitTokens
        case .cacheMiss: .cacheMissTokens
        case .cacheWrite: .cacheWriteTokens
        case .cacheWrite1h: .cacheWrite1hTokens
        case .output: .outputTokens
        }
    }

    /// Whether a row without this field is refused, unless it is a reversal.
    public var isRequired: Bool {
        switch self {
        case .account, .requestID, .model, .completedAt: true
        default: false
        }
    }

    /// Whether the field counts something; the others are text.
    public var isCount: Bool { isTokenCount || self == .requests }

    /// Whether the field counts tokens. A row of usage without any of these is refused.
    public var isTokenCount: Bool {
        switch self {
        case .cacheHitTokens, .cacheMissTokens, .cacheWriteTokens, .cacheWrite1hTokens, .outputTokens: true
        default: false
        }
    }
}

extension EventField: RowField {
    var kind: RowFieldKind { isCount ? .count : .text }
}
