import Glibc
import PostgresWire
import Taximeter
import TaximeterPostgres

/// Storing batches exactly once, next to COPY of the same rows, encoded before, into the same table by a client that
/// does nothing else; and the client that most people write first.
struct CourierBenchmark {
    static let batchSize = 10_000
    static let naiveEvents = 2_000

    let workload: Workload
    let options: ConnectionOptions
    let connectionString: String

    func run() throws {
        let store = Store(options, connections: 1)
        let raw = try RawClient(connectionString)
        let blocks = try blocks()
        var producer: UInt64 = 0
        var cpu: UInt64 = 0
        var stored = 0
        // Names and partitions, which a long run makes once.
        for (index, block) in blocks.enumerated() {
            _ = try store.store(
                EventBatch(producer: ProducerID(high: 1, low: 0), sequence: Int64(index + 1), block: block))
        }
        let encoded = blocks.map(Self.encoded)
        try Benchmark(
            name: "storing batches exactly once, into the partitioned table, 10,000 events each", unit: "events",
            runs: 5,
            subject: {
                producer += 1
                let before = Self.threadNanoseconds()
                for (index, block) in blocks.enumerated() {
                    let id = ProducerID(high: 1, low: producer)
                    guard
                        try store.store(EventBatch(producer: id, sequence: Int64(index + 1), block: block)) == .stored
                    else { throw RawClient.Failure(text: "a batch was not new") }
                }
                cpu += Self.threadNanoseconds() - before
                stored += workload.events.count
                return workload.events.count
            },
            baselineName: "COPY BINARY of the same rows into the same table by libpq, encoded before, no checks",
            baseline: {
                for bytes in encoded { try raw.copy(Self.copy, bytes) }
                return workload.events.count
            }
        ).run()
        print(
            "  \(cpu / UInt64(max(stored, 1))) ns of the client's processor an event: checks, hash, sums, encoding, libpq"
        )

        try raw.prepare(Self.insert)
        try Benchmark(
            name: "storing batches exactly once, next to what a naive client does", unit: "events", runs: 3,
            subject: {
                producer += 1
                for (index, block) in blocks.enumerated() {
                    let id = ProducerID(high: 1, low: producer)
                    _ = try store.store(EventBatch(producer: id, sequence: Int64(index + 1), block: block))
                }
                return workload.events.count
            },
            baselineName: "one prepared INSERT an event, each its own transaction",
            baseline: {
                for event in workload.events.prefix(Self.naiveEvents) { try raw.executePrepared(Self.values(event)) }
                return Self.naiveEvents
            }
        ).run()
        store.close()
    }

    private static let columns = """
        account_key, completed_at, started_at, cache_hit_tokens, cache_miss_tokens, cache_write_tokens, \
        cache_write_1h_tokens, output_tokens, requests, batch_key, model_key, channel_key, service_tier_key, sign, \
        request_id
        """
    private static let copy = "COPY taximeter.usage_event (\(columns)) FROM STDIN (FORMAT binary)"
    private static let insert = """
        INSERT INTO taximeter.usage_event (\(columns)) VALUES ($1, to_timestamp($2::numeric / 1000000), \
        to_timestamp($3::numeric / 1000000), $4, $5, $6, $7, $8, $9, 0, 1, 1, 1, 1, $10)
        """

    private static func values(_ event: UsageEvent) -> [String] {
        ["1", String(event.completedAt.microseconds), String(event.startedAt.microseconds)]
            + TokenClass.allCases.map { String(event.tokens[$0]) } + [String(event.requests), event.requestID.text]
    }

    private func blocks() throws -> [EventBlock] {
        stride(from: 0, to: workload.events.count, by: Self.batchSize).map { start in
            var block = EventBlock()
            var places: [Identifier: Int32] = [:]
            let first = workload.events[start]
            (block.models, block.channels, block.serviceTiers) = ([first.model], [first.channel], [first.serviceTier])
            for event in workload.events[start..<min(start + Self.batchSize, workload.events.count)] {
                let place = places[event.account] ?? Int32(block.accounts.count)
                if places.updateValue(place, forKey: event.account) == nil { block.accounts.append(event.account) }
                let requestID = Array(event.requestID.text.utf8)
                block.rows.append(
                    EventBlock.Row(
                        kind: .usage, account: place, model: 0, channel: 0, serviceTier: 0,
                        requestIDStart: Int32(block.requestIDs.count), requestIDLength: Int32(requestID.count),
                        startedAt: event.startedAt, completedAt: event.completedAt, tokens: event.tokens,
                        requests: event.requests))
                block.requestIDs += requestID
            }
            return block
        }
    }

    /// The bytes of a whole COPY: the rows that the store would send for this block.
    private static func encoded(_ block: EventBlock) -> [UInt8] {
        var bytes: [UInt8] = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00] + [UInt8](repeating: 0, count: 8)
        func put<T: FixedWidthInteger>(_ value: T) { withUnsafeBytes(of: value.bigEndian) { bytes += $0 } }
        func column<T: FixedWidthInteger>(_ value: T) {
            put(Int32(MemoryLayout<T>.size))
            put(value)
        }
        for row in block.rows {
            put(Int16(15))
            column(Int64(row.account) + 1)
            for instant in [row.completedAt, row.startedAt] { column(instant.microseconds - 946_684_800_000_000) }
            for tokenClass in TokenClass.allCases { column(row.tokens[tokenClass]) }
            column(row.requests)
            column(Int64(1))
            for _ in 0..<3 { column(Int32(1)) }
            column(Int16(1))
            put(row.requestIDLength)
            bytes += block.requestIDs[Int(row.requestIDStart)..<Int(row.requestIDStart + row.requestIDLength)]
        }
        put(Int16(-1))
        return bytes
    }

    private static func threadNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
