import Taximeter

/// An event with the keys of its names, ready to be stored.
struct KeyedEvent {
    let event: UsageEvent
    let accountKey: Int64
    let modelKey: Int32
    let channelKey: Int32
    let serviceTierKey: Int32
    let payload: [UInt8]
}

/// Events of one call, and what is known of each so far.
struct RecordingBatch {
    private struct Key: Hashable {
        let accountKey: Int64
        let requestID: Identifier
    }

    let rows: [KeyedEvent]
    /// Answers by position; nil where the store does not know the id.
    private var answers: [EventAnswer?]

    init(_ rows: [KeyedEvent]) {
        self.rows = rows
        answers = Array(repeating: nil, count: rows.count)
    }

    /// Notes that the store has the id of the event at a position, with the same content or with other.
    mutating func noteKnown(at position: Int, isSame: Bool) {
        if answers[position] == nil { answers[position] = isSame ? .duplicate : .conflict }
    }

    /// Refuses what is too old to be told from a repeat.
    mutating func refuse(completedBefore instant: Instant) {
        for position in rows.indices where rows[position].event.completedAt < instant {
            answers[position] = .tooOldToCheck
        }
    }

    /// Every event's answer, in order: of the ids that the store does not know, the first in the batch is accepted.
    func settled() -> [EventAnswer] {
        var firsts: [Key: Int] = [:]
        return answers.enumerated().map { position, answer in
            if let answer { return answer }
            let row = rows[position]
            let key = Key(accountKey: row.accountKey, requestID: row.event.requestID)
            guard let first = firsts[key] else {
                firsts[key] = position
                return .accepted
            }
            return rows[first].payload == row.payload ? .duplicate : .conflict
        }
    }
}
