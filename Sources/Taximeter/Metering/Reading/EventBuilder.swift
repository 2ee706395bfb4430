/// Makes usage events and reversals from the texts of their fields, the same for every format.
struct EventBuilder {
    /// Where the text of each field stands in a row, by ``EventField/rawValue``; nil where it is left out or empty.
    typealias Places = [Range<Int>?]

    static let noPlaces = Places(repeating: nil, count: EventField.allCases.count)
    private static let api = Identifier(unchecked: "api")
    private static let standard = Identifier(unchecked: "standard")

    /// The last identifier of each field: neighbouring rows mostly have the same model, channel and tier.
    private var last = [Identifier?](repeating: nil, count: EventField.allCases.count)

    /// An event of these fields. The first fault is reported: fields in the order of ``EventField``, limits last.
    mutating func event(_ row: Row, _ places: Places) throws(RejectReason) -> UsageEvent {
        let account = try required(.account, row, places)
        let requestID = try required(.requestID, row, places)
        let model = try required(.model, row, places)
        let channel = try identifier(.channel, row, places) ?? Self.api
        let serviceTier = try identifier(.serviceTier, row, places) ?? Self.standard
        let startedAt = try instant(.startedAt, row, places)
        guard let completedAt = try instant(.completedAt, row, places) else { throw Self.missing(.completedAt) }
        var tokens = TokenCounts()
        var hasTokens = false
        for tokenClass in TokenClass.allCases {
            guard let count = try count(.tokens(tokenClass), row, places) else { continue }
            tokens[tokenClass] = count
            hasTokens = true
        }
        if !hasTokens { throw RejectReason(.noTokenField, expected: "at least one field that counts tokens") }
        let requests = try count(.requests, row, places) ?? 1
        do {
            return try UsageEvent(
                account: account, model: model, channel: channel, serviceTier: serviceTier, requestID: requestID,
                startedAt: startedAt ?? completedAt, completedAt: completedAt, tokens: tokens, requests: requests)
        } catch {
            throw RejectReason(error)
        }
    }

    /// A reversal, when the fields name an event to undo; nil when they make an event.
    ///
    /// Everything but the account and the id is refused rather than skipped: whoever gives counts or a new request id may
    /// believe that they are billed instead.
    mutating func reversal(_ row: Row, _ places: Places) throws(RejectReason) -> EventReversal? {
        if places[EventField.reverses.rawValue] == nil { return nil }
        let account = try required(.account, row, places)
        for field in EventField.allCases where field != .account && field != .reverses {
            guard let place = places[field.rawValue] else { continue }
            throw RejectReason(
                .unexpectedField, field, found: row.shown(place),
                expected: "account and reverses alone: what replaces the event is a row of its own")
        }
        return EventReversal(account: account, requestID: try required(.reverses, row, places))
    }

    static func missing(_ field: EventField) -> RejectReason {
        RejectReason(.missingField, field, expected: "a value: the field is required")
    }

    private mutating func required(
        _ field: EventField, _ row: Row, _ places: Places
    ) throws(RejectReason) -> Identifier {
        guard let identifier = try identifier(field, row, places) else { throw Self.missing(field) }
        return identifier
    }

    private mutating func identifier(
        _ field: EventField, _ row: Row, _ places: Places
    ) throws(RejectReason) -> Identifier? {
        guard let place = places[field.rawValue] else { return nil }
        if let known = last[field.rawValue], row.holds(known.text.utf8, at: place) { return known }
        let identifier = try row.identifier(at: place, field: field.name)
        last[field.rawValue] = identifier
        return identifier
    }

    private func instant(_ field: EventField, _ row: Row, _ places: Places) throws(RejectReason) -> Instant? {
        guard let place = places[field.rawValue] else { return nil }
        return try row.instant(at: place, field: field.name)
    }

    private func count(_ field: EventField, _ row: Row, _ places: Places) throws(RejectReason) -> Int64? {
        guard let place = places[field.rawValue] else { return nil }
        return try row.wholeNumber(at: place, field: field.name)
    }
}

extension Row {
    /// An id or a name.
    func identifier(at place: Range<Int>, field: String) throws(RejectReason) -> Identifier {
        do {
            return try Identifier(String(decoding: bytes[place], as: UTF8.self))
        } catch {
            throw RejectReason(
                .invalidValue, field: field, found: shown(place),
                expected: "1 to \(Identifier.maximumByteCount) bytes")
        }
    }

    /// An instant.
    func instant(at place: Range<Int>, field: String) throws(RejectReason) -> Instant {
        if let instant = Instant(rfc3339: bytes.span.extracting(place)) { return instant }
        throw RejectReason(
            .invalidValue, field: field, found: shown(place),
            expected: "an RFC 3339 instant with its offset, such as 2025-02-27T16:30:00Z")
    }

    /// A whole number in decimal digits, with a sign where it is negative; no point, no exponent.
    func wholeNumber(at place: Range<Int>, field: String) throws(RejectReason) -> Int64 {
        var index = place.lowerBound
        let isNegative = index < place.upperBound && bytes[index] == UInt8(ascii: "-")
        if isNegative { index += 1 }
        var value: Int64 = 0
        var fits = true
        let hasDigits = index < place.upperBound
        while index < place.upperBound {
            let digit = bytes[index] &- UInt8(ascii: "0")
            if digit > 9 { throw invalidNumber(place, field) }
            let (product, overflowA) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowB) = product.addingReportingOverflow(Int64(digit))
            fits = fits && !overflowA && !overflowB
            value = sum
            index += 1
        }
        if !hasDigits { throw invalidNumber(place, field) }
        if !fits {
            throw RejectReason(
                .outOfRange, field: field, found: shown(place), expected: "a number that fits in 64 bits")
        }
        return isNegative ? -value : value
    }

    private func invalidNumber(_ place: Range<Int>, _ field: String) -> RejectReason {
        RejectReason(.invalidValue, field: field, found: shown(place), expected: "a whole number in digits")
    }

    /// Whether a field is exactly this text.
    func holds(_ text: String.UTF8View, at range: Range<Int>) -> Bool {
        guard range.count == text.count else { return false }
        var index = range.lowerBound
        for byte in text {
            if bytes[index] != byte { return false }
            index += 1
        }
        return true
    }
}
