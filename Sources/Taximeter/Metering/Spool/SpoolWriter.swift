/// Writes batches to segments, one group at a time; a group is durable when its segment's sync has returned.
struct SpoolWriter {
    private struct Active {
        let file: OpenFile
        let number: Int64
        var byteCount: Int
    }

    private let folder: String
    private let producer: ProducerID
    private let files: any SpoolFiles
    private var active: Active?
    private var nextNumber: Int64
    private(set) var nextSequence: Int64
    private var checksum: UInt32
    /// One buffer for all groups.
    private var buffer: [UInt8] = []

    init(
        _ folder: String, _ producer: ProducerID, _ files: any SpoolFiles, nextNumber: Int64, nextSequence: Int64,
        checksum: UInt32
    ) {
        self.folder = folder
        self.producer = producer
        self.files = files
        self.nextNumber = nextNumber
        self.nextSequence = nextSequence
        self.checksum = checksum
    }

    /// What a group has added.
    struct Written {
        let segment: Int64
        let isNewSegment: Bool
        let sequences: ClosedRange<Int64>
        let byteCount: Int
        /// Bytes of the segment that are durable now.
        let segmentByteCount: Int
    }

    /// Writes blocks as the next batches, and returns once they are durable.
    ///
    /// On a failure nothing counts as written: the segment is abandoned, whatever its sync would say another time, and
    /// the same sequences are used by the next group, in a new segment.
    mutating func write(
        _ blocks: [EventBlock], sealedAt: Instant, room: Int, segmentByteCount: Int
    ) throws(SpoolError) -> Written {
        var sequence = nextSequence
        var chain = checksum
        buffer.removeAll(keepingCapacity: true)
        for block in blocks {
            try appendFrame(block, sequence, sealedAt, &chain)
            sequence += 1
        }
        if let active, active.byteCount >= segmentByteCount { finish(active, at: sealedAt) }
        let isNew = active == nil
        // The mark at a segment's end always finds room.
        let needed = buffer.count + (isNew ? SegmentHead.byteCount : 0) + SpoolFrame.headByteCount
        guard needed <= room else {
            throw SpoolError(.full, folder, "is full: \(needed) bytes more would be above its limit")
        }
        var segment: Active
        if let active { segment = active } else { segment = try create(at: sealedAt) }
        do throws(SpoolError) {
            try files.writeAll(buffer, to: segment.file)
            try files.syncData(segment.file)
            if isNew { try files.syncFolder(folder) }
        } catch {
            abandon(segment, isNew: isNew)
            throw error
        }
        segment.byteCount += buffer.count
        active = segment
        let written = Written(
            segment: segment.number, isNewSegment: isNew, sequences: nextSequence...sequence - 1,
            byteCount: buffer.count, segmentByteCount: segment.byteCount)
        nextSequence = sequence
        checksum = chain
        return written
    }

    private mutating func appendFrame(
        _ block: EventBlock, _ sequence: Int64, _ sealedAt: Instant, _ chain: inout UInt32
    ) throws(SpoolError) {
        let start = buffer.count
        buffer.append(contentsOf: [UInt8](repeating: 0, count: SpoolFrame.headByteCount))
        block.encode(into: &buffer)
        let frame = SpoolFrame(
            kind: .batch, payload: buffer.span.extracting(start + SpoolFrame.headByteCount..<buffer.count),
            eventCount: block.rows.count, sequence: sequence, sealedAt: sealedAt, previous: chain)
        buffer.replaceSubrange(start..<start + SpoolFrame.headByteCount, with: frame.head)
        chain = frame.checksum
        guard frame.payloadByteCount <= SpoolFrame.maximumPayload else {
            throw SpoolError(
                .tooLarge, folder,
                "a batch of \(frame.payloadByteCount) bytes; expected at most \(SpoolFrame.maximumPayload)")
        }
    }

    private mutating func create(at instant: Instant) throws(SpoolError) -> Active {
        let number = nextNumber
        // A number is never used twice, so that a file left behind by a failure is in nobody's way.
        nextNumber += 1
        let path = "\(folder)/\(SpoolSurvey.segmentName(number))"
        let file = try files.create(path)
        let head = SegmentHead(
            producer: producer, number: number, firstSequence: nextSequence, createdAt: instant, previous: checksum)
        do throws(SpoolError) {
            try files.writeAll(head.bytes, to: file)
        } catch {
            files.close(file)
            try? files.remove(path)
            throw error
        }
        return Active(file: file, number: number, byteCount: SegmentHead.byteCount)
    }

    /// Leaves a segment whose write or sync has failed. What was durable in it before stays readable.
    private mutating func abandon(_ segment: Active, isNew: Bool) {
        files.close(segment.file)
        if isNew { try? files.remove(segment.file.path) }
        active = nil
    }

    /// Marks a segment as finished. Without the mark, which may fail, it is only read with more care.
    private mutating func finish(_ segment: Active, at instant: Instant) {
        let mark = SpoolFrame.end(before: nextSequence, at: instant, previous: checksum)
        do throws(SpoolError) {
            try files.writeAll(mark.head, to: segment.file)
            try files.syncData(segment.file)
        } catch {}
        files.close(segment.file)
        active = nil
    }

    /// Finishes the segment being written.
    mutating func close(at instant: Instant) {
        if let active { finish(active, at: instant) }
    }
}
