/// What became of a batch that was given to a store.
public enum BatchAnswer: Sendable, Hashable {
    /// It is stored now, whole: each event, or the event set aside with the reason why it cannot be stored.
    case stored
    /// It was stored before, with the same content: nothing to do.
    case alreadyStored
    /// Another batch was stored under its producer and sequence. That one stands; nothing of this one is stored.
    case conflict
}
