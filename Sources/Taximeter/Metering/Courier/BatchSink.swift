/// Where a courier brings batches: the store.
public protocol BatchSink: Sendable {
    /// Stores a batch whole, and once, however often it comes: `(producer, sequence)` is its key for ever.
    ///
    /// Blocks until there is an outcome; called from one thread at a time.
    func deliver(_ batch: EventBatch) -> Delivery
}

/// What became of a batch that was brought to the store.
public enum Delivery: Sendable, Hashable {
    /// It is stored now.
    case stored
    /// It was stored before, with the same content: an earlier attempt had succeeded after all.
    case alreadyStored
    /// It may be stored or not, or surely is not yet: an error or a lost connection at COMMIT says nothing. The same batch
    /// comes again.
    case unknown(String)
    /// It will never be stored, for this reason.
    case refused(String)
}
