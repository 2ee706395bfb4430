import PostgresWire
import Synchronization
public import Taximeter

/// Takes events in, each once: `(account, request id)` is the key, for ever.
final class EventRecorder: Sendable {
    let accounts = NameTable(table: "account", nameColumn: "external_id")
    let models = NameTable(table: "model")
    let channels = NameTable(table: "channel")
    let serviceTiers = NameTable(table: "service_tier")
    /// Days that are known to have their partition.
    private let partitions = Mutex<Set<Int64>>([])

    /// Counts how often what was remembered of the server was forgotten.
    private let generation = Atomic<Int>(0)

    /// Whether some of the last events were known already: then the next ones are looked for before they are stored.
    private let expectsKnown = Mutex(false)

    /// Stores the events that are new and the reversals that can stand, in one transaction, and answers each.
    ///
    /// - Parameters:
    ///   - turn: The call's place among those of a ``RecordingPipeline``.
    func record(
        _ events: [UsageEvent], reversing reversals: [EventReversal], in turn: RecordingTurn?, of store: Store
    ) throws -> RecordAnswers {
        try withKnownNames { ensure in
            try record(events, reversing: reversals, in: turn, of: store, ensure)
        }
    }

    /// Runs work that uses remembered keys and partitions, again from its start where they were forgotten meanwhile. In
    /// each transaction, before it writes, it is to call what it is given, which ends it then.
    func withKnownNames<R>(_ body: (_ ensure: () throws -> Void) throws -> R) throws -> R {
        while true {
            let begun = generation.load(ordering: .acquiring)
            do {
                return try body {
                    if generation.load(ordering: .acquiring) != begun { throw NamesForgotten() }
                }
            } catch is NamesForgotten {}
        }
    }

    /// What was remembered may not hold: a new connection may lead to a standby that took over without having received
    /// the last names and partitions, and will give their keys to others.
    func forget() {
        generation.add(1, ordering: .acquiringAndReleasing)
        for table in [accounts, models, channels, serviceTiers] { table.forget() }
        partitions.withLock { $0 = [] }
    }

    /// Keys were looked up that may be another's by now.
    private struct NamesForgotten: Error {}

    private func record(
        _ events: [UsageEvent], reversing reversals: [EventReversal], in turn: RecordingTurn?, of store: Store,
        _ ensure: () throws -> Void
    ) throws -> RecordAnswers {
        let batch = RecordingBatch(try rows(of: events, in: store))
        try ensurePartitions(Set(events.indices.map { events[$0].completedAt.day }), in: store)
        // Reversals look for what the call before has stored.
        if !reversals.isEmpty { turn?.before?.waitUntilEnded() }
        let reversals = KeyedReversals(
            reversals, accountKeys: try accounts.keys(of: reversals.map(\.account), in: store))
        while true {
            let looksFirst = expectsKnown.withLock { $0 }
            if looksFirst { turn?.before?.waitUntilEnded() }
            let attemptBefore = turn?.before?.waitUntilIDsTaken() ?? 0
            do {
                let answers = try store.transaction(as: .writer, failed: { turn?.call.giveBackIDs() }) { connection in
                    try ensure()
                    return try record(batch, reversals, looksFirst, in: turn, attemptBefore, connection)
                }
                expectsKnown.withLock { $0 = answers.events.contains { $0 == .duplicate || $0 == .conflict } }
                return answers
            } catch is SomeAreKnown {
                turn?.call.giveBackIDs()
                expectsKnown.withLock { $0 = true }
            } catch is RecordingCall.TriedAgain {
                turn?.call.giveBackIDs()
                turn?.before?.waitUntilEnded()
            }
        }
    }

    /// Ids were taken that should have been free: to be looked for first.
    private struct SomeAreKnown: Error {}

