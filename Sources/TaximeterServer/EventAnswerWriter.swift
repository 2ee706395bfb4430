import Foundation

/// Writes what became of the events of a request: how many of each answer, then each in order. By hand where nothing is
/// wrong, which is nearly always: a hundred small objects cost an encoder more than storing their events.
enum EventAnswerWriter {
    private static let words = ["accepted", "duplicate", "conflict", "rejected", "reversed", "reversed_before"]

    static func json(_ outcomes: [EventOutcome]) throws -> [UInt8] {
        var text = "{"
        for word in words {
            text += "\"\(word)\":\(outcomes.count { $0.answer == word }),"
        }
        text += "\"answers\":["
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        for (index, outcome) in outcomes.enumerated() {
            if index > 0 { text += "," }
            if outcome.isStored {
                text += "{\"answer\":\"\(outcome.answer)\"}"
            } else {
                text += String(decoding: try encoder.encode(outcome), as: UTF8.self)
            }
        }
        text += "]}\n"
        return Array(text.utf8)
    }
}
