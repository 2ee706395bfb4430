import Foundation
import Taximeter

/// Holds events back until as much time has passed as lies between the run's start and them.
struct Pacer {
    private let from: Instant
    private let start = ContinuousClock.now

    init(from: Instant) { self.from = from }

    /// How long an event is still ahead; nil when it is due.
    func wait(for event: UsageEvent) -> Duration? {
        let ahead = Duration.microseconds(event.completedAt.microseconds - from.microseconds) - (.now - start)
        return ahead > .zero ? ahead : nil
    }

    /// Sleeps so long, and at least a fifth of a second, so that few events do not each make a transaction.
    static func sleep(_ duration: Duration) {
        let parts = max(duration, .milliseconds(200)).components
        Thread.sleep(forTimeInterval: Double(parts.seconds) + Double(parts.attoseconds) / 1e18)
    }
}
