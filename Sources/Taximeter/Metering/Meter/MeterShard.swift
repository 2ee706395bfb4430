/// One of the buffers into which a meter's threads write, so that they seldom meet.
struct MeterShard {
    var buffer: EventBuffer
    /// Events taken since the meter was opened.
    var accepted = 0
    /// Set with the last look at the buffer, so that nothing is put in after it.
    var isClosed = false

    init(eventCount: Int) { buffer = EventBuffer(eventCount: eventCount) }
}

/// What a meter's threads and its flusher share.
struct MeterPool {
    /// Buffers that nobody uses.
    var free: [EventBuffer] = []
    /// Full buffers, for the flusher.
    var sealed: [EventBuffer] = []
    /// Flushes begun and ended: an event put in a shard before a flush begins is covered by it.
    var startedFlushes = 0
    var endedFlushes = 0
    /// Flushes that have emptied the buffers.
    var takenFlushes = 0
    /// Since when somebody waits for a flush; nil when nobody does.
    var flushWantedSince: ContinuousClock.Instant?
    /// When a closing meter gives up; nil while it is open.
    var closingDeadline: ContinuousClock.Instant?
    /// Whether the flusher has ended.
    var hasEnded = false
    /// Why the last commit failed; nil when it did not.
    var spoolError: SpoolError?

    /// Asks for a flush before its time.
    mutating func wantFlush() { flushWantedSince = flushWantedSince ?? .now }
}
