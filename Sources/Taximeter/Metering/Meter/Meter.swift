public import CoreMetrics
import Glibc
import Synchronization

/// Takes usage events from a serving process, from any thread, and brings them to a ``Spool``.
///
/// ```swift
/// let meter = try Meter(spool: Spool("/var/lib/taximeter/spool"))
/// let account = try meter.account(Identifier("acme"))
/// try meter.record(event, requestID: id)
/// ```
///
/// `record` checks the event, copies it to memory that was reserved when the meter was opened, and returns: it does not
/// allocate, and holds no lock while anything is written. A thread of the meter's own writes what was recorded.
public final class Meter: Sendable {
    /// Where events go.
    public let spool: Spool
    let options: MeterOptions
    let metrics: any MetricsFactory
    let names = BlockBuilder.Names()
    let shards: InlineArray<8, Monitor<MeterShard>>
    /// Reversals have a buffer of their own, of which a flush takes what is in it first and writes it last: an original
    /// was recorded before its reversal, so that it is always written before it.
    let reversals: Monitor<MeterShard>
    /// Events in one buffer.
    let bufferEventCount: Int
    let pool: Monitor<MeterPool>
    let refusedCount = Atomic<Int>(0)
    let durableCount = Atomic<Int>(0)
    private let nameCount = Atomic<Int>(0)
    private let requestIDs = MadeRequestID.Maker()
    let tag: UInt32
    private let forkCount: Int

    private static let bufferCount = 64
    private static let lastTag = Atomic<UInt32>(0)

    /// Opens a meter on a spool that has no other.
    ///
    /// It lives, and flushes, until ``close(within:)``.
    ///
    /// - Parameter metrics: Where it says how much was accepted, refused and flushed, and how far the courier is behind.
    public init(
        spool: Spool, options: MeterOptions = MeterOptions(), metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.spool = spool
        self.options = options
        self.metrics = metrics
        let eventCount = max(1, options.bufferedEventCount / Self.bufferCount)
        bufferEventCount = eventCount
        shards = InlineArray { _ in Monitor(MeterShard(eventCount: eventCount)) }
        reversals = Monitor(MeterShard(eventCount: eventCount))
        var pool = MeterPool()
        pool.free = (0..<Self.bufferCount - shards.count).map { _ in EventBuffer(eventCount: eventCount) }
        pool.sealed.reserveCapacity(Self.bufferCount)
        self.pool = Monitor(pool)
        tag = Self.lastTag.wrappingAdd(1, ordering: .relaxed).newValue
        forkCount = ForkCount.watched()
        ServiceThread.start("taximeter-meter") { self.flushUntilClosed() }
    }

    // MARK: Names

    /// The handle of an account: the same for the same name.
    ///
    /// - Throws: ``MeterError`` when there are more names than ``MeterOptions/nameLimit``.
    public func account(_ name: Identifier) throws(MeterError) -> AccountHandle {
        AccountHandle(name: try handle(name, names.accounts))
    }

    /// The handle of a model.
    public func model(_ name: Identifier) throws(MeterError) -> ModelHandle {
        ModelHandle(name: try handle(name, names.models))
    }

    /// The handle of a channel.
    public func channel(_ name: Identifier) throws(MeterError) -> ChannelHandle {
        ChannelHandle(name: try handle(name, names.channels))
    }

    /// The handle of a service tier.
    public func serviceTier(_ name: Identifier) throws(MeterError) -> ServiceTierHandle {
        ServiceTierHandle(name: try handle(name, names.serviceTiers))
    }

    private func handle(_ name: Identifier, _ table: NameIntern) throws(MeterError) -> NameHandle {
        let place = table.place(of: name) {
            if nameCount.wrappingAdd(1, ordering: .relaxed).newValue <= options.nameLimit { return true }
            nameCount.subtract(1, ordering: .relaxed)
            return false
        }
        guard let place else {
            throw MeterError(.tooManyNames, "more than \(options.nameLimit) accounts, models, channels and tiers")
        }
        return NameHandle(meter: tag, place: place)
    }

    // MARK: Recording

    /// Records a finished request. It is in memory when this returns, and on the disk a flush later.
    ///
    /// - Parameter requestID: 1 to 255 bytes without NUL, unique for ever within its account.
    /// - Throws: ``MeterError``; then the event was not recorded.
    public func record(_ event: MeterEvent, requestID: String) throws(MeterError) {
        try record(event, requestID.utf8.span)
    }

