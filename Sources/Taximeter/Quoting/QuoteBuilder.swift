/// Makes usage from the texts of a case's fields.
struct QuoteBuilder {
    private static let api = Identifier(unchecked: "api")

    private let ratingInstant: RatingInstant
    /// The last identifier of each field: neighbouring cases mostly have the same model, channel and tier.
    private var last = [Identifier?](repeating: nil, count: QuoteField.allCases.count)

    init(_ ratingInstant: RatingInstant) { self.ratingInstant = ratingInstant }

    /// The usage of these fields. The first fault is reported, fields in the order of ``QuoteField``.
    mutating func usage(_ row: Row, _ places: [Range<Int>?]) throws(RejectReason) -> RatableUsage {
        guard let model = try identifier(.model, row, places) else { throw Self.missing(.model) }
        let startedAt = try instant(.startedAt, row, places)
        let completedAt = try instant(.completedAt, row, places)
        guard let instant = ratingInstant == .startedAt ? startedAt ?? completedAt : completedAt ?? startedAt else {
            throw Self.missing(ratingInstant == .startedAt ? .startedAt : .completedAt)
        }
        if let startedAt, let completedAt, completedAt < startedAt {
            throw RejectReason(
                .outOfRange, field: QuoteField.startedAt.name, found: "\(startedAt)",
                expected: "an instant that is not after completed_at, \(completedAt)")
        }
        let channel = try identifier(.channel, row, places) ?? Self.api
        let serviceTier = try identifier(.serviceTier, row, places) ?? .standardTier
        let tokens = try TokenCounts(
            cacheHit: count(.cacheHit, row, places), cacheMiss: count(.cacheMiss, row, places),
            cacheWrite: count(.cacheWrite, row, places), cacheWrite1h: count(.cacheWrite1h, row, places),
            output: count(.output, row, places))
        return RatableUsage(
            model: model, channel: channel, serviceTier: serviceTier, instant: instant,
            size: .request(totalInput: tokens.totalInput ?? .max, output: tokens.output), tokens: tokens,
            multipliers: try multipliers(row, places))
    }

    private static func missing(_ field: QuoteField) -> RejectReason {
        RejectReason(.missingField, field: field.name, expected: "a value: the field is required")
    }

    private mutating func identifier(
        _ field: QuoteField, _ row: Row, _ places: [Range<Int>?]
    ) throws(RejectReason) -> Identifier? {
        guard let place = places[field.rawValue] else { return nil }
        if let known = last[field.rawValue], row.holds(known.text.utf8, at: place) { return known }
        let name = try row.identifier(at: place, field: field.name)
        last[field.rawValue] = name
        return name
    }

    private func multipliers(_ row: Row, _ places: [Range<Int>?]) throws(RejectReason) -> [Identifier] {
        guard let place = places[QuoteField.multipliers.rawValue] else { return [] }
        var names: [Identifier] = []
        for text in row.bytes[place].dropFirst().split(separator: 0, omittingEmptySubsequences: false) {
            names.append(try row.identifier(at: text.startIndex..<text.endIndex, field: QuoteField.multipliers.name))
        }
        return names
    }

    private func instant(
        _ field: QuoteField, _ row: Row, _ places: [Range<Int>?]
    ) throws(RejectReason) -> Instant? {
        try places[field.rawValue].map { place throws(RejectReason) in try row.instant(at: place, field: field.name) }
    }

    private func count(
        _ tokenClass: TokenClass, _ row: Row, _ places: [Range<Int>?]
    ) throws(RejectReason) -> Int64 {
        let field = QuoteField.tokens(tokenClass)
        guard let place = places[field.rawValue] else { return 0 }
        let count = try row.wholeNumber(at: place, field: field.name)
        guard (0...UsageEvent.maximumTokenCount).contains(count) else {
            throw RejectReason(
                .outOfRange, field: field.name, found: "\(count)", expected: "0 to \(UsageEvent.maximumTokenCount)")
        }
        return count
    }
}
