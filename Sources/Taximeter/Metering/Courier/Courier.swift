public import CoreMetrics

/// Brings the batches of a spool to a store, in order, each until the store says that it has it.
///
/// Any number of couriers may ship copies of one spool: the store counts each batch once.
public final class Courier: Sendable {
    /// How long a courier pauses between attempts.
    public struct Options: Sendable, Hashable {
        /// The first pause; each further failure of the same batch doubles it.
        public var firstPause: Duration
        /// The longest pause.
        public var longestPause: Duration

        /// Options; by default from 100 ms to 30 s.
        public init(firstPause: Duration = .milliseconds(100), longestPause: Duration = .seconds(30)) {
            self.firstPause = firstPause
            self.longestPause = longestPause
        }
    }

    private let spool: Spool
    private let sink: any BatchSink
    private let options: Options
    private let metrics: any MetricsFactory
    private let control = Monitor(Control())
    private let ended = Monitor<Bool?>(nil)

    private struct Control {
        var deadline: ContinuousClock.Instant?
        var counts = CourierCounts()
    }

    /// A courier between a spool and a store.
    ///
    /// - Parameter metrics: Where it says what was stored, and how far it is behind.
    public init(
        _ spool: Spool, to sink: any BatchSink, options: Options = Options(),
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.spool = spool
        self.sink = sink
        self.options = options
        self.metrics = metrics
    }

    /// Starts shipping, on a thread of its own, until ``stop(drainingFor:)``. To be called once.
    public func start() {
        ServiceThread.start("taximeter-courier") { _ = self.run() }
    }

    /// Ships what is in the spool, for so long at most, and ends; returns whether all was shipped.
    ///
    /// A delivery that is under way is waited for, but not longer than another ten seconds.
    @discardableResult
    public func stop(drainingFor limit: Duration) -> Bool {
        setDeadline(limit)
        return ended.wait(upTo: limit + .seconds(10)) { $0 } ?? false
    }

    /// Ships what is in the spool on the calling thread, for so long at most; returns whether all was shipped.
    public func drain(within limit: Duration) -> Bool {
        setDeadline(limit)
        return run()
    }

    /// What it has done so far.
    public var counts: CourierCounts { control.withLock { $0.counts } }

    private func setDeadline(_ limit: Duration) {
        control.withLock { $0.deadline = $0.deadline ?? ContinuousClock.now.advanced(by: limit) }
        spool.state.wakeAll()
    }

    private func run() -> Bool {
        let metrics = CourierMetrics(self.metrics)
        var machine = CourierMachine(.init(first: options.firstPause, longest: options.longestPause))
        var generator = SystemRandomNumberGenerator()
        let start = ContinuousClock.now
        var isDrained: Bool?
        while isDrained == nil {
            if let deadline = control.withLock({ $0.deadline }) { machine.drain(until: start.duration(to: deadline)) }
            let head: SpooledBatch?
            do throws(SpoolError) {
                head = try spool.nextBatch()
            } catch {
                note(failure: "\(error)")
                let action = machine.failed(spool.lag.acknowledged + 1, at: start.duration(to: .now), using: &generator)
                isDrained = wait(action, start)
                // A spool that cannot be read is not drained, however long it is tried.
                if let deadline = control.withLock({ $0.deadline }), ContinuousClock.now >= deadline {
                    isDrained = false
                }
                continue
            }
            var action = machine.next(head?.sequence, at: start.duration(to: .now))
            while let head, let next = act(action, on: head, &machine, &generator, start) { action = next }
            isDrained = wait(action, start)
            metrics.report(counts, spool.lag)
        }
        // What is not saved is shipped again, and counted once.
        try? spool.saveProgress()
        ended.withLock { $0 = isDrained }
        ended.wakeAll()
        return isDrained ?? false
    }

