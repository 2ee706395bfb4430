/// Reads a spool's batches in order, from segments that may still be written.
struct SpoolReader {
    /// As much of a segment as may be read: what is durable.
    struct Part: Hashable {
        let number: Int64
        var durableByteCount: Int
        var lastSequence: Int64
        /// The next segment's first batch: from there on that one counts.
        var limit: Int64?
    }

    private let folder: String
    private let producer: ProducerID
    private let files: any SpoolFiles
    private var file: (number: Int64, file: OpenFile)?
    private var offset = 0

    init(_ folder: String, _ producer: ProducerID, _ files: any SpoolFiles) {
        self.folder = folder
        self.producer = producer
        self.files = files
    }

    /// What was found.
    enum Found {
        case batch(SpooledBatch)
        /// Bytes that were whole when the spool was opened, or when they were written; reading goes on behind them.
        case damage(SpoolSurvey.Damage)
        /// Nothing yet.
        case nothing
    }

    /// The first batch after `acknowledged`; the same one again until that number moves.
    mutating func next(after acknowledged: Int64, in parts: [Part]) throws(SpoolError) -> Found {
        for part in parts where part.lastSequence > acknowledged && part.number >= file?.number ?? 0 {
            try open(part.number)
            guard let file = file?.file else { return .nothing }
            while offset < part.durableByteCount {
                let head = try files.read(file, at: offset, count: SpoolFrame.headByteCount)
                guard let frame = SpoolFrame(head, at: 0) else { return try skipDamage(file, part) }
                if let limit = part.limit, frame.sequence >= limit { break }
                if frame.kind == .end || frame.sequence <= acknowledged {
                    offset += frame.byteCount
                    continue
                }
                let payload = try files.read(
                    file, at: offset + SpoolFrame.headByteCount, count: frame.payloadByteCount)
                let bytes = head + payload
                guard frame.hasPayload(in: bytes, at: 0) else { return try skipDamage(file, part) }
                return .batch(SpooledBatch(producer: producer, frame: frame, bytes: bytes))
            }
        }
        return .nothing
    }

    private mutating func open(_ number: Int64) throws(SpoolError) {
        if file?.number == number { return }
        close()
        file = (number, try files.openToRead("\(folder)/\(SpoolSurvey.segmentName(number))"))
        offset = SegmentHead.byteCount
    }

    private mutating func skipDamage(_ file: OpenFile, _ part: Part) throws(SpoolError) -> Found {
        let start = offset
        let rest = try files.read(file, at: start, count: part.durableByteCount - start)
        var scan = SegmentScan(rest, from: 0)
        if case .damage(let range)? = scan.next() {
            offset = start + range.upperBound
        } else {
            offset = part.durableByteCount
        }
        return .damage(
            SpoolSurvey.Damage(
                what: "damaged bytes", file: SpoolSurvey.segmentName(part.number), bytes: start..<offset,
                sequences: nil))
    }

    mutating func close() {
        if let file { files.close(file.file) }
        file = nil
    }
}
