/// What became of one event that was given to a store: each gets exactly one answer.
public enum EventAnswer: Sendable, Hashable, CaseIterable {
    /// Stored now; it will be billed.
    case accepted
    /// Stored before, with the same content: nothing to do.
    case duplicate
    /// The request id was used before with other content. The first one stands; this one is not stored.
    case conflict
    /// It was completed before the instant up to which the operator has dropped the keys of events: whether it is a
    /// repeat cannot be told, so it is not stored.
    case tooOldToCheck
}
