public import Foundation
public import Testing

/// A file of the package that says what some output has to be.
///
/// `TAXIMETER_RENEW_GOLDEN=1` writes it anew, and fails the run, so that a renewal is always looked at.
public struct Golden: Sendable {
    /// The file.
    public let file: URL

    /// A file.
    public init(file: URL) { self.file = file }

    /// Compares the output with the file, and shows the lines that differ.
    public func check(_ output: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        if ProcessInfo.processInfo.environment["TAXIMETER_RENEW_GOLDEN"] == "1" {
            try Data(output.utf8).write(to: file)
            Issue.record(
                "\(file.lastPathComponent) was written anew: look at the difference", sourceLocation: sourceLocation)
            return
        }
        let expected = try? String(decoding: Data(contentsOf: file), as: UTF8.self)
        if expected == output { return }
        let changes = Self.lines(output).difference(from: Self.lines(expected ?? ""))
        let shown = changes.prefix(20).map { change in
            switch change {
            case .insert(let offset, let line, _): "+ \(offset + 1): \(line)"
            case .remove(let offset, let line, _): "- \(offset + 1): \(line)"
            }
        }
        Issue.record(
            "\(file.lastPathComponent) differs in \(changes.count) lines (renew it with TAXIMETER_RENEW_GOLDEN=1):\n\(shown.joined(separator: "\n"))",
            sourceLocation: sourceLocation)
    }

    private static func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n", omittingEmptySubsequences: false)
    }
}
