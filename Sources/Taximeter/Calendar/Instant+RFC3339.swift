extension Instant {
    /// Reads RFC 3339 (https://www.rfc-editor.org/rfc/rfc3339#section-5.6): date, `T` (or `t`, or one space), time of
    /// day, optional fraction, and an offset, which is required: a time without one is not an instant.
    ///
    /// Decimals beyond the microsecond are cut off, so that an instant never moves over an edge to its right. A leap
    /// second (`:60`) is the first instant of the next minute, as in PostgreSQL.
    public init?(rfc3339 text: some StringProtocol) {
        guard let parsed = Self.parse(Array(text.utf8).span) else { return nil }
        self = parsed
    }

    /// Reads RFC 3339 from bytes; see ``init(rfc3339:)-(StringProtocol)``.
    public init?(rfc3339 bytes: borrowing Span<UInt8>) {
        guard let parsed = Self.parse(bytes) else { return nil }
        self = parsed
    }

    private static func parse(_ bytes: borrowing Span<UInt8>) -> Instant? {
        guard bytes.count >= 20,
            let year = digits(bytes, 0, 4), bytes[4] == UInt8(ascii: "-"),
            let month = digits(bytes, 5, 2), bytes[7] == UInt8(ascii: "-"),
            let day = digits(bytes, 8, 2),
            [UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")].contains(bytes[10]),
            let hour = digits(bytes, 11, 2), hour < 24, bytes[13] == UInt8(ascii: ":"),
            let minute = digits(bytes, 14, 2), minute < 60, bytes[16] == UInt8(ascii: ":"),
            let second = digits(bytes, 17, 2), second <= 60,
            let date = CivilDate(year: Int(year), month: Int(month), day: Int(day))
        else { return nil }

        var position = 19
        var fraction: Int64 = 0
        if bytes[position] == UInt8(ascii: ".") {
            position += 1
            let start = position
            var scale: Int64 = 100_000
            while position < bytes.count, let digit = digits(bytes, position, 1) {
                fraction += digit * scale
                scale /= 10
                position += 1
            }
            if position == start { return nil }
        }
        guard let offset = offset(bytes, position) else { return nil }
        let time = ((hour * 60 + minute) * 60 + second) * Self.second + fraction
        return Instant(microseconds: date.daysSinceEpoch * Self.day + time - offset)
    }

    /// `Z` or `+hh:mm` at the end of the text, in microseconds east of UTC.
    private static func offset(_ bytes: borrowing Span<UInt8>, _ position: Int) -> Int64? {
        guard position < bytes.count else { return nil }
        let sign = bytes[position]
        if sign == UInt8(ascii: "Z") || sign == UInt8(ascii: "z") {
            return position + 1 == bytes.count ? 0 : nil
        }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), position + 6 == bytes.count,
            let hours = digits(bytes, position + 1, 2), hours < 24, bytes[position + 3] == UInt8(ascii: ":"),
            let minutes = digits(bytes, position + 4, 2), minutes < 60
        else { return nil }
        let offset = (hours * 60 + minutes) * minute
        return sign == UInt8(ascii: "-") ? -offset : offset
    }

    private static func digits(_ bytes: borrowing Span<UInt8>, _ start: Int, _ count: Int) -> Int64? {
        var value: Int64 = 0
        for index in start..<start + count {
            let digit = bytes[index] &- UInt8(ascii: "0")
            if digit > 9 { return nil }
            value = value * 10 + Int64(digit)
        }
        return value
    }
}
