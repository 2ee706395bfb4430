/// How a CloudEvent makes a usage event; see docs/http-api.md.
enum CloudEventMapping {
    /// Where the fields of the event stand in a row that holds a CloudEvent.
    ///
    /// - Parameter receivedAt: Stands for a `time` that is left out.
    static func places(_ row: inout Row, receivedAt: Instant) throws(RejectReason) -> EventBuilder.Places {
        let envelope = try JSONObjectScanner<CloudEventField>.places(&row)
        try check(envelope, row)
        var places = EventBuilder.noPlaces
        var data: [Range<Int>?] = []
        if let object = envelope[CloudEventField.data.rawValue] {
            data = try JSONObjectScanner<CloudEventDataField>.places(&row, in: object)
        }
        for field in CloudEventDataField.allCases where field.rawValue < data.count {
            guard let place = data[field.rawValue], let eventField = field.eventField else { continue }
            places[eventField.rawValue] = place
        }
        try takeTokens(data, row, &places)
        places[EventField.account.rawValue] = envelope[CloudEventField.subject.rawValue]
        if places[EventField.reverses.rawValue] != nil { return places }
        places[EventField.requestID.rawValue] = envelope[CloudEventField.id.rawValue]
        if places[EventField.completedAt.rawValue] == nil {
            places[EventField.completedAt.rawValue] =
                envelope[CloudEventField.time.rawValue] ?? row.spell(Array(receivedAt.description.utf8))
        }
        return places
    }

    private static func check(_ places: [Range<Int>?], _ row: Row) throws(RejectReason) {
        for field in [CloudEventField.specVersion, .id, .source, .type, .subject]
        where places[field.rawValue] == nil {
            throw RejectReason(
                .missingField, field: field.name, expected: "a value: the attribute is required")
        }
        if let place = places[CloudEventField.specVersion.rawValue], !row.holds("1.0".utf8, at: place) {
            throw RejectReason(
                .invalidValue, field: CloudEventField.specVersion.name, found: row.shown(place), expected: "1.0")
        }
        if let place = places[CloudEventField.dataContentType.rawValue],
            !row.holds("application/json".utf8, at: place)
        {
            throw RejectReason(
                .invalidValue, field: CloudEventField.dataContentType.name, found: row.shown(place),
                expected: "application/json")
        }
        if places[CloudEventField.dataBase64.rawValue] != nil {
            throw RejectReason(
                .unexpectedField, field: CloudEventField.dataBase64.name, expected: "data, a JSON object")
        }
    }

    /// `{"tokens": 100, "type": "input"}`, as OpenMeter's own examples have it.
    private static func takeTokens(
        _ data: [Range<Int>?], _ row: Row, _ places: inout EventBuilder.Places
    ) throws(RejectReason) {
        guard let tokens = data.isEmpty ? nil : data[CloudEventDataField.tokens.rawValue] else { return }
        guard let type = data[CloudEventDataField.type.rawValue] else {
            throw RejectReason(
                .missingField, field: "type", expected: "what the tokens are: input, output or a token class")
        }
        let names = [("input", TokenClass.cacheMiss)] + TokenClass.allCases.map { ($0.name, $0) }
        guard let (_, tokenClass) = names.first(where: { row.holds($0.0.utf8, at: type) }) else {
            throw RejectReason(
                .invalidValue, field: "type", found: row.shown(type),
                expected: "one of \(names.map(\.0).joined(separator: ", "))")
        }
        let field = EventField.tokens(tokenClass)
        if places[field.rawValue] != nil {
            throw RejectReason(.duplicateField, field, expected: "either tokens with its type, or \(field)")
        }
        places[field.rawValue] = tokens
    }
}
