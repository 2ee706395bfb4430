import PostgresWire
import Taximeter

/// Which of some events the store has already, and the hash of what it has.
struct ReadKnownEvents: Statement {
    struct Row {
        /// Position in the batch, from 1.
        let position: Int64
        /// A ``ContentHash``; of events that were stored before there was one, the SHA-256 of the canonical payload.
        let hash: [UInt8]

        var isDigest: Bool { hash.count == 32 }
    }

    let sql: SQL

    init(_ rows: [KeyedEvent]) {
        sql = """
            SELECT t.position, k.payload_hash
            FROM unnest(\(rows.map(\.accountKey)), \(rows.map(\.event.requestID.text)))
            WITH ORDINALITY AS t (account_key, request_id, position)
            INNER JOIN taximeter.event_key AS k
            ON k.account_key = t.account_key AND k.request_id = t.request_id COLLATE "C"
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(position: try row.get(0), hash: try row.get(1))
    }
}

/// Which of some canonical payloads have these SHA-256 digests, by place from 1.
struct ReadMatchingDigests: Statement {
    let sql: SQL

    init(payloads: [[UInt8]], digests: [[UInt8]]) {
        sql = """
            SELECT t.place FROM unnest(\(payloads), \(digests)) WITH ORDINALITY AS t (payload, digest, place)
            WHERE sha256(t.payload) = t.digest
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int64 { try row.get(0) }
}

/// Up to which instant of completion the keys of events were dropped; nil for none.
struct ReadDroppedKeys: Statement {
    var sql: SQL { "SELECT dropped_before FROM taximeter.event_key_state" }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Instant? { try row.optionalInstant(0) }
}

/// Stores nothing. COPY cannot name the constraint that it relies on; this names it, and fails where it is lost.
enum RequireEventKeys {
    static func sql() -> SQL {
        """
        INSERT INTO taximeter.event_key (account_key, request_id, payload_hash) SELECT 0, '', '' WHERE false
        ON CONFLICT (account_key, request_id) DO NOTHING
        """
    }
}

/// Takes the ids of events, which come in key order; a unique violation when one of them is taken.
///
/// Through COPY rather than INSERT … ON CONFLICT: that looks every key up twice, and writes more log for each.
enum CopyEventKeys {
    private static let copy: SQL = """
        COPY taximeter.event_key (account_key, request_id, payload_hash, completed_at) FROM STDIN (FORMAT binary)
        """

    static func write(_ rows: [KeyedEvent], _ places: [Int], _ connection: Connection) throws {
        try connection.execute(RequireEventKeys.sql())
        try connection.copyIn(copy) { writer in
            for place in places {
                try writer.beginRow(columns: 4)
                writer.append(rows[place].accountKey)
                try writer.append(rows[place].event.requestID.text)
                let hash = rows[place].event.contentHash
                // Binary COPY has no types: sixteen bytes are sixteen bytes.
                try writer.append(WireUUID(high: hash.high, low: hash.low))
                try writer.append(Timestamp(rows[place].event.completedAt))
            }
        }
    }
}

/// Writes events, through binary COPY.
enum CopyEvents {
    /// - Parameter began: Is called when the server has locked the table for the transaction.
    static func write(
        _ rows: [KeyedEvent], _ places: [Int], _ connection: Connection, _ began: () -> Void
    ) throws {
        try connection.copyIn(EventRow.copy) { writer in
            began()
            for place in places {
                let row = rows[place]
                try writer.begin(
                    EventRow(
                        accountKey: row.accountKey, modelKey: row.modelKey, channelKey: row.channelKey,
                        serviceTierKey: row.serviceTierKey, startedAt: row.event.startedAt,
                        completedAt: row.event.completedAt, tokens: row.event.tokens, requests: row.event.requests,
                        batchKey: 0, isReversal: false))
                try writer.append(row.event.requestID.text)
            }
        }
    }
}

/// Says which hours have events that no bucket holds yet: the hours of both instants, whichever of them rates.
enum MarkHours {
    static func sql(_ rows: [KeyedEvent], _ places: [Int]) -> SQL {
        var hours: Set<Instant> = []
        for place in places {
            let started = rows[place].event.startedAt.startOfHour
            let completed = rows[place].event.completedAt.startOfHour
            hours.insert(completed)
            if started != completed { hours.insert(started) }
        }
        return sql(hours.sorted())
    }

    static func sql(_ hours: [Instant]) -> SQL {
        "INSERT INTO taximeter.dirty_hour (hour) SELECT unnest(\(hours.map(Timestamp.init)))"
    }
}
