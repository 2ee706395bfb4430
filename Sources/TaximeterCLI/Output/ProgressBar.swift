import Foundation

/// A line at the foot of a terminal that shows how far the work is. Nothing where standard error is no terminal.
final class ProgressBar {
    private static let width = 30
    private let isShown = isatty(STDERR_FILENO) == 1
    private var lastDrawn: ContinuousClock.Instant?

    /// Draws the state, at most ten times a second.
    ///
    /// - Parameters:
    ///   - total: The whole of the work, or nil when it is not known.
    func show(_ what: String, done: Int, of total: Int?) {
        guard isShown else { return }
        let now = ContinuousClock.now
        if let lastDrawn, now - lastDrawn < .milliseconds(100), done != total { return }
        lastDrawn = now
        var line = what
        if let total, total > 0 {
            let filled = min(Self.width, Self.width * done / total)
            let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
            line = "\(bar) \(100 * min(done, total) / total) %  \(what)"
        }
        FileHandle.standardError.write(Data("\r\u{1B}[K\(line)".utf8))
    }

    /// Removes the line.
    func clear() {
        guard isShown, lastDrawn != nil else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
        lastDrawn = nil
    }
}
