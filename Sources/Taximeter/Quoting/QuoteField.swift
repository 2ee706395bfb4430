/// The fields of a case to be quoted, in the order in which they are read and reported; see docs/quoting.md.
enum QuoteField: Int, RowField {
    case id
    case model
    case startedAt
    case completedAt
    case channel
    case serviceTier
    case cacheHitTokens
    case cacheMissTokens
    case cacheWriteTokens
    case cacheWrite1hTokens
    case outputTokens
    case multipliers

    var name: String {
        switch self {
        case .id: "id"
        case .model: "model"
        case .startedAt: "started_at"
        case .completedAt: "completed_at"
        case .channel: "channel"
        case .serviceTier: "service_tier"
        case .cacheHitTokens: "cache_hit_tokens"
        case .cacheMissTokens: "cache_miss_tokens"
        case .cacheWriteTokens: "cache_write_tokens"
        case .cacheWrite1hTokens: "cache_write_1h_tokens"
        case .outputTokens: "output_tokens"
        case .multipliers: "multipliers"
        }
    }

    var kind: RowFieldKind {
        switch self {
        case .id: .label
        case .model, .startedAt, .completedAt, .channel, .serviceTier: .text
        case .multipliers: .texts
        default: .count
        }
    }

    static func tokens(_ tokenClass: TokenClass) -> QuoteField {
        switch tokenClass {
        case .cacheHit: .cacheHitTokens
        case .cacheMiss: .cacheMissTokens
        case .cacheWrite: .cacheWriteTokens
        case .cacheWrite1h: .cacheWrite1hTokens
        case .output: .outputTokens
        }
    }
}
