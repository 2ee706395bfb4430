@testable import Taximeter

/// Events as files have them, written independently of the readers.
enum EventText {
    /// The texts of an event's fields.
    static func values(of event: UsageEvent) -> [(field: EventField, text: String)] {
        EventField.allCases.map { field in
            let text =
                switch field {
                case .account: event.account.text
                case .requestID: event.requestID.text
                case .model: event.model.text
                case .channel: event.channel.text
                case .serviceTier: event.serviceTier.text
                case .startedAt: event.startedAt.description
                case .completedAt: event.completedAt.description
                case .cacheHitTokens: String(event.tokens.cacheHit)
                case .cacheMissTokens: String(event.tokens.cacheMiss)
                case .cacheWriteTokens: String(event.tokens.cacheWrite)
                case .cacheWrite1hTokens: String(event.tokens.cacheWrite1h)
                case .outputTokens: String(event.tokens.output)
                case .requests: String(event.requests)
                case .reverses: ""
                }
            return (field, text)
        }
    }

    /// A JSON line whose members stand in a random order, with characters escaped at random where JSON allows it.
    static func json(_ event: UsageEvent, using generator: inout some RandomNumberGenerator) -> String {
        var members: [String] = []
        for (field, text) in values(of: event).shuffled(using: &generator) {
            members.append("\"\(field)\":" + (field.isCount ? text : string(text, using: &generator)))
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    /// A CSV record in the order of the fields, each quoted where it must be, and at random where it may be.
    static func csv(_ event: UsageEvent, using generator: inout some RandomNumberGenerator) -> String {
        var fields: [String] = []
        for (_, text) in values(of: event) {
            let needsQuotes = text.unicodeScalars.contains { ["\"", ",", "\n", "\r"].contains($0) }
            let isQuoted = needsQuotes || Int.random(in: 0..<4, using: &generator) == 0
            // By scalars: a quote before a combining mark is no character of its own.
            let doubled = text.unicodeScalars.map { $0 == "\"" ? "\"\"" : String($0) }.joined()
            fields.append(isQuoted ? "\"\(doubled)\"" : text)
        }
        return fields.joined(separator: ",")
    }

    /// The header of ``csv(_:using:)``.
    static let header = EventField.allCases.map(\.name).joined(separator: ",")

    private static func string(_ text: String, using generator: inout some RandomNumberGenerator) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            if scalar.value < 0x20 || Int.random(in: 0..<8, using: &generator) == 0 {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16, uppercase: Bool.random(using: &generator))
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            } else {
                if scalar == "\"" || scalar == "\\" { result += "\\" }
                result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension UsageEvent {
    /// A random valid event, with ids that try the formats and counts that lie on the limits as often as inside.
    static func random(using generator: inout some RandomNumberGenerator) throws -> UsageEvent {
        func identifier() throws -> Identifier {
            let alphabet: [Unicode.Scalar] = [
                "a", "b", "-", "\"", ",", "\n", "\r", "\\", "/", " ", "\t", "{", "}", "é", "e", "\u{301}", "模", "😀",
                "\u{1}", "\u{7F}", "\u{FEFF}", "\u{2028}",
            ]
            var text = ""
            for _ in 0..<Int.random(in: 1...20, using: &generator) {
                text.unicodeScalars.append(alphabet[Int.random(in: alphabet.indices, using: &generator)])
            }
            return try Identifier(text)
        }
        func count(_ range: ClosedRange<Int64>) -> Int64 {
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: range.lowerBound
            case 1: range.upperBound
            default: Int64.random(in: range, using: &generator)
            }
        }
        let completed = count(earliestInstant.microseconds...latestInstant.microseconds)
        return try UsageEvent(
            account: identifier(), model: identifier(), channel: identifier(), serviceTier: identifier(),
            requestID: identifier(), startedAt: Instant(unchecked: count(0...completed)),
            completedAt: Instant(unchecked: completed),
            tokens: TokenCounts(
                cacheHit: count(0...maximumTokenCount), cacheMiss: count(0...maximumTokenCount),
                cacheWrite: count(0...maximumTokenCount), cacheWrite1h: count(0...maximumTokenCount),
                output: count(0...maximumTokenCount)), requests: count(1...maximumRequestCount))
    }
}
