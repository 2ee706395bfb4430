extension Meter {
    /// Gives a full buffer to the flusher and takes an empty one; false when there is none.
    func exchange(_ buffer: inout EventBuffer) -> Bool {
        let isUrgent = pool.withLock { pool -> Bool? in
            guard let empty = pool.free.popLast() else { return nil }
            pool.sealed.append(buffer)
            buffer = empty
            return pool.sealed.count == flushAtSealedCount
        }
        if isUrgent != false { pool.wakeAll() }
        return isUrgent != nil
    }

    /// So many full buffers make a flush worth while before its time: a quarter of all.
    var flushAtSealedCount: Int { 16 }

    /// Records when no shard was free at once, or no buffer: waits as long as the policy says.
    @inline(never)
    func recordWaiting(
        _ event: MeterEvent, _ kind: EventBlock.Kind, _ id: Span<UInt8>, in shard: borrowing Monitor<MeterShard>
    ) throws(MeterError) {
        var deadline: ContinuousClock.Instant?
        while true {
            // Read before the attempt, so that room made after it is not missed.
            let flushes = pool.withLock { $0.takenFlushes }
            switch shard.withLock({ append(event, kind, id, &$0) }) {
            case .done: return
            case .closed: throw refused(.closed, "is closed")
            case .full: break
            }
            let now = ContinuousClock.now
            guard case .block(let limit) = options.backPressure, now < deadline ?? now.advanced(by: limit) else {
                let error = pool.withLock { $0.spoolError }
                throw refused(.full, "all buffers are full", error)
            }
            let end = deadline ?? now.advanced(by: limit)
            deadline = end
            pool.withLock { $0.wantFlush() }
            pool.wakeAll()
            _ = pool.wait(upTo: now.duration(to: end)) { pool -> Bool? in
                let hasRoom = pool.takenFlushes != flushes || kind == .usage && !pool.free.isEmpty
                return hasRoom || pool.hasEnded ? true : nil
            }
        }
    }
}
