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

    /// Stores the events that are new, in one transaction, and answers each.
    func record(_ events: [UsageEvent], in store: Store) throws -> [EventAnswer] {
        if events.isEmpty { return [] }
        let rows = try rows(of: events, in: store)
        try ensurePartitions(Set(events.map { CivilDate(daysSinceEpoch: $0.completedAt.day) }), in: store)
        return try store.transaction(as: .writer) { connection in
            var batch = RecordingBatch(rows)
            for known in try connection.query(ReadKnownEvents(rows)) {
                batch.noteKnown(at: Int(known.position) - 1, isSame: known.isSame)
            }
            let answers = batch.settled()
            let fresh = zip(rows, answers).filter { $1 == .accepted }.map(\.0)
            if !fresh.isEmpty { try insert(fresh, connection) }
            return answers
        }
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

    private func insert(_ rows: [KeyedEvent], _ connection: Connection) throws {
        let inserted = try connection.execute(InsertEventKeys.sql(rows))
        if inserted < rows.count {
            // Somebody else stored one of them since we looked: look again.
            throw PostgresError.retryable("another writer stored some of these events at the same moment")
        }
        try CopyEvents.write(rows, connection)
        try connection.execute(MarkHours.sql(rows))
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
    public func record(_ events: [UsageEvent]) throws -> [EventAnswer] { try recorder.record(events, in: self) }
}
