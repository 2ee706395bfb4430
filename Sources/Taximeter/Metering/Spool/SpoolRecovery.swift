/// Puts a spool in order that is being opened, whatever became of the process that had it before.
///
/// - A last segment that was not finished is copied, as far as its batches are whole, into a new one that is synced:
///   what a killed process wrote but did not sync may be in memory alone, and must not be shipped before it is durable.
/// - Damaged bytes, and torn ends, are copied aside.
/// - Segments of which all is shipped are removed.
struct SpoolRecovery {
    static let lockName = "spool.lock"
    private static let draftEnding = ".new"

    let folder: String
    let files: any SpoolFiles
    let byteLimit: Int

    /// A spool in order.
    struct Recovered {
        var survey: SpoolSurvey
        var parts: [SpoolReader.Part] = []
        var byteCount = 0
        var nextNumber: Int64 = 1
        var checksum: UInt32 = 0
    }

    func run() throws(SpoolError) -> Recovered {
        try makeIfEmpty()
        let survey = try SpoolSurvey.read(folder, files)
        let quarantine = Quarantine(folder: folder, files: files)
        for damage in survey.damages + survey.tornTails { try quarantine.keep(damage, limit: byteLimit) }
        if survey.isStateDamaged { try save(survey) }
        var recovered = Recovered(survey: survey)
        recovered.nextNumber = (survey.segments.map(\.number).max() ?? 0) + 1
        var segments = survey.segments
        try renewLast(&segments, &recovered)
        for (index, segment) in segments.enumerated() {
            let isShipped = segment.sequences.map { $0.upperBound <= survey.acknowledged } ?? true
            if isShipped && index < segments.count - 1 {
                try files.remove("\(folder)/\(segment.name)")
                continue
            }
            let next = segments[(index + 1)...].compactMap(\.sequences?.lowerBound).first
            recovered.parts.append(
                SpoolReader.Part(
                    number: segment.number, durableByteCount: segment.byteCount,
                    lastSequence: segment.sequences?.upperBound ?? 0, limit: next))
            recovered.byteCount += segment.byteCount
        }
        recovered.checksum = segments.last?.lastChecksum ?? 0
        return recovered
    }

    /// Makes the state of a new spool.
    private func makeIfEmpty() throws(SpoolError) {
        let names = try files.names(in: folder)
        for name in names where name.hasSuffix(Self.draftEnding) {
            // A file that was being replaced: the old one is still there.
            try files.remove("\(folder)/\(name)")
        }
        let others = names.filter { $0 != Self.lockName && !$0.hasSuffix(Self.draftEnding) }
        if others.contains(SpoolState.name) || others.contains(where: { SpoolSurvey.segmentNumber($0) != nil }) {
            return
        }
        guard others.isEmpty else {
            throw SpoolError(
                .notASpool, folder, "holds other files (\(quoted(others.min() ?? ""))); expected an empty folder")
        }
        let producer = ProducerID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max))
        try files.replace(SpoolState.name, in: folder, with: SpoolState(producer: producer, acknowledged: 0).bytes)
    }

    private func save(_ survey: SpoolSurvey) throws(SpoolError) {
        let state = SpoolState(producer: survey.producer, acknowledged: survey.acknowledged)
        try files.replace(SpoolState.name, in: folder, with: state.bytes)
    }

    /// Replaces segments at the end that were not finished by one that is.
    private func renewLast(_ segments: inout [SpoolSurvey.Segment], _ recovered: inout Recovered) throws(SpoolError) {
        while let last = segments.last, last.sequences == nil, !last.isFinished {
            // Nothing in it is whole; what there was is kept aside.
            try files.remove("\(folder)/\(last.name)")
            segments.removeLast()
        }
        guard let last = segments.last, !last.isFinished, let sequences = last.sequences else { return }
        let number = recovered.nextNumber
        recovered.nextNumber += 1
        let name = SpoolSurvey.segmentName(number)
        let (bytes, events, checksum) = try renewed(last, as: number, sequences, recovered.survey.producer)
        // Under its name only when whole: a segment's batches count instead of those of the one before.
        try files.replace(name, in: folder, with: bytes)
        try files.remove("\(folder)/\(last.name)")
        try files.syncFolder(folder)
        var segment = SpoolSurvey.Segment(name: name, number: number, byteCount: bytes.count)
        segment.sequences = sequences
        segment.eventCount = events
        segment.isFinished = true
        segment.lastChecksum = checksum
        segments[segments.count - 1] = segment
    }

    private func renewed(
        _ segment: SpoolSurvey.Segment, as number: Int64, _ sequences: ClosedRange<Int64>, _ producer: ProducerID
    ) throws(SpoolError) -> (bytes: [UInt8], events: Int, checksum: UInt32) {
        let old = try files.contents(of: "\(folder)/\(segment.name)")
        var scan = SegmentScan(old)
        var bytes: [UInt8] = []
        var events = 0
        var last: SpoolFrame?
        while let piece = scan.next() {
            guard case .batch(let frame, let offset) = piece, sequences.contains(frame.sequence),
                frame.sequence > last?.sequence ?? 0
            else { continue }
            if last == nil {
                bytes =
                    SegmentHead(
                        producer: producer, number: number, firstSequence: frame.sequence,
                        createdAt: SystemClock.now, previous: frame.previous
                    ).bytes
            }
            bytes += old[offset..<offset + frame.byteCount]
            events += frame.eventCount
            last = frame
        }
        let mark = SpoolFrame.end(
            before: sequences.upperBound + 1, at: SystemClock.now, previous: last?.checksum ?? 0)
        return (bytes + mark.head, events, last?.checksum ?? 0)
    }
}
