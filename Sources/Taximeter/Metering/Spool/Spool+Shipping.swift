/// The courier's side of a spool.
extension Spool {
    /// The first batch that is not acknowledged; the same one again until it is. Nil when all are.
    ///
    /// Damaged batches are copied aside, noted in ``damages``, and passed over.
    func nextBatch() throws(SpoolError) -> SpooledBatch? {
        let result = reader.withLock { reader in
            Result { () throws(SpoolError) -> SpooledBatch? in
                while true {
                    let (parts, acknowledged, isClosed) = state.withLock { ($0.parts, $0.acknowledged, $0.isClosed) }
                    if isClosed { return nil }
                    switch try reader.next(after: acknowledged, in: parts) {
                    case .batch(let batch):
                        state.withLock { $0.oldestSealedAt = batch.sealedAt }
                        return batch
                    case .nothing:
                        state.withLock { state in
                            // Whatever was thought to be pending is damaged: nothing will be shipped of it.
                            if state.parts == parts { (state.pendingEventCount, state.pendingByteCount) = (0, 0) }
                        }
                        return nil
                    case .damage(let damage): try note(damage)
                    }
                }
            }
        }
        return try result.get()
    }

    private func note(_ damage: SpoolSurvey.Damage) throws(SpoolError) {
        try Quarantine(folder: folder, files: files).keep(damage, limit: options.byteLimit)
        state.withLock { state in
            if !state.damages.contains(where: { $0.file == damage.file && $0.bytes.overlaps(damage.bytes) }) {
                state.damages.append(damage)
            }
        }
    }

    /// Takes a batch as shipped. It will be removed, with its segment.
    ///
    /// - Throws: ``SpoolError`` when that cannot be written down; it counts as shipped all the same, as long as the
    ///   process lives.
    func acknowledge(_ batch: SpooledBatch) throws(SpoolError) {
        let isDue = state.withLock { state -> Bool in
            guard batch.sequence > state.acknowledged else { return false }
            state.acknowledged = batch.sequence
            state.pendingEventCount -= min(batch.eventCount, state.pendingEventCount)
            state.pendingByteCount -= min(batch.byteCount, state.pendingByteCount)
            if state.pendingEventCount == 0 { state.oldestSealedAt = nil }
            // Each save is two syncs; what is not saved is only shipped again.
            return state.acknowledged - state.savedAcknowledged >= 64 || state.savedAt.duration(to: .now) > .seconds(1)
        }
        if isDue { try saveProgress() }
    }

    /// Writes down what was shipped, and removes the segments of which all was.
    func saveProgress(evenIfClosed: Bool = false) throws(SpoolError) {
        let acknowledged = state.withLock { state in
            state.isClosed && !evenIfClosed || state.acknowledged == state.savedAcknowledged ? nil : state.acknowledged
        }
        guard let acknowledged else { return }
        try files.replace(
            SpoolState.name, in: folder, with: SpoolState(producer: producer, acknowledged: acknowledged).bytes)
        let shipped = state.withLock { state -> [SpoolReader.Part] in
            state.savedAcknowledged = acknowledged
            state.savedAt = .now
            // The last one may be being written, and it knows the sequence should the state file ever be damaged.
            return state.parts.dropLast().filter { $0.lastSequence <= acknowledged }
        }
        for part in shipped { try remove(part) }
    }

    private func remove(_ part: SpoolReader.Part) throws(SpoolError) {
        try files.remove("\(folder)/\(SpoolSurvey.segmentName(part.number))")
        state.withLock { state in
            state.parts.removeAll { $0.number == part.number }
            state.byteCount -= min(part.durableByteCount + SpoolFrame.headByteCount, state.byteCount)
        }
    }

    /// Puts a batch that the store will never take aside. It can be acknowledged then.
    func quarantine(_ batch: SpooledBatch, because reason: String) throws(SpoolError) {
        try Quarantine(folder: folder, files: files).keep(batch, of: producer, because: reason)
    }
}
