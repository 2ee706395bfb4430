/// Why an event was not recorded. What was refused is counted in ``Meter/counts``.
public struct MeterError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of fault. New kinds may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code's name.
        public let description: String

        /// A value outside the limits of a usage event.
        public static let invalidEvent = Code(description: "invalid_event")
        /// The request id is empty, too long, not UTF-8, or contains NUL.
        public static let invalidRequestID = Code(description: "invalid_request_id")
        /// A name that was interned by another meter.
        public static let foreignHandle = Code(description: "foreign_handle")
        /// More names than ``MeterOptions/nameLimit``.
        public static let tooManyNames = Code(description: "too_many_names")
        /// The buffers are full, because the spool takes events more slowly than they come, or not at all: then
        /// ``MeterError/spoolError`` says why. The event was not recorded; record it again later.
        public static let full = Code(description: "full")
        /// The event is recorded, but was not durable by the deadline. It will be written as soon as the spool can:
        /// do not record it again.
        public static let unconfirmed = Code(description: "unconfirmed")
        /// The meter is closed.
        public static let closed = Code(description: "closed")
        /// The process was forked after the meter was opened, and this is the child: its threads and its spool are the
        /// parent's. Open a meter of its own, with a spool folder of its own.
        public static let forked = Code(description: "forked")
    }

    /// The kind of fault.
    public let code: Code
    /// What the spool said last, where it is the reason.
    public let spoolError: SpoolError?
    /// One line.
    public let description: String

    init(_ code: Code, _ description: String, _ spoolError: SpoolError? = nil) {
        self.code = code
        self.spoolError = spoolError
        self.description = "meter: \(description)" + (spoolError.map { " (\($0))" } ?? "")
    }
}
