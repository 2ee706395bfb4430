import PostgresWire
import Taximeter

/// What a row of `usage_event` holds, but for its request id.
struct EventRow {
    let accountKey: Int64
    let modelKey: Int32
    let channelKey: Int32
    let serviceTierKey: Int32
    let startedAt: Instant
    let completedAt: Instant
    let tokens: TokenCounts
    let requests: Int64
    /// The batch it came in; 0 when it is stored by its own key.
    let batchKey: Int64
    let isReversal: Bool

    static let copy: SQL = """
        COPY taximeter.usage_event (
        account_key, completed_at, started_at, cache_hit_tokens, cache_miss_tokens, cache_write_tokens,
        cache_write_1h_tokens, output_tokens, requests, batch_key, model_key, channel_key, service_tier_key, sign,
        request_id
        ) FROM STDIN (FORMAT binary)
        """
}

extension CopyWriter {
    /// Begins a row of ``EventRow/copy``, of which the request id is left to be appended.
    @inline(__always)
    mutating func begin(_ row: EventRow) throws(PostgresError) {
        try beginRow(columns: 15)
        append(row.accountKey)
        try append(Timestamp(row.completedAt))
        try append(Timestamp(row.startedAt))
        append(row.tokens.cacheHit)
        append(row.tokens.cacheMiss)
        append(row.tokens.cacheWrite)
        append(row.tokens.cacheWrite1h)
        append(row.tokens.output)
        append(row.requests)
        append(row.batchKey)
        append(int32: row.modelKey)
        append(int32: row.channelKey)
        append(int32: row.serviceTierKey)
        append(int16: row.isReversal ? -1 : 1 as Int16)
    }
}
