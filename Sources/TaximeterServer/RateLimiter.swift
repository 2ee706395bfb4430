import Synchronization

/// So many requests a second for each caller, of which those of ten seconds may come at once.
final class RateLimiter: Sendable {
    private static let burstSeconds: Int64 = 10

    private let perSecond: Int64
    /// By caller: until when, in nanoseconds since the start, what was granted would last at the steady rate.
    private let grantedUntil = Mutex<[String: Int64]>([:])
    private let start = ContinuousClock.now

    /// - Parameter perSecond: 0 for any number.
    init(perSecond: Int) { self.perSecond = Int64(perSecond) }

    /// Whether a caller may make one more request; if not, after how many seconds.
    func take(_ caller: String) -> (isGranted: Bool, retryAfterSeconds: Int64) {
        let parts = start.duration(to: .now).components
        return take(caller, at: parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000)
    }

    /// The same, at an instant in nanoseconds since the start.
    func take(_ caller: String, at now: Int64) -> (isGranted: Bool, retryAfterSeconds: Int64) {
        if perSecond <= 0 { return (true, 0) }
        let cost = max(1, 1_000_000_000 / perSecond)
        return grantedUntil.withLock { grantedUntil in
            let next = max(now, grantedUntil[caller] ?? 0) + cost
            let excess = next - now - Self.burstSeconds * 1_000_000_000
            if excess > 0 { return (false, (excess + 999_999_999) / 1_000_000_000) }
            grantedUntil[caller] = next
            return (true, 0)
        }
    }
}