    /// Records a finished request whose id is a part of a text.
    public func record(_ event: MeterEvent, requestID: Substring) throws(MeterError) {
        try record(event, requestID.utf8.span)
    }

    /// Records a finished request whose id is given as bytes of UTF-8.
    public func record(_ event: MeterEvent, requestID: Span<UInt8>) throws(MeterError) {
        guard (try? UTF8Span(validating: requestID)) != nil else {
            throw refused(.invalidRequestID, "request id is not UTF-8")
        }
        try record(event, requestID)
    }

    /// Records a finished request that has no id, and returns the one it is given.
    @discardableResult
    public func record(_ event: MeterEvent) throws(MeterError) -> MadeRequestID {
        let id = requestIDs.next(lane: ThreadNumber.current)
        let text = id.text
        try record(event, text.span)
        return id
    }

    /// Records a finished request, and returns once it is on the disk.
    ///
    /// - Throws: ``MeterError``. With ``MeterError/Code/unconfirmed`` the event *is* recorded, and written as soon as the
    ///   disk lets it; with every other code it is not.
    public func recordDurably(_ event: MeterEvent, requestID: String) throws(MeterError) {
        try record(event, requestID.utf8.span)
        try flush(within: options.durabilityDeadline)
    }

    /// Records that an event is undone that was recorded before, on whatever thread: its counts are subtracted again.
    /// Event and id are the original's, so that they leave the sums to which the original was added.
    public func recordReversal(of event: MeterEvent, requestID: String) throws(MeterError) {
        let id = requestID.utf8.span
        try check(event, id)
        try recordWaiting(event, .reversal, id, in: reversals)
    }

    private func record(_ event: MeterEvent, _ id: Span<UInt8>) throws(MeterError) {
        try check(event, id)
        // Each thread has a shard of its own, as long as there are enough, and goes on where another is just writing.
        let first = ThreadNumber.current
        for step in 0..<shards.count {
            let index = (first &+ step) & (shards.count - 1)
            switch shards[index].withLockIfAvailable({ append(event, .usage, id, &$0) }) {
            case .done?: return
            case .closed?: throw refused(.closed, "is closed")
            case .full?: return try recordWaiting(event, .usage, id, in: shards[index])
            case nil: continue
            }
        }
        try recordWaiting(event, .usage, id, in: shards[first & (shards.count - 1)])
    }

    enum Appended { case done, full, closed }

    @inline(__always)
    func append(
        _ event: MeterEvent, _ kind: EventBlock.Kind, _ id: Span<UInt8>,
        _ state: inout MeterShard
    ) -> Appended {
        if state.isClosed { return .closed }
        if state.buffer.isFull(bufferEventCount), kind == .reversal || !exchange(&state.buffer) { return .full }
        state.buffer.append(event, kind, id)
        state.accepted += 1
        return .done
    }

    @inline(__always)
    private func check(_ event: MeterEvent, _ id: Span<UInt8>) throws(MeterError) {
        guard ForkCount.current == forkCount else {
            throw MeterError(.forked, "was opened before this process was forked; open one in the child")
        }
        guard event.account.name.meter == tag, event.model.name.meter == tag, event.channel.name.meter == tag,
            event.serviceTier.name.meter == tag
        else { throw refused(.foreignHandle, "a handle of another meter") }
        do throws(UsageEvent.Invalid) {
            try UsageEvent.check(
                startedAt: event.startedAt, completedAt: event.completedAt, tokens: event.tokens,
                requests: event.requests)
        } catch {
            throw refused(.invalidEvent, "\(error)")
        }
        guard !id.isEmpty, id.count <= Identifier.maximumByteCount else {
            throw refused(
                .invalidRequestID,
                "request id has \(id.count) bytes; expected 1 to \(Identifier.maximumByteCount)")
        }
        guard !id.containsNUL else { throw refused(.invalidRequestID, "request id contains a NUL character") }
    }

    @inline(never)
    func refused(_ code: MeterError.Code, _ text: String, _ spoolError: SpoolError? = nil) -> MeterError {
        refusedCount.add(1, ordering: .relaxed)
        return MeterError(code, text, spoolError)
    }
}

extension Span<UInt8> {
    /// Whether a byte is zero. Eight at a time: ids are checked for every request.
    @inline(__always)
    var containsNUL: Bool {
        let bytes = unsafe self.bytes
        var index = 0
        var found: UInt64 = 0
        while index &+ 8 <= count {
            let word = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self)
            found |= (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
            index &+= 8
        }
        while index < count {
            if self[index] == 0 { return true }
            index &+= 1
        }
        return found != 0
    }
}
