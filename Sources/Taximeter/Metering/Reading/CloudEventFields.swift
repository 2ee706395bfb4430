/// The attributes of a CloudEvent, in the order in which they are reported (CloudEvents 1.0.2, section 3); others are
/// extensions, which say nothing of usage.
enum CloudEventField: Int, RowField {
    case specVersion
    case id
    case source
    case type
    case subject
    case time
    case dataContentType
    case data
    case dataBase64

    static var skipsUnknown: Bool { true }

    var name: String {
        switch self {
        case .specVersion: "specversion"
        case .id: "id"
        case .source: "source"
        case .type: "type"
        case .subject: "subject"
        case .time: "time"
        case .dataContentType: "datacontenttype"
        case .data: "data"
        case .dataBase64: "data_base64"
        }
    }

    var kind: RowFieldKind { self == .data ? .object : .text }
}

/// What is read of a CloudEvent's `data`: the words of the event format, and the two of OpenMeter's own examples. Others
/// are passed over: who meters with OpenMeter sends whatever may be grouped by some day.
enum CloudEventDataField: Int, RowField {
    case model
    case channel
    case serviceTier
    case startedAt
    case completedAt
    case cacheHitTokens
    case cacheMissTokens
    case cacheWriteTokens
    case cacheWrite1hTokens
    case outputTokens
    case requests
    case reverses
    /// How many tokens, of the class that ``type`` names.
    case tokens
    /// `input`, `output`, or the name of a token class.
    case type

    static var skipsUnknown: Bool { true }

    /// The same field of the event format.
    var eventField: EventField? {
        switch self {
        case .model: .model
        case .channel: .channel
        case .serviceTier: .serviceTier
        case .startedAt: .startedAt
        case .completedAt: .completedAt
        case .cacheHitTokens: .cacheHitTokens
        case .cacheMissTokens: .cacheMissTokens
        case .cacheWriteTokens: .cacheWriteTokens
        case .cacheWrite1hTokens: .cacheWrite1hTokens
        case .outputTokens: .outputTokens
        case .requests: .requests
        case .reverses: .reverses
        case .tokens, .type: nil
        }
    }

    var name: String { eventField?.name ?? (self == .tokens ? "tokens" : "type") }

    var kind: RowFieldKind { eventField?.isCount ?? (self == .tokens) ? .quotableCount : .text }
}
