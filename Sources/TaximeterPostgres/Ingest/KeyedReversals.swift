import PostgresWire
import Taximeter

/// Reversals of events that were stored by their ids, and what becomes of them.
struct KeyedReversals {
    let keys: [ReversedID.Key]

    init(_ reversals: [EventReversal], accountKeys: [Int64]) {
        keys = zip(reversals, accountKeys).map { ReversedID.Key(accountKey: $1, requestID: $0.requestID) }
    }

    /// Stores those that have an original and are the first to reverse it, and answers each.
    func take(_ connection: Connection) throws -> [ReversalAnswer] {
        if keys.isEmpty { return [] }
        var completed: [ReversedID.Key: Instant] = [:]
        for row in try connection.query(ReadCompletions(keys)) { completed[row.key] = row.completedAt }
        let ids = Set(keys).compactMap { key in completed[key].map { ReversedID(key: key, completedAt: $0) } }
        var originals: [ReversedID.Key: (id: ReversedID, row: ReadOriginals.Row)] = [:]
        for row in try connection.query(ReadOriginals(ids)) {
            let id = ids[Int(row.place) - 1]
            originals[id.key] = (id, row)
        }
        let taken = originals.isEmpty ? [] : try connection.query(InsertReversals(originals.values.map(\.id)))
        try store(taken.compactMap { originals[$0] }, connection)
        var free = Set(taken)
        return keys.map { key in
            if originals[key] == nil { return .noOriginal }
            return free.remove(key) == nil ? .alreadyReversed : .reversed
        }
    }

    private func store(_ originals: [(id: ReversedID, row: ReadOriginals.Row)], _ connection: Connection) throws {
        if originals.isEmpty { return }
        try connection.copyIn(EventRow.copy) { writer in
            for (id, row) in originals {
                try writer.begin(
                    EventRow(
                        accountKey: id.key.accountKey, modelKey: row.modelKey, channelKey: row.channelKey,
                        serviceTierKey: row.serviceTierKey, startedAt: row.startedAt, completedAt: id.completedAt,
                        tokens: row.tokens, requests: row.requests, batchKey: 0, isReversal: true))
                try writer.append(id.key.requestID.text)
            }
        }
        let hours = Set(originals.flatMap { [$0.row.startedAt.startOfHour, $0.id.completedAt.startOfHour] })
        try connection.execute(MarkHours.sql(hours.sorted()))
    }
}

/// When events with these ids were completed.
struct ReadCompletions: Statement {
    struct Row {
        let key: ReversedID.Key
        let completedAt: Instant
    }

    let sql: SQL

    init(_ keys: [ReversedID.Key]) {
        sql = """
            SELECT k.account_key, k.request_id, k.completed_at
            FROM unnest(\(keys.map(\.accountKey)), \(keys.map(\.requestID.text))) AS t (account_key, request_id)
            INNER JOIN taximeter.event_key AS k
            ON k.account_key = t.account_key AND k.request_id = t.request_id COLLATE "C"
            WHERE k.completed_at IS NOT NULL
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(
            key: ReversedID.Key(accountKey: try row.get(0), requestID: try row.identifier(1)),
            completedAt: try row.instant(2))
    }
}
