/// The first look at a segment: whose it is, and at which batch it begins.
struct SegmentOutline {
    let name: String
    let number: Int64
    let head: SegmentHead?
    /// From the head, or from the first frame where the head is damaged; nil when there is neither.
    let firstSequence: Int64?

    /// - Throws: ``SpoolError`` when the segment is of another version, or cannot be read.
    init(name: String, number: Int64, in folder: String, _ files: any SpoolFiles) throws(SpoolError) {
        self.name = name
        self.number = number
        let path = "\(folder)/\(name)"
        let file = try files.openToRead(path)
        defer { files.close(file) }
        let start = try files.read(file, at: 0, count: SegmentHead.byteCount)
        head = SegmentHead(start)
        if let head {
            firstSequence = head.firstSequence
            return
        }
        if let version = SegmentHead.claimedVersion(start), version != SegmentHead.version {
            throw SpoolError(
                .otherVersion, path, "is written in version \(version) of the format; expected \(SegmentHead.version)")
        }
        var scan = SegmentScan(try files.read(file, at: 0, count: files.byteCount(of: file)))
        var found: Int64?
        while found == nil, let piece = scan.next() {
            if case .batch(let frame, _) = piece { found = frame.sequence }
            if case .end(let frame, _) = piece { found = frame.sequence }
        }
        firstSequence = found
    }
}

/// Puts the segments of a spool together, and judges what is between their frames.
struct SurveyBuilder {
    var survey: SpoolSurvey
    /// The batch that has to come next; nil before the first.
    private var expected: Int64?

    init(_ survey: SpoolSurvey) {
        self.survey = survey
    }

    /// Adds the next segment.
    ///
    /// - Parameters:
    ///   - limit: The first batch of the segment after it: from there on that one counts, because a segment whose sync
    ///     failed is abandoned, and what it had not made durable is written again.
    ///   - isLast: Whether no segment with batches follows, so that its end may be torn.
    mutating func add(_ outline: SegmentOutline, _ bytes: [UInt8], before limit: Int64?, isLast: Bool) {
        var segment = SpoolSurvey.Segment(name: outline.name, number: outline.number, byteCount: bytes.count)
        defer {
            survey.segments.append(segment)
            survey.lastSequence = max(survey.acknowledged, (expected ?? 1) - 1)
        }
        if let head = outline.head, head.producer != survey.producer {
            return note("another producer's segment", segment, 0..<bytes.count, before: nil)
        }
        if let first = outline.firstSequence { expect(first, segment, 0, after: nil) }
        var scan = SegmentScan(bytes)
        var chain = outline.head?.previous
        // Damaged bytes whose extent in batches shows only once the next frame is known.
        var damage: Range<Int>?
        while let piece = scan.next() {
            switch piece {
            case .batch(let frame, let offset), .end(let frame, let offset):
                if let limit, frame.sequence >= limit + (frame.kind == .end ? 1 : 0) { continue }
                expect(frame.sequence, segment, offset, after: damage)
                if damage == nil, let chain, chain != frame.previous {
                    note("a batch that does not follow the one before", segment, offset..<offset, before: nil)
                }
                damage = nil
                chain = frame.checksum
                if frame.kind == .end { segment.isFinished = true } else { take(frame, &segment) }
            case .damage(let range): damage = range
            case .tail(let range):
                if isLast && !segment.isFinished {
                    survey.tornTails.append(
                        SpoolSurvey.Damage(what: "torn end", file: segment.name, bytes: range, sequences: nil))
                } else if segment.isFinished {
                    note("bytes after the end", segment, range, before: nil)
                } else {
                    damage = range
                }
            }
        }
        if let limit, let expected, expected < limit {
            let what = damage == nil ? "batches missing" : "damaged bytes"
            note(what, segment, damage ?? bytes.count..<bytes.count, before: limit)
        }
    }

    /// Notes what is missing before a batch.
    private mutating func expect(
        _ sequence: Int64, _ segment: SpoolSurvey.Segment, _ offset: Int, after damage: Range<Int>?
    ) {
        if expected == nil { expected = min(sequence, survey.acknowledged + 1) }
        let isMissing = sequence > expected ?? sequence
        if let damage {
            note("damaged bytes", segment, damage, before: sequence)
        } else if isMissing {
            note("batches missing", segment, offset..<offset, before: sequence)
        }
    }

    private mutating func take(_ frame: SpoolFrame, _ segment: inout SpoolSurvey.Segment) {
        // A batch that was taken already comes again only where somebody has copied files.
        guard frame.sequence >= expected ?? 0 else { return }
        expected = frame.sequence + 1
        segment.sequences = (segment.sequences?.lowerBound ?? frame.sequence)...frame.sequence
        segment.eventCount += frame.eventCount
        segment.lastChecksum = frame.checksum
        if frame.sequence > survey.acknowledged {
            survey.pendingEventCount += frame.eventCount
            survey.pendingByteCount += frame.byteCount
            survey.oldestPending = survey.oldestPending ?? frame.sealedAt
        }
    }

    /// Notes damage; the batches before `next` that should be there are lost with it, unless they were shipped.
    private mutating func note(_ what: String, _ segment: SpoolSurvey.Segment, _ bytes: Range<Int>, before next: Int64?)
    {
        var lost: ClosedRange<Int64>?
        if let next, let first = expected, first < next {
            let unshipped = max(first, survey.acknowledged + 1)
            if unshipped < next { lost = unshipped...next - 1 }
            expected = next
            // Shipped batches may be gone: that is no damage.
            if lost == nil && bytes.isEmpty { return }
        }
        survey.damages.append(SpoolSurvey.Damage(what: what, file: segment.name, bytes: bytes, sequences: lost))
    }
}
