/// Recorded events on their way to the spool, as they came: memory that is reserved once and used again and again.
struct EventBuffer {
    /// Rows name places in the meter's tables.
    private(set) var rows: [EventBlock.Row] = []
    private(set) var requestIDs: [UInt8] = []

    /// Bytes of request ids for each event: enough for a UUID with a prefix. Buffers of longer ids are full earlier.
    static let requestIDShare = 64

    init(eventCount: Int) {
        rows.reserveCapacity(eventCount)
        // One more id always fits.
        requestIDs.reserveCapacity(eventCount * Self.requestIDShare + Identifier.maximumByteCount)
    }

    var isEmpty: Bool { rows.isEmpty }

    /// Whether one more event would need more memory.
    func isFull(_ eventCount: Int) -> Bool {
        rows.count >= eventCount || requestIDs.count >= eventCount * Self.requestIDShare
    }

    /// Appends an event that was checked.
    @inline(__always)
    mutating func append(_ event: MeterEvent, _ kind: EventBlock.Kind, _ id: Span<UInt8>) {
        let start = requestIDs.count
        unsafe id.withUnsafeBufferPointer { bytes in unsafe requestIDs.append(contentsOf: bytes) }
        rows.append(
            EventBlock.Row(
                kind: kind, account: event.account.name.place, model: event.model.name.place,
                channel: event.channel.name.place, serviceTier: event.serviceTier.name.place,
                requestIDStart: Int32(truncatingIfNeeded: start), requestIDLength: Int32(truncatingIfNeeded: id.count),
                startedAt: event.startedAt, completedAt: event.completedAt, tokens: event.tokens,
                requests: event.requests))
    }

    /// Forgets the events, and keeps the memory.
    mutating func removeAll() {
        rows.removeAll(keepingCapacity: true)
        requestIDs.removeAll(keepingCapacity: true)
    }
}
