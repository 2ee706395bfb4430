extension UsageEvent {
    /// Why values do not make a usage event. The cases stand in the order in which they are looked for.
    public enum Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        /// `completed_at` is not between ``UsageEvent/earliestInstant`` and ``UsageEvent/latestInstant``.
        case completedOutOfRange(Instant)
        /// `started_at` is not between ``UsageEvent/earliestInstant`` and ``UsageEvent/latestInstant``.
        case startedOutOfRange(Instant)
        /// `started_at` is after `completed_at`.
        case startedAfterCompletion(Instant, completedAt: Instant)
        /// A token count is negative or above ``UsageEvent/maximumTokenCount``.
        case countOutOfRange(TokenClass, Int64)
        /// `requests` is not 1 to ``UsageEvent/maximumRequestCount``.
        case requestsOutOfRange(Int64)

        /// The field at fault.
        public var field: EventField {
            switch self {
            case .completedOutOfRange: .completedAt
            case .startedOutOfRange, .startedAfterCompletion: .startedAt
            case .countOutOfRange(let tokenClass, _): .tokens(tokenClass)
            case .requestsOutOfRange: .requests
            }
        }

        /// The value found.
        public var value: String {
            switch self {
            case .completedOutOfRange(let instant), .startedOutOfRange(let instant),
                .startedAfterCompletion(let instant, _):
                instant.description
            case .countOutOfRange(_, let count), .requestsOutOfRange(let count): String(count)
            }
        }

        /// What was expected instead.
        public var expectation: String {
            switch self {
            case .completedOutOfRange, .startedOutOfRange:
                "an instant from \(UsageEvent.earliestInstant) to \(UsageEvent.latestInstant)"
            case .startedAfterCompletion(_, let completedAt): "an instant not after completed_at (\(completedAt))"
            case .countOutOfRange: "0 to \(UsageEvent.maximumTokenCount) tokens"
            case .requestsOutOfRange: "1 to \(UsageEvent.maximumRequestCount) requests"
            }
        }

        /// One line: field, value and expectation.
        public var description: String { "\(field) is \(value); expected \(expectation)" }
    }
}
