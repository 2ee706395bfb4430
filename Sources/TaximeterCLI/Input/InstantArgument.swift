import ArgumentParser
import Foundation
import Taximeter

/// An instant on the command line, or the start of a UTC day.
struct InstantArgument: ExpressibleByArgument {
    let instant: Instant

    init(_ instant: Instant) { self.instant = instant }

    init?(argument: String) {
        guard let instant = Instant(rfc3339: argument) ?? Instant(rfc3339: argument + "T00:00:00Z") else { return nil }
        self.instant = instant
    }

    /// The present.
    static var now: InstantArgument? {
        Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)).map(InstantArgument.init)
    }
}
