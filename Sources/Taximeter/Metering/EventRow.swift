/// What became of one row of an event file: exactly one of these.
public enum EventRow: Hashable, Sendable {
    /// A valid event, and the number of the line on which its row begins, counted from 1.
    case event(UsageEvent, line: Int)
    /// A row that undoes an event, and the number of the line on which it begins.
    case reversal(EventReversal, line: Int)
    /// A row that is neither.
    case rejected(RejectedRow)

    /// The number of the line on which the row begins, counted from 1.
    public var line: Int {
        switch self {
        case .event(_, let line), .reversal(_, let line): line
        case .rejected(let row): row.line
        }
    }
}

/// A row that was refused, with enough to find, mend and send it again.
public struct RejectedRow: Hashable, Sendable {
    /// The most bytes of a row that ``text`` shows.
    public static let shownByteCount = 2_048

    /// The number of the line on which the row begins, counted from 1.
    public let line: Int
    /// Why it was refused.
    public let reason: RejectReason
    /// The row as it stands in the file, without its line end; cut after ``shownByteCount`` bytes, and bytes that are
    /// not UTF-8 shown as U+FFFD.
    public let text: String
    /// Whether ``text`` is only the beginning.
    public let isCut: Bool
}
