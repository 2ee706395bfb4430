import Taximeter

/// What became of one event of a request.
enum EventOutcome: Sendable, Hashable, Encodable {
    case event(EventAnswer)
    case reversal(ReversalAnswer)
    /// It was not taken in: what kind of fault, in which field, and in words.
    case rejected(code: String, field: String?, detail: String)

    /// The word for it.
    var answer: String {
        switch self {
        case .event(.accepted): "accepted"
        case .event(.duplicate): "duplicate"
        case .event(.conflict): "conflict"
        case .event(.tooOldToCheck), .reversal(.noOriginal), .rejected: "rejected"
        case .reversal(.reversed): "reversed"
        case .reversal(.alreadyReversed): "reversed_before"
        }
    }

    /// Whether it is stored, now or before, as it was given.
    var isStored: Bool { fault == nil }

    /// Why it is not stored.
    var fault: (code: String, field: String?, detail: String)? {
        switch self {
        case .event(.conflict):
            ("conflict", nil, "the request id is stored for this account with other content; the first one stands")
        case .event(.tooOldToCheck):
            ("too_old_to_check", nil, "the keys of events completed before then were dropped: a repeat cannot be told")
        case .reversal(.noOriginal):
            ("no_original", nil, "no event is stored for this account under the request id that is reversed")
        case .rejected(let code, let field, let detail): (code, field, detail)
        default: nil
        }
    }

    private enum Key: String, CodingKey { case answer, code, field, detail }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(answer, forKey: .answer)
        guard let fault else { return }
        try container.encode(fault.code, forKey: .code)
        try container.encodeIfPresent(fault.field, forKey: .field)
        try container.encode(fault.detail, forKey: .detail)
    }
}
