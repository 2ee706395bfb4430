import Taximeter

/// Events of one call, and what is known of each so far.
struct RecordingBatch {
    let rows: [KeyedEvent]
    /// Places of the rows in the order in which their keys are taken.
    private let keyOrder: [Int]
    /// Answers by position; nil where the store does not know the id.
    private var answers: [EventAnswer?]

    init(_ rows: [KeyedEvent]) {
        self.rows = rows
        keyOrder = KeyedEvent.placesInKeyOrder(rows)
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

    /// Every event's answer, in order, and the places of the accepted ones, in key order: of the ids that the store does
    /// not know, the first in the batch is accepted.
    func settled() -> (answers: [EventAnswer], accepted: [Int]) {
        var settled = answers
        var accepted: [Int] = []
        accepted.reserveCapacity(rows.count)
        for place in keyOrder where settled[place] == nil {
            // Equal ids are neighbours in key order.
            if let first = accepted.last, isSameKey(first, place) {
                settled[place] = rows[first].event == rows[place].event ? .duplicate : .conflict
            } else {
                settled[place] = .accepted
                accepted.append(place)
            }
        }
        return (settled.map { $0 ?? .accepted }, accepted)
    }

    private func isSameKey(_ one: Int, _ other: Int) -> Bool {
        rows[one].accountKey == rows[other].accountKey && rows[one].event.requestID == rows[other].event.requestID
    }
}
