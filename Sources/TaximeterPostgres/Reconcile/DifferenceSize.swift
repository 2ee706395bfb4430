import Taximeter

/// How far what was found is from what was expected: the numbers of both texts, place by place.
struct DifferenceSize {
    /// The differences that are not zero, with what they count; exact, in units of 10⁻¹⁸.
    private(set) var parts: [(name: String, units: Int128)] = []

    /// What the places of a sum count, in the order of the views `event_audit` and `charge_audit`.
    private static let usage = [
        "events", "requests", "cache-hit tokens", "cache-miss tokens", "cache-write tokens", "cache-write-1h tokens",
        "output tokens",
    ]

    init(_ finding: AuditFinding) {
        let expected = Self.words(finding.expected)
        let found = Self.words(finding.found)
        let isUsage = ["batch", "buckets", "charges"].contains(finding.kind)
        // A sum that is not there at all is a sum of nothing.
        var count = isUsage ? Self.usage.count : expected.count
        if !isUsage, expected.count != found.count { return }
        // A count of ids comes with a fingerprint, whose difference says nothing.
        if ["event keys", "reversals"].contains(finding.kind) { count = min(count, 1) }
        for place in 0..<count {
            guard let before = Self.units(expected, place, absent: isUsage),
                let after = Self.units(found, place, absent: isUsage)
            else { continue }
            let (difference, overflow) = after.subtractingReportingOverflow(before)
            if overflow || difference == 0 { continue }
            let isNamed = finding.kind.hasPrefix("margin") || finding.kind == "account month"
            let name =
                isUsage
                ? Self.usage[place]
                : isNamed && place > 0 ? String(expected[place - 1]) : Self.name(of: place, finding)
            parts.append((name, difference))
        }
    }

    /// The difference in the number of events; 0 where events were not counted, or are as many.
    var events: Int128 { parts.first { $0.name == "events" }?.units ?? 0 }

    /// `-1 events, -120 output tokens`.
    var text: String {
        parts.map { part in
            let amount = Money(units: part.units, .usd).decimalText
            return (part.units > 0 ? "+" : "") + amount + (part.name.isEmpty ? "" : " " + part.name)
        }.joined(separator: ", ")
    }

    private static func words(_ text: String) -> [Substring] { text.split(separator: " ") }

    private static func units(_ words: [Substring], _ place: Int, absent: Bool) -> Int128? {
        if place >= words.count { return absent ? 0 : nil }
        let word = words[place].hasSuffix(",") ? words[place].dropLast() : words[place]
        // A decimal is read as money is, whatever it counts.
        return (try? Money(word, .usd))?.units
    }

    /// What the places of other findings count.
    private static func name(of place: Int, _ finding: AuditFinding) -> String {
        switch (finding.kind, place) {
        case ("rated", 0): "in charges"
        case ("rated", _): "in rated lines"
        case ("usage", 0): "tokens"
        case ("event keys", _), ("reversals", _): "events"
        case ("invoice", 1): "total"
        case ("invoice", 3): "tax"
        case ("invoice", _): "credits"
        default: ""
        }
    }
}
