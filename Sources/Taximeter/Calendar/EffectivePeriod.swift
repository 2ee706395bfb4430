/// A stretch of time `[from, until)`: the start belongs to it, the end does not; without an end it goes on.
public struct EffectivePeriod: Sendable, Hashable, CustomStringConvertible {
    /// The first instant.
    public let from: Instant
    /// The first instant no longer in it, or nil.
    public let until: Instant?

    /// A period, or nil when it would be empty.
    public init?(from: Instant, until: Instant? = nil) {
        if let until, until <= from { return nil }
        self.from = from
        self.until = until
    }

    /// Whether the instant lies in the period.
    public func contains(_ instant: Instant) -> Bool {
        from <= instant && (until.map { instant < $0 } ?? true)
    }

    /// Whether some instant lies in both.
    public func overlaps(_ other: EffectivePeriod) -> Bool {
        (other.until.map { from < $0 } ?? true) && (until.map { other.from < $0 } ?? true)
    }

    /// The part of a range that lies in the period, or nil.
    public func clamped(_ range: Range<Instant>) -> Range<Instant>? {
        let (lower, upper) = (max(from, range.lowerBound), min(until ?? range.upperBound, range.upperBound))
        return lower < upper ? lower..<upper : nil
    }

    /// `from 2025-02-26T00:00:00Z until 2025-09-05T16:00:00Z`, or `from 2025-09-29T00:00:00Z`.
    public var description: String { "from \(from)" + (until.map { " until \($0)" } ?? "") }
}
