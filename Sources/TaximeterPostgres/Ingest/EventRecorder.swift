import PostgresWire
import Synchronization
public import Taximeter

/// Takes events in, each once: `(account, request id)` is the key, for ever.
final class EventRecorder: Sendable {
    let accounts = NameTable(table: "account", nameColumn: "external_id")
    let models = NameTable(table: "model")
    let channels = NameTable(table: "channel")
    let serviceTiers = NameTable(table: "service_tier")
    private let partitions = Mutex<Set<CivilDate>>([])

    /// Whether some of the last events were known already: then the next ones are looked for before they are stored.
    private let expectsKnown = Mutex(false)

    /// Stores the events that are new and the reversals that can stand, in one transaction, and answers each.
    func record(_ events: [UsageEvent], reversing reversals: [EventReversal], in store: Store) throws -> RecordAnswers {
        if events.isEmpty && reversals.isEmpty { return RecordAnswers(events: [], reversals: []) }
        let rows = try rows(of: events, in: store)
        try ensurePartitions(Set(rows.map { CivilDate(daysSinceEpoch: $0.event.completedAt.day) }), in: store)
        let reversals = KeyedReversals(
            reversals, accountKeys: try accounts.keys(of: reversals.map(\.account), in: store))
        while true {
            let looksFirst = expectsKnown.withLock { $0 }
            do {
                let answers = try store.transaction(as: .writer) { connection in
                    try record(rows, reversals, looksFirst, connection)
                }
                expectsKnown.withLock { $0 = answers.events.contains { $0 == .duplicate || $0 == .conflict } }
                return answers
            } catch is SomeAreKnown {
                expectsKnown.withLock { $0 = true }
            }
        }
    }

    /// Ids were taken that should have been free: to be looked for first.
    private struct SomeAreKnown: Error {}

    private func record(
        _ rows: [KeyedEvent], _ reversals: KeyedReversals, _ looksFirst: Bool, _ connection: Connection
    ) throws -> RecordAnswers {
        // Whoever drops keys holds this lock alone, so what is read next stays true until the commit.
        try connection.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended('taximeter.event_key', 0))")
        var batch = RecordingBatch(rows)
        if let droppedBefore = try connection.query(ReadDroppedKeys()).first ?? nil {
            batch.refuse(completedBefore: droppedBefore)
        }
        if looksFirst {
            for known in try connection.query(ReadKnownEvents(rows)) {
                batch.noteKnown(at: Int(known.position) - 1, isSame: known.isSame)
            }
        }
        let answers = batch.settled()
        let fresh = zip(rows, answers).filter { $1 == .accepted }.map(\.0)
        if !fresh.isEmpty {
            let inserted = try connection.execute(InsertEventKeys.sql(fresh))
            if inserted < fresh.count {
                if !looksFirst { throw SomeAreKnown() }
                // Somebody else stored one of them since we looked: look again.
                throw PostgresError.retryable("another writer stored some of these events at the same moment")
            }
            try CopyEvents.write(fresh, connection)
            try connection.execute(MarkHours.sql(fresh))
        }
        return RecordAnswers(events: answers, reversals: try reversals.take(connection))
    }

    private func rows(of events: [UsageEvent], in store: Store) throws -> [KeyedEvent] {
        let accountKeys = try accounts.keys(of: Set(events.map(\.account)), in: store)
        let modelKeys = try models.keys(of: Set(events.map(\.model)), in: store)
        let channelKeys = try channels.keys(of: Set(events.map(\.channel)), in: store)
        let serviceTierKeys = try serviceTiers.keys(of: Set(events.map(\.serviceTier)), in: store)
        return try events.map { event in
            KeyedEvent(
                event: event, accountKey: try accounts.key(event.account, accountKeys),
                modelKey: Int32(truncatingIfNeeded: try models.key(event.model, modelKeys)),
                channelKey: Int32(truncatingIfNeeded: try channels.key(event.channel, channelKeys)),
                serviceTierKey: Int32(truncatingIfNeeded: try serviceTiers.key(event.serviceTier, serviceTierKeys)),
                payload: event.canonicalPayload)
        }
    }

    /// Makes the partitions of these days, as far as they are not known to be there.
    func ensurePartitions(_ days: Set<CivilDate>, in store: Store) throws {
        let missing = days.subtracting(partitions.withLock { $0 }).sorted()
        for day in missing {
            _ = try store.transaction(as: .writer) { connection in
                try connection.execute("SELECT taximeter.ensure_usage_partition(\(day.description)::date)")
            }
        }
        partitions.withLock { $0.formUnion(missing) }
    }
}

extension Store {
    /// Stores usage events, each at most once: an id is used once per account, for ever.
    ///
    /// All events that are new are stored together, durably, before this returns; calling it again with the same ones
    /// changes nothing. 5,000 to 10,000 events a call are stored fastest.
    ///
    /// - Returns: One answer for each event, in order.
    /// - Throws: `PostgresError` from the server; then none of the events are stored, or, when the answer to the commit
    ///   was lost, all of them may be: record them again.
    public func record(_ events: [UsageEvent]) throws -> [EventAnswer] { try record(events, reversing: []).events }

    /// Stores usage events and reversals together: a replacement is a reversal and the new event in one call.
    ///
    /// Reversals come after the events, so that one may undo an event of the same call. They find what was stored by its
    /// request id; usage that came in batches is reversed in batches.
    ///
    /// - Returns: One answer for each event and each reversal, in order.
    /// - Throws: As ``record(_:)``.
    public func record(_ events: [UsageEvent], reversing reversals: [EventReversal]) throws -> RecordAnswers {
        try recorder.record(events, reversing: reversals, in: self)
    }

    /// Undoes an event that was stored by its request id. The event stays; a reversal is stored beside it.
    public func reverse(account: Identifier, requestID: Identifier) throws -> ReversalAnswer {
        let reversal = EventReversal(account: account, requestID: requestID)
        return try record([], reversing: [reversal]).reversals.first ?? .noOriginal
    }
}
