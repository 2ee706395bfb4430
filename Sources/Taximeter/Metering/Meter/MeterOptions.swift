/// How a meter behaves. The defaults need at most 64 MiB, whatever happens: `docs/exactly-once.md` has the sum.
public struct MeterOptions: Sendable, Hashable {
    /// What ``Meter/record(_:requestID:)-(_,String)`` does when all buffers are full. Nothing is ever dropped silently.
    public enum BackPressure: Sendable, Hashable {
        /// Throws ``MeterError/Code/full`` at once.
        case refuse
        /// Waits for room, and throws ``MeterError/Code/full`` after this time.
        case block(upTo: Duration)
    }

    /// What happens when all buffers are full.
    public var backPressure: BackPressure
    /// The most time that a recorded event is in memory alone: what a killed process loses.
    public var flushInterval: Duration
    /// How long ``Meter/recordDurably(_:requestID:)`` waits for others to share its sync: latency for throughput.
    public var groupCommit: Duration
    /// How long ``Meter/recordDurably(_:requestID:)`` waits for the disk before it throws ``MeterError/Code/unconfirmed``.
    public var durabilityDeadline: Duration
    /// Events in one batch; the store takes a batch in one transaction. 1 to 10,000.
    public var batchEventCount: Int
    /// Events that all buffers hold together.
    public var bufferedEventCount: Int
    /// How many accounts, models, channels and service tiers may be interned, together.
    public var nameLimit: Int

    /// Options; by default they wait a second for room, flush every 100 ms, and gather durable events for 2 ms.
    public init(
        backPressure: BackPressure = .block(upTo: .seconds(1)), flushInterval: Duration = .milliseconds(100),
        groupCommit: Duration = .milliseconds(2), durabilityDeadline: Duration = .seconds(30),
        batchEventCount: Int = 10_000, bufferedEventCount: Int = 131_072, nameLimit: Int = 100_000
    ) {
        self.backPressure = backPressure
        self.flushInterval = flushInterval
        self.groupCommit = groupCommit
        self.durabilityDeadline = durabilityDeadline
        self.batchEventCount = max(1, min(batchEventCount, 10_000))
        self.bufferedEventCount = bufferedEventCount
        self.nameLimit = nameLimit
    }
}
