/// Writes events as JSON lines in the documented format, to be read again by ``EventReader``.
public struct EventLineWriter: Sendable {
    /// What has been written and not been taken yet.
    public private(set) var bytes: [UInt8] = []
    /// The UTC day last written and its text: most events are of the day of the one before.
    private var day: (number: Int64, text: [UInt8])?

    /// A writer that has written nothing.
    public init() {}

    /// Takes what has been written.
    public mutating func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    /// Writes one event and its line end. Counts of 0 are left out, except of output: a row counts something.
    public mutating func append(_ event: UsageEvent) {
        append(raw: "{\"account\":")
        append(text: event.account)
        append(raw: ",\"request_id\":")
        append(text: event.requestID)
        append(raw: ",\"model\":")
        append(text: event.model)
        append(raw: ",\"channel\":")
        append(text: event.channel)
        append(raw: ",\"service_tier\":")
        append(text: event.serviceTier)
        append(raw: ",\"started_at\":\"")
        append(event.startedAt)
        append(raw: "\",\"completed_at\":\"")
        append(event.completedAt)
        append(raw: "\"")
        append(",\"cache_hit_tokens\":", event.tokens.cacheHit, unless: 0)
        append(",\"cache_miss_tokens\":", event.tokens.cacheMiss, unless: 0)
        append(",\"cache_write_tokens\":", event.tokens.cacheWrite, unless: 0)
        append(",\"cache_write_1h_tokens\":", event.tokens.cacheWrite1h, unless: 0)
        append(",\"output_tokens\":", event.tokens.output, unless: nil)
        append(",\"requests\":", event.requests, unless: 1)
        append(raw: "}\n")
    }

    private mutating func append(raw text: StaticString) {
        // The pointer of a literal is good for ever.
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func append(_ field: StaticString, _ count: Int64, unless hidden: Int64?) {
        if count == hidden { return }
        append(raw: field)
        append(UInt64(count))
    }

    /// RFC 8259, section 7: quotes, backslashes and control characters are escaped. Most texts have none.
    private mutating func append(text: Identifier) {
        bytes.append(UInt8(ascii: "\""))
        let span = text.text.utf8.span
        var start = 0
        for place in span.indices where Self.isEscaped(span[place]) {
            append(span.extracting(start..<place))
            append(escaped: span[place])
            start = place + 1
        }
        append(span.extracting(start..<span.count))
        bytes.append(UInt8(ascii: "\""))
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func append(escaped byte: UInt8) {
        if byte >= 0x20 {
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
            return
        }
        append(raw: "\\u00")
        bytes.append(byte < 0x10 ? 0x30 : 0x31)
        bytes.append((byte & 15 < 10 ? 0x30 : 0x57) + byte & 15)
    }

    private mutating func append(_ span: Span<UInt8>) {
        // As a whole: byte by byte takes five times as long.
        unsafe span.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    /// As ``Instant/description``.
    private mutating func append(_ instant: Instant) {
        let number = instant.day
        if day?.number != number { day = (number, Array("\(CivilDate(daysSinceEpoch: number))T".utf8)) }
        if let day { bytes.append(contentsOf: day.text) }
        let time = UInt64(instant.microseconds - number * Instant.day)
        let seconds = time / 1_000_000
        var clock: InlineArray<16, UInt8> = .init(repeating: UInt8(ascii: ":"))
        Self.write(seconds / 3_600, width: 2, at: 0, &clock)
        Self.write(seconds / 60 % 60, width: 2, at: 3, &clock)
        Self.write(seconds % 60, width: 2, at: 6, &clock)
        let hasFraction = time % 1_000_000 != 0
        if hasFraction {
            clock[8] = UInt8(ascii: ".")
            Self.write(time % 1_000_000, width: 6, at: 9, &clock)
        }
        let end = hasFraction ? 15 : 8
        clock[end] = UInt8(ascii: "Z")
        append(clock.span.extracting(0..<end + 1))
    }

    /// Digits, with zeros in front.
    private static func write(_ value: UInt64, width: Int, at first: Int, _ clock: inout InlineArray<16, UInt8>) {
        var rest = value
        for place in stride(from: first + width - 1, through: first, by: -1) {
            clock[place] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
            rest /= 10
        }
    }

    /// Digits.
    private mutating func append(_ value: UInt64) {
        var digits: InlineArray<20, UInt8> = .init(repeating: 0x30)
        var first = 20
        var rest = value
        repeat {
            first -= 1
            digits[first] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
            rest /= 10
        } while rest > 0
        append(digits.span.extracting(first..<20))
    }
}
