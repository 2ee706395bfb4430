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

/// Takes the ids of events, in key order so that two writers never wait for each other in a circle.
enum InsertEventKeys {
    static func sql(_ rows: [KeyedEvent]) -> SQL {
        """
        INSERT INTO taximeter.event_key (account_key, request_id, payload_hash)
        SELECT t.account_key, t.request_id, sha256(t.payload)
        FROM unnest(\(rows.map(\.accountKey)), \(rows.map(\.event.requestID.text)), \(rows.map(\.payload)))
        AS t (account_key, request_id, payload)
        ORDER BY t.account_key, t.request_id COLLATE "C"
        ON CONFLICT (account_key, request_id) DO NOTHING
        """
    }
}

/// Writes events, through binary COPY.
enum CopyEvents {
    static func write(_ rows: [KeyedEvent], _ connection: Connection) throws {
        let copy: SQL = """
            COPY taximeter.usage_event (
            account_key, completed_at, started_at, cache_hit_tokens, cache_miss_tokens, cache_write_tokens,
            cache_write_1h_tokens, output_tokens, requests, model_key, channel_key, service_tier_key, request_id
            ) FROM STDIN (FORMAT binary)
            """
        try connection.copyIn(copy) { writer in
            for row in rows {
                try writer.beginRow(columns: 13)
                writer.append(row.accountKey)
                try writer.append(Timestamp(row.event.completedAt))
                try writer.append(Timestamp(row.event.startedAt))
                for tokenClass in TokenClass.allCases { writer.append(row.event.tokens[tokenClass]) }
                writer.append(row.event.requests)
                try writer.append(row.modelKey)
                try writer.append(row.channelKey)
                try writer.append(row.serviceTierKey)
                try writer.append(row.event.requestID.text)
            }
        }
    }
}

/// Says which hours have events that no bucket holds yet: the hours of both instants, whichever of them rates.
enum MarkHours {
    static func sql(_ rows: [KeyedEvent]) -> SQL {
        let hours = Set(rows.flatMap { [$0.event.startedAt, $0.event.completedAt] }.map(\.startOfHour)).sorted()
        return "INSERT INTO taximeter.dirty_hour (hour) SELECT unnest(\(hours.map(Timestamp.init)))"
    }
}
