/// A wish to undo an event that was stored by its own request id. The event stays; a reversal with its instants, sizes
/// and counts is stored beside it and subtracted from the same bucket.
///
/// A reversal needs no id of its own: an event is reversed once, so the id it names tells a repeat. What replaces the
/// event is a new event under a new id, given in the same call.
public struct EventReversal: Sendable, Hashable {
    /// Who was billed.
    public let account: Identifier
    /// The request id of the event to undo.
    public let requestID: Identifier

    /// A reversal of that event.
    public init(account: Identifier, requestID: Identifier) {
        self.account = account
        self.requestID = requestID
    }
}

/// What became of one reversal.
public enum ReversalAnswer: Sendable, Hashable, CaseIterable {
    /// The event counts no longer.
    case reversed
    /// It was reversed before: nothing to do.
    case alreadyReversed
    /// No event of that account and id was stored by its id. Nothing is stored.
    case noOriginal
}

/// What became of the events and reversals of one call, each in order.
public struct RecordAnswers: Sendable, Hashable {
    /// One for each event.
    public let events: [EventAnswer]
    /// One for each reversal.
    public let reversals: [ReversalAnswer]

    /// Answers.
    public init(events: [EventAnswer], reversals: [ReversalAnswer]) {
        self.events = events
        self.reversals = reversals
    }
}
