import Taximeter
import TaximeterPostgres
import TestKit
import Testing

/// A producer of batches for tests, with the names of some accounts and models.
struct TestProducer {
    let id: ProducerID

    init(_ number: UInt64 = 1) { id = ProducerID(high: 0x7a78_0000_0000_4000, low: 0x8000_0000_0000_0000 | number) }

    /// A batch of random usage over four days; request ids hold producer and sequence, so that all are different.
    func batch(_ sequence: Int64, events: Int = 200, _ generator: inout SeededGenerator) throws -> EventBatch {
        var block = EventBlock()
        block.accounts = try (0..<5).map { try Identifier("account-\($0)") }
        block.models = try ["model-a", "model-b"].map { try Identifier($0) }
        block.channels = try ["api", "web"].map { try Identifier($0) }
        block.serviceTiers = [try Identifier("standard")]
        let start = try instant("2025-03-10T00:00:00Z")
        for index in 0..<events {
            let started = try #require(
                start.advanced(byMicroseconds: .random(in: 0..<4 * Instant.day, using: &generator)))
            let completed = try #require(
                started.advanced(byMicroseconds: .random(in: 0...20 * Instant.minute, using: &generator)))
            let requestID = Array("r-\(id.low)-\(sequence)-\(index)".utf8)
            block.rows.append(
                EventBlock.Row(
                    kind: .usage, account: .random(in: 0..<5, using: &generator),
                    model: .random(in: 0..<2, using: &generator), channel: .random(in: 0..<2, using: &generator),
                    serviceTier: 0, requestIDStart: Int32(block.requestIDs.count),
                    requestIDLength: Int32(requestID.count), startedAt: started, completedAt: completed,
                    tokens: TokenCounts(
                        cacheHit: .random(in: 0..<1_000, using: &generator),
                        cacheMiss: .random(in: 0..<1_000, using: &generator),
                        cacheWrite: .random(in: 0..<10, using: &generator),
                        cacheWrite1h: .random(in: 0..<10, using: &generator),
                        output: .random(in: 0..<1_000, using: &generator)),
                    requests: Int.random(in: 0..<20, using: &generator) == 0 ? 7 : 1))
            block.requestIDs += requestID
        }
        return EventBatch(producer: id, sequence: sequence, block: block)
    }

    /// Batches 1, 2, 3, ...
    func batches(_ count: Int, events: Int = 200, _ generator: inout SeededGenerator) throws -> [EventBatch] {
        try (0..<count).map { try batch(Int64($0 + 1), events: events, &generator) }
    }
}

extension EventBatch {
    /// The same place, another content.
    func with(_ change: (inout EventBlock) -> Void) -> EventBatch {
        var block = block
        change(&block)
        return EventBatch(producer: producer, sequence: sequence, block: block)
    }
}

extension TestDatabase {
    /// Rolls up, and gives every difference that the audit finds, a line each.
    func audit() throws -> String {
        try store.run()
        return try psql("SELECT * FROM taximeter.event_audit")
    }

    /// Number and sums of all stored events, reversals subtracted.
    func storedSums() throws -> String { try psql(Self.sumsOfStored) }

    /// The query for them, for other databases too.
    static let sumsOfStored = """
        SELECT count(*), sum(sign * requests), sum(sign * cache_hit_tokens), sum(sign * cache_miss_tokens),
            sum(sign * cache_write_tokens), sum(sign * cache_write_1h_tokens), sum(sign * output_tokens)
        FROM taximeter.usage_event
        """
}

/// What ``TestDatabase/storedSums()`` has to be when exactly these batches are stored.
func sums(of batches: some Sequence<EventBatch>) -> String {
    var sums = [Int64](repeating: 0, count: 7)
    for row in batches.lazy.flatMap(\.block.rows) {
        let sign: Int64 = row.kind == .reversal ? -1 : 1
        let counts = [row.requests] + TokenClass.allCases.map { row.tokens[$0] }
        sums[0] += 1
        for (index, count) in counts.enumerated() { sums[index + 1] += sign * count }
    }
    return sums.map(String.init).joined(separator: "|") + "\n"
}
