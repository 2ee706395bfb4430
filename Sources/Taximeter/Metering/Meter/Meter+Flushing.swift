import Synchronization

extension Meter {
    /// Returns once everything that was recorded before the call is on the disk.
    ///
    /// - Throws: ``MeterError/Code/unconfirmed`` when it is not by then; it will be written as soon as the disk lets it.
    public func flush(within limit: Duration) throws(MeterError) {
        let target = pool.withLock { pool in
            pool.wantFlush()
            return pool.startedFlushes + 1
        }
        pool.wakeAll()
        let isDone = pool.wait(upTo: limit) { pool -> Bool? in
            if pool.endedFlushes >= target { return true }
            return pool.hasEnded ? false : nil
        }
        if isDone != true {
            let error = pool.withLock { $0.spoolError }
            throw MeterError(.unconfirmed, "recorded, but not on the disk yet; do not record it again", error)
        }
    }

    /// Takes no more events, and returns once those recorded are on the disk. The spool stays open.
    ///
    /// - Throws: ``MeterError/Code/unconfirmed`` when the disk did not take them in time: what ``MeterCounts/inMemory``
    ///   says then is lost with the process.
    public func close(within limit: Duration = .seconds(10)) throws(MeterError) {
        let deadline = ContinuousClock.now.advanced(by: limit)
        pool.withLock { pool in pool.closingDeadline = pool.closingDeadline ?? deadline }
        pool.wakeAll()
        // The flusher keeps the deadline; what it is just writing may take longer.
        _ = pool.wait(upTo: limit + .seconds(5)) { $0.hasEnded ? () : nil }
        let left = counts.inMemory
        if left > 0 {
            let error = pool.withLock { $0.spoolError }
            throw MeterError(.unconfirmed, "\(left) events were not written before it was closed", error)
        }
    }

    /// What became of the events.
    public var counts: MeterCounts {
        // In this order, so that no event counts as durable before it counts as accepted.
        let durable = durableCount.load(ordering: .acquiring)
        var accepted = reversals.withLock { $0.accepted }
        for index in shards.indices { accepted += shards[index].withLock { $0.accepted } }
        return MeterCounts(
            accepted: accepted, refused: refusedCount.load(ordering: .relaxed), durable: durable)
    }

    // MARK: The flusher's thread

    func flushUntilClosed() {
        var builder = BlockBuilder(names, rowLimit: rowLimit)
        let metrics = MeterMetrics(self.metrics)
        var isLast = false
        while !isLast {
            isLast = waitForWork()
            var sealed: [EventBuffer] = []
            let flush = pool.withLock { pool in
                pool.startedFlushes += 1
                pool.flushWantedSince = nil
                swap(&sealed, &pool.sealed)
                return pool.startedFlushes
            }
            collect(&sealed, isLast: isLast, &builder)
            var blocks = builder.take()
            let start = ContinuousClock.now
            guard commit(blocks) else { break }
            if !blocks.isEmpty { metrics.flushed(blocks, took: start.duration(to: .now)) }
            metrics.report(counts, spool.lag)
            pool.withLock { $0.endedFlushes = flush }
            pool.wakeAll()
            builder.recycle(&blocks)
        }
        pool.withLock { pool in
            pool.hasEnded = true
            // An event that came in while the last flush began was covered by it.
            if pool.spoolError == nil { pool.endedFlushes = .max }
        }
        pool.wakeAll()
    }

    /// Blocks of so many rows surely fit into the spool, even with the longest ids.
    private var rowLimit: Int { min(options.batchEventCount, max(1, spool.options.byteLimit / 2_000)) }

    /// Waits until there is something to do; returns whether it is the last time.
    private func waitForWork() -> Bool {
        let wantedSince = pool.wait(upTo: options.flushInterval) { pool -> ContinuousClock.Instant?? in
            if pool.closingDeadline != nil || pool.sealed.count >= flushAtSealedCount { return .some(nil) }
            return pool.flushWantedSince.map(Optional.some)
        }
        // Others who want to be durable may share the sync. Who came during the last one has waited for them already.
        if case let wantedSince?? = wantedSince {
            let left = ContinuousClock.now.duration(to: wantedSince.advanced(by: options.groupCommit))
            _ = pool.wait(upTo: left) { $0.closingDeadline == nil ? nil : () }
        }
        return pool.withLock { $0.closingDeadline != nil }
    }

    /// Moves what was recorded so far to the builder.
    private func collect(_ sealed: inout [EventBuffer], isLast: Bool, _ builder: inout BlockBuilder) {
        let undone = reversals.withLock { reversals -> EventBuffer? in
            reversals.isClosed = isLast
            if reversals.buffer.isEmpty { return nil }
            defer { reversals.buffer.removeAll() }
            return reversals.buffer
        }
        take(&sealed, &builder)
        for index in shards.indices {
            shards[index].withLock { state in
                builder.append(state.buffer)
                state.buffer.removeAll()
                state.isClosed = isLast
            }
        }
        // Full buffers that were handed over meanwhile may hold what was in a shard when the flush began.
        var late: [EventBuffer] = []
        pool.withLock { swap(&late, &$0.sealed) }
        take(&late, &builder)
        if let undone { builder.append(undone) }
        pool.withLock { $0.takenFlushes += 1 }
        pool.wakeAll()
    }

    /// Empties full buffers, in their order, and hands them back. Each is taken out of the array first: shared with it,
    /// its memory would be given up rather than used again.
    private func take(_ sealed: inout [EventBuffer], _ builder: inout BlockBuilder) {
        sealed.reverse()
        while var buffer = sealed.popLast() {
            builder.append(buffer)
            buffer.removeAll()
            pool.withLock { $0.free.append(buffer) }
            pool.wakeAll()
        }
    }

    /// Writes blocks, however long the disk refuses; false when the meter was closed meanwhile and its time is up.
    private func commit(_ blocks: [EventBlock]) -> Bool {
        var rest = blocks[...]
        var pause = Duration.milliseconds(10)
        // All with one sync; after a failure one by one, so that a spool that is nearly full takes what it can.
        var groupCount = blocks.count
        while !rest.isEmpty {
            let group = Array(rest.prefix(groupCount))
            do throws(SpoolError) {
                _ = try spool.commit(group, sealedAt: SystemClock.now)
                durableCount.add(group.reduce(0) { $0 + $1.rows.count }, ordering: .releasing)
                rest = rest.dropFirst(group.count)
                pool.withLock { $0.spoolError = nil }
                pause = .milliseconds(10)
            } catch {
                groupCount = 1
                let deadline = pool.withLock { pool in
                    pool.spoolError = error
                    return pool.closingDeadline
                }
                if let deadline, ContinuousClock.now >= deadline { return false }
                _ = pool.wait(upTo: pause) { pool in deadline == nil && pool.closingDeadline != nil ? () : nil }
                pause = min(pause * 2, .seconds(1))
            }
        }
        return true
    }
}

/// What became of the events given to a meter. Every event is refused or accepted, and accepted ones are in memory or
/// durable.
public struct MeterCounts: Sendable, Hashable {
    /// Recorded.
    public let accepted: Int
    /// Refused with an error.
    public let refused: Int
    /// Written to the spool.
    public let durable: Int
    /// Recorded, and not written yet: lost if the process is killed now.
    public var inMemory: Int { accepted - durable }
}
