/// Walks through a segment's bytes: its frames, and what lies between them that is none.
struct SegmentScan {
    enum Piece: Hashable {
        /// A whole batch and where its head begins.
        case batch(SpoolFrame, at: Int)
        /// The mark that the segment was finished.
        case end(SpoolFrame, at: Int)
        /// Bytes that are no frame, before one that is.
        case damage(Range<Int>)
        /// Bytes at the end after which there is no frame: a write that did not come to its end, or damage of the last.
        case tail(Range<Int>)
    }

    /// The segment's head; nil when it is damaged.
    let head: SegmentHead?
    private let bytes: [UInt8]
    private var offset: Int

    /// A walk from the first frame on.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        head = SegmentHead(bytes)
        // A damaged head is a piece of its own.
        offset = head == nil ? 0 : SegmentHead.byteCount
    }

    /// A walk from an offset on, at which a frame is expected.
    init(_ bytes: [UInt8], from offset: Int) {
        self.bytes = bytes
        head = nil
        self.offset = offset
    }

    /// The next piece; nil after the last.
    mutating func next() -> Piece? {
        guard offset < bytes.count else { return nil }
        if let frame = Self.frame(bytes, at: offset) {
            defer { offset += frame.byteCount }
            return frame.kind == .batch ? .batch(frame, at: offset) : .end(frame, at: offset)
        }
        let start = offset
        offset = Self.nextFrame(bytes, after: start) ?? bytes.count
        return offset < bytes.count ? .damage(start..<offset) : .tail(start..<offset)
    }

    private static func frame(_ bytes: [UInt8], at offset: Int) -> SpoolFrame? {
        guard let frame = SpoolFrame(bytes, at: offset), frame.hasPayload(in: bytes, at: offset) else { return nil }
        return frame
    }

    private static func nextFrame(_ bytes: [UInt8], after start: Int) -> Int? {
        let first = SpoolFrame.magic[0]
        let span = bytes.span
        var place = start + 1
        while place + SpoolFrame.headByteCount <= bytes.count {
            if span[place] == first, frame(bytes, at: place) != nil { return place }
            place += 1
        }
        return nil
    }
}