    /// Does what has to be done with a batch; returns what comes after it, or nil when the batch needs nothing more now.
    private func act(
        _ action: CourierMachine.Action, on batch: SpooledBatch, _ machine: inout CourierMachine,
        _ generator: inout SystemRandomNumberGenerator, _ start: ContinuousClock.Instant
    ) -> CourierMachine.Action? {
        switch action {
        case .ship:
            let delivery = deliver(batch)
            note(delivery, batch)
            return machine.delivered(delivery, at: start.duration(to: .now), using: &generator)
        case .setAside(_, let reason):
            do throws(SpoolError) {
                try spool.quarantine(batch, because: reason)
            } catch {
                note(failure: "\(error)")
                return machine.failed(batch.sequence, at: start.duration(to: .now), using: &generator)
            }
            control.withLock {
                $0.counts.quarantinedBatches += 1
                $0.counts.quarantinedEvents += batch.eventCount
            }
            return machine.hasSetAside()
        case .acknowledge:
            // Not being able to write it down means shipping it again some day, which does no harm.
            do throws(SpoolError) { try spool.acknowledge(batch) } catch { note(failure: "\(error)") }
            return nil
        case .wait, .finish: return nil
        }
    }

    private func deliver(_ batch: SpooledBatch) -> Delivery {
        do throws(EventBlock.Unreadable) {
            return sink.deliver(try batch.decoded())
        } catch {
            return .refused("\(error)")
        }
    }

    /// Waits where the action says so; returns whether all was shipped when it is the last.
    private func wait(_ action: CourierMachine.Action, _ start: ContinuousClock.Instant) -> Bool? {
        switch action {
        case .ship, .setAside, .acknowledge: return nil
        case .finish(let isDrained): return isDrained
        case .wait(let until):
            let hadDeadline = control.withLock { $0.deadline != nil }
            let limit = until.map { $0 - start.duration(to: .now) } ?? .seconds(1)
            let isWoken = spool.state.wait(upTo: limit) { state -> Bool? in
                let isStopping = !hadDeadline && control.withLock { $0.deadline != nil }
                let isNew = until == nil && state.lastSequence > state.acknowledged && state.pendingEventCount > 0
                return isStopping || isNew || state.isClosed ? true : nil
            }
            // With nothing to do, what was shipped is written down, so that the next start does not ship it again.
            if until == nil, isWoken == nil { try? spool.saveProgress() }
            return spool.state.withLock { $0.isClosed } ? false : nil
        }
    }

    private func note(failure: String) {
        control.withLock {
            $0.counts.failures += 1
            $0.counts.lastFailure = failure
        }
    }

    private func note(_ delivery: Delivery, _ batch: SpooledBatch) {
        control.withLock { control in
            switch delivery {
            case .stored:
                control.counts.storedBatches += 1
                control.counts.storedEvents += batch.eventCount
                control.counts.lastFailure = nil
            case .alreadyStored:
                control.counts.duplicateBatches += 1
                control.counts.duplicateEvents += batch.eventCount
                control.counts.lastFailure = nil
            case .unknown(let reason), .refused(let reason):
                control.counts.failures += 1
                control.counts.lastFailure = reason
            }
        }
    }
}

/// What a courier has done since it was made.
public struct CourierCounts: Sendable, Hashable {
    /// Batches stored by this courier, and their events.
    public internal(set) var storedBatches = 0
    /// Events of them.
    public internal(set) var storedEvents = 0
    /// Batches that the store had already.
    public internal(set) var duplicateBatches = 0
    /// Events of them.
    public internal(set) var duplicateEvents = 0
    /// Batches that the store will never take: in the folder `quarantine`, with the reason.
    public internal(set) var quarantinedBatches = 0
    /// Events of them.
    public internal(set) var quarantinedEvents = 0
    /// Attempts that did not succeed.
    public internal(set) var failures = 0
    /// Why the last attempt did not succeed; nil when it did.
    public internal(set) var lastFailure: String?
}
