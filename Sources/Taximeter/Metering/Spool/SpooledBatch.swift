/// A batch as it lies in the spool.
public struct SpooledBatch: Sendable {
    /// The batch's place in the order of its producer.
    public var sequence: Int64 { frame.sequence }
    /// Events in it.
    public var eventCount: Int { frame.eventCount }
    /// Bytes of it in the spool.
    public var byteCount: Int { frame.byteCount }
    /// When it was sealed, by the clock of its process.
    public var sealedAt: Instant { frame.sealedAt }

    let producer: ProducerID
    let frame: SpoolFrame
    /// Head and payload.
    let bytes: [UInt8]

    /// The events.
    ///
    /// - Throws: When the bytes are what was written, and yet no events: they were written by something else.
    func decoded() throws(EventBlock.Unreadable) -> EventBatch {
        let block = try EventBlock(decoding: bytes, SpoolFrame.headByteCount..<bytes.count)
        guard block.rows.count == frame.eventCount else {
            throw EventBlock.Unreadable(what: "the number of events", offset: 0)
        }
        return EventBatch(producer: producer, sequence: sequence, block: block)
    }
}
