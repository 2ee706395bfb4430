import PostgresWire
import Taximeter

/// Which of some events the store has already, and whether with the same content.
struct ReadKnownEvents: Statement {
    struct Row {
        /// Position in the batch, from 1.
        let position: Int64
        let isSame: Bool
    }

    let sql: SQL

    init(_ rows: [KeyedEvent]) {
        sql = """
            SELECT t.position, k.payload_hash = sha256(t.payload)
            FROM unnest(\(rows.map(\.accountKey)), \(rows.map(\.event.requestID.text)), \(rows.map(\.payload)))
            WITH ORDINALITY AS t (account_key, request_id, payload, position)
            INNER JOIN taximeter.event_key AS k
            ON k.account_key = t.account_key AND k.request_id = t.request_id COLLATE "C"
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(position: try row.get(0), isSame: try row.get(1))
    }
}

/// Up to which instant of completion the keys of events were dropped; nil for none.
struct ReadDroppedKeys: Statement {
    var sql: SQL { "SELECT dropped_before FROM taximeter.event_key_state" }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Instant? { try row.optionalInstant(0) }
}

/// Takes the ids of events, in key order so that two writers never wait for each other in a circle.
enum InsertEventKeys {
    static func sql(_ rows: [KeyedEvent]) -> SQL {
        """
        INSERT INTO taximeter.event_key (account_key, request_id, payload_hash, completed_at)
        SELECT t.account_key, t.request_id, sha256(t.payload), t.completed_at
        FROM unnest(\(rows.map(\.accountKey)), \(rows.map(\.event.requestID.text)), \(rows.map(\.payload)), \
        \(rows.map { Timestamp($0.event.completedAt) }))
        AS t (account_key, request_id, payload, completed_at)
        ORDER BY t.account_key, t.request_id COLLATE "C"
        ON CONFLICT (account_key, request_id) DO NOTHING
        """
    }
}

/// Writes events, through binary COPY.
enum CopyEvents {
    static func write(_ rows: [KeyedEvent], _ connection: Connection) throws {
        try connection.copyIn(EventRow.copy) { writer in
            for row in rows {
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
    static func sql(_ rows: [KeyedEvent]) -> SQL {
        var hours: Set<Instant> = []
        for row in rows {
            hours.insert(row.event.startedAt.startOfHour)
            hours.insert(row.event.completedAt.startOfHour)
        }
        return sql(hours.sorted())
    }

    static func sql(_ hours: [Instant]) -> SQL {
        "INSERT INTO taximeter.dirty_hour (hour) SELECT unnest(\(hours.map(Timestamp.init)))"
    }
}
