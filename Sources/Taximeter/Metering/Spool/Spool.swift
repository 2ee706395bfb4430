/// A folder of batches on the disk, between the process that records and the store: bounded, append-only, checksummed.
///
/// One process at a time has a spool open (`spool.lock`). Batches are written by ``commit(_:sealedAt:)`` in groups that
/// are durable when it returns, and stay until the courier has acknowledged them. A spool that was not closed is put in
/// order when it is opened: see ``recovery``.
public final class Spool: Sendable {
    /// Who records into this spool: made once, with the folder.
    public let producer: ProducerID
    /// The folder.
    public let folder: String
    /// What opening the spool has found, and mended.
    public let recovery: SpoolSurvey

    let options: SpoolOptions
    let files: any SpoolFiles
    let state: Monitor<State>
    let writer: Monitor<SpoolWriter>
    let reader: Monitor<SpoolReader>
    private let lock: OpenFile

    struct State {
        var parts: [SpoolReader.Part]
        var byteCount: Int
        var lastSequence: Int64
        var acknowledged: Int64
        /// What the state file says.
        var savedAcknowledged: Int64
        var savedAt: ContinuousClock.Instant
        var pendingEventCount: Int
        var pendingByteCount: Int
        /// When the oldest batch not shipped was sealed, as far as is known.
        var oldestSealedAt: Instant?
        var damages: [SpoolSurvey.Damage]
        var isClosed = false
    }

    /// Opens the spool in a folder, or makes one where there is none.
    ///
    /// - Throws: ``SpoolError``: somebody else has it open, it is of another version, the folder holds other things, or
    ///   the system refuses. Nothing is lost then.
    public convenience init(_ folder: String, options: SpoolOptions = SpoolOptions()) throws(SpoolError) {
        try self.init(folder, options: options, files: DiskFiles())
    }

    init(_ folder: String, options: SpoolOptions, files: any SpoolFiles) throws(SpoolError) {
        try files.makeFolder(folder)
        guard let lock = try files.lock("\(folder)/\(SpoolRecovery.lockName)") else {
            throw SpoolError(.locked, folder, "is open elsewhere; a spool has one process at a time")
        }
        do throws(SpoolError) {
            let recovered = try SpoolRecovery(folder: folder, files: files, byteLimit: options.byteLimit).run()
            let survey = recovered.survey
            self.lock = lock
            self.folder = folder
            self.options = options
            self.files = files
            producer = survey.producer
            recovery = survey
            state = Monitor(
                State(
                    parts: recovered.parts, byteCount: recovered.byteCount, lastSequence: survey.lastSequence,
                    acknowledged: survey.acknowledged, savedAcknowledged: survey.acknowledged, savedAt: .now,
                    pendingEventCount: survey.pendingEventCount, pendingByteCount: survey.pendingByteCount,
                    oldestSealedAt: survey.oldestPending, damages: survey.damages))
            writer = Monitor(
                SpoolWriter(
                    folder, survey.producer, files, nextNumber: recovered.nextNumber,
                    nextSequence: survey.lastSequence + 1, checksum: recovered.checksum))
            reader = Monitor(SpoolReader(folder, survey.producer, files))
        } catch {
            files.close(lock)
            throw error
        }
    }

    /// Writes blocks as the next batches, and returns their sequences once they are durable.
    ///
    /// - Parameter sealedAt: Now, by the process's clock: the age of a batch is told by it.
    /// - Throws: ``SpoolError``; then no block counts as written, and the call can be made again.
    public func commit(_ blocks: [EventBlock], sealedAt: Instant) throws(SpoolError) -> ClosedRange<Int64>? {
        if blocks.isEmpty { return nil }
        let result = writer.withLock { writer -> Result<SpoolWriter.Written, SpoolError> in
            let (used, isClosed) = state.withLock { ($0.byteCount, $0.isClosed) }
            if isClosed { return .failure(SpoolError(.closed, folder, "is closed")) }
            return Result { () throws(SpoolError) in
                try writer.write(
                    blocks, sealedAt: sealedAt, room: options.byteLimit - used,
                    segmentByteCount: options.rotationByteCount)
            }
        }
        let written = try result.get()
        state.withLock { state in
            state.add(written, events: blocks.reduce(0) { $0 + $1.rows.count })
            state.oldestSealedAt = state.oldestSealedAt ?? sealedAt
        }
        state.wakeAll()
        return written.sequences
    }

    /// What waits to be shipped.
    public var lag: SpoolLag {
        state.withLock { state in
            SpoolLag(
                eventCount: state.pendingEventCount, byteCount: state.pendingByteCount,
                spoolByteCount: state.byteCount, acknowledged: state.acknowledged, lastSequence: state.lastSequence,
                oldestSealedAt: state.pendingEventCount > 0 ? state.oldestSealedAt : nil)
        }
    }

    /// Damage found when the spool was opened and since.
    public var damages: [SpoolSurvey.Damage] { state.withLock { $0.damages } }

    /// Finishes the segment, saves what was shipped, and gives the lock back.
    public func close() {
        let wasClosed = state.withLock { state in
            defer { state.isClosed = true }
            return state.isClosed
        }
        if wasClosed { return }
        state.wakeAll()
        writer.withLock { $0.close(at: SystemClock.now) }
        reader.withLock { $0.close() }
        // Without it the same batches are shipped again, which does no harm.
        try? saveProgress(evenIfClosed: true)
        files.close(lock)
    }

    deinit { close() }
}

/// How much waits to be shipped.
public struct SpoolLag: Sendable, Hashable {
    /// Events not shipped.
    public let eventCount: Int
    /// Bytes of their batches.
    public let byteCount: Int
    /// Bytes of the whole spool, with what was shipped but not removed yet.
    public let spoolByteCount: Int
    /// The last batch shipped.
    public let acknowledged: Int64
    /// The last batch written.
    public let lastSequence: Int64
    /// When the oldest batch not shipped was sealed, by the clock of its process; nil when all are shipped.
    public let oldestSealedAt: Instant?

    /// Microseconds since the oldest batch not shipped was sealed; 0 when all are, and when the clock was set back.
    public func age(at now: Instant) -> Int64 {
        max(0, oldestSealedAt.map { now.microseconds - $0.microseconds } ?? 0)
    }
}

extension Spool.State {
    mutating func add(_ written: SpoolWriter.Written, events: Int) {
        if written.isNewSegment {
            if !parts.isEmpty { parts[parts.count - 1].limit = written.sequences.lowerBound }
            parts.append(
                SpoolReader.Part(
                    number: written.segment, durableByteCount: written.segmentByteCount,
                    lastSequence: written.sequences.upperBound))
            byteCount += SegmentHead.byteCount + SpoolFrame.headByteCount
        } else if !parts.isEmpty {
            parts[parts.count - 1].durableByteCount = written.segmentByteCount
            parts[parts.count - 1].lastSequence = written.sequences.upperBound
        }
        lastSequence = written.sequences.upperBound
        byteCount += written.byteCount
        pendingByteCount += written.byteCount
        pendingEventCount += events
    }
}
