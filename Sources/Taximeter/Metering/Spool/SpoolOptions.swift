/// How much a spool may hold, and in which pieces.
public struct SpoolOptions: Sendable, Hashable {
    /// The most bytes that its segments may have together; then it is full, and refuses until some are shipped.
    public var byteLimit: Int
    /// A segment that has reached so many bytes is followed by a new one; a quarter of ``byteLimit`` at most, because
    /// room is made by removing whole segments. Opening a spool takes the memory of one.
    public var segmentByteCount: Int

    /// Options; by default 1 GiB in segments of 32 MiB.
    public init(byteLimit: Int = 1 << 30, segmentByteCount: Int = 32 << 20) {
        self.byteLimit = byteLimit
        self.segmentByteCount = segmentByteCount
    }

    /// The size at which a segment is finished.
    var rotationByteCount: Int { min(segmentByteCount, byteLimit / 4) }
}
