import PostgresWire
import Taximeter

/// Takes the place of a batch in its producer's order, and marks its hours; no row when the place is taken.
struct InsertBatch: Statement {
    let sql: SQL

    init(_ batch: EventBatch, hash: ContentHash, totals: BatchTotals, quarantined: Int, hours: [Instant]) {
        let counts = TokenClass.allCases.map { Numeric(units: totals.tokens[Int($0.rawValue)], scale: 0) }
        sql = """
            WITH batch AS (
                INSERT INTO taximeter.ingest_batch (
                    producer_id, sequence, content_hash, events, quarantined, requests, cache_hit_tokens,
                    cache_miss_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens)
                VALUES (\(WireUUID(batch.producer)), \(batch.sequence), \(hash.bytes), \(totals.events), \
            \(Int64(quarantined)), \(Numeric(units: totals.requests, scale: 0)), \(counts[0]), \(counts[1]), \(counts[2]), \
            \(counts[3]), \(counts[4]))
                ON CONFLICT (producer_id, sequence) DO NOTHING
                RETURNING batch_key
            ), marks AS (
                INSERT INTO taximeter.dirty_hour (hour)
                SELECT t.hour FROM unnest(\(hours.map(Timestamp.init))) AS t (hour) CROSS JOIN batch
            )
            SELECT b.batch_key FROM batch AS b
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Int64 { try row.get(0) }
}

/// The content hash of a batch that is stored.
struct ReadBatchHash: Statement {
    let sql: SQL

    init(_ batch: EventBatch) {
        sql = """
            SELECT content_hash FROM taximeter.ingest_batch
            WHERE producer_id = \(WireUUID(batch.producer)) AND sequence = \(batch.sequence)
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> [UInt8] { try row.get(0) }
}

/// Sets events of a batch aside.
enum InsertQuarantined {
    static func sql(_ events: [QuarantinedEvent], batchKey: Int64) -> SQL {
        """
        INSERT INTO taximeter.quarantined_event (batch_key, position, reason, event)
        SELECT \(batchKey), t.position, t.reason, t.event::jsonb
        FROM unnest(\(events.map(\.position)), \(events.map(\.reason)), \(events.map(\.json)))
        AS t (position, reason, event)
        """
    }
}

extension WireUUID {
    init(_ producer: ProducerID) { self.init(high: producer.high, low: producer.low) }
}
