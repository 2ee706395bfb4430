extension EventMapping {
    /// Where the fields of an event stand, after the mapping has spelt them out behind the row.
    func places(_ row: inout Row, _ header: CSVHeader, line: Int) throws(RejectReason) -> EventBuilder.Places {
        var places = EventBuilder.noPlaces
        var context = Context(row: row, header: header, line: line)
        func spellText(_ field: EventField) throws(RejectReason) {
            guard let expression = texts[field] else { return }
            places[field.rawValue] = context.spell(try context.text(expression, field.name))
        }
        try spellText(.reverses)
        if places[EventField.reverses.rawValue] != nil {
            // The other columns of somebody's reversal mean what they like: only the account counts.
            try spellText(.account)
            row = context.row
            return places
        }
        for field in texts.keys { try spellText(field) }
        for (field, expression) in counts {
            places[field.rawValue] = context.spell(try context.text(expression, field.name))
        }
        if let misses = try misses(&context) {
            places[EventField.cacheMissTokens.rawValue] = context.spell(String(misses))
        }
        let (started, completed) = try instants(context)
        places[EventField.startedAt.rawValue] = context.spell(started.map(String.init(describing:)))
        places[EventField.completedAt.rawValue] = context.spell(completed.map(String.init(describing:)))
        row = context.row
        return places
    }

    /// Input that was computed: all input, less the hits where it counts them too.
    private func misses(_ context: inout Context) throws(RejectReason) -> Int64? {
        guard let input, let total = try context.number(input, "input_tokens") else { return nil }
        try Self.checkCount(total, "input_tokens")
        guard inputIncludesHits, let hits = counts[.cacheHitTokens] else { return total }
        let hitCount = try context.number(hits, EventField.cacheHitTokens.name) ?? 0
        try Self.checkCount(hitCount, EventField.cacheHitTokens.name)
        if hitCount > total {
            throw RejectReason(
                .outOfRange, .cacheHitTokens, found: String(hitCount),
                expected: "at most the input of \(total), which includes the hits")
        }
        return total - hitCount
    }

    /// Holds a count to the limits of a usage event before it is reckoned with: what is out of them need not fit.
    private static func checkCount(_ count: Int64, _ field: String) throws(RejectReason) {
        if (0...UsageEvent.maximumTokenCount).contains(count) { return }
        throw RejectReason(
            .outOfRange, field: field, found: String(count), expected: "0 to \(UsageEvent.maximumTokenCount) tokens")
    }

    private func instants(_ context: Context) throws(RejectReason) -> (started: Instant?, completed: Instant?) {
        let started = try instant(.startedAt, context)
        let completed = try instant(.completedAt, context)
        guard let duration, let length = try context.number(duration.expression, "duration") else {
            return (started, completed ?? started)
        }
        guard let microseconds = duration.unit?.microseconds(length), microseconds >= 0 else {
            throw RejectReason(
                .outOfRange, field: "duration", found: String(length), expected: "a duration of 0 or more")
        }
        func moved(_ instant: Instant, by delta: Int64) throws(RejectReason) -> Instant {
            if let moved = instant.advanced(byMicroseconds: delta) { return moved }
            throw RejectReason(
                .outOfRange, field: "duration", found: String(length),
                expected: "one that stays within the years 1 to 9999")
        }
        switch (started, completed) {
        case (let started?, nil): return (started, try moved(started, by: microseconds))
        case (nil, let completed?): return (try moved(completed, by: -microseconds), completed)
        default: return (started, completed)
        }
    }

    private func instant(_ field: EventField, _ context: Context) throws(RejectReason) -> Instant? {
        guard let time = times[field] else { return nil }
        guard let unit = time.unit else {
            guard let text = try context.text(time.expression, field.name) else { return nil }
            return try Self.instant(text, field)
        }
        guard let count = try context.number(time.expression, field.name) else { return nil }
        let origin = try time.origin.map { origin throws(RejectReason) in
            try Self.instant(try context.text(origin, field.name) ?? "", field)
        }
        let start = origin ?? UsageEvent.earliestInstant
        guard let instant = unit.microseconds(count).flatMap({ start.advanced(byMicroseconds: $0) }) else {
            throw RejectReason(
                .outOfRange, field, found: String(count), expected: "a time in \(unit) within the years 1 to 9999")
        }
        return instant
    }

    private static func instant(_ text: String, _ field: EventField) throws(RejectReason) -> Instant {
        if let instant = Instant(rfc3339: text) { return instant }
        throw RejectReason(
            .invalidValue, field, found: text, expected: "an RFC 3339 instant, such as 2025-02-27T16:30:00Z")
    }

    /// One row, and what its expressions are evaluated with.
    private struct Context {
        var row: Row
        let header: CSVHeader
        let line: Int

        /// The value of an expression; nil when it is empty.
        func text(_ expression: Expression, _ field: String) throws(RejectReason) -> String? {
            switch expression {
            case .column(let name, let ifEmpty):
                if let value = column(name), !value.isEmpty { return value }
                guard let ifEmpty else { return nil }
                return try text(ifEmpty, field)
            case .constant(let value): return value
            case .line(let prefix): return "\(prefix):\(line)"
            case .lookup(let name, let values, let otherwise):
                let value = column(name) ?? ""
                if let found = values[value] ?? otherwise { return found }
                throw RejectReason(
                    .noLookupEntry, field: field, found: value,
                    expected: "one of the values that the mapping has for column \(name)")
            case .joined(let parts, let separator):
                var texts: [String] = []
                for part in parts {
                    let value = try text(part, field) ?? ""
                    texts.append(part.isFixed ? value : Self.escaped(value, separator))
                }
                return texts.joined(separator: separator)
            }
        }

        /// A part of a joined text, in which the separator stands for nothing else: `a:b` and `c` must not become the
        /// same id as `a` and `b:c`, of which only one would be billed.
        private static func escaped(_ part: String, _ separator: String) -> String {
            let code = separator.utf8.first.map { String($0, radix: 16, uppercase: true) } ?? ""
            return part.replacing("%", with: "%25").replacing(separator, with: "%\(code)")
        }

        /// The value of an expression as a whole number; nil when it is empty.
        func number(_ expression: Expression, _ field: String) throws(RejectReason) -> Int64? {
            guard let text = try text(expression, field) else { return nil }
            var digits = Row()
            // In two steps: as one expression, the row would be taken before the text is in it.
            let place = digits.spell(Array(text.utf8))
            return try digits.wholeNumber(at: place, field: field)
        }

        mutating func spell(_ text: String?) -> Range<Int>? {
            guard let text, !text.isEmpty else { return nil }
            return row.spell(Array(text.utf8))
        }

        private func column(_ name: String) -> String? {
            guard let index = header.indices[name] else { return nil }
            return String(decoding: row.bytes[row.fields[index]], as: UTF8.self)
        }
    }
}
