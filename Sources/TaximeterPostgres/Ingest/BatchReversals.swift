import PostgresWire
import Taximeter

/// The reversals of a batch: which of them can stand.
struct BatchReversals {
    let block: EventBlock
    /// Places of the reversals among the block's rows.
    let places: [Int]
    let faults: [Int: String]
    let accountKeys: [Int64]
    let modelKeys: [Int32]
    let channelKeys: [Int32]
    let serviceTierKeys: [Int32]

    private struct ID: Hashable {
        let account: Int32
        let requestID: ArraySlice<UInt8>
    }

    /// Takes the reversed ids for those that have their original, and are the first to reverse it.
    ///
    /// - Returns: The others, by place, and why they cannot be stored.
    func take(_ connection: Connection) throws -> [Int: String] {
        var faults: [Int: String] = [:]
        let earlier = originalsInBatch()
        var elsewhere: [(place: Int, id: ReversedID)] = []
        var found: [(place: Int, id: ReversedID)] = []
        for place in places {
            guard let id = id(of: block.rows[place]) else { continue }
            if let original = earlier[key(place)], original < place {
                let isSame = hasValues(of: block.rows[original], place)
                if isSame { found.append((place, id)) } else { faults[place] = Self.differs }
            } else {
                elsewhere.append((place, id))
            }
        }
        var originals: [Int: ReadOriginals.Row] = [:]
        if !elsewhere.isEmpty {
            for row in try connection.query(ReadOriginals(elsewhere.map(\.id))) {
                originals[Int(row.place) - 1] = row
            }
        }
        for (index, (place, id)) in elsewhere.enumerated() {
            guard let original = originals[index] else {
                faults[place] = Self.notFound
                continue
            }
            if isEqual(original, to: block.rows[place]) {
                found.append((place, id))
            } else {
                faults[place] = Self.differs
            }
        }
        return faults.merging(try takeIDs(found, connection)) { first, _ in first }
    }

    private static let notFound = "reversal without an original: no such event of the account was stored before it"
    private static let differs = "reversal with other values than its original"
    private static let again = "reversal of an event that was reversed before"

    private func takeIDs(_ found: [(place: Int, id: ReversedID)], _ connection: Connection) throws -> [Int: String] {
        if found.isEmpty { return [:] }
        var free = Set(try connection.query(InsertReversals(found.map(\.id))))
        var faults: [Int: String] = [:]
        for (place, id) in found where free.remove(id.key) == nil { faults[place] = Self.again }
        return faults
    }

    /// The usage of the batch that its reversals speak of, by id: the first of each.
    private func originalsInBatch() -> [ID: Int] {
        let wanted = Set(places.map(key))
        var originals: [ID: Int] = [:]
        for index in block.rows.indices where block.rows[index].kind == .usage && faults[index] == nil {
            let id = key(index)
            if wanted.contains(id), originals[id] == nil { originals[id] = index }
        }
        return originals
    }

    private func key(_ place: Int) -> ID {
        let row = block.rows[place]
        return ID(account: row.account, requestID: block.requestIDRange(of: row).map { block.requestIDs[$0] } ?? [])
    }

    private func id(of row: EventBlock.Row) -> ReversedID? {
        guard let range = block.requestIDRange(of: row),
            let text = String(validating: block.requestIDs[range], as: UTF8.self),
            let requestID = try? Identifier(text)
        else { return nil }
        return ReversedID(
            key: ReversedID.Key(accountKey: accountKeys[Int(row.account)], requestID: requestID),
            completedAt: row.completedAt)
    }

    private func hasValues(of original: EventBlock.Row, _ place: Int) -> Bool {
        var copy = original
        let row = block.rows[place]
        copy.kind = .reversal
        copy.requestIDStart = row.requestIDStart
        return copy == row
    }

    private func isEqual(_ original: ReadOriginals.Row, to row: EventBlock.Row) -> Bool {
        original.startedAt == row.startedAt && original.tokens == row.tokens && original.requests == row.requests
            && original.modelKey == modelKeys[Int(row.model)] && original.channelKey == channelKeys[Int(row.channel)]
            && original.serviceTierKey == serviceTierKeys[Int(row.serviceTier)]
    }
}

/// The id that a reversal speaks of, and when its original was completed.
struct ReversedID {
    struct Key: Hashable {
        let accountKey: Int64
        let requestID: Identifier
    }

    let key: Key
    let completedAt: Instant
}

/// Events that are to be reversed.
struct ReadOriginals: Statement {
    struct Row {
        /// Place among the ids, from 1.
        let place: Int64
        let startedAt: Instant
        let modelKey: Int32
        let channelKey: Int32
        let serviceTierKey: Int32
        let requests: Int64
        let tokens: TokenCounts
    }

    let sql: SQL

    init(_ ids: [ReversedID]) {
        sql = """
            SELECT place, started_at, model_key, channel_key, service_tier_key, requests, cache_hit_tokens,
                cache_miss_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens
            FROM taximeter.originals(\(ids.map(\.key.accountKey)), \(ids.map(\.key.requestID.text)), \
            \(ids.map { Timestamp($0.completedAt) }))
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> Row {
        Row(
            place: try row.get(0), startedAt: try row.instant(1), modelKey: try row.get(2), channelKey: try row.get(3),
            serviceTierKey: try row.get(4), requests: try row.get(5),
            tokens: TokenCounts(
                cacheHit: try row.get(6), cacheMiss: try row.get(7), cacheWrite: try row.get(8),
                cacheWrite1h: try row.get(9), output: try row.get(10)))
    }
}

/// Takes the ids of reversed events, in key order; gives those that were free.
struct InsertReversals: Statement {
    let sql: SQL

    init(_ ids: [ReversedID]) {
        sql = """
            INSERT INTO taximeter.event_reversal (account_key, request_id)
            SELECT t.account_key, t.request_id
            FROM unnest(\(ids.map(\.key.accountKey)), \(ids.map(\.key.requestID.text))) AS t (account_key, request_id)
            ORDER BY t.account_key, t.request_id COLLATE "C"
            ON CONFLICT (account_key, request_id) DO NOTHING
            RETURNING account_key, request_id
            """
    }

    static func decode(_ row: borrowing ResultRow) throws(PostgresError) -> ReversedID.Key {
        ReversedID.Key(accountKey: try row.get(0), requestID: try row.identifier(1))
    }
}