    private func record(
        _ batch: RecordingBatch, _ reversals: KeyedReversals, _ looksFirst: Bool, in turn: RecordingTurn?,
        _ attemptBefore: Int, _ connection: Connection
    ) throws -> RecordAnswers {
        var batch = batch
        let rows = batch.rows
        // Whoever drops keys holds this lock alone, so what is read next stays true until the commit.
        try connection.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended('taximeter.event_key', 0))")
        if let droppedBefore = try connection.query(ReadDroppedKeys()).first ?? nil {
            batch.refuse(completedBefore: droppedBefore)
        }
        if looksFirst {
            try lookUp(&batch, connection)
        }
        let (answers, accepted) = batch.settled()
        if !accepted.isEmpty {
            do {
                try CopyEventKeys.write(rows, accepted, connection)
            } catch let error as PostgresError where SQLState.uniqueViolation ~= error.sqlState {
                if !looksFirst { throw SomeAreKnown() }
                // Somebody else stored one of them since we looked: look again.
                throw PostgresError.retryable("another writer stored some of these events at the same moment")
            }
            // Where the order is the source's own, neighbours in time stay neighbours in the table.
            let fresh = accepted.sorted()
            try CopyEvents.write(rows, fresh, connection) { turn?.call.takeIDs() }
            try turn?.before?.waitUntilEnded(with: attemptBefore)
            try connection.execute(MarkHours.sql(rows, fresh))
        } else {
            try turn?.before?.waitUntilEnded(with: attemptBefore)
            try connection.execute(OwnLogRecord.sql())
        }
        return RecordAnswers(events: answers, reversals: try reversals.take(connection))
    }

    /// Notes which events the store has, and whether with the same content.
    private func lookUp(_ batch: inout RecordingBatch, _ connection: Connection) throws {
        let known = try connection.query(ReadKnownEvents(batch.rows))
        for row in known where !row.isDigest {
            let position = Int(row.position) - 1
            batch.noteKnown(at: position, isSame: row.hash == batch.rows[position].event.contentHash.bytes)
        }
        let digests = known.filter(\.isDigest)
        if digests.isEmpty { return }
        let payloads = digests.map { batch.rows[Int($0.position) - 1].event.canonicalPayload }
        let matching = try connection.query(ReadMatchingDigests(payloads: payloads, digests: digests.map(\.hash)))
        let same = Set(matching)
        for (place, row) in digests.enumerated() {
            batch.noteKnown(at: Int(row.position) - 1, isSame: same.contains(Int64(place + 1)))
        }
    }

    private func rows(of events: [UsageEvent], in store: Store) throws -> [KeyedEvent] {
        // By place: as a sequence, every event would be copied to give one name.
        let places = events.indices.lazy
        let accountKeys = try accounts.keys(of: places.map { events[$0].account }, in: store)
        let modelKeys = try models.keys(of: places.map { events[$0].model }, in: store)
        let channelKeys = try channels.keys(of: places.map { events[$0].channel }, in: store)
        let serviceTierKeys = try serviceTiers.keys(of: places.map { events[$0].serviceTier }, in: store)
        return events.indices.map { index in
            KeyedEvent(
                event: events[index], accountKey: accountKeys[index],
                modelKey: Int32(truncatingIfNeeded: modelKeys[index]),
                channelKey: Int32(truncatingIfNeeded: channelKeys[index]),
                serviceTierKey: Int32(truncatingIfNeeded: serviceTierKeys[index]))
        }
    }

    /// Makes the partitions of these days, counted from 1970-01-01, as far as they are not known to be there.
    func ensurePartitions(_ days: Set<Int64>, in store: Store) throws {
        let begun = generation.load(ordering: .acquiring)
        let missing = days.subtracting(partitions.withLock { $0 }).sorted()
        for day in missing {
            _ = try store.transaction(as: .writer) { connection in
                let date = CivilDate(daysSinceEpoch: day)
                try connection.execute("SELECT taximeter.ensure_usage_partition(\(date.description)::date)")
            }
        }
        partitions.withLock { partitions in
            if generation.load(ordering: .acquiring) == begun { partitions.formUnion(missing) }
        }
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
        try record(events, reversing: reversals, in: nil)
    }

    /// As ``record(_:reversing:)``, for one of several calls in order.
    func record(
        _ events: [UsageEvent], reversing reversals: [EventReversal], in turn: RecordingTurn?
    ) throws -> RecordAnswers {
        if events.isEmpty && reversals.isEmpty { return RecordAnswers(events: [], reversals: []) }
        let start = ContinuousClock.now
        do {
            let answers = try recorder.record(events, reversing: reversals, in: turn, of: self)
            recordMetrics.answered(answers, took: start.duration(to: .now))
            return answers
        } catch {
            recordMetrics.failed()
            throw error
        }
    }

    /// Undoes an event that was stored by its request id. The event stays; a reversal is stored beside it.
    public func reverse(account: Identifier, requestID: Identifier) throws -> ReversalAnswer {
        let reversal = EventReversal(account: account, requestID: requestID)
        return try record([], reversing: [reversal]).reversals.first ?? .noOriginal
    }
}
